"""The stream store against a model made of plain dicts."""

import inspect
import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from realtime_widgets.errors import UsageError
from realtime_widgets.streams.store import StreamStore

names = st.sampled_from(["cpu", "mem", "net"])
people = st.sampled_from(["chart", "card", 7])
LIMIT = 5


class StoreRules(RuleBasedStateMachine):
    """Every rule of the store, in any order, for both kinds of keep."""

    keep = False

    def __init__(self):
        super().__init__()
        self.store = StreamStore(max_points=LIMIT, keep=self.keep, clock=lambda: 0.0)
        self.points, self.subscriptions = {}, {}

    @rule(name=names, value=st.integers(0, 9))
    def add_point(self, name, value):
        self.store.append(name, value)
        self.points[name] = [*self.points.get(name, []), float(value)][-LIMIT:]

    @rule(name=names)
    def look_up(self, name):
        assert self.store[name] is self.store[name] is self.store.get(name)
        self.points.setdefault(name, [])

    @rule(name=names, who=people)
    def subscribe(self, name, who):
        self.store.subscribe(name, who)
        self.subscriptions.setdefault(name, set()).add(who)

    @rule(name=names, who=people)
    def unsubscribe(self, name, who):
        self.store.unsubscribe(name, who)
        if who in self.subscriptions.get(name, ()):
            self.subscriptions[name].remove(who)
            if not self.subscriptions[name]:
                del self.subscriptions[name]
                if not self.keep:
                    self.points.pop(name, None)

    @rule(name=names)
    def clear(self, name):
        self.store.clear(name)
        self.subscriptions.pop(name, None)
        if name in self.points:
            self.points[name] = []

    @rule(error=st.sampled_from(["refused", None]), connected=st.booleans())
    def connect(self, error, connected):
        self.store.connection_error = error
        self.store.connected = connected
        assert self.store.connected is connected
        assert self.store.connection_error == (None if connected else error)

    @invariant()
    def the_store_is_as_the_model(self):
        assert set(self.store) == set(self.points)
        assert len(self.store) == len(self.points)
        for name in ["cpu", "mem", "net"]:
            assert (name in self.store) is (name in self.points)
            assert set(self.store.subscribers(name)) == self.subscriptions.get(name, set())
            for limit in (2, 50):
                batch = self.store.latest(name, limit)
                wanted = self.points.get(name, [])[-limit:]
                assert (batch["value"].tolist() if len(batch) else []) == wanted


class KeepingStoreRules(StoreRules):
    keep = True


few = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestStore = StoreRules.TestCase
TestStore.settings = few
TestKeepingStore = KeepingStoreRules.TestCase
TestKeepingStore.settings = few


def test_a_new_store_is_disconnected_and_empty():
    store = StreamStore()
    assert (store.connected, store.last_heartbeat, store.connection_error) == (False, None, None)
    assert (len(store), list(store), store.get("cpu"), store.subscribers("cpu")) == (0, [], None, ())
    assert (store["cpu"].name, store["cpu"].max_points) == ("cpu", 1000)


def test_a_point_may_have_fields_of_its_own():
    store = StreamStore()
    store.append("cpu", {"id": "p1", "value": 0.5, "source": "a1"}, ts=5.0)
    store.append("cpu", id="p2", value=0.6, source="a1", ts=6.0)
    assert store.latest("cpu").rows()[1] == {"ts": 6.0, "id": "p2", "value": 0.6, "source": "a1"}


def test_subscribers_are_named_in_the_order_they_came():
    store = StreamStore()
    for who in ("b", "a", "b"):
        store.subscribe("cpu", who)
    assert store.subscribers("cpu") == ("b", "a")
    assert "cpu" not in store


def test_who_holds_a_dropped_stream_can_go_on_reading():
    store = StreamStore()
    held = store["cpu"]
    held.append(1.0)
    store.subscribe("cpu", "chart")
    store.unsubscribe("cpu", "chart")
    assert store.get("cpu") is None
    assert len(held) == 1
    assert store["cpu"] is not held


def test_who_holds_a_cleared_stream_sees_new_points():
    store = StreamStore()
    held = store["cpu"]
    held.append(1.0)
    store.clear("cpu")
    store.append("cpu", 2.0)
    assert held.read()["value"].tolist() == [2.0]


def test_impossible_limits_are_refused_at_once():
    with pytest.raises(UsageError, match="max_points"):
        StreamStore(max_points=0)


def test_threads_that_ask_for_a_new_stream_get_the_same():
    store, found, start = StreamStore(), [], threading.Barrier(8)

    def look():
        start.wait()
        found.append(store["cpu"])

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_the_repr_names_the_streams():
    store = StreamStore()
    assert repr(store) == "<StreamStore: no streams; not connected>"
    store["cpu"]
    store.connected = True
    assert repr(store) == "<StreamStore: 'cpu'; connected>"


def test_impossible_settings_are_refused_at_once_and_misspelled_ones_name_the_nearest():
    for options in ({"max_points": "a"}, {"max_points": 0}, {"max_age": "soon"}):
        with pytest.raises(UsageError, match="cannot be"):
            StreamStore(**options)
    with pytest.raises(TypeError, match="did you mean 'max_points'"):
        StreamStore(max_point=5)
    with pytest.raises(UsageError, match="limit= of latest"):
        StreamStore().latest("cpu", "x")
    assert StreamStore(max_age="5min")["cpu"].max_age == 300.0


def test_the_help_of_append_is_readable():
    assert "<no value>" in str(inspect.signature(StreamStore.append))

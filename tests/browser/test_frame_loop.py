"""The frame loop's pace, on a clock turned by hand."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
import types
from collections.abc import Callable
from typing import Any

import pytest

from realtime_widgets import LiveChart, Stream, stats
from realtime_widgets.browser import delivery, frame_loop
from realtime_widgets.browser.frame_loop import MAX_MESSAGES_PER_SECOND, FrameLoop
from realtime_widgets.runtime import Runtime
from realtime_widgets.widgets import base
from support.hop import Numbers
from support.recorder import Recorder, bodies, settle


class HandRuntime:
    """A runtime whose time only passes in `run_until`."""

    def __init__(self) -> None:
        self.now = 100.0
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def call_soon(self, fn: Callable[..., None], *args: Any) -> None:
        fn(*args)

    def call_later(self, delay: float, fn: Callable[..., None]) -> Any:
        entry = [fn]
        heapq.heappush(self._due, (self.now + delay, next(self._order), lambda: entry and entry.pop()()))
        return types.SimpleNamespace(cancel=entry.clear)

    def run_until(self, end: float) -> None:
        while self._due and self._due[0][0] <= end:
            due, _, fn = heapq.heappop(self._due)
            self.now = max(self.now, due)
            fn()
        self.now = end


class NumbersFeed(Numbers):
    def resize(self, px: int) -> None:
        pass


def test_the_last_moment_of_a_process_is_no_fault() -> None:
    """A tick may still run on the I/O thread while the runtime ends: there is nobody left to tell."""
    runtime = Runtime()
    made = FrameLoop(runtime, lambda *_: None)
    runtime.stop()
    made._arm()


@pytest.fixture
def world(
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[HandRuntime, FrameLoop, NumbersFeed, list[tuple[float, int]]]:
    """A runtime, a frame loop with one feed, and what it sent: when, and the newest record."""
    runtime, feed = HandRuntime(), NumbersFeed()
    sent: list[tuple[float, int]] = []
    clock = types.SimpleNamespace(monotonic=lambda: runtime.now, time=lambda: runtime.now)
    monkeypatch.setattr(frame_loop, "time", clock)

    def send(_route: str, content: dict[str, Any], _buffers: list[bytes]) -> None:
        sent.extend((runtime.now, part["last"]) for part in content["parts"])

    made = FrameLoop(runtime, send)  # type: ignore[arg-type]
    made.add("a", {"0": feed}, [])
    made.receive({"rw": 2, "page": "p", "n": 1, "visible": True, "models": {"a": {"views": 1}}, "need": []})
    runtime.run_until(110.0)
    made.receive({"rw": 2, "page": "p", "n": 2, "visible": True, "models": {"a": {"views": 1}}, "need": []})
    runtime.run_until(111.0)
    sent.clear()
    return runtime, made, feed, sent


World = tuple[HandRuntime, FrameLoop, NumbersFeed, list[tuple[float, int]]]


def push(world: World) -> None:
    _, made, feed, _ = world
    feed.append(1.0)
    made.wake()


def test_an_isolated_update_goes_out_at_once(world: World) -> None:
    runtime, _, feed, sent = world
    runtime.run_until(111.3)
    push(world)
    runtime.run_until(111.301)
    assert sent == [(111.3, feed.last)]


def test_a_fast_feed_is_sent_at_the_pace_and_ends_on_its_last_record(world: World) -> None:
    runtime, _, feed, sent = world
    for i in range(3000):
        runtime.run_until(111.3 + i / 1000)
        push(world)
    runtime.run_until(115.0)
    assert (
        55 <= len([at for at, _ in sent if at < 114.3]) <= 70
    )  # three seconds at 20 frames a second, and a little
    assert sent[-1][1] == feed.last


def test_a_feed_at_our_own_pace_gets_back_in_step_after_a_disturbance(world: World) -> None:
    runtime, made, _, sent = world
    waits = []
    for i in range(80):
        at = 111.3 + i * 0.05
        if i in (20, 25, 30, 35):  # pulses take their turn, at the worst moment
            runtime.run_until(at - 0.01)
            made.receive(
                {"rw": 2, "page": "p", "n": 3, "visible": True, "models": {"a": {"views": 1}}, "need": []}
            )
        runtime.run_until(at)
        push(world)
        runtime.run_until(at + 0.0001)
        waits.append(0.0 if sent and sent[-1][0] == at else 1.0)
    assert sum(waits[:20]) <= 1
    assert sum(waits[50:]) == 0


def test_a_long_cell_in_which_nobody_is_heard_goes_on_at_one_frame_a_second(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a forgotten page leaves in the server grows by little then; a word, or the cell's end, changes that."""
    monkeypatch.setattr(delivery, "MAX_UNHEARD_BYTES", 100_000)
    runtime, made, _, sent = world
    made.delivery.cell_started(runtime.now)

    def frames(began: float, seconds: int) -> int:
        sent.clear()
        for i in range(seconds * 20):
            runtime.run_until(began + i / 20)
            push(world)
        return len({at for at, _ in sent})

    assert frames(112.0, 3) >= 55
    runtime.run_until(125.0)
    frames(125.0, 10)
    assert 8 <= frames(136.0, 10) <= 12
    made.delivery.cell_ended(runtime.now)
    assert frames(147.0, 3) >= 50


def test_many_routes_share_the_messages_that_leave_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = HandRuntime()
    times: list[float] = []
    clock = types.SimpleNamespace(monotonic=lambda: runtime.now, time=lambda: runtime.now)
    monkeypatch.setattr(frame_loop, "time", clock)
    monkeypatch.setattr(frame_loop, "has_carrier", lambda: False)
    made = FrameLoop(runtime, lambda *_: times.append(runtime.now))  # type: ignore[arg-type]
    feeds = {f"w{i}": NumbersFeed() for i in range(100)}
    for name, feed in feeds.items():
        made.add(name, {"0": feed}, [], None, types.SimpleNamespace(comm=object()))  # type: ignore[arg-type]
    for i in range(400):
        for feed in feeds.values():
            feed.append(i)
        made.wake()
        runtime.run_until(110.0 + i / 100)
    busy = [at for at in times if 111.0 <= at < 113.0]
    assert 0.8 * MAX_MESSAGES_PER_SECOND <= len(busy) / 2 <= 1.6 * MAX_MESSAGES_PER_SECOND


def test_a_widget_whose_notebook_has_closed_its_comm_is_served_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = HandRuntime()
    clock = types.SimpleNamespace(monotonic=lambda: runtime.now, time=lambda: runtime.now)
    monkeypatch.setattr(frame_loop, "time", clock)
    monkeypatch.setattr(frame_loop, "has_carrier", lambda: False)
    sent: list[str] = []
    made = FrameLoop(runtime, lambda route, *_: sent.append(route))  # type: ignore[arg-type]
    comm, feed = types.SimpleNamespace(_closed=False), NumbersFeed()
    made.add("a", {"0": feed}, [], None, types.SimpleNamespace(comm=comm))  # type: ignore[arg-type]
    runtime.run_until(101.0)
    assert sent
    comm._closed = True
    runtime.run_until(105.0)
    sent.clear()
    feed.append(1.0)
    made.wake()
    runtime.run_until(110.0)
    assert sent == []
    assert made.stats().widgets == 0


def test_a_page_that_lacks_the_front_end_is_sent_it_on_the_route_it_asked_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = HandRuntime()
    sent: list[tuple[str, dict[str, Any]]] = []
    texts(monkeypatch)
    made = FrameLoop(runtime, lambda route, content, _: sent.append((route, content)))  # type: ignore[arg-type]
    made.receive({"rw": 2, "do": "load"}, "w7")
    assert sent == [("w7", {"rw": 2, "code": "the text of page.js"})]


def texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the built files short."""
    monkeypatch.setattr(frame_loop, "read_static", lambda name: f"the text of {name}")
    monkeypatch.setattr(frame_loop, "read_front_end", lambda kind: f"the front end with {kind}")


def test_a_page_is_sent_the_code_that_its_widget_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict[str, Any]]] = []
    texts(monkeypatch)
    runtime = HandRuntime()
    made = FrameLoop(runtime, lambda route, content, _: sent.append((route, content)))  # type: ignore[arg-type]
    made.add("w7", {}, [], kind="metric")
    made.receive({"rw": 2, "do": "load"}, "w7")
    made.receive({"rw": 2, "do": "load", "kind": "metric"}, "w7")
    for kind in ("chart", "../page", 7, ["metric"]):  # none that this kernel has had
        made.receive({"rw": 2, "do": "load", "kind": kind}, "w7")
    assert sent == [
        ("w7", {"rw": 2, "code": "the front end with metric"}),
        ("w7", {"rw": 2, "module": "metric", "code": "the text of metric.js"}),
    ]


class FakeCarrier:
    """Notes the code that pages are brought, and may be closed."""

    all: list[FakeCarrier]

    def __init__(self, carrier_id: str, modules: dict[str, str]) -> None:
        self.comm = types.SimpleNamespace(_closed=False)
        self.brought = [list(modules)]
        self.all.append(self)

    def bring(self, modules: dict[str, str]) -> None:
        self.brought.append(list(modules))

    def on_msg(self, fn: Callable[..., None]) -> None:
        pass

    def send(self, content: Any, buffers: Any = None) -> None:
        pass


@pytest.fixture
def carriers(monkeypatch: pytest.MonkeyPatch) -> list[FakeCarrier]:
    FakeCarrier.all = []
    monkeypatch.setattr(frame_loop, "Carrier", FakeCarrier)
    texts(monkeypatch)
    return FakeCarrier.all


def test_the_carrier_brings_the_code_of_each_kind_with_the_first_widget_of_it(
    carriers: list[FakeCarrier],
) -> None:
    made = FrameLoop(HandRuntime())  # type: ignore[arg-type]
    for to, kind in enumerate(["metric", "metric", "chart", "metric", "chart", "events"]):
        made.add(f"w{to}", {}, [], kind=kind)
    (carrier,) = carriers
    assert carrier.brought == [["metric"], ["metric", "chart"], ["metric", "chart", "events"]]


def test_a_carrier_that_is_made_anew_brings_all_kinds(carriers: list[FakeCarrier]) -> None:
    made = FrameLoop(HandRuntime())  # type: ignore[arg-type]
    made.add("a", {}, [], kind="metric")
    made.add("b", {}, [], kind="chart")
    carriers[0].comm._closed = True
    made.add("c", {}, [], kind="metric")
    assert [carrier.brought for carrier in carriers] == [
        [["metric"], ["metric", "chart"]],
        [["metric", "chart"]],
    ]


def test_streams_are_fed_and_widgets_made_and_closed_by_many_threads_at_once(sent: Recorder) -> None:
    shared = Stream("shared")
    shown = LiveChart(shared)
    errors: list[BaseException] = []

    def churn(number: int) -> None:
        try:
            own = Stream(f"own {number}")
            for _ in range(20):
                chart = LiveChart([own, shared])
                for i in range(100):
                    own.append(i)
                    shared.append(i)
                assert chart.stats.sent >= 0
                assert stats().widgets >= 1
                chart.close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=churn, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    last = time.time() + 30.0
    shared.append(7.0, ts=last)
    sent.wait_for(lambda frame: any(body.get("newest") == last for body in bodies(frame, shown)))
    settle()
    assert shared.last_seq == 6 * 20 * 100 + 1
    assert stats().widgets == 1


def test_a_widget_that_the_garbage_collector_closes_while_another_is_added_is_no_deadlock(
    sent: Recorder,
) -> None:
    """`Widget.__del__` closes, on whichever thread collects, in the middle of anything."""
    old, feed = LiveChart(Stream("s")), NumbersFeed()
    collecting = types.SimpleNamespace(listen=lambda _: old.close() or (lambda: None))
    made = base.get_frame_loop()
    adding = threading.Thread(target=made.add, args=("new", {"0": feed}, [collecting]), daemon=True)
    adding.start()
    adding.join(30)
    assert not adding.is_alive()
    sent.wait_for(lambda frame: any(part.to == "new" for part in frame.parts))
    assert stats().widgets == 1

"""A client that recovers: from a hub, and from servers that know nothing of it."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from realtime_widgets.client import Client
from realtime_widgets.client.sansio import inbox
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.errors import UsageError
from realtime_widgets.hub import ChannelPolicy, Hub, Limits, session
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Gap
from support.faults import Proxy
from support.servers import LIMIT, Server, wait_for

QUICK = Reconnect(0.01, 0.05)


END = -1.0
"""A value after which no more come."""


def values_to_the_end(stream: Any) -> list[float]:
    """Wait for `END`; returns the values up to it."""
    wait_for(lambda: len(stream) and stream.read()["value"][-1] == END)
    return list(stream.read()["value"])


@pytest.mark.parametrize("late", [False, True])
def test_what_is_published_after_connected_was_waited_for_arrives(late: bool):
    """Each time: before the channel was confirmed it was lost in most of them, on new links and on others."""
    with Hub() as hub:
        clients = [
            Client(f"{hub.url}?{turn}", auth=hub.token, reconnect=QUICK) for turn in range(1 if late else 25)
        ]
        for turn in range(25):
            client = clients[0 if late else turn]
            stream = client.stream(f"x{turn}")
            client.wait_until("connected", LIMIT)
            hub.publish(f"x{turn}", turn)
            hub.publish(f"x{turn}", END)
            assert values_to_the_end(stream) == [turn, END]
        for client in clients:
            client.disconnect()


def test_a_stream_may_begin_with_what_the_hub_has_kept(caplog: pytest.LogCaptureFixture):
    with Hub(history=10) as hub:
        with Client(f"{hub.url}?1", auth=hub.token) as first:
            seen = first.stream("x")
            first.wait_until("connected", LIMIT)
            for number in range(20):
                hub.publish("x", number)
            hub.publish("x", END)
            values_to_the_end(seen)
        gaps: list[Gap] = []
        with Client(f"{hub.url}?2", auth=hub.token) as late:
            late.on_gap(gaps.append)
            few = late.stream("x", recent=4)
            assert values_to_the_end(few) == [17, 18, 19, END]
            assert late.stream("x", recent=4) is few
            assert not caplog.messages
            assert late.stream("x", recent=100) is few
            assert "the stream 'x' is there already, and began without recent=100" in caplog.text
        with Client(f"{hub.url}?3", auth=hub.token) as later:
            later.on_gap(gaps.append)
            all_kept = later.stream("x", recent=1_000)
            assert values_to_the_end(all_kept) == [*range(11, 20), END]
            assert not all_kept.gaps
        assert gaps == []


def test_who_asks_a_server_of_events_for_the_past_is_told_how(caplog: pytest.LogCaptureFixture):
    with Hub() as hub:
        for number in range(3):
            hub.publish("x", number)
        hub.publish("x", END)
        with Client(f"{hub.address}/sse/x?recent=2", auth=hub.token) as client:
            assert values_to_the_end(client.stream("x")) == [2, END]
            assert not caplog.messages
            client.stream("y", recent=5)
            assert "recent=5 of the stream 'y' is not said to" in caplog.text
            assert "write ?recent=5 into the address" in caplog.text


@pytest.mark.parametrize("recent", [-1, 0.5, "all", None])
def test_what_is_no_number_of_messages_is_told(recent: Any):
    said = r"^recent= of the stream 'x' cannot be "
    with Hub() as hub, Client(hub.url, auth=hub.token) as client, pytest.raises(UsageError, match=said):
        client.stream("x", recent=recent)


@pytest.mark.parametrize("path", ["x", "x,y"])
def test_over_server_sent_events_too(path: str):
    with Hub() as hub:
        address = f"{hub.address}/sse/{path}"
        for turn in range(10):
            with Client(f"{address}?{turn}", auth=hub.token, reconnect=QUICK) as client:
                stream = client.stream("x")
                client.wait_until("connected", LIMIT)
                hub.publish("x", turn)
                hub.publish("x", END)
                assert values_to_the_end(stream) == [turn, END]
                client.disconnect()


def test_a_foreign_server_leaves_one_gap_for_each_reconnect(server: Server):
    client = Client(server.url, reconnect=QUICK, decode=lambda raw: {"channel": "n", "data": int(raw)})
    stream = client.stream("n")
    gaps: list[Gap] = []
    client.on_gap(gaps.append)
    client.wait_until("connected", LIMIT)
    for turn in range(3):
        server.send(str(turn))
        wait_for(lambda turn=turn: len(stream) == turn + 1)
        server.close_all()
        wait_for(lambda turn=turn: client.stats.connects == turn + 2)
        wait_for(lambda turn=turn: len(gaps) == turn + 1)
        assert stream.missing is not None
    server.send("3")
    wait_for(lambda: len(stream) == 4)
    assert [(gap.seq, gap.reason) for gap in stream.gaps] == [(n, "unknown_source") for n in (1, 2, 3)]
    assert stream.missing is None
    assert client.stats.gaps == 3
    client.disconnect()


def test_a_foreign_server_that_numbers_is_checked_by_its_numbers(server: Server):
    def decode(raw: Any) -> Any:
        number = int(raw)
        return {"channel": "n", "data": number, "epoch": "day 1", "offset": number}

    client = Client(server.url, reconnect=QUICK, decode=decode)
    stream = client.stream("n")
    client.wait_until("connected", LIMIT)
    server.send("1", "2", "2", "5")
    wait_for(lambda: len(stream) == 3)
    server.close_all()
    wait_for(lambda: client.stats.connects == 2)
    server.send("6", "9")
    wait_for(lambda: len(stream) == 5)
    assert stream.read()["value"].tolist() == [1, 2, 5, 6, 9]
    assert [(gap.seq, gap.reason, gap.missed) for gap in stream.gaps] == [(2, "lost", 2), (4, "lost", 2)]
    assert (client.stats.duplicates, client.stats.gaps) == (1, 2)
    client.disconnect()


def test_who_joins_a_link_that_is_open_recovers_like_the_first():
    """The receiver before has gone, and what the server said in its hello with it."""
    with Hub() as hub:
        first = Client(hub.url, auth=hub.token, reconnect=QUICK)
        held = first.stream("x")
        first.publish("x", 0)
        wait_for(lambda held=held: len(held) == 1)
        first.close()
        before = weakref.ref(first._receiver)
        del first, held
        wait_for(lambda: (gc.collect(), before() is None)[1], "the end of the receiver before")
        client = Client(hub.url, auth=hub.token, reconnect=QUICK)
        stream = client.stream("x")
        heard: list[Message] = []
        client.on_message(heard.append)
        wait_for(lambda: client._receiver.recovery.positions(["x"]), "where the channel stands")
        assert client.stats.connects == 1, "it is the same link"
        client.publish("x", 1).wait(LIMIT)
        wait_for(lambda: len(stream) == 1)
        hub.stop()
        client.wait_until("reconnecting", LIMIT)
        hub.start()
        for i in range(2, 6):
            hub.publish("x", i)
        wait_for(lambda: len(stream) == 5)
        assert stream.read()["value"].tolist() == [1, 2, 3, 4, 5]
        assert stream.gaps == ()
        wait_for(lambda: len(heard) == 5)
        assert [message.type for message in heard] == ["x"] * 5
        client.disconnect()


def test_what_is_too_large_costs_only_itself_also_out_of_the_history(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "HEARTBEAT_INTERVAL", 0.2)
    with Hub() as hub:
        client = Client(hub.url, auth=hub.token, reconnect=QUICK, max_size=2000, heartbeat=0.2)
        stream = client.stream("x")
        client.publish("x", "first")
        wait_for(lambda: len(stream) == 1)
        hub.stop()
        client.wait_until("reconnecting", LIMIT)
        hub.start()
        for data in ["y" * 10_000, "second", "third", "y" * 5000]:
            hub.publish("x", data)
        wait_for(lambda: len(stream) == 3)
        wait_for(lambda: len(stream.gaps) == 2, "the word of the last one")
        assert stream.read()["value"].tolist() == ["first", "second", "third"]
        assert [(gap.seq, gap.reason, gap.missed) for gap in stream.gaps] == [(1, "lost", 1), (3, "lost", 1)]
        assert "its frame has" in str(client.last_error)
        bad = client.stats.bad
        assert 2 <= bad <= 4, "each once, and once more where it was asked for"
        hub.publish("x", "fourth")
        wait_for(lambda: len(stream) == 4)
        assert (client.stats.connects, client.stats.bad, client.stats.gaps) == (2, bad, 2)
        client.disconnect()


def test_more_channels_than_there_is_room_for_cost_the_others_nothing():
    most = 20
    with Hub(limits=Limits(channels=most)) as hub:
        client = Client(hub.url, auth=hub.token, reconnect=QUICK)
        streams = {f"c{i:03}": client.stream(f"c{i:03}") for i in range(most + 2)}
        wait_for(lambda: client.last_error)
        assert "too_many" not in str(client.last_error)
        assert "not followed; unsubscribe from others first" in str(client.last_error)
        hub.stop()
        client.wait_until("reconnecting", LIMIT)
        hub.start()
        client.wait_until("connected", LIMIT)
        wait_for(lambda: len(client._receiver.recovery.positions(streams)) >= most)
        for channel in streams:
            hub.publish(channel, 1)
        wait_for(lambda: sum(map(len, streams.values())) == most, "what there is room for")
        assert not any(len(streams[name]) for name in sorted(streams)[most:])
        del streams["c000"], streams["c001"]
        client.send("unsubscribe", {"streams": ["c000", "c001"]}).wait(LIMIT)
        more = client.stream("more")
        last = streams[f"c{most + 1:03}"]
        wait_for(lambda: client._receiver.recovery.positions([f"c{most + 1:03}"]))
        hub.publish(f"c{most + 1:03}", 2)
        wait_for(lambda: len(last) == 1)
        assert len(more) == 0
        client.disconnect()


def test_what_is_asked_for_by_a_message_is_asked_for_again_on_the_next_link():
    with Hub() as hub, Client(hub.url, auth=hub.token, reconnect=QUICK) as client:
        heard: list[Any] = []
        client.on_message(lambda message: heard.append(message.data))
        held = client.stream("held")
        client.send("subscribe", {"streams": ["n", "m"]}).wait(LIMIT)
        hub.publish("n", 1)
        wait_for(lambda: heard == [1])
        hub.stop()
        client.wait_until("reconnecting", LIMIT)
        hub.start()
        hub.publish("n", 2)
        wait_for(lambda: heard == [1, 2])
        client.send("unsubscribe", {"streams": ["n", "held"]}).wait(LIMIT)
        hub.publish("n", 3)
        hub.publish("held", 4)
        hub.publish("m", 5)
        wait_for(lambda: heard[2:] == [4, 5])
        assert len(held) == 1, "it is held"
        client.send("subscribe", {"streams": ["n"]}).wait(LIMIT)
        wait_for(lambda: heard[4:] == [3], "what came after the last that was read")
        client.disconnect()


@pytest.mark.parametrize("policy", ["lossless", {"n": "lossless"}])
def test_a_lossless_channel_is_held_back_at_the_hub_and_nothing_of_it_is_lost(
    policy: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(inbox, "PAUSE_ABOVE", 20)
    with Hub() as hub, Client(hub.url, auth=hub.token, overflow=policy) as client:
        heard: list[int] = []
        go_on = threading.Event()

        @client.on_message
        def slow(message: Any) -> None:
            go_on.wait(LIMIT)
            heard.append(message.data)

        client.stream("n")
        client.wait_until("connected", LIMIT)
        wait_for(lambda: client._receiver.recovery.positions(["n"]))
        for i in range(500):
            hub.publish("n", i)
        wait_for(lambda: client.paused == {"n"})
        for i in range(500, 900):
            hub.publish("n", i)
        go_on.set()
        wait_for(lambda: len(heard) >= 900)
        assert heard == list(range(900))
        stats = client.stats
        assert (stats.dropped, stats.gaps, stats.channels["n"].dropped) == (0, 0, 0)
        assert stats.channels["n"].paused >= 1
        client.disconnect()


def test_a_stream_of_messages_begins_with_the_past_and_goes_on_where_a_cut_was():
    with Hub() as hub, Proxy(hub.port) as proxy:
        for n in range(5):
            hub.publish("room", {"n": n})
        with Client(proxy.to(hub.url), auth=hub.token, reconnect=QUICK) as client:
            messages = client.message_stream("room", recent=3)
            client.wait_until("connected", LIMIT)
            wait_for(lambda: len(messages) == 3)
            proxy.reset()
            hub.publish("room", {"n": 5})
            delivery = client.send("publish", {"n": 6}, channel="room", id="my-own-id")
            wait_for(lambda: len(messages) == 5)
            found = list(messages.read()["message"])
            assert [m.data["n"] for m in found] == [2, 3, 4, 5, 6]
            assert (found[-1].id, found[-1].offset, delivery.id) == ("my-own-id", 7, "my-own-id")
            assert messages.gaps == ()


def test_of_what_passes_nobody_is_told_what_is_missing(caplog: pytest.LogCaptureFixture):
    with Hub(history=1) as hub, Proxy(hub.port) as proxy:
        hub.publish("room", 0)
        hub.publish("typing", 0)
        with Client(proxy.to(hub.url), auth=hub.token, reconnect=QUICK) as client:
            room, typing = client.message_stream("room"), client.message_stream("typing", passing=True)
            wait_for(lambda: len(client._receiver.recovery.positions(["room", "typing"])) == 2)
            proxy.down()
            wait_for(lambda: client.state != "connected")
            for n in range(3):
                hub.publish("room", n)
                hub.publish("typing", n)
            proxy.up()
            wait_for(lambda: len(room.gaps) == len(typing.gaps) == 1)
    assert "'room' missing" in caplog.text
    assert "'typing'" not in caplog.text
    caplog.clear()


def test_connected_means_that_the_channels_of_whole_messages_are_there_too():
    with Hub() as hub, Client(hub.url, auth=hub.token) as client:
        client.wait_until("connected", LIMIT)
        for n in range(20):
            messages = client.message_stream(f"room{n}")
            client.wait_until("connected", LIMIT)
            hub.publish(f"room{n}", n)  # nothing of it is kept for who comes later
            wait_for(lambda messages=messages: len(messages) == 1)


def test_of_a_channel_of_which_nothing_is_kept_everything_comes_from_the_confirmation_on():
    passing = {"typing*": ChannelPolicy(history=0)}
    with (
        Hub(channels=passing) as hub,
        Proxy(hub.port) as proxy,
        Client(proxy.to(hub.url), auth=hub.token, reconnect=QUICK) as client,
    ):
        for n in range(30):
            hub.publish(f"typing{n}", "before")
            messages = client.message_stream(f"typing{n}")
            client.wait_until("connected", LIMIT)
            hub.publish(f"typing{n}", "at once")
            wait_for(lambda messages=messages: [m.data for m in messages.read()["message"]] == ["at once"])
        proxy.down()
        wait_for(lambda: client.state != "connected")
        hub.publish("typing29", "missed")
        proxy.up()
        client.wait_until("connected", LIMIT)
        hub.publish("typing29", "after")
        wait_for(lambda: [m.data for m in messages.read()["message"]] == ["at once", "after"])
        assert [gap.missed for gap in messages.gaps] == [1]

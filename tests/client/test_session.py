"""The session: what is said on a link, and what is answered there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_widgets.client import Client
from realtime_widgets.client.sansio.outbox import Delivery, Outbox
from realtime_widgets.client.sansio.recovery import Recovery
from realtime_widgets.client.session import HELLO_TIMEOUT, Session
from realtime_widgets.errors import ConnectionLost, TimedOut
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position
from support.fake_clock import FakeClock
from support.recording_transport import RecordingTransport
from support.servers import LIMIT, Server, wait_for
from support.states import settled

# Over a socket


def test_the_servers_ping_is_answered_with_its_id(connect: Any):
    with Server() as server:
        client = connect(server.url)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.send({"type": "ping", "data": {}, "id": "p7"})
        wait_for(lambda: "pong" in server.types())
        assert server.messages[-1]["id"] == "p7"


@pytest.mark.parametrize("absurd", ["x" * 100_000, 10**1000])
def test_an_id_of_absurd_length_is_not_sent_back(connect: Any, absurd: Any):
    with Server() as server:
        client = connect(server.url)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.send(f'{{"type": "ping", "data": {{}}, "id": {json.dumps(absurd)}}}')
        wait_for(lambda: "pong" in server.types())
        assert server.messages[-1].get("id") != absurd
        assert len(server.frames[-1]) < 300


def test_hello_is_said_when_the_first_who_wants_envelopes_comes(connect: Any):
    with Server() as server:
        foreign = connect(server.url, decode=lambda frame: None)
        settled(foreign, "connected")
        ours = connect(server.url, subscribe=["x"])
        settled(ours, "connected")
        wait_for(lambda: len(server.frames) == 2)
        assert server.types() == ["hello", "subscribe"]


def test_connected_is_waited_for_until_the_server_has_confirmed_what_was_asked_for(connect: Any):
    """On a new link, and for a channel that is asked for on a link that is there already."""
    with Server() as server:
        client = connect(server.url)

        def asked_for(channel: str) -> bool:
            return any(channel in message["data"]["streams"] for message in server.said("subscribe"))

        def confirm(channel: str) -> None:
            head = {"type": "history", "channel": channel, "epoch": "e", "offset": 4, "data": {"after": 4}}
            server.send(head)

        for channel in ("first", "later"):
            client.stream(channel)
            wait_for(lambda channel=channel: asked_for(channel))
            with pytest.raises(
                TimedOut, match="is connected, but the server has not confirmed all its channels"
            ):
                client.wait_until("connected", 0.01)
            if channel == "first":
                server.send({"type": "hello", "data": {"acks": True, "recovery": True}})
            confirm(channel)
            settled(client, "connected")


def ordered(server: Server, connect: Any) -> tuple[Client, Any]:
    """A client and what it has sent, to a server that has not said hello."""
    client = connect(server.url)
    settled(client, "connected")
    delivery = client.send("order", 1)
    wait_for(lambda: server.said("order"))
    assert not delivery.done
    return client, delivery


def test_a_stall_is_not_taken_for_a_server_that_does_not_answer(connect: Any, fake_clock: FakeClock):
    """Its hello waits to be read, and with it the word that it acknowledges."""
    with Server() as server:
        client, delivery = ordered(server, connect)
        fake_clock.stall(5)
        assert not delivery.done
        server.send({"type": "hello", "data": {"acks": True}})
        wait_for(lambda: client.stats.frames)
        fake_clock.turn(5)
        assert not delivery.done
        server.send({"type": "ack", "id": delivery.id, "data": {}})
        delivery.wait(LIMIT)
        assert delivery.state == "acknowledged"


def test_a_server_that_says_no_hello_does_not_answer(connect: Any, fake_clock: FakeClock):
    with Server() as server:
        _, delivery = ordered(server, connect)
        fake_clock.turn(1)
        delivery.wait(LIMIT)
        assert delivery.state == "sent"


def test_hello_comes_first_then_what_is_wanted(server: Server):
    with Client(server.url, subscribe=["b", "a"]) as client:
        client.wait_until("connected", LIMIT)
        wait_for(lambda: len(server.frames) == 2)
        client.stream("c")
        client.stream("a")  # asked for already
        wait_for(lambda: len(server.frames) == 3)
        said = [(message["type"], message["data"]) for message in server.messages]
        assert said[0][1].pop("client")
        assert said == [
            ("hello", {"version": 1, "batch": True, "recovery": True, "acks": True, "max_size": 4 * 2**20}),
            ("subscribe", {"streams": ["a", "b"]}),
            ("subscribe", {"streams": ["c"]}),
        ]
        client.disconnect()


def test_everything_is_asked_for_again_after_a_reconnect(server: Server, client: Client):
    held = [client.stream("x"), client.stream("y")]
    wait_for(
        lambda: (
            {name for message in server.said("subscribe") for name in message["data"]["streams"]}
            == {"x", "y"}
        )
    )
    server.frames.clear()
    server.close_all()
    wait_for(lambda: server.said("subscribe"))
    assert server.types()[:2] == ["hello", "subscribe"]
    assert server.said("subscribe")[0]["data"] == {"streams": ["x", "y"]}
    assert [stream.name for stream in held] == ["x", "y"]


# Without one


class Link:
    """A session, and all that it talks to."""

    def __init__(self, clock: FakeClock, *, one_way: bool = False, outbox: Outbox | None = None) -> None:
        self.transport = RecordingTransport(one_way=one_way)
        self.outbox = Outbox() if outbox is None else outbox
        self.recovery = Recovery(envelopes=True)
        self.confirmations = 0
        self.session = Session(self.transport, self.outbox, "me", clock, self.confirmed)

    def confirmed(self) -> None:
        self.confirmations += 1

    def hear(self, kind: str, data: Any = None, id: str | None = None, channel: str | None = None) -> Any:
        return self.session.answer(Message(kind, data, id=id, channel=channel))

    def ask_for(self, *channels: str) -> list[Any]:
        self.session.ask_for(set(channels), self.recovery)
        return self.transport.heard("subscribe")

    def pause(self, *channels: str) -> list[Any]:
        self.session.pause(frozenset(channels), self.recovery)
        return self.transport.heard("unsubscribe")

    def read(self, channel: str, offset: int) -> None:
        """Have read a channel up to there."""
        self.recovery.process([Message(channel, 1, channel=channel, epoch="e", offset=offset)], 0.0, 0.0)


@pytest.fixture
def link(fake_clock: FakeClock) -> Link:
    return Link(fake_clock)


def test_hello_is_said_once_and_says_what_we_can(link: Link):
    for _ in range(2):
        link.session.send_hello(1000)
    can = {"version": 1, "batch": True, "recovery": True, "acks": True}
    assert link.transport.heard("hello") == [can | {"max_size": 1000, "client": "me"}]


def test_nothing_is_said_where_nothing_can_be(fake_clock: FakeClock):
    link = Link(fake_clock, one_way=True)
    link.session.send_hello(1000)
    fake_clock.turn(HELLO_TIMEOUT)
    assert (link.transport.said, link.outbox.acks) == ([], None)


def test_a_server_without_a_hello_is_taken_for_one_that_does_not_answer(link: Link, fake_clock: FakeClock):
    link.session.send_hello(1000)
    fake_clock.turn(HELLO_TIMEOUT)
    assert (link.outbox.acks, link.session.known, link.transport.woken) == (False, False, 1)


@pytest.mark.parametrize(("hello", "acks"), [({"acks": True}, True), ({"acks": 1}, False), (None, False)])
def test_a_hello_says_whether_the_server_answers(link: Link, fake_clock: FakeClock, hello: Any, acks: bool):
    link.session.send_hello(1000)
    link.hear("hello", hello)
    fake_clock.turn(10 * HELLO_TIMEOUT)
    assert (link.outbox.acks, link.session.known) == (acks, True)


def test_nothing_is_assumed_of_a_server_that_said_hello_on_an_earlier_link(link: Link, fake_clock: FakeClock):
    link.hear("hello", {"acks": True})
    later = Link(fake_clock, outbox=link.outbox)
    later.session.send_hello(1000)
    fake_clock.turn(HELLO_TIMEOUT)
    assert link.outbox.acks is True


def test_the_end_of_a_link_assumes_nothing(link: Link, fake_clock: FakeClock):
    link.session.send_hello(1000)
    link.session.end()
    fake_clock.turn(HELLO_TIMEOUT)
    assert link.outbox.acks is None


def test_what_could_not_be_said_was_not_asked_for(link: Link, monkeypatch: pytest.MonkeyPatch):
    def fail(frame: str) -> None:
        raise ConnectionLost("the link is full")

    with monkeypatch.context() as patched:
        patched.setattr(link.transport, "say", fail)
        with pytest.raises(ConnectionLost):
            link.ask_for("a")
    assert link.ask_for("a") == [{"streams": ["a"]}]


def test_a_channel_is_asked_for_once(link: Link):
    assert link.ask_for("b", "a") == [{"streams": ["a", "b"]}]
    assert link.ask_for("a", "c") == [{"streams": ["c"]}]
    assert link.ask_for("a", "b", "c") == []


# What the server has confirmed


def request(link: Link, *channels: str) -> str:
    """Ask for channels; returns the id of the request."""
    link.session.ask_for(set(channels), link.recovery)
    return str(link.transport.said.pop()["id"])


def test_a_server_that_keeps_a_history_confirms_each_channel_by_its_place(link: Link):
    id = request(link, "a", "b")
    link.hear("hello", {"acks": True, "recovery": True})
    link.hear("ack", {}, id)
    assert not link.session.is_confirmed({"a"})
    link.hear("history", {"after": 0}, channel="a")
    assert [link.session.is_confirmed(each) for each in ({"a"}, {"b"}, {"a", "b"}, {"never asked for"})] == [
        True,
        False,
        False,
        True,
    ]
    link.hear("history", {"after": 0}, channel="b")
    assert link.session.is_confirmed({"a", "b"})
    assert link.confirmations == 2


def test_a_server_without_a_history_confirms_by_an_answer(link: Link):
    first, second = request(link, "a", "b"), request(link, "c")
    link.hear("hello", {"acks": True})
    link.hear("ack", {}, first)
    assert (link.session.is_confirmed({"a", "b"}), link.session.is_confirmed({"c"})) == (True, False)
    link.hear("ack", {}, "another")
    link.hear("ack", {}, second)
    assert link.session.is_confirmed({"c"})


def test_a_request_that_is_turned_down_leaves_nothing_to_wait_for(link: Link):
    id = request(link, "a")
    link.hear("hello", {"acks": True, "recovery": True})
    link.hear("error", {"message": "too many", "id": id, "streams": ["a"]})
    assert link.session.is_confirmed({"a"})


def test_a_channel_that_is_dropped_or_paused_leaves_nothing_to_wait_for(link: Link):
    link.hear("hello", {"acks": True, "recovery": True})
    request(link, "a", "b")
    link.session.drop({"a"})
    assert (link.session.is_confirmed({"a"}), link.session.is_confirmed({"b"})) == (True, False)


@pytest.mark.parametrize("hello", [{}, None, {"acks": False}])
def test_a_server_that_says_it_answers_nothing_confirms_nothing(link: Link, hello: Any):
    request(link, "a")
    link.hear("hello", hello)
    assert link.session.is_confirmed({"a"})
    request(link, "b")
    assert link.session.is_confirmed({"b"})


def test_a_server_that_hears_nothing_confirms_nothing(fake_clock: FakeClock):
    link = Link(fake_clock, one_way=True)
    link.hear("hello", {"acks": True, "recovery": True})
    request(link, "a")
    assert link.session.is_confirmed({"a"})


def test_a_server_without_a_hello_is_given_a_second_to_confirm(link: Link, fake_clock: FakeClock):
    link.session.send_hello(1000)
    request(link, "a")
    fake_clock.turn(0.9 * HELLO_TIMEOUT)
    assert not link.session.is_confirmed({"a"})
    fake_clock.turn(0.2 * HELLO_TIMEOUT)
    assert (link.session.is_confirmed({"a"}), link.confirmations) == (True, 1)
    request(link, "b")
    assert link.session.is_confirmed({"b"})


def test_a_channel_that_was_dropped_is_asked_for_again(link: Link):
    link.ask_for("a", "b")
    link.session.drop({"a", "never asked for"})
    assert link.transport.heard("unsubscribe") == [{"streams": ["a"]}]
    assert link.ask_for("a", "b") == [{"streams": ["a"]}]


def test_a_channel_is_asked_for_from_where_it_was_read(link: Link):
    link.read("a", 17)
    assert link.ask_for("a", "b") == [{"streams": ["a", "b"], "positions": {"a": ["e", 17]}}]


def test_only_what_can_go_on_from_a_position_is_paused(link: Link):
    link.read("a", 17)
    link.ask_for("a", "b")
    assert link.pause("a", "b") == [{"streams": ["a"]}]
    assert link.ask_for("a", "b") == []


def test_what_was_paused_goes_on_where_it_was_read(link: Link):
    link.read("a", 17)
    link.ask_for("a")
    link.pause("a")
    assert link.pause() == []
    assert link.ask_for("a") == [{"streams": ["a"], "positions": {"a": ["e", 17]}}]


def test_nothing_is_paused_at_a_server_that_keeps_no_history(link: Link):
    link.read("a", 17)
    link.ask_for("a")
    link.hear("hello", {})
    assert link.pause("a") == []


def test_channels_for_which_there_was_no_room_are_asked_for_again(link: Link):
    link.hear("hello", {})
    link.ask_for("a", "b")
    error = link.hear("error", {"message": "too many", "streams": ["b", 5]})
    assert str(error) == "the server turned something down: too many"
    assert link.ask_for("a", "b") == [{"streams": ["b"]}]


def test_an_error_before_a_hello_could_mean_anything(link: Link):
    assert link.hear("error", {"message": "too many"}) is None


def test_the_history_is_asked_for_from_a_position(link: Link):
    link.session.ask_history("a", Position("e", 17))
    (said,) = link.transport.said
    assert {key: said[key] for key in ("type", "channel", "epoch", "offset")} == {
        "type": "history",
        "channel": "a",
        "epoch": "e",
        "offset": 17,
    }


@pytest.mark.parametrize(
    ("data", "position"),
    [({"epoch": "e", "offset": 17}, Position("e", 17)), ({"epoch": "e"}, None), ("17", None), (None, None)],
)
def test_an_answer_says_where_a_message_stands_if_it_does(link: Link, data: Any, position: Position | None):
    link.hear("hello", {"acks": True})
    delivery = Delivery(json.dumps({"type": "x"}), "id 1")
    link.outbox.link()
    link.outbox.put(delivery, 0.0)
    link.outbox.done(delivery)
    assert link.hear("ack", data, "id 1") is None
    assert (delivery.state, delivery.position) == ("acknowledged", position)


def test_a_function_greets_a_link_once(link: Link, fake_clock: FakeClock):
    def greet(client: Client) -> None:
        """Says something."""

    assert [link.session.claim_on_connect(greet) for _ in range(3)] == [True, False, False]
    assert Link(fake_clock).session.claim_on_connect(greet)

"""What a chat has said and its server does not have yet: its order, its end, and what becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.chat.conversation import Conversation, Me
from realtime_widgets.chat.message import Said
from realtime_widgets.chat.room import RoomInfo
from realtime_widgets.client import Client
from realtime_widgets.client.sansio import outbox
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.client.sansio.delivery import Delivery
from realtime_widgets.errors import UsageError
from realtime_widgets.hub import Hub, Rights
from realtime_widgets.widgets import chat_outbox
from realtime_widgets.widgets.chat_outbox import CLIENT_CLOSED, MAX_REQUESTS, MESSAGE, ChatOutbox
from support.faults import Proxy
from support.recorder import Recorder
from support.servers import LIMIT, wait_for

QUICK = Reconnect(0.01, 0.05)


class Wire:
    """What an outbox needs of a client: notes what it is given, and takes it, or has no room."""

    def __init__(self) -> None:
        self.closed = False
        self.sent: list[Delivery] = []
        self.room = 1_000_000
        self.error: UsageError | None = None

    def send(self, type: str, data: Any, *, id: str) -> Delivery:
        if self.error is not None:
            raise self.error
        delivery = Delivery(type, id)
        self.sent.append(delivery)
        if self.room <= 0:
            delivery.fail("256 others wait")
        self.room -= 1
        return delivery

    @property
    def ids(self) -> list[str | None]:
        """Of all that was taken, in its order."""
        return [each.id for each in self.sent if each.state != "failed"]


class World:
    """An outbox over a wire that does as it is told."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.conversation = Conversation(Me("anna", "Anna"), lambda: 0.0, lambda: 0.0)
        self.conversation.add(RoomInfo(id="lab", name="lab"))
        self.refused: list[tuple[str, str, str]] = []
        self.ended = 0
        self.outbox = ChatOutbox(
            self.wire,  # type: ignore[arg-type]
            self.conversation,
            lambda *about: self.refused.append(about),
            self._end,
        )

    def _end(self) -> None:
        self.ended += 1

    def say(self, key: str, text: str = "hello") -> None:
        self.conversation.say("lab", key, Said(key, "anna", "Anna", text, "text", 0.0, {}), "queued")
        said = {"roomId": "lab", "userId": "anna", "content": text, "metadata": {}}
        self.outbox.put(key, "lab", MESSAGE, said)

    def ask(self, key: str, type: str = "react", **options: Any) -> bool:
        return self.outbox.put(key, "lab", type, {"roomId": "lab"}, **options)

    def states(self) -> list[tuple[str, str]]:
        return [(each.state, each.error) for each in self.conversation.messages("lab")]

    def lose(self, delivery: Delivery) -> None:
        delivery.fail("the server has not answered")

    def refuse(self, delivery: Delivery) -> None:
        delivery.refused = True
        delivery.fail("the server turned it down: too loud")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(chat_outbox, "AGAIN", 0.005)
    return World()


def test_what_waits_goes_out_in_its_order_when_there_is_a_connection(world: World):
    world.say("1")
    world.ask("2")
    world.say("3")
    assert world.wire.ids == []
    assert world.outbox.waits
    world.outbox.look(up=True)
    world.say("4")
    assert world.wire.ids == ["1", "2", "3", "4"]
    assert [state for state, _ in world.states()] == ["sending", "sending", "queued"]


def test_what_finds_no_room_holds_back_all_that_comes_after_it(world: World):
    world.outbox.look(up=True)
    world.wire.room = 2
    for n in range(6):
        world.say(f"{n}")
    assert world.wire.ids == ["0", "1"]
    world.wire.room = 1
    world.wire.sent[0].resolve("acknowledged")
    wait_for(lambda: world.wire.ids == ["0", "1", "2"])
    world.wire.room = 100  # and nobody says so
    wait_for(lambda: world.wire.ids == ["0", "1", "2", "3", "4", "5"])


def test_what_was_lost_goes_out_again_before_what_has_not(world: World):
    world.outbox.look(up=True)
    world.say("1")
    world.say("2")
    world.wire.room = 0
    world.say("3")
    for delivery in world.wire.sent[:2]:
        world.lose(delivery)
    world.wire.room = 100
    wait_for(lambda: world.wire.ids == ["1", "2", "3"])


def test_one_id_is_sent_once(world: World):
    world.outbox.look(up=True)
    world.say("1")
    world.say("1")
    assert world.wire.ids == ["1"]


def test_what_is_turned_down_has_failed_and_can_be_sent_again(world: World):
    world.outbox.look(up=True)
    world.say("1")
    world.ask("2", "leave_room")
    world.ask("3", "join_room", tells=False)
    for delivery in list(world.wire.sent):
        world.refuse(delivery)
    wait_for(lambda: world.states() == [("failed", "too loud")])
    wait_for(lambda: world.refused == [("lab", "leave_room", "too loud")])
    assert not world.outbox.waits
    assert world.outbox.retry("1")
    assert not world.outbox.retry("1")
    assert not world.outbox.retry("2")
    assert world.wire.ids == ["1"]
    assert world.states() == [("sending", "")]
    wait_for(lambda: world.ended >= 3)


def test_what_is_not_on_its_way_can_be_held_back(world: World):
    world.say("1")
    world.say("2")
    assert world.outbox.forget("1")
    assert not world.outbox.forget("1")
    world.outbox.look(up=True)
    assert world.wire.ids == ["2"]
    assert not world.outbox.forget("2")


def test_what_cannot_be_sent_at_all_is_said_to_who_asks_and_of_a_message_in_the_chat(world: World):
    world.say("1")
    world.ask("2")
    world.wire.error = UsageError("no such thing")
    world.outbox.look(up=True)
    assert world.states() == [("failed", "no such thing")]
    assert world.refused == [("lab", "react", "no such thing")]
    with pytest.raises(UsageError, match="no such thing"):
        world.ask("3")
    assert len(world.refused) == 1
    assert not world.outbox.waits


def test_read_marks_that_wait_are_one_a_room(world: World):
    world.say("1")
    for n in range(100):
        world.ask(f"read {n}", "mark_read")
    world.conversation.add(RoomInfo(id="other", name="other"))
    world.outbox.put("other", "other", "mark_read", {})
    world.outbox.look(up=True)
    assert world.wire.ids == ["1", "read 99", "other"]


def test_requests_that_wait_are_bounded_and_messages_are_not(world: World):
    for n in range(MAX_REQUESTS):
        assert world.ask(f"{n}")
    assert not world.ask("more")
    world.say("a message")
    assert world.outbox.forget("7")
    assert world.ask("more")
    world.outbox.look(up=True)
    assert len(world.wire.ids) == MAX_REQUESTS + 1
    assert world.wire.ids[-2:] == ["a message", "more"]


def test_where_the_client_is_closed_nothing_waits_for_ever(world: World):
    world.outbox.look(up=True)
    world.say("0")
    world.outbox.look(up=False)
    world.say("1")
    world.ask("2", "leave_room")
    world.wire.closed = True
    world.outbox.look(up=False)
    assert world.states() == [("queued", ""), ("failed", CLIENT_CLOSED)]  # the first may have arrived
    assert world.refused == [("lab", "leave_room", CLIENT_CLOSED)]
    world.lose(world.wire.sent[0])
    wait_for(lambda: world.states() == [("failed", CLIENT_CLOSED)] * 2)
    world.say("3")
    assert world.states() == [("failed", CLIENT_CLOSED)] * 3
    assert world.outbox.retry("1")
    assert world.states() == [("failed", CLIENT_CLOSED)] * 3
    assert not world.outbox.waits


def test_an_echo_without_the_id_is_known_by_who_says_what(world: World):
    world.outbox.look(up=True)
    for key, text in (("1", "yes"), ("2", "no"), ("3", "yes")):
        world.say(key, text)
    assert world.outbox.echoed("lab", "anna", "maybe") is None
    assert world.outbox.echoed("lab", "ken", "yes") is None
    assert world.outbox.echoed("other", "anna", "yes") is None
    for delivery in world.wire.sent[:2]:
        delivery.resolve("sent")
    wait_for(lambda: list(world.outbox._unanswered) == ["1", "2"])
    assert [world.outbox.echoed("lab", "anna", text) for text in ("yes", "yes", "no", "no")] == [
        "1",
        "3",
        "2",
        None,
    ]
    assert not world.outbox.waits


def test_it_is_remembered_of_so_many_only_that_nobody_has_acknowledged_them(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(chat_outbox, "MAX_UNANSWERED", 3)
    world.outbox.look(up=True)
    for n in range(5):
        world.say(f"{n}", f"{n}")
        world.wire.sent[-1].resolve("sent")
    wait_for(lambda: not world.outbox.waits)
    assert list(world.outbox._unanswered) == ["2", "3", "4"]


def test_any_threads_may_send(world: World):
    world.outbox.look(up=True)

    def say(who: str) -> None:
        for n in range(50):
            world.say(f"{who}{n}")

    threads = [threading.Thread(target=say, args=(who,)) for who in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert len(world.wire.ids) == 150
    for who in "abc":
        assert [id for id in world.wire.ids if id and id[0] == who] == [f"{who}{n}" for n in range(50)]


# With a real hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


def test_a_burst_beyond_all_bounds_of_the_client_arrives_in_its_order(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outbox, "MAX_BYTES", 100_000)
    with (
        Proxy(hub.port) as proxy,
        Client(proxy.to(hub.url), auth=hub.token, reconnect=QUICK) as client,
        Client(hub.url, auth=hub.token, headers={"X-User": "ken"}) as other,
    ):
        anna, ken = rw.Chat(client, user="anna", room="lab"), rw.Chat(other, user="ken", room="lab")
        wait_for(lambda: any(set(room.members) == {"anna", "ken"} for room in ken.rooms))
        proxy.down()
        wait_for(lambda: client.state != "connected")
        for n in range(40):
            anna.send(f"{n} {'x' * 9_000}")
        proxy.up()
        wait_for(lambda: [m.text.split()[0] for m in ken.messages] == [f"{n}" for n in range(40)])
        wait_for(lambda: {m.state for m in anna.messages} == {"sent"})
        for n in range(40, 80):  # with a connection
            anna.send(f"{n} {'x' * 9_000}")
        wait_for(lambda: [m.text.split()[0] for m in ken.messages] == [f"{n}" for n in range(80)])


def test_what_is_said_right_before_the_end_arrives(hub: Hub):
    with Client(hub.url, auth=hub.token) as other:
        ken = rw.Chat(other, user="ken", room="lab")
        wait_for(lambda: any(room.joined for room in ken.rooms))
        for n in range(5):
            client = Client(hub.url, auth=hub.token, headers={"X-User": f"{n}"})
            anna = rw.Chat(client, user="anna", room="lab")
            wait_for(lambda anna=anna: any("anna" in room.members for room in anna.rooms))
            anna.send(f"{n}")
            anna.close()
            client.close()
            wait_for(lambda n=n: [m.text for m in ken.messages][n:] == [f"{n}"])


def test_what_waits_when_the_client_is_closed_says_so(sent: Recorder, hub: Hub):
    with Proxy(hub.port) as proxy:
        client = Client(proxy.to(hub.url), auth=hub.token, reconnect=QUICK)
        chat = rw.Chat(client, user="anna", room="lab")
        wait_for(lambda: any(room.joined for room in chat.rooms))
        proxy.down()
        wait_for(lambda: client.state != "connected")
        chat.send("hello")
        chat.send_file(b"1,2", name="a.csv")
        wait_for(lambda: [m.state for m in chat.messages] == ["queued", "queued"])
        client.close()
        closed = [("failed", CLIENT_CLOSED)] * 2
        wait_for(lambda: [(m.state, m.error) for m in chat.messages] == closed)
        chat.close()


def test_over_events_that_go_one_way_nothing_can_be_said(sent: Recorder, hub: Hub):
    url = hub.url.replace("ws://", "http://").replace("/ws/", "/sse/")
    with Client(url, auth=hub.token) as client:
        chat = rw.Chat(client, user="anna", room="lab")
        client.wait_until("connected", LIMIT)
        chat.send("hello")
        wait_for(lambda: [m.state for m in chat.messages] == ["failed"])
        assert "Server-Sent Events go one way" in chat.messages[0].error


def test_what_was_acknowledged_and_does_not_come_back_is_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chat_outbox, "ECHO", 0.01)
    rights = Rights(publish=["chat:*"], name="anna")
    with (
        Hub(tokens={"anna-anna-anna-anna": rights}) as hub,
        Client(hub.url, auth="anna-anna-anna-anna") as client,
    ):
        chat = rw.Chat(client, room="lab")
        message = chat.send("hello")
        wait_for(lambda: [m.state for m in chat.messages] == ["sent"])
        with pytest.raises(UsageError, match="this token may not follow the room"):
            chat.edit(message, "hallo")

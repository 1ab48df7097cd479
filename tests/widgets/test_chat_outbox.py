"""What a chat has said and its server does not have yet: its order, its end, and what becomes of it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.chat.conversation import Conversation, Me
from realtime_widgets.chat.message import Said
from realtime_widgets.chat.room import RoomInfo
from realtime_widgets.client import Client
from realtime_widgets.client.sansio import outbox
from realtime_widgets.client.sansio.delivery import Delivery
from realtime_widgets.errors import UsageError
from realtime_widgets.hub import Hub, Rights
from realtime_widgets.widgets import chat_outbox, chat_talk
from realtime_widgets.widgets.chat_outbox import (
    CLIENT_CLOSED,
    CUT,
    MAX_REQUESTS,
    MAX_UNDERWAY,
    MESSAGE,
    ChatOutbox,
)
from support.chats import QUICK, chatting, lines, members, ready, states, texts
from support.faults import Proxy
from support.hub_process import hub as hub_process
from support.ports import free_port
from support.recorder import Recorder, settle
from support.servers import LIMIT, Server, wait_for


class Wire:
    """What an outbox needs of a client: notes what it is given, and takes it, or has no room."""

    def __init__(self) -> None:
        self.closed = False
        self.label = "ws://world/"
        self.acknowledges: bool | None = None
        self.generation = 0
        self.sent: list[Delivery] = []
        self.room = 1_000_000
        self.error: UsageError | None = None
        self.answers = False

    def send(self, type: str, data: Any, *, id: str | None = None, expires: bool = True) -> Delivery:
        if self.closed:
            raise UsageError("it was closed")
        if self.error is not None:
            raise self.error
        delivery = Delivery(type, id)
        self.sent.append(delivery)
        if self.room <= 0:
            delivery.fail("256 others wait")
        self.room -= 1
        if self.answers:
            delivery.resolve("acknowledged")
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


def test_so_much_is_on_its_way_at_a_time_only(world: World) -> None:
    world.outbox.look(up=True)
    keys = [f"{n}" for n in range(MAX_UNDERWAY + 5)]
    for key in keys:
        world.say(key)
    assert world.wire.ids == keys[:MAX_UNDERWAY]
    world.wire.sent[0].resolve("acknowledged")
    world.refuse(world.wire.sent[1])
    world.outbox.arrived("2")  # before it is acknowledged
    world.wire.sent[2].resolve("acknowledged")
    wait_for(lambda: world.wire.ids == [key for key in keys[: MAX_UNDERWAY + 3] if key != "1"])
    world.lose(world.wire.sent[3])
    wait_for(
        lambda: world.wire.ids == [*(key for key in keys[: MAX_UNDERWAY + 3] if key not in ("1", "3")), "3"]
    )
    for delivery in world.wire.sent[4:]:
        delivery.resolve("acknowledged")
    wait_for(lambda: world.wire.ids[-2:] == keys[-2:])
    world.wire.sent[-1].resolve("acknowledged")
    world.wire.sent[-2].resolve("acknowledged")
    wait_for(lambda: world.outbox._underway == 0)


def test_others_have_a_place_while_a_chat_that_says_much_has_no_connection(sent: Recorder, hub: Hub) -> None:
    with Proxy(hub.port) as proxy, chatting(hub, "anna", url=proxy.to(hub.url)) as anna:
        ready(anna)
        proxy.half_open()
        for n in range(400):
            anna.send(f"{n}")
        proxy.down()
        client = anna._link._client
        wait_for(lambda: client.state == "reconnecting")
        delivery = client.send("note", {"n": 1}, channel="notes")
        assert delivery.state == "queued"
        proxy.heal()
        wait_for(lambda: states(anna) == ["sent"] * 400)
        assert texts(anna) == [f"{n}" for n in range(400)]
        wait_for(lambda: delivery.done)


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
    wait_for(lambda: not world.outbox.waits)
    assert world.outbox.retry("1")
    assert not world.outbox.retry("1")
    assert not world.outbox.retry("2")
    assert world.wire.ids == ["1"]
    assert world.states() == [("sending", "")]
    wait_for(lambda: world.ended >= 3)


def test_to_send_again_shows_where_the_connection_stands_though_it_is_lost_just_then(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    world.outbox.look(up=True)
    world.say("1")
    world.refuse(world.wire.sent[0])
    wait_for(lambda: world.states() == [("failed", "too loud")])
    settle_it = world.conversation.settle

    def cut(room: str, key: str, state: Any, error: str = "") -> None:
        monkeypatch.undo()
        world.outbox.look(up=False)
        settle_it(room, key, state, error)

    monkeypatch.setattr(world.conversation, "settle", cut)
    assert world.outbox.retry("1")
    assert (world.states(), len(world.wire.sent)) == ([("queued", "")], 1)
    world.say("2")
    assert len(world.wire.sent) == 1, "there is no connection"
    world.outbox.look(up=True)
    assert world.wire.ids == ["1", "2"]


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
    world.wire.answers = True
    world.outbox.look(up=True)
    wait_for(lambda: len(world.wire.ids) == MAX_REQUESTS + 1)
    assert world.wire.ids[-2:] == ["a message", "more"]


def test_where_the_client_is_closed_nothing_waits_for_ever(world: World, caplog: pytest.LogCaptureFixture):
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
    perhaps = ("failed", f"{CLIENT_CLOSED}; it may have arrived")
    wait_for(lambda: world.states() == [perhaps, ("failed", CLIENT_CLOSED)])
    world.say("3")
    assert world.states() == [perhaps, *[("failed", CLIENT_CLOSED)] * 2]
    assert world.outbox.retry("1")
    assert world.states() == [perhaps, *[("failed", CLIENT_CLOSED)] * 2]
    with pytest.raises(UsageError, match="it was closed"):
        world.ask("4")
    assert not world.outbox.waits
    assert "1 messages of a chat were not sent: ws://world/ was closed before" in caplog.text


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
    world.wire.answers = True
    world.outbox.look(up=True)

    def say(who: str) -> None:
        for n in range(50):
            world.say(f"{who}{n}")

    threads = [threading.Thread(target=say, args=(who,)) for who in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    wait_for(lambda: len(world.wire.ids) == 150)
    for who in "abc":
        assert [id for id in world.wire.ids if id and id[0] == who] == [f"{who}{n}" for n in range(50)]


# With a real hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(secret="canary-secret-0123456789abcdef-0123") as hub:
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


def test_an_address_that_turns_out_to_go_one_way_takes_nothing(world: World):
    world.outbox.look(up=True)
    world.say("1")
    world.wire.sent[0].refused = True
    world.wire.sent[0].fail("a message was not sent: Server-Sent Events go one way")
    wait_for(lambda: world.states() == [("failed", "a message was not sent: Server-Sent Events go one way")])


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


def test_what_is_said_without_a_connection_waits_and_arrives_once_in_order(sent: Recorder, hub: Hub) -> None:
    with Proxy(hub.port) as proxy, chatting(hub, "ken") as ken:
        ready(ken)
        with chatting(hub, "anna", url=proxy.to(hub.url), room="general") as anna:
            ready(anna)
            proxy.down()
            wait_for(lambda: anna._link._client.state != "connected")
            for n in range(10):
                anna.send(f"{n}")
            assert states(anna) == ["queued"] * 10
            proxy.up()
            wait_for(lambda: states(anna) == ["sent"] * 10)
            wait_for(lambda: texts(ken) == [f"{n}" for n in range(10)])


def test_messages_get_through_twenty_cuts_once_and_in_order(sent: Recorder, hub: Hub) -> None:
    with Proxy(hub.port, seed=3) as proxy, chatting(hub, "ken") as ken:
        ready(ken)
        with chatting(hub, "anna", url=proxy.to(hub.url)) as anna:
            ready(anna)
            for cut in range(20):
                connects = anna._link._client.stats.connects
                for n in range(5):
                    anna.send(f"{5 * cut + n}")
                proxy.reset()
                wait_for(lambda connects=connects: anna._link._client.stats.connects > connects)
            expected = [f"{n}" for n in range(100)]
            wait_for(lambda: states(anna) == ["sent"] * 100)
            wait_for(lambda: texts(ken) == expected)
            assert texts(anna) == expected


def test_what_the_hub_turns_down_says_why_and_can_be_sent_again_or_discarded(
    sent: Recorder, hub: Hub
) -> None:
    token = hub.token_for(Rights(subscribe=["chat:*"], publish=["chat:open"], name="anna"))
    with chatting(hub, "anna", token=token, room="general") as anna:
        ready(anna)
        anna.send("no right")
        wait_for(lambda: states(anna) == ["failed"])
        assert "this token may not publish on 'chat:general'" in anna.messages[0].error
        (item,) = [i for i in anna._feed.take(True, 0.0).body["items"] if i["kind"] == "message"]
        for what in ("retry", "discard"):
            anna._frame_loop.receive(
                {"rw": 2, "page": "p", "to": anna._rw_id, "do": what, "about": {"key": item["key"]}}
            )
            settle()
            if what == "retry":
                wait_for(lambda: states(anna) == ["failed"])
        assert texts(anna) == []
        anna.join("open")
        anna.send("with a right")
        wait_for(lambda: states(anna) == ["sent"])


def test_nothing_is_lost_doubled_or_out_of_order_over_cuts_and_hubs_that_are_killed(
    sent: Recorder, tmp_path: Path
) -> None:
    """100 messages of each of two, 20 cuts, and a hub on SQLite that is killed twice."""
    port = free_port()
    env = os.environ | {"REALTIME_WIDGETS_TOKEN": "canary"}
    arguments = ["--port", str(port), "--broker", f"sqlite:///{tmp_path / 'hub.db'}"]
    with ExitStack() as stack:
        running = stack.enter_context(ExitStack())
        process, url, _ = running.enter_context(hub_process(*arguments, env=env))
        proxy = stack.enter_context(Proxy(port, seed=5))
        chats = []
        for user in ("anna", "ken"):
            client = stack.enter_context(
                Client(proxy.to(url), auth="canary", reconnect=QUICK, headers={"X": user})
            )
            chats.append(rw.Chat(client, user=user, room="lab"))
        for chat in chats:
            wait_for(lambda chat=chat: [room.joined for room in chat.rooms if room.id == "lab"] == [True])
        for cut in range(20):
            for n in range(5):
                for chat in chats:
                    chat.send(f"{chat.user} {5 * cut + n}")
            if cut in (6, 13):
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                running.close()
                process, _, _ = running.enter_context(hub_process(*arguments, env=env))
            else:
                connections = proxy.connections
                proxy.reset()
                wait_for(lambda connections=connections: proxy.connections > connections)
        for chat in chats:
            wait_for(lambda chat=chat: states(chat) == ["sent"] * 200)
        first, second = ([m.id for m in chat.messages] for chat in chats)
        assert first == second
        for user in ("anna", "ken"):
            assert [t for t in texts(chats[0]) if t.startswith(user)] == [f"{user} {n}" for n in range(100)]
        for chat in chats:
            chat.close()


def test_a_message_can_be_changed_as_soon_as_it_was_sent(hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "bob") as bob:
        ready(anna, bob)
        message = anna.send("one")
        anna.react(message, "👍")
        anna.edit(message, "two")
        wait_for(lambda: texts(bob) == ["two"] and bob.messages[0].reactions == {"👍": ["anna"]})
        anna.delete(anna.send("never mind"))
        wait_for(lambda: [message.deleted for message in anna.messages] in ([False, True], [False]))
        anna.send("end")
        wait_for(lambda: texts(bob)[-1:] == ["end"] and "never mind" not in texts(bob))


def test_what_waits_goes_out_though_the_chat_is_closed(tmp_path: Path) -> None:
    port = free_port()
    with ExitStack() as stack:
        client = stack.enter_context(Client(f"ws://127.0.0.1:{port}/ws/chat", auth="x" * 20, reconnect=QUICK))
        anna = rw.Chat(client, user="anna", room="lab")
        anna.send("before it was closed")
        anna.send_file(b"a,b", name="a.csv")
        link = anna._link
        anna.close()
        assert link._undo_state is not None
        hub = stack.enter_context(Hub(port=port, token="x" * 20))
        with chatting(hub, "bob", token="x" * 20, room="lab") as bob:
            wait_for(lambda: len(bob.messages) == 2)
            assert [each.text or each.file.name for each in bob.messages] == ["before it was closed", "a.csv"]
        wait_for(lambda: link._undo_state is None, "the end of following a connection that nothing waits for")


def test_what_is_said_at_once_arrives_in_its_order(hub: Hub) -> None:
    for _ in range(5):
        with chatting(hub, "anna") as anna:
            before = 0
            for n in range(300):
                anna.send(f"{n}")
            wait_for(lambda: len(anna.messages) >= 300 and set(states(anna)[-300:]) == {"sent"})
            assert texts(anna)[-300:] == [f"{n}" for n in range(300)], before


def test_what_waits_for_a_room_can_be_changed_and_taken_back() -> None:
    port = free_port()
    with ExitStack() as stack:  # the rooms are not known before there is a hub
        client = stack.enter_context(Client(f"ws://127.0.0.1:{port}/ws/chat", auth="x" * 20, reconnect=QUICK))
        anna = rw.Chat(client, user="anna")
        first, second, third = (anna.send(text) for text in ("first", "second", "third"))
        anna.edit(first, "edited")
        anna.react(first, "👍")
        anna.delete(second)
        anna.edit(first, "edited again")
        anna.close()
        assert third.state == "queued"
        hub = stack.enter_context(Hub(port=port, token="x" * 20))
        with chatting(hub, "bob", token="x" * 20) as bob:
            wait_for(lambda: texts(bob) == ["edited again", "third"])
            wait_for(lambda: bob.messages[0].reactions == {"👍": ["anna"]})
        wait_for(lambda: anna._link._undo_state is None)


def test_the_last_of_two_edits_counts(hub: Hub) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        for n in range(40):
            message = anna.send("x")
            anna.edit(message, "1st")
            wait_for(lambda: anna.messages[-1].state == "sent")
            anna.edit(message, "2nd")
            wait_for(lambda n=n: texts(anna) == ["2nd"] * (n + 1))


def test_changes_wait_for_a_connection_as_messages_do(hub: Hub) -> None:
    with Proxy(hub.port) as proxy, chatting(hub, "anna", url=proxy.to(hub.url)) as anna:
        ready(anna)
        for n in range(150):
            anna.send(f"{n}")
        wait_for(lambda: states(anna) == ["sent"] * 150)
        proxy.down()
        for message in anna.messages:
            anna.edit(message, f"edited {message.text}")
        proxy.up()
        wait_for(lambda: texts(anna) == [f"edited {n}" for n in range(150)])


def test_an_answer_that_ends_after_its_chat_was_closed_arrives(hub: Hub) -> None:
    with (
        Proxy(hub.port) as proxy,
        chatting(hub, "bob") as bob,
        chatting(hub, "anna", url=proxy.to(hub.url)) as anna,
    ):
        ready(anna, bob)
        proxy.down()
        answer = anna.streaming()
        answer.append("half")
        anna.close()
        answer.append(" whole")
        answer.close()
        proxy.up()
        wait_for(lambda: texts(bob) == ["half whole"])
        wait_for(lambda: anna._link._undo_state is None)


def test_over_the_plain_convention_what_was_sent_right_before_the_end_of_a_connection_is_not_known_to_be_there(
    world: World,
) -> None:
    world.outbox.look(up=True)
    world.say("1")
    world.outbox.look(up=False)  # before it is known that the server acknowledges nothing
    world.wire.sent[0].resolve("sent")
    wait_for(lambda: world.states() == [("failed", CUT)])


def test_an_echo_of_the_plain_convention_may_come_before_the_end_of_its_delivery(sent: Recorder) -> None:
    with Server() as server, Client(server.url, reconnect=QUICK) as client:
        chat = rw.Chat(client, user="anna", room="r1")
        wait_for(lambda: server.said("join_rooms"))
        for text in ("hello", "two", "hello"):
            chat.send(text)
        wait_for(lambda: len(server.said("send_message")) == 3)
        common = {"roomId": "r1", "timestamp": 1_795_456_052_100, "type": "text", "userId": "anna"}
        for n, text in enumerate(("hello", "two", "hello")):
            server.send({"type": "message", "data": {**common, "id": f"{n}", "content": text}})
        wait_for(lambda: [m.id for m in chat.messages if m.state == "sent"] == ["0", "1", "2"])
        client.wait_until("connected", LIMIT)
        wait_for(lambda: not chat._link._outbox.waits)
        assert [(m.text, m.state) for m in chat.messages] == [
            ("hello", "sent"),
            ("two", "sent"),
            ("hello", "sent"),
        ]
        chat.close()


def test_what_is_said_before_one_leaves_is_no_way_back(hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "bob", room="lab") as bob:
        ready(anna)
        anna.join("lab")
        wait_for(lambda: members(bob, "lab") == {"anna": "anna", "bob": "bob"})
        for _ in range(20):
            anna.send("bye", room="lab")
        anna.leave("lab")
        wait_for(lambda: texts(bob) == ["bye"] * 20)
        wait_for(lambda: lines(bob, "lab")[-1:] == [("anna", "left")])
        bob.send("she is gone")
        wait_for(lambda: states(bob)[-1:] == ["sent"])
        assert lines(bob, "lab")[-1:] == [("anna", "left")]


def test_a_closed_chat_lets_go_though_what_waits_will_never_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_talk, "CLOSING", 0.2)
    rights = Rights(subscribe=["chat:*"], name="anna")
    with Hub(tokens={"anna-anna-anna-anna": rights}) as hub:
        client = Client(hub.url, auth="anna-anna-anna-anna", reconnect=QUICK)
        anna = rw.Chat(client, room="general")
        wait_for(lambda: anna.rooms and anna.rooms[0].joined)
        message = anna.send("refused")
        anna.react(message, "👍")
        wait_for(lambda: states(anna) == ["failed"])
        link, talk = anna._link, anna._talk
        assert len(talk._waits) == 1
        anna.close()
        wait_for(lambda: link._closed and link._undo_state is None)
        client.close()


def test_what_was_to_be_deleted_and_is_refused_is_gone() -> None:
    rights = Rights(subscribe=["chat:*"], name="anna")
    with (
        Hub(tokens={"anna-anna-anna-anna": rights}) as hub,
        chatting(hub, "anna", token="anna-anna-anna-anna", room="general") as anna,
    ):
        wait_for(lambda: anna.rooms and anna.rooms[0].joined)
        kept, gone = anna.send("kept"), anna.send("gone")
        anna.react(gone, "👍")
        anna.delete(gone)
        wait_for(lambda: [(m.text, m.state) for m in anna.messages] == [("kept", "failed")])
        assert kept.text == "kept"


def test_what_the_server_had_not_answered_goes_out_again_when_one_connects_again(
    sent: Recorder, hub: Hub
) -> None:
    with (
        Proxy(hub.port) as proxy,
        chatting(hub, "anna", url=proxy.to(hub.url), room="lab") as anna,
        chatting(hub, "ken", room="lab") as ken,
    ):
        wait_for(lambda: members(ken, "lab") == {"anna": "anna", "ken": "ken"})
        proxy.half_open()
        anna.send("one")
        anna.send("two")
        client = anna._link._client
        wait_for(lambda: client.stats.sent > 2 and states(anna) == ["sending", "sending"])
        client.disconnect()
        wait_for(lambda: states(anna) == ["queued", "queued"])
        proxy.heal()
        client.connect()
        anna.send("three")
        wait_for(lambda: texts(ken) == ["one", "two", "three"])
        wait_for(lambda: states(anna) == ["sent"] * 3)


def test_however_much_waits_a_chat_begins_with_its_rooms(sent: Recorder, hub: Hub) -> None:
    with (
        Proxy(hub.port) as proxy,
        chatting(hub, "anna", url=proxy.to(hub.url), room="lab") as anna,
        chatting(hub, "ken", room="lab") as ken,
    ):
        wait_for(lambda: members(ken, "lab") == members(anna, "lab") == {"anna": "anna", "ken": "ken"})
        proxy.half_open()
        for n in range(400):  # more than a client keeps without a connection
            anna.send(f"{n}")
        client = anna._link._client
        wait_for(lambda: len(client._connection.outbox) >= MAX_UNDERWAY)
        proxy.down()
        wait_for(lambda: client.state != "connected")
        other = rw.Chat(client, user="anna")
        other.send("from another chat")
        ken.join("a new room")
        proxy.heal()
        wait_for(lambda: len(ken._conversation.messages("lab")) == 401 - (other.room != "lab"))
        wait_for(lambda: "a new room" in [room.id for room in anna.rooms])
        wait_for(lambda: states(other)[-1:] == ["sent"])
        assert [m.text for m in ken._conversation.messages("lab") if m.text.isdigit()] == [
            f"{n}" for n in range(400)
        ]
        assert "were not sent" not in str(client.last_error)
        other.close()


def test_what_has_waited_for_long_goes_out_in_its_order(
    sent: Recorder, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_AGE", 0.3)
    with (
        Proxy(hub.port) as proxy,
        chatting(hub, "anna", url=proxy.to(hub.url), room="lab") as anna,
        chatting(hub, "ken", room="lab") as ken,
    ):
        wait_for(lambda: members(ken, "lab") == {"anna": "anna", "ken": "ken"})
        proxy.half_open()
        began = time.monotonic()
        for n in range(6):
            anna.send(f"{n}")
            wait_for(lambda n=n: time.monotonic() > began + 0.1 * n)  # some are too old by now
        proxy.down()
        proxy.heal()
        wait_for(lambda: texts(ken) == [f"{n}" for n in range(6)])


def test_over_the_plain_convention_a_cut_before_the_echo_is_said(sent: Recorder) -> None:
    with Server() as server, Client(server.url, reconnect=QUICK) as client:
        chat = rw.Chat(client, user="anna", room="r1")
        chat.send("early")
        wait_for(lambda: server.said("send_message"))
        said = [type for type in server.types() if type in ("join_rooms", "join_room", "send_message")]
        assert said == ["join_rooms", "join_room", "send_message"]
        connections = server.connections
        server.close_all(1012)
        wait_for(lambda: server.connections > connections)
        wait_for(lambda: [(m.state, m.error) for m in chat.messages] == [("failed", CUT)])
        wait_for(lambda: len(server.said("join_room")) == 2)
        chat._talk.retry("r1", chat.messages[0].id)
        wait_for(lambda: len(server.said("send_message")) == 2)
        data = {
            "roomId": "r1",
            "userId": "anna",
            "content": "early",
            "id": "m1",
            "timestamp": 1_795_456_052_100,
        }
        server.send({"type": "message", "data": data})
        wait_for(lambda: [(m.id, m.state) for m in chat.messages] == [("m1", "sent")])
        chat.close()


def test_over_the_plain_convention_who_left_while_away_is_in_the_room_for_what_they_had_said(
    sent: Recorder,
) -> None:
    port = free_port()
    with Client(f"ws://127.0.0.1:{port}/", reconnect=QUICK) as client:
        chat = rw.Chat(client, user="anna", room="r1")
        chat.send("bye")
        chat.leave("r1")
        server = Server()
        server.port = port
        with server:
            wait_for(lambda: server.said("leave_room"))
            said = [type for type in server.types() if type not in ("hello", "subscribe")]
            assert said == ["join_rooms", "join_room", "send_message", "leave_room"]
        chat.close()


def test_where_nobody_sends_an_echo_what_was_sent_counts_as_sent(
    sent: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_outbox, "ECHO", 0.05)
    with Server() as server, Client(server.url, reconnect=QUICK) as client:
        chat = rw.Chat(client, user="anna", room="r1")
        chat.send("hello")
        wait_for(lambda: states(chat) == ["sent"])
        connections = server.connections
        server.close_all(1012)
        wait_for(lambda: server.connections > connections)
        client.wait_until("connected", LIMIT)
        assert states(chat) == ["sent"]
        chat.close()


def test_what_follows_on_a_new_connection_does_not_come_before_what_has_to_go_out_again(
    sent: Recorder, hub: Hub
) -> None:
    with chatting(hub, "anna", room="lab") as anna, chatting(hub, "ken", room="lab") as ken:
        wait_for(lambda: members(ken, "lab") == {"anna": "anna", "ken": "ken"})
        client, said = anna._link._client, []
        for turn in range(10):
            for n in range(8):
                if n == 5:
                    client.disconnect()
                    client.connect()
                said.append(f"{turn}.{n}")
                anna.send(said[-1])
            wait_for(lambda said=said: len(texts(ken)) == len(said))
        assert texts(ken) == said
        wait_for(lambda: set(states(anna)) == {"sent"})


def test_nothing_waits_for_a_connection_that_nobody_makes(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna", room="lab") as anna:
        wait_for(lambda: any(room.joined for room in anna.rooms))
        client = anna._link._client
        client.disconnect()
        wait_for(lambda: client.state == "disconnected")
        anna.send("hello")
        assert states(anna) == ["queued"]
        assert not anna._link.waits
        client.connect()
        wait_for(lambda: states(anna) == ["sent"])


def test_to_join_is_no_reason_to_keep_a_closed_chat(world: World):
    world.ask("1", "join_room")
    assert not world.outbox.waits
    world.ask("2", "leave_room")
    assert world.outbox.waits


def test_what_counted_as_sent_is_no_echo_of_others_later(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chat_outbox, "ECHO", 0.0)
    monkeypatch.setattr(chat_outbox, "LATE_ECHO", 0.02)
    world.outbox.look(up=True)
    world.say("1", "ok")
    world.wire.sent[0].resolve("sent")
    wait_for(lambda: world.states() == [("sent", "")])
    wait_for(lambda: not world.outbox._unanswered)
    assert world.outbox.echoed("lab", "anna", "ok") is None


def test_what_did_not_come_back_before_its_client_was_closed_has_failed(world: World):
    world.outbox.look(up=True)
    world.say("1")
    world.wire.sent[0].resolve("sent")
    wait_for(lambda: world.outbox._unanswered)
    world.wire.closed = True
    world.outbox.look(up=False)
    assert world.states() == [("failed", CUT)]

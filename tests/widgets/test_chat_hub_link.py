"""Chats over a real hub: two of them, over cuts, with what waits, and with a server that knows only the convention."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.client import Client
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.errors import UsageError
from realtime_widgets.hub import Hub, Rights
from realtime_widgets.widgets import chat_talk
from support.faults import Proxy
from support.hub_process import hub as hub_process
from support.ports import free_port
from support.recorder import Recorder, settle
from support.servers import LIMIT, Server, wait_for

QUICK = Reconnect(0.01, 0.05)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(secret="canary-secret-0123456789abcdef-0123") as hub:
        yield hub


@contextmanager
def chatting(
    hub: Hub, user: str, *, url: Any = None, token: str | None = None, **options: Any
) -> Iterator[rw.Chat]:
    """A chat of a user whose client is its own: another process, or another notebook, would have it so."""
    client = Client(url or hub.url, auth=token or hub.token, reconnect=QUICK, headers={"X-User": user})
    chat = rw.Chat(client, user=user, **options)
    try:
        yield chat
    finally:
        chat.close()
        client.close()


def texts(chat: rw.Chat) -> list[str]:
    return [message.text for message in chat.messages]


def states(chat: rw.Chat) -> list[str]:
    return [message.state for message in chat.messages]


def members(chat: rw.Chat, room: str) -> dict[str, str] | None:
    return next((each.members for each in chat.rooms if each.id == room), None)


def lines(chat: rw.Chat, room: str) -> list[tuple[str, str]]:
    """Who joined or left a room, as the chat has heard of it."""
    with chat._conversation.lock:
        items = list(chat._conversation.rooms[room].timeline)
    return [
        (item.fields["said"].user, item.fields["kind"]) for item in items if item.fields["kind"] != "message"
    ]


def ready(*chats: rw.Chat) -> None:
    for chat in chats:
        wait_for(lambda chat=chat: chat.rooms and chat.rooms[0].members.get(chat.user) == chat.user)
        chat._link._client.wait_until("connected", LIMIT)  # and follows what it has asked for


def test_two_talk_and_see_the_same_in_the_same_order(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "ken") as ken:
        ready(anna, ken)
        for n in range(20):
            (anna if n % 2 else ken).send(f"{n}")
        wait_for(lambda: len(texts(anna)) == len(texts(ken)) == 20)
        wait_for(lambda: set(states(anna) + states(ken)) == {"sent"})
        assert [m.id for m in anna.messages] == [m.id for m in ken.messages]
        assert [m.own for m in anna.messages] == [not m.own for m in ken.messages]
        assert anna.rooms[0].members == {"anna": "anna", "ken": "ken"}


def test_who_comes_later_has_what_was_said_and_who_is_away_has_it_unread(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        for n in range(3):
            anna.send(f"{n}")
        wait_for(lambda: states(anna) == ["sent"] * 3)
        with chatting(hub, "ken") as ken:
            wait_for(lambda: texts(ken) == ["0", "1", "2"])
            ready(ken)
            wait_for(lambda: ken.unread == 0)  # who joins has read all
        anna.send("3")
        anna.send("4")
        wait_for(lambda: states(anna) == ["sent"] * 5)
    told: list[str] = []
    with chatting(hub, "ken", room="general") as ken:
        ken.on_message(lambda message: told.append(message.text))
        wait_for(lambda: texts(ken) == ["0", "1", "2", "3", "4"])
        with chatting(hub, "anna") as anna:
            ready(anna)
            anna.send("now")
            wait_for(lambda: told == ["now"])  # what is old is no news


def test_the_unread_are_counted_until_they_are_read_in_any_chat_of_the_user(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "ken") as ken, chatting(hub, "ken") as other:
        ready(anna, ken, other)
        anna.send("a")
        anna.send("b")
        wait_for(lambda: ken.unread == other.unread == 2)
        assert anna.unread == 0
        ken.mark_read()
        wait_for(lambda: other.unread == 0)
        wait_for(lambda: dict(anna._feed.take(True, 0.0).body["rooms"][0]["reads"]).get("ken", 0) >= 3)


def test_who_types_is_told_and_edits_deletions_and_reactions_arrive(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "ken") as ken:
        ready(anna, ken)
        anna.set_typing()
        wait_for(lambda: ken.typing == ["anna"])
        assert anna.typing == []  # to whom it is no news
        message = anna.send("befor")
        wait_for(lambda: texts(ken) == ["befor"] and ken.typing == [])
        wait_for(lambda: states(anna) == ["sent"])
        anna.edit(anna.messages[0], "before")
        ken.react(ken.messages[0], "👍")
        wait_for(lambda: texts(ken) == ["before"] and anna.messages[0].reactions == {"👍": ["ken"]})
        anna.delete(anna.messages[0])
        wait_for(lambda: ken.messages[0].deleted)
        assert message.id


def test_a_bot_is_seen_to_write_by_others_and_its_answer_is_kept(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "ken") as ken:
        ready(anna, ken)
        seen: list[str] = []
        ken.observe(lambda change: seen.extend(m.state for m in change.new), "messages")
        with anna.streaming(user="helper") as message:
            message.append("thinking ")
            wait_for(lambda: texts(ken) == ["thinking"] or texts(ken) == ["thinking "])
            assert states(ken) == ["growing"]
            message.append("done")
        wait_for(
            lambda: [(m.text, m.state, m.user) for m in ken.messages] == [("thinking done", "sent", "helper")]
        )
        wait_for(lambda: states(anna) == ["sent"])
        with anna.streaming(user="helper") as message:
            message.append("nothing")
            wait_for(lambda: len(ken.messages) == 2)
            message.replace("")
        wait_for(lambda: len(ken.messages) == 1)  # nothing came of it


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


def test_a_named_token_says_who_somebody_is(sent: Recorder, hub: Hub) -> None:
    token = hub.token_for(Rights(subscribe=["chat:*"], publish=["chat:*"], name="mia"))
    with chatting(hub, "boss", token=token) as chat, chatting(hub, "ken") as ken:
        wait_for(lambda: chat.user == "mia")
        ready(ken)
        chat.send("who am I?")
        chat.send("beep", user="bot")
        wait_for(
            lambda: [(m.user, m.name) for m in ken.messages] == [("mia", "mia"), ("mia/bot", "bot (mia)")]
        )
        wait_for(lambda: states(chat) == ["sent"] * 2)
        assert [m.own for m in chat.messages] == [True, False]
        chat.edit(chat.messages[1], "boop")
        wait_for(lambda: texts(ken) == ["who am I?", "boop"])


def test_rooms_are_made_listed_and_left(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "ken") as ken:
        ready(anna, ken)
        anna.join("lab")
        anna.send("in the lab")
        wait_for(lambda: [room.id for room in ken.rooms] == ["general", "lab"])
        assert not ken.rooms[1].joined
        ken.join("lab")
        wait_for(lambda: texts(ken) == ["in the lab"])
        ken.room = "general"
        anna.send("still in the lab")
        wait_for(lambda: [room.unread for room in ken.rooms] == [0, 1])
        ken.leave("lab")
        wait_for(lambda: [room.joined for room in ken.rooms] == [True, False])
        wait_for(lambda: anna.rooms[1].members == {"anna": "anna"})


def test_older_messages_are_fetched_from_the_hub(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        for n in range(150):
            anna.send(f"{n}")
        wait_for(lambda: states(anna) == ["sent"] * 150)
        anna.react(anna.messages[3], "👍")
    with chatting(hub, "ken") as ken:
        ready(ken)
        wait_for(lambda: texts(ken)[-1:] == ["149"])
        held = len(ken.messages)
        assert held <= 50
        came = 1
        while came:
            came = ken.load_older()
        assert texts(ken) == [f"{n}" for n in range(150)]
        assert ken.messages[3].reactions == {"👍": ["anna"]}


def test_a_file_goes_over_a_connection_whose_url_takes_its_time_and_is_there(
    sent: Recorder, hub: Hub
) -> None:
    slow = threading.Event()

    def url() -> str:
        slow.wait(0.2)  # nobody sets it: the url is not known at once
        return hub.url

    with chatting(hub, "anna", url=url) as anna, chatting(hub, "ken") as ken:
        ready(anna, ken)
        anna.send_file(b"a,b\n1,2\n", name="table.csv", text="the numbers")
        wait_for(lambda: [(m.type, m.text) for m in ken.messages] == [("file", "the numbers")])
        wait_for(lambda: states(anna) == ["sent"])
        file = ken.messages[0].file
        assert file is not None
        assert (file.name, file.size) == ("table.csv", 8)
        assert ken._link.download(file.url) == b"a,b\n1,2\n"


def test_a_function_that_is_told_of_a_message_may_ask_for_older_ones(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        for n in range(80):
            anna.send(f"{n}")
        wait_for(lambda: states(anna) == ["sent"] * 80)
        with chatting(hub, "ken") as ken:
            ready(ken)
            wait_for(lambda: texts(ken)[-1:] == ["79"])
            told: list[int] = []
            ken.on_message(lambda message: told.append(ken.load_older()))
            anna.send("now")
            wait_for(lambda: told)
            assert told[0] > 0
            assert texts(ken)[0] == "0"


def test_two_chats_of_one_client_share_its_connection_and_its_past(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        anna.send("hi")
        wait_for(lambda: states(anna) == ["sent"])
        second = rw.Chat(anna._link._client, user="anna")
        wait_for(lambda: texts(second) == ["hi"])
        second.send("ho")
        wait_for(lambda: texts(anna) == texts(second) == ["hi", "ho"])
        second.close()
        anna.send("hm")
        wait_for(lambda: states(anna) == ["sent"] * 3)


def test_a_server_that_knows_only_the_convention_is_served(sent: Recorder) -> None:
    """It neither numbers nor acknowledges, and gives its own ids."""
    with Server() as server, Client(server.url, reconnect=QUICK) as client:
        chat = rw.Chat(client, user="anna")
        wait_for(lambda: server.said("join_rooms"))
        assert server.said("join_rooms")[-1]["data"]["userId"] == "anna"
        server.send(
            {
                "type": "rooms_list",
                "data": [{"id": "r1", "name": "Room", "participants": [], "unreadCount": 2}],
            }
        )
        wait_for(lambda: chat.room == "r1")
        chat.send("hello")
        wait_for(lambda: server.said("send_message"))
        data = server.said("send_message")[0]["data"]
        assert {k: data[k] for k in ("roomId", "userId", "username", "content", "type")} == {
            "roomId": "r1",
            "userId": "anna",
            "username": "anna",
            "content": "hello",
            "type": "text",
        }
        common = {"roomId": "r1", "timestamp": 1_795_456_052_100, "type": "text"}
        server.send(
            {"type": "typing_start", "data": {"roomId": "r1", "userId": "ken", "username": "Ken"}},
            {
                "type": "message",
                "data": {**common, "id": "1", "userId": "anna", "username": "anna", "content": "hello"},
            },
            {
                "type": "message",
                "data": {**common, "id": "2", "userId": "mia", "username": "Mia", "content": "hi"},
            },
            {"type": "user_joined", "data": {"roomId": "r1", "user": {"id": "mia", "username": "Mia"}}},
        )
        wait_for(
            lambda: (
                [(m.id, m.text, m.state) for m in chat.messages]
                == [("1", "hello", "sent"), ("2", "hi", "sent")]
            )
        )
        assert chat.typing == ["Ken"]
        chat.close()


def test_where_messages_are_missing_is_said(sent: Recorder) -> None:
    """A hub in memory begins anew: what was said there before, and was not heard, is gone."""
    port = free_port()
    secret = "canary-secret-0123456789abcdef-0123"
    with Hub(port=port, secret=secret, token="canary") as hub, chatting(hub, "anna") as anna:
        ready(anna)
        anna.send("before")
        wait_for(lambda: states(anna) == ["sent"])
        hub.stop()
        with Hub(port=port, secret=secret, token="canary") as again, chatting(again, "ken") as ken:
            ready(ken)
            ken.send("after")
            wait_for(lambda: texts(anna) == ["before", "after"])
            items = anna._feed.take(True, 0.0).body["items"]
            assert [item["kind"] for item in items if item["kind"] in ("message", "gap")] == [
                "message",
                "gap",
                "message",
            ]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill")
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


def test_two_users_of_one_connection_stay_who_they_are(sent: Recorder, hub: Hub) -> None:
    with Client(hub.url, auth=hub.token, reconnect=QUICK) as client:
        anna, ken = rw.Chat(client, user="anna"), rw.Chat(client, user="ken")
        wait_for(
            lambda: anna.rooms and set(anna.rooms[0].members) == {"anna", "ken"} == set(ken.rooms[0].members)
        )
        anna.send("of anna")
        ken.send("of ken")
        wait_for(lambda: states(anna) == states(ken) == ["sent"] * 2)
        assert [(m.user, m.own) for m in sorted(anna.messages, key=lambda m: m.user)] == [
            ("anna", True),
            ("ken", False),
        ]
        assert [(m.user, m.own) for m in sorted(ken.messages, key=lambda m: m.user)] == [
            ("anna", False),
            ("ken", True),
        ]
        wait_for(lambda: (anna.user, ken.user) == ("anna", "ken"))
        ken.join("lab")
        wait_for(lambda: [room.joined for room in anna.rooms] == [True, False])
        assert [room.joined for room in ken.rooms] == [True, True]
        anna.close()
        ken.close()


def test_a_hub_that_lets_nobody_in_says_why_in_the_chat(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna", token="wrong", room="lab") as chat:
        wait_for(lambda: chat._conversation.trouble)
        assert "401" in chat._conversation.trouble
        assert "wrong" not in chat._conversation.trouble  # the token is a secret, whatever it is
        assert chat._feed.take(True, 0.0).body["trouble"] == chat._conversation.trouble
        chat.send("waits")
        assert states(chat) == ["queued"]


def test_what_is_said_before_there_is_a_room_goes_to_the_one_that_is_chosen(hub: Hub) -> None:
    with chatting(hub, "anna") as anna:
        message = anna.send("Hello")  # at once, as in the first line of a notebook
        anna.send_file(b"a,b", name="a.csv")
        assert message.state in ("queued", "sending")
        assert [m.id for m in anna.messages][:1] == [message.id]  # seen from the beginning
        wait_for(lambda: states(anna) == ["sent", "sent"])
        assert [each.text or each.file.name for each in anna.messages] == ["Hello", "a.csv"]


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


def test_what_the_hub_turns_down_is_said_in_the_chat() -> None:
    rights = Rights(subscribe=["chat:lab"], publish=["chat:lab"], name="anna")
    with Hub(tokens={"anna-anna-anna-anna": rights}) as hub, ExitStack() as stack:
        anna = stack.enter_context(chatting(hub, "anna", token="anna-anna-anna-anna", room="lab"))
        wait_for(lambda: anna.room == "lab" and anna.rooms[0].joined)
        anna.join("secret")

        def told() -> list[str]:
            with anna._conversation.lock:
                room = anna._conversation.rooms["secret"]
                return [item.fields["said"].text for item in room.timeline if item.fields["kind"] == "error"]

        wait_for(told)
        why = "this token may not follow 'chat:secret'; ask for one with that right"
        assert told() == [f"The room was not joined: {why}"]


def test_whoever_leaves_a_room_is_in_another(hub: Hub) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        anna.join("lab")
        wait_for(lambda: [room.joined for room in anna.rooms] == [True, True])
        anna.leave("lab")
        assert anna.room == "general"
        anna.leave()
        assert anna.room == ""


def test_files_arrive_in_the_order_they_were_sent_in(hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "bob") as bob:
        ready(anna, bob)
        names = [f"{i}.bin" for i in range(8)]
        for i, name in enumerate(names):
            anna.send_file(bytes(2_000_000 if i % 3 == 0 else 10), name=name)
        wait_for(lambda: [each.file.name for each in bob.messages] == names)
        assert bob.read_file(bob.messages[1]) == bytes(10)


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


def test_to_come_back_is_not_to_have_read_all(hub: Hub) -> None:
    with Proxy(hub.port) as proxy, chatting(hub, "bob") as bob:
        url = proxy.to(hub.url)
        with chatting(hub, "anna", url=url, room="general") as anna:
            ready(anna, bob)
            for n in range(5):
                bob.send(f"unread {n}")
            wait_for(lambda: anna.unread == 5)
            proxy.down()
            bob.send("meanwhile")
            proxy.up()
            wait_for(lambda: texts(anna)[-1:] == ["meanwhile"])
            anna._link._client.wait_until("connected", LIMIT)
            assert anna.unread == 6


def test_a_hub_that_has_begun_anew_is_heard_and_has_its_room_joined() -> None:
    port, told = free_port(), []
    with Client(f"ws://127.0.0.1:{port}/ws/chat", auth="x" * 20, reconnect=QUICK) as client:
        anna = rw.Chat(client, user="anna", room="lab")
        anna.on_message(lambda message: told.append(message.text))
        for turn in ("first", "second"):
            with (
                Hub(port=port, token="x" * 20) as hub,
                chatting(hub, "bob", token="x" * 20, room="lab") as bob,
            ):
                wait_for(lambda: any(room.id == "lab" and "anna" in room.members for room in bob.rooms))
                wait_for(lambda: bob.room == "lab")
                for n in range(20 if turn == "first" else 3):
                    bob.send(f"{turn} {n}")
                wait_for(lambda turn=turn, n=n: f"{turn} {n}" in told)
        assert told == [f"first {n}" for n in range(20)] + [f"second {n}" for n in range(3)]
        with pytest.raises(UsageError, match="has begun anew"):
            anna.react(next(m for m in anna.messages if m.text == "first 3"), "👍")
        anna.close()


def test_nobody_else_ends_an_answer_that_grows(hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "mallory") as mallory:
        ready(anna, mallory)
        with anna.streaming(user="bot") as answer:
            answer.append("The answer is ")
            wait_for(lambda: states(mallory) == ["growing"])
            data = {"roomId": "general", "userId": "mallory", "content": "HACKED"}
            mallory._link._client.send("grow_message", {**data, "id": answer.id})
            mallory._link._client.send("send_message", data, id=answer.id)
            wait_for(lambda: "HACKED" in texts(anna))
            answer.append("42.")
        wait_for(lambda: states(anna) == states(mallory) == ["sent", "sent"])
        for chat in (anna, mallory):
            assert [(m.user, m.text) for m in chat.messages] == [
                ("mallory", "HACKED"),
                ("bot", "The answer is 42."),
            ]


def test_a_chat_that_is_made_again_has_each_answer_once(hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "bob") as bob:
        ready(anna, bob)
        with anna.streaming(user="bot") as answer:
            for n in range(30):
                answer.append(f"{n} ")
        wait_for(lambda: states(bob) == ["sent"])
        again = rw.Chat(bob._link._client, user="bob")
        wait_for(lambda: len(again.messages) == 1)
        anna.send("the end")
        wait_for(lambda: texts(again)[-1:] == ["the end"])
        assert states(again) == ["sent", "sent"]
        again.close()


def test_who_leaves_the_last_room_is_in_none_whatever_else_is_told(hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "bob") as bob:
        ready(anna, bob)
        anna.leave()
        wait_for(lambda: "anna" not in bob.rooms[0].members)
        bob.join("lab")  # of which all are told
        wait_for(lambda: [room.id for room in anna.rooms] == ["general", "lab"])
        settle()
        assert (anna.room, [room.joined for room in anna.rooms]) == ("", [False, False])
        assert "anna" not in bob.rooms[0].members


def test_another_chat_of_the_user_may_leave_the_room_of_this_one(hub: Hub) -> None:
    with chatting(hub, "ken", room="lab") as ken, chatting(hub, "bob") as bob:
        wait_for(lambda: any(room.id == "lab" and room.joined for room in ken.rooms))
        again = rw.Chat(ken._link._client, user="ken", room="lab")
        wait_for(lambda: again.rooms and any(room.id == "lab" and room.joined for room in again.rooms))
        again.leave("lab")
        wait_for(lambda: not next(room for room in ken.rooms if room.id == "lab").joined)
        wait_for(lambda: [line for _, line in lines(ken, "lab")] == ["joined", "left"])
        bob.join("other")  # of which all are told
        wait_for(lambda: members(ken, "other") == {"bob": "bob"})
        bob.leave("other")
        wait_for(lambda: not members(ken, "other"))
        assert not members(bob, "lab")
        assert [line for _, line in lines(ken, "lab")] == ["joined", "left"]
        again.close()


def test_what_is_said_at_once_arrives_in_its_order(hub: Hub) -> None:
    for _ in range(5):
        with chatting(hub, "anna") as anna:
            before = 0
            for n in range(300):
                anna.send(f"{n}")
            wait_for(lambda: len(anna.messages) >= 300 and set(states(anna)[-300:]) == {"sent"})
            assert texts(anna)[-300:] == [f"{n}" for n in range(300)], before


def test_what_waits_for_a_room_can_be_changed_and_taken_back(hub: Hub) -> None:
    with chatting(hub, "anna") as anna:
        first, second, third = (anna.send(text) for text in ("first", "second", "third"))
        anna.edit(first, "edited")
        anna.react(first, "👍")
        anna.delete(second)
        anna.edit(first, "edited again")
        anna.close()
        assert third.state == "queued" or third.room
        with chatting(hub, "bob") as bob:
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


def test_a_hub_that_has_begun_anew_has_the_room_that_was_not_named() -> None:
    port = free_port()
    with Client(f"ws://127.0.0.1:{port}/ws/chat", auth="x" * 20, reconnect=QUICK) as client:
        anna = rw.Chat(client, user="anna")
        for _ in range(2):
            with Hub(port=port, token="x" * 20):
                wait_for(lambda: anna.rooms and anna.rooms[0].members == {"anna": "anna"})
                client.wait_until("connected", LIMIT)
            wait_for(lambda: client.state != "connected")
        anna.close()


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


def test_a_cut_is_no_reason_to_join_what_was_left_elsewhere(hub: Hub) -> None:
    with (
        Proxy(hub.port) as proxy,
        chatting(hub, "ken", url=proxy.to(hub.url), room="lab") as ken,
        chatting(hub, "ken", room="lab") as again,
        chatting(hub, "bob", room="lab") as bob,
    ):
        both = {"bob": "bob", "ken": "ken"}
        wait_for(lambda: members(bob, "lab") == members(again, "lab") == members(ken, "lab") == both)
        wait_for(lambda: not ken._link._outbox.waits)  # and has not still to join
        again.leave("lab")
        wait_for(lambda: members(bob, "lab") == members(ken, "lab") == {"bob": "bob"})
        proxy.down()
        proxy.up()
        wait_for(lambda: ken._link._client.stats.connects == 2)
        ken._link._client.wait_until("connected", LIMIT)
        wait_for(lambda: ken._link._begins is False)
        bob.send("still gone")
        wait_for(lambda: states(bob)[-1:] == ["sent"])
        assert lines(bob, "lab")[-1] == ("ken", "left")


def test_a_room_that_was_left_stays_so_where_a_server_does_not_say_it(sent: Recorder) -> None:
    rooms = {
        "type": "rooms_list",
        "data": [{"id": id, "name": id, "participants": []} for id in ("r1", "r2")],
    }
    with Server() as server, Client(server.url, reconnect=QUICK) as client:
        chat = rw.Chat(client, user="anna", room="r1")
        wait_for(lambda: server.said("join_rooms"))
        server.send(rooms)
        wait_for(lambda: [(room.id, room.joined) for room in chat.rooms] == [("r1", True), ("r2", True)])
        chat.leave("r2")
        wait_for(lambda: server.said("leave_room"))
        server.send(
            rooms,
            {"type": "message", "data": {"id": "1", "roomId": "r1", "userId": "ken", "content": "then"}},
        )
        wait_for(lambda: texts(chat) == ["then"])
        assert [(room.id, room.joined) for room in chat.rooms] == [("r1", True), ("r2", False)]
        chat.join("r2")
        server.send(
            rooms,
            {"type": "message", "data": {"id": "2", "roomId": "r2", "userId": "ken", "content": "back"}},
        )
        wait_for(lambda: texts(chat) == ["back"])
        assert [(room.id, room.joined) for room in chat.rooms] == [("r1", True), ("r2", True)]
        chat.close()


def test_at_no_moment_of_joining_is_there_neither_a_room_nor_the_prospect_of_one(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chatting(hub, "anna") as anna:
        seen: list[bool] = []
        anna._conversation.listen(
            lambda: seen.append(anna._link.will_choose or bool(anna._conversation.current))
        )
        anna.join("lab")
        assert seen
        assert all(seen)

"""Chats over a real hub: rooms, who is in them, what was said before; and over a server that knows only the convention."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

import realtime_widgets as rw
from realtime_widgets.client import Client
from realtime_widgets.errors import TimedOut, UsageError
from realtime_widgets.hub import Hub, Rights
from realtime_widgets.runtime import get_runtime
from realtime_widgets.widgets import chat_talk
from support.chats import QUICK, chatting, lines, members, ready, states, texts
from support.faults import Proxy
from support.ports import free_port
from support.recorder import Recorder, settle
from support.servers import LIMIT, Server, wait_for


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(secret="canary-secret-0123456789abcdef-0123") as hub:
        yield hub


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


def test_who_may_follow_no_room_is_told_so(sent: Recorder) -> None:
    rights = Rights(subscribe=["metrics"], publish=["metrics"], name="anna")
    with Hub(tokens={"anna-anna-anna-anna": rights}) as hub:
        with chatting(hub, "anna", token="anna-anna-anna-anna") as anna:
            anna.send("hello")
            wait_for(lambda: "the server shows no rooms to this token" in anna._conversation.trouble)
        with chatting(hub, "anna") as anna:
            ready(anna)
            assert anna._conversation.trouble == ""


def test_clients_that_can_carry_no_chat_are_refused(hub: Hub) -> None:
    url = hub.url.replace("ws://", "http://").replace("/ws/", "/sse/")
    with Client(url, auth=hub.token) as client, pytest.raises(UsageError, match="Events go one way"):
        rw.Chat(client)
    with (
        Client(hub.url, auth=hub.token, decode=lambda raw: None) as client,
        pytest.raises(UsageError, match="it was given decode="),
    ):
        rw.Chat(client)
    with pytest.raises(UsageError, match="it was closed; call rw"):
        rw.Chat(client)


def test_a_chat_whose_client_was_closed_says_so(
    sent: Recorder, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    with chatting(hub, "bob") as bob, chatting(hub, "anna") as anna:
        ready(anna, bob)
        message = anna.send("hello")
        wait_for(lambda: states(anna) == ["sent"])
        anna._link._client.close()
        wait_for(lambda: "was closed: make another chat" in anna._conversation.trouble)
        assert anna._conversation.over
        assert anna.data_state == "disconnected"
        for use in (
            lambda: anna.join("lab"),
            lambda: anna.edit(message, "hallo"),
            lambda: anna.load_older(),
        ):
            with pytest.raises(UsageError, match="was closed"):
                use()
        anna.send_file(b"1", name="a.csv")
        wait_for(lambda: states(anna) == ["sent", "failed"])
        assert bob.data_state == "live"
    assert "Exception" not in caplog.text


def test_a_room_that_was_left_without_a_connection_is_not_followed_again(sent: Recorder, hub: Hub) -> None:
    told: list[str] = []
    with (
        Proxy(hub.port) as proxy,
        chatting(hub, "anna", url=proxy.to(hub.url), room="lab") as anna,
        chatting(hub, "ken", room="lab") as ken,
    ):
        anna.on_message(lambda message: told.append(message.text))
        wait_for(lambda: members(ken, "lab") == {"anna": "anna", "ken": "ken"})
        anna.join("general")
        proxy.down()
        wait_for(lambda: anna._link._client.state != "connected")
        anna.leave("lab")
        proxy.up()
        wait_for(lambda: members(ken, "lab") == {"ken": "ken"})
        ken.send("secret")
        ken.join("general")
        ken.send("for all", room="general")
        wait_for(lambda: told == ["for all"])
        assert "chat:lab" not in anna._link._streams


def test_what_waits_for_a_room_and_finds_none_has_failed(
    sent: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_talk, "CLOSING", 0.05)
    rights = Rights(subscribe=["metrics"], name="anna")
    with Hub(tokens={"anna-anna-anna-anna": rights}) as hub:
        client = Client(hub.url, auth="anna-anna-anna-anna")
        chat = rw.Chat(client)
        chat.send("hello")
        wait_for(lambda: chat._conversation.trouble)
        assert states(chat) == ["queued"]
        chat.close()
        wait_for(lambda: [(m.state, m.error) for m in chat.messages] == [("failed", chat_talk.NO_MORE)])
        client.close()
    with Client("ws://127.0.0.1:9/") as client:
        chat = rw.Chat(client)
        chat.send("hello")
    wait_for(lambda: [(m.state, m.error) for m in chat.messages] == [("failed", chat_talk.NO_MORE)])
    with pytest.raises(UsageError, match="the client of this chat was closed"):
        chat.send("hello")
    chat.close()


def test_older_messages_are_waited_for_until_it_is_known_what_there_is(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "ken", room="lab") as ken:
        for n in range(120):
            ken.send(f"{n}")
        wait_for(lambda: states(ken) == ["sent"] * 120)
        with Proxy(hub.port) as proxy, chatting(hub, "anna", url=proxy.to(hub.url), room="lab") as anna:
            assert anna.load_older() > 0  # at once, as a script does
            while anna.load_older():
                pass
            assert texts(anna) == [f"{n}" for n in range(120)]
            proxy.down()
            wait_for(lambda: anna._link._client.state != "connected")
            with pytest.raises(TimedOut):
                anna.load_older(timeout=0.05)
            proxy.up()
            assert anna.load_older() == 0


def test_who_leaves_a_room_and_joins_it_again_has_what_was_said_meanwhile(sent: Recorder, hub: Hub) -> None:
    told: list[str] = []
    with chatting(hub, "bob", room="lab") as bob, chatting(hub, "anna") as anna:
        wait_for(lambda: "lab" in [each.id for each in anna.rooms])
        anna.on_message(lambda message: told.append(message.text))
        anna.join("lab")
        wait_for(lambda: members(bob, "lab") == {"anna": "anna", "bob": "bob"})
        bob.send("before")
        wait_for(lambda: texts(anna) == ["before"])
        anna.leave("lab")
        wait_for(lambda: members(bob, "lab") == {"bob": "bob"})
        for n in range(70):
            bob.send(f"{n}")
        wait_for(lambda: states(bob)[-1:] == ["sent"])
        anna.join("lab")
        bob.send("after")
        want = ["before", *(f"{n}" for n in range(70)), "after"]
        wait_for(lambda: texts(anna) == want)
        wait_for(lambda: sorted(told) == sorted(want))
        wait_for(lambda: members(anna, "lab") == {"anna": "anna", "bob": "bob"})
        assert [room.joined for room in anna.rooms if room.id == "lab"] == [True]


def test_what_one_says_in_a_room_that_one_has_left_is_there_where_it_was_said(
    sent: Recorder, hub: Hub
) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "bob", room="lab") as bob:
        ready(anna)
        anna.join("lab")
        wait_for(lambda: members(bob, "lab") == {"anna": "anna", "bob": "bob"})
        anna.leave("lab")
        wait_for(lambda: members(bob, "lab") == {"bob": "bob"})
        anna.send("still here", room="lab")
        wait_for(lambda: texts(bob) == ["still here"])
        bob.send("so it seems")
        wait_for(lambda: [m.text for m in anna._conversation.messages("lab")] == texts(bob))
        assert len(texts(bob)) == 2


def test_who_leaves_after_a_file_was_sent_has_left(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna, chatting(hub, "bob", room="lab") as bob:
        ready(anna)
        anna.join("lab")
        wait_for(lambda: members(bob, "lab") == {"anna": "anna", "bob": "bob"})
        anna.send_file(b"x" * 200_000, name="a.bin")
        anna.leave("lab")
        wait_for(lambda: [each.file and each.file.name for each in bob.messages] == ["a.bin"])
        wait_for(lambda: members(bob, "lab") == {"bob": "bob"})
        bob.send("she has gone")
        wait_for(lambda: states(bob)[-1:] == ["sent"])
        assert lines(bob, "lab")[-1] == ("anna", "left")
        wait_for(lambda: [room.joined for room in anna.rooms if room.id == "lab"] == [False])


def test_of_a_chat_that_cannot_be_made_the_hub_never_hears(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "bob") as bob:
        ready(bob)
        client = bob._link._client
        errors = []  # a notebook keeps the last one, with all that it was raised in
        for wrong in ({"height": 5}, {"theme": "x"}, {"locale": 5}, {"tz": "No/Where"}):
            with pytest.raises(UsageError) as caught:
                rw.Chat(client, user="zed", room="secret", **wrong)
            errors.append(caught)
        settle()
        bob.send("all here")
        wait_for(lambda: states(bob) == ["sent"])  # on the same connection
        with chatting(hub, "carl") as carl:
            wait_for(lambda: carl.rooms)
            assert [each.id for each in carl.rooms] == ["general"]


def test_a_client_that_is_closed_at_once_is_no_error_of_the_chat(
    sent: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(f"ws://127.0.0.1:{free_port()}/", reconnect=QUICK) as client:
        chat = rw.Chat(client, user="anna")
        chat.send("hello")
    data = [{"id": "general", "name": "general", "participants": [], "member": False}]
    chat._link._take_rooms(data, answers=True)  # the list of rooms was on its way
    wait_for(lambda: [each.state for each in chat.messages] == ["failed"])
    chat.close()
    settle()
    assert [each for each in caplog.records if each.exc_info] == []


def test_a_client_that_disconnected_and_is_closed_says_so_in_the_chat(sent: Recorder, hub: Hub) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        client = anna._link._client
        client.disconnect()
        wait_for(lambda: client.state == "disconnected")
        anna.send("hello")
        anna.send_file(b"x", name="a.bin")
        settle()
        client.close()
        wait_for(lambda: states(anna) == ["failed", "failed"])
        assert anna._conversation.over


def test_how_many_older_messages_came_does_not_count_those_that_got_their_id_meanwhile(
    sent: Recorder, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        older = anna._link.older

        def late(room: str, before: float, done: Callable[[bool], object]) -> None:
            def end(more: bool) -> None:
                if states(anna) == ["sent"]:
                    done(more)
                else:
                    get_runtime().call_later(0.01, end, more)

            older(room, before, end)

        monkeypatch.setattr(anna._link, "older", late)
        anna.send("a")
        assert anna.load_older() == 0

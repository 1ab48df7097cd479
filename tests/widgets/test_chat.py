"""The chat in Python, without a server: what can be said, what becomes of it, and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.client import Client
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.hub import Hub
from support.images import PNG
from support.openai_server import OpenAIServer
from support.recorder import Recorder, bodies, settle
from support.servers import wait_for


def ask(chat: rw.Chat, what: str, about: Any) -> None:
    """As a page does."""
    chat._frame_loop.receive({"rw": 2, "page": "p", "to": chat._rw_id, "do": what, "about": about})
    settle()


def texts(chat: rw.Chat) -> list[str]:
    return [message.text for message in chat.messages]


def test_what_is_said_reaches_the_pages(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    sent.wait_for(lambda frame: bodies(frame, chat))
    message = chat.send("  Hello  ")
    assert (message.text, message.user, message.own, message.state, message.room) == (
        "Hello",
        "anna",
        True,
        "sent",
        "general",
    )
    frame = sent.wait_for(lambda frame: any(body["items"] for body in bodies(frame, chat)))
    (item,) = bodies(frame, chat)[0]["items"]
    assert (item["text"], item["own"], item["kind"]) == ("Hello", True, "message")


def test_what_is_typed_is_there_once_and_the_functions_are_told_of_it(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    told: list[str] = []
    undo = chat.on_message(lambda message: told.append(message.text))
    for _ in range(3):  # a page says it again until it has heard
        ask(chat, "send", {"id": "page-key-1", "room": "general", "text": "typed"})
    chat.send("by the program")
    ask(chat, "send", {"id": "page-key-2", "room": "general", "text": "more"})
    wait_for(lambda: told == ["typed", "more"])
    assert texts(chat) == ["typed", "by the program", "more"]
    undo()
    ask(chat, "send", {"id": "page-key-3", "room": "general", "text": "unheard"})
    assert told == ["typed", "more"]


def test_what_a_function_returns_is_the_answer(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")

    @chat.on_message
    def answer(message: rw.ChatMessage) -> str:
        return message.text.upper()

    ask(chat, "send", {"id": "page-key-1", "room": "general", "text": "hi"})
    wait_for(lambda: texts(chat) == ["hi", "HI"])
    bot = chat.messages[1]
    assert (bot.user, bot.own, bot.by_program, bot.metadata) == ("bot", False, True, {"bot": True})


def test_a_generator_answers_bit_by_bit_and_a_coroutine_function_is_awaited(sent: Recorder) -> None:
    chat = rw.Chat()

    @chat.on_message
    async def answer(message: rw.ChatMessage) -> Any:
        for token in ("one ", "two ", message.text):
            yield token

    @chat.on_message
    async def count(message: rw.ChatMessage) -> str:
        return f"{len(message.text)} characters"

    ask(chat, "send", {"id": "page-key-1", "room": "general", "text": "three"})
    wait_for(lambda: texts(chat) == ["three", "one two three", "5 characters"])


def test_what_a_function_raises_is_shown_in_the_chat(
    sent: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    chat = rw.Chat()

    @chat.on_message
    def wrong(message: rw.ChatMessage) -> None:
        raise ValueError("no such table")

    @chat.on_message
    def right(message: rw.ChatMessage) -> str:
        return "still here"

    ask(chat, "send", {"id": "page-key-1", "room": "general", "text": "hi"})
    wait_for(lambda: texts(chat) == ["hi", "still here"])
    items = chat._feed.take(True, 0.0).body["items"]
    (error,) = [item for item in items if item["kind"] == "error"]
    assert error["text"] == "ValueError: no such table"
    assert "in wrong" in error["details"]
    assert "chat_callbacks" not in error["details"]
    assert "no such table" in caplog.text
    caplog.clear()


def test_a_streamed_message_grows_and_is_a_message_in_the_end(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    with chat.streaming(user="helper") as message:
        message.append("Hello")
        assert [(m.text, m.state) for m in chat.messages] == [("Hello", "growing")]
        message.append(" there")
        assert message.text == "Hello there"
    assert [(m.text, m.state, m.user) for m in chat.messages] == [("Hello there", "sent", "helper")]
    with pytest.raises(UsageError, match="has ended"):
        message.append("!")
    with chat.streaming():
        pass
    assert len(chat.messages) == 1  # nothing came of it


def test_a_reader_stops_a_streamed_message(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    reached = []
    with chat.streaming() as message:
        message.append("a")
        ask(chat, "stop", {"key": message.id})
        assert message.stopped
        message.append("b")
        reached.append("after")
    assert not reached
    assert [(m.text, m.state) for m in chat.messages] == [("a", "stopped")]


def test_messages_are_edited_deleted_and_reacted_to(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    message = chat.send("before")
    chat.edit(message, "after")
    chat.react(message.id, "👍")
    (found,) = chat.messages
    assert (found.text, found.reactions) == ("after", {"👍": ["anna"]})
    assert found.edited is not None
    chat.react(message, "👍", on=False)
    assert chat.messages[0].reactions == {}
    chat.delete(message)
    assert (chat.messages[0].deleted, chat.messages[0].text) == (True, "")
    with pytest.raises(UsageError, match="no message 'gone'"):
        chat.edit("gone", "x")
    with pytest.raises(UsageError, match="no reaction"):
        chat.react(message, "")


def test_a_reader_changes_what_is_theirs_and_nothing_else(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    chat.send("mine")
    chat.send("of the bot", user="bot")
    mine, bot = (item["key"] for item in chat._feed.take(True, 0.0).body["items"])
    ask(chat, "edit", {"key": mine, "text": "mine, edited"})
    ask(chat, "edit", {"key": bot, "text": "forged"})
    ask(chat, "delete", {"key": bot})
    ask(chat, "react", {"key": bot, "reaction": "🎉", "on": True})
    ask(chat, "edit", {"key": mine, "text": "   "})
    assert texts(chat) == ["mine, edited", "of the bot"]
    assert chat.messages[1].reactions == {"🎉": ["anna"]}


@pytest.mark.parametrize(
    "what", ["send", "room", "read", "typing", "older", "react", "edit", "delete", "stop", "x"]
)
@pytest.mark.parametrize(
    "about",
    [None, [], "x", {}, {"room": "nowhere"}, {"room": 1, "key": 2}, {"key": "none"}, {"room": "general"}],
)
def test_whatever_a_page_says_does_no_harm(sent: Recorder, what: str, about: Any) -> None:
    chat = rw.Chat()
    ask(chat, what, about)
    assert (texts(chat), chat.room) == ([], "general")


def test_typing_and_rooms_can_be_observed(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    seen: list[tuple[str, Any]] = []
    chat.observe(
        lambda change: seen.append((change.name, change.new)), ["messages", "unread", "rooms", "typing"]
    )
    chat.set_typing(user="ken")
    wait_for(lambda: ("typing", ["ken"]) in seen)
    chat.send("hi", user="ken")
    wait_for(lambda: any(name == "unread" and new == 1 for name, new in seen))
    wait_for(lambda: any(name == "messages" and [m.text for m in new] == ["hi"] for name, new in seen))
    chat.join("second")
    wait_for(
        lambda: any(name == "rooms" and [r.id for r in new] == ["general", "second"] for name, new in seen)
    )
    assert (chat.room, [room.unread for room in chat.rooms]) == ("second", [1, 0])
    ask(chat, "room", {"room": "general"})
    ask(chat, "read", {"room": "general", "place": 99})
    assert (chat.room, chat.unread) == ("general", 0)
    chat.leave()
    assert [room.id for room in chat.rooms] == ["second"]
    assert chat.room == "second"


def test_a_system_line_is_nobodys_unread_message_and_no_function_is_told(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    told: list[Any] = []
    chat.on_message(told.append)
    message = chat.system("The training is over")
    assert (message.type, chat.unread, told) == ("system", 0, [])


def test_older_messages_come_to_the_page_that_asks(sent: Recorder) -> None:
    chat = rw.Chat()
    for n in range(300):
        chat.send(f"{n}")
    begin = chat._feed.take(True, 0.0).body["rooms"][0]["from"]
    ask(chat, "older", {"room": "general", "before": begin})
    frame = sent.wait_for(lambda frame: any(body.get("answers") for body in bodies(frame, chat)))
    (answer,) = next(body["answers"] for body in bodies(frame, chat) if body.get("answers"))
    assert answer["items"][-1]["text"] == "99"
    assert chat.load_older() == 0  # all there is is here


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: rw.Chat("ws://x"), "rw.connect"),
        (lambda: rw.Chat(user=""), "user=''"),
        (lambda: rw.Chat(room="x" * 151), "is no room"),
        (lambda: rw.Chat(show_rooms=1), "show_rooms"),
        (lambda: rw.Chat(height=5), "height"),
        (lambda: rw.Chat().send("  \n"), "blank"),
        (lambda: rw.Chat().send("x" * 20_001), "20,000 are the most"),
        (lambda: rw.Chat().send("x", room="other"), r"chat.join\('other'\)"),
        (lambda: rw.Chat().on_message(3), "on_message"),
    ],
)
def test_what_cannot_be_is_refused(sent: Recorder, call: Any, said: str) -> None:
    with pytest.raises((UsageError, WrongType), match=said):
        call()


def test_a_wrong_keyword_names_the_nearest(sent: Recorder) -> None:
    with pytest.raises(TypeError, match="placeholder"):
        rw.Chat(plceholder="x")  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match="height"):
        rw.Chat().heigth = 3  # type: ignore[attr-defined]


def test_text_of_any_kind_is_said(sent: Recorder) -> None:
    chat = rw.Chat(user="\ud800x")
    chat.send("half \udfff of an emoji\x00")
    chat.send(17)
    assert texts(chat) == ["half \ufffd of an emoji\x00", "17"]
    chat._feed.take(True, 0.0)


def test_many_threads_say_things_at_once(sent: Recorder) -> None:
    chat = rw.Chat()
    threads = [
        threading.Thread(target=lambda n=n: [chat.send(f"{n}-{i}") for i in range(50)]) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts(chat)) == 200
    for n in range(4):
        assert [text for text in texts(chat) if text.startswith(f"{n}-")] == [f"{n}-{i}" for i in range(50)]


def test_a_closed_chat_tells_nobody(sent: Recorder) -> None:
    chat = rw.Chat()
    told: list[Any] = []
    chat.on_message(told.append)
    link = chat._link
    chat.close()
    chat._arrived(link._publish("general", "message", {"userId": "ken", "content": "unheard", "id": "k"}))
    assert told == []


def test_it_says_what_it_is(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    chat.send("hi")
    assert repr(chat) == "Chat(room='general', 1 messages, 0 unread, live)"
    assert list(chat.to_pandas().columns[:5]) == ["ts", "room", "user", "name", "type"]


def test_a_bot_asks_a_language_model_and_its_failure_is_shown(sent: Recorder) -> None:
    with OpenAIServer("Hello there, big world", key="sk-12345678") as model:
        chat = rw.Chat()

        @chat.on_message
        def answer(message: rw.ChatMessage) -> Iterator[str]:
            question = {"role": "user", "content": message.text}
            post = {"model": "llama", "stream": True, "messages": [question]}
            decode = rw.decoders.json(data="choices.0.delta.content")
            with rw.connect(model.url, post=post, auth="sk-12345678", reconnect=None, decode=decode) as reply:
                for part in reply:
                    yield part.data

        ask(chat, "send", {"id": "page-key-1", "room": "general", "text": "Who are you?"})
        wait_for(lambda: texts(chat) == ["Who are you?", "Hello there, big world"])
        assert [each.text for each in model.requests] == ["Who are you?"]
        model.key = "another"
        ask(chat, "send", {"id": "page-key-2", "room": "general", "text": "And now?"})
        wait_for(lambda: any(item["kind"] == "error" for item in chat._feed.take(True, 0.0).body["items"]))
        (error,) = [item for item in chat._feed.take(True, 0.0).body["items"] if item["kind"] == "error"]
        assert error["text"].startswith("Unauthorized: ")
        assert "(HTTP 401: Incorrect API key provided: ***.)" in error["text"]
        wait_for(lambda: not model.open)


def test_one_that_is_on_its_way_has_the_id_that_it_was_sent_with_and_can_be_deleted(sent: Recorder) -> None:
    with Client("ws://127.0.0.1:9", reconnect=Reconnect(10, 10)) as client:  # where nothing listens
        chat = rw.Chat(client, user="anna", room="lab")
        message = chat.send("hi")
        assert (message.state, texts(chat)) == ("queued", ["hi"])
        chat.react(message, "👍")  # once it has arrived, which it does not here
        chat.delete(message)
        assert texts(chat) == []
        chat.close()


def test_bots_are_heard_by_those_who_want_to(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    people: list[str] = []
    everybody: list[str] = []
    chat.on_message(lambda message: people.append(message.text))

    @chat.on_message(bots=True)
    def listen(message: rw.ChatMessage) -> None:
        everybody.append(message.text)

    for place, about in enumerate(({}, {"bot": True})):
        data = {"userId": "bob", "content": str(about), "id": f"id-{place}", "metadata": about}
        chat._arrived(chat._link._publish("general", "message", data))
    wait_for(lambda: len(everybody) == 2)
    assert people == ["{}"]
    assert [message.bot for message in chat.messages] == [False, True]


def test_the_bytes_of_a_file_are_read(sent: Recorder) -> None:
    chat = rw.Chat()
    chat.send_file(b"a,b", name="a.csv")
    (message,) = chat.messages
    assert chat.read_file(message) == chat.read_file(message.id) == b"a,b"
    with pytest.raises(UsageError, match="has no file"):
        chat.read_file(chat.send("words"))


def test_only_who_has_said_something_may_change_it(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    chat._link._publish("general", "message", {"userId": "bob", "content": "mine", "id": "bobs"})
    for change in (lambda: chat.edit("bobs", "yours"), lambda: chat.delete("bobs")):
        with pytest.raises(UsageError, match="is of 'bob', and only who has said something"):
            change()
    chat.react("bobs", "👍")
    assert (texts(chat), chat.messages[0].reactions) == (["mine"], {"👍": ["anna"]})
    bot = chat.send("beep", user="robot")
    chat.edit(bot, "boop")
    chat.delete(bot)
    chat.delete(bot)  # that it is gone already is fine
    with pytest.raises(UsageError, match="was deleted"):
        chat.react(bot, "👍")


def test_a_closed_chat_says_so(sent: Recorder) -> None:
    chat = rw.Chat()
    message = chat.send("hi")
    chat.close()
    assert repr(chat).endswith("closed)")
    for use in (
        lambda: chat.send("more"),
        lambda: chat.system("more"),
        lambda: chat.send_file(b"x", name="x"),
        lambda: chat.streaming(),
        lambda: chat.edit(message, "ho"),
        lambda: chat.delete(message),
        lambda: chat.react(message, "👍"),
        lambda: chat.read_file(message),
        lambda: chat.join("lab"),
        lambda: chat.leave(),
        lambda: chat.set_typing(),
        lambda: chat.mark_read(),
        lambda: chat.load_older(),
        lambda: chat.on_message(print),
    ):
        with pytest.raises(UsageError, match="this chat is closed"):
            use()


def test_what_is_no_message_is_refused_where_it_is_sent(sent: Recorder) -> None:
    class Figure:
        def savefig(self) -> None: ...

    chat = rw.Chat()
    itself: dict[str, Any] = {}
    itself["itself"] = itself
    for use, error, why in (
        (lambda: chat.send(None), WrongType, "pass a text"),
        (lambda: chat.send(Figure()), WrongType, "chat.send_image"),
        (lambda: chat.send("x", metadata=5), WrongType, "pass a dict"),
        (lambda: chat.send("x", metadata={"a": object()}), WrongType, "as JSON"),
        (lambda: chat.send("x", metadata=itself), WrongType, "as JSON"),
        (lambda: chat.send("x", metadata={"a": "x" * 20_000}), UsageError, "16,384 are the most"),
        (lambda: chat.edit(None, "x"), WrongType, "None is no message"),
        (lambda: chat.set_typing("anna"), WrongType, "by user="),
    ):
        with pytest.raises(error, match=why):
            use()
    assert texts(chat) == []
    assert chat.send("x", metadata={"a": "\ud800"}).metadata["a"] != "\ud800"
    assert chat.send_file(b"x", name="x", text=None).text == ""
    assert chat.send_image(PNG, alt=5).file.alt == "5"


def test_whoever_is_in_no_room_is_told_how_to_be_in_one(sent: Recorder) -> None:
    chat = rw.Chat()
    chat.leave()
    assert chat.room == ""
    with pytest.raises(
        UsageError, match=r"this chat is in none: pass room=…, or call chat.join\('general'\)"
    ):
        chat.send("hi")
    chat.join("general")
    chat.send("hi")
    assert texts(chat) == ["hi"]


def test_an_answer_that_breaks_off_is_known_as_such(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")

    @chat.on_message
    def answer(message: rw.ChatMessage) -> Iterator[str]:
        yield "half"
        raise ZeroDivisionError

    ask(chat, "send", {"id": "page-key-1", "room": "general", "text": "hi"})
    wait_for(lambda: texts(chat) == ["hi", "half"] and chat.messages[1].state != "growing")
    assert chat.messages[1].metadata == {"bot": True, "stopped": True}


def test_what_a_function_raises_about_a_room_that_has_gone_is_only_logged(
    sent: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    chat = rw.Chat()

    @chat.on_message
    def wrong(message: rw.ChatMessage) -> None:
        if message.room == "lab":
            chat.leave("lab")
        raise ValueError("no such table")

    chat.join("lab")
    ask(chat, "send", {"id": "page-key-1", "room": "lab", "text": "hi"})
    wait_for(lambda: "no such table" in caplog.text)
    ask(chat, "send", {"id": "page-key-2", "room": "general", "text": "and here"})
    wait_for(lambda: any(item["kind"] == "error" for item in chat._feed.take(True, 0.0).body["items"]))
    assert [room.id for room in chat.rooms] == ["general"]
    caplog.clear()


@pytest.mark.parametrize("grows", [False, True])
def test_an_answer_that_is_too_long_for_one_message_is_several(sent: Recorder, grows: bool) -> None:
    chat = rw.Chat()
    words = [f"{n:05} " for n in range(8_000)]

    @chat.on_message
    def answer(message: rw.ChatMessage) -> Any:
        return iter(["".join(words[:7_000]), *words[7_000:]]) if grows else "".join(words)

    chat.send("tell me all", typed=True)
    wait_for(lambda: len(chat.messages) == 4 and chat.messages[-1].state == "sent")
    assert all(len(each.text) <= 20_000 for each in chat.messages)
    assert "".join("".join(each.text for each in chat.messages[1:]).split()) == "".join(words).replace(
        " ", ""
    )


def test_a_bot_can_be_tried_without_a_page(sent: Recorder) -> None:
    chat = rw.Chat(user="anna")
    chat.on_message(lambda message: f"{message.name} said {message.text}")
    chat.send("as a program")
    chat.send("Hello", typed=True)
    wait_for(lambda: texts(chat) == ["as a program", "Hello", "anna said Hello"])
    with pytest.raises(UsageError, match="leave out user='bot'"):
        chat.send("Hello", user="bot", typed=True)


def test_older_messages_are_counted_whatever_comes_meanwhile(sent: Recorder) -> None:
    chat = rw.Chat()
    chat.send("first")

    def older(room: str, before: float, done: Any) -> None:
        chat.send("newest")
        done(False)

    chat._link.older = older  # type: ignore[method-assign]
    assert chat.load_older() == 0
    assert texts(chat) == ["first", "newest"]


def test_a_file_that_was_not_sent_says_why_when_it_is_read(sent: Recorder) -> None:
    with Hub(files=None) as hub, Client(hub.url, auth=hub.token) as client:
        chat = rw.Chat(client, user="anna", room="lab")
        message = chat.send_file(b"1,2", name="a.csv")
        assert message.file is not None
        assert message.file.name == "a.csv"
        wait_for(lambda: [each.state for each in chat.messages] == ["failed"])
        with pytest.raises(UsageError, match="this file was not sent: "):
            chat.read_file(chat.messages[0])
        chat.close()

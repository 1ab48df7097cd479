"""A message that is written bit by bit."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from realtime_widgets.chat.message import MAX_TEXT
from realtime_widgets.errors import UsageError
from realtime_widgets.widgets import chat_streaming
from realtime_widgets.widgets.chat_streaming import StreamedMessage, StreamStopped


class World:
    def __init__(self) -> None:
        self.grown: list[str] = []
        self.shared: list[str] = []
        self.goes_out = True
        self.waiting: list[Callable[[], object]] = []
        self.finished: list[tuple[str, bool]] = []
        self.message = StreamedMessage(
            "g",
            self.grown.append,
            self.share,
            lambda text, stopped: self.finished.append((text, stopped)),
            lambda delay, fn: self.waiting.append(fn),
        )

    def share(self, text: str) -> bool:
        if self.goes_out:
            self.shared.append(text)
        return self.goes_out


def test_it_grows_here_at_once_and_for_others_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(chat_streaming.time, "monotonic", lambda: now[0])
    world = World()
    for token in ("a", "b", None, 3):
        world.message.append(token)
    assert (world.grown, world.shared) == (["a", "ab", "ab3"], ["a"])
    now[0] += chat_streaming.INTERVAL
    world.message.append("!")
    assert world.shared == ["a", "ab3!"]
    world.message.replace("x" * 2 * chat_streaming.MAX_OFTEN)
    now[0] += 1.5 * chat_streaming.INTERVAL
    world.message.append("y")
    assert len(world.shared) == 2  # so much is sent less often
    now[0] += chat_streaming.INTERVAL
    world.message.append("y")
    assert len(world.shared) == 3


def test_it_ends_once_with_its_with() -> None:
    world = World()
    with world.message as message:
        message.append("all")
    message.close()
    assert world.finished == [("all", False)]
    with pytest.raises(UsageError, match="begin another"):
        message.append("more")


def test_what_there_is_stays_when_its_author_fails() -> None:
    world = World()

    def fail() -> None:
        with world.message as message:
            message.append("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert world.finished == [("half", True)], "as one that was broken off"


def test_who_stops_it_ends_the_with_and_no_more() -> None:
    world = World()
    with world.message as message:
        message.append("a")
        message.stop()
        message.append("b")
    assert world.finished == [("a", True)]
    with pytest.raises(StreamStopped):
        message.append("c")


def test_it_is_no_longer_than_messages_may_be() -> None:
    world = World()
    world.message.append("x" * MAX_TEXT)
    with pytest.raises(UsageError, match="begin another"):
        world.message.append("y")
    assert len(world.message.text) == MAX_TEXT


def test_what_came_before_a_pause_is_shown_to_others_too_once_it_goes_out() -> None:
    world = World()
    world.message.append("a")
    world.message.append("b")
    world.message.append("c")
    assert (world.shared, len(world.waiting)) == (["a"], 1)
    world.goes_out = False
    world.waiting.pop()()
    assert world.shared == ["a"]
    world.goes_out = True
    world.waiting.pop()()
    assert (world.shared, world.waiting) == (["a", "abc"], [])
    world.message.append("d")
    world.message.close()
    world.waiting.pop()()
    assert world.shared == ["a", "abc"]  # it is said otherwise now


def test_one_that_is_stopped_ends_its_own_with_and_not_that_of_another() -> None:
    outer, inner = World(), World()
    after: list[str] = []
    with outer.message as one:
        with inner.message as other:
            other.append("inner")
            one.stop()
            one.append("more")
        after.append("the inner one was left, and the outer one, too")
    assert after == []
    assert (outer.finished, inner.finished) == ([("", True)], [("inner", True)])


def test_whatever_it_is_replaced_by_is_text_and_what_has_ended_stays() -> None:
    world = World()
    with world.message as message:
        message.append("a")
        for said, text in ((5, "5"), (None, ""), ([], "[]"), (b"x", "b'x'")):
            message.replace(said)
            assert message.text == text
        assert "growing" in repr(message)
    with pytest.raises(UsageError, match="has ended"):
        message.replace("more")
    assert message.text == "b'x'"
    assert "ended" in repr(message)


def test_what_was_accepted_is_in_the_message_whoever_ends_it() -> None:
    for _ in range(50):
        world, accepted = World(), []
        message = world.message

        def write(message: StreamedMessage = message, accepted: list[str] = accepted) -> None:
            for i in range(1000):
                try:
                    message.append(f"{i},")
                except UsageError:
                    return
                accepted.append(f"{i},")

        writer = threading.Thread(target=write)
        writer.start()
        message.close()
        writer.join()
        ((text, _),) = world.finished
        assert text == "".join(accepted)


def test_what_is_too_long_is_refused_whole() -> None:
    world = World()
    world.message.append("so far")
    for add in (world.message.append, world.message.replace):
        with pytest.raises(UsageError, match="more than 20,000 characters"):
            add("x" * 20_001)
    assert world.message.text == "so far"
    world.message.replace("x" * 20_000)
    assert world.message.space == 0

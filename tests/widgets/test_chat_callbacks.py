"""The functions that are told of a chat's messages: in order, one at a time, holding up nobody."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_widgets.chat.message import ChatMessage
from realtime_widgets.errors import WrongType
from realtime_widgets.runtime import get_runtime
from realtime_widgets.widgets import chat_callbacks
from realtime_widgets.widgets.chat_callbacks import ChatCallbacks
from support.servers import LIMIT, wait_for


def message(n: int) -> ChatMessage:
    return ChatMessage(
        id=f"m{n}", room="r", user="ken", name="Ken", text=f"{n}", type="text", ts=1.7e9, own=False
    )


class World:
    def __init__(self) -> None:
        self.answers: list[tuple[str, Any]] = []
        self.failures: list[tuple[str, BaseException, str]] = []
        self.callbacks = ChatCallbacks(
            lambda message, said: self.answers.append((message.text, said)),
            lambda message, error, details: self.failures.append((message.text, error, details)),
        )

    def tell(self, *numbers: int) -> None:
        self.callbacks.tell([message(n) for n in numbers])


def test_functions_are_told_in_order_one_at_a_time() -> None:
    world = World()
    inside, most, told = [0], [0], []

    def slow(message: ChatMessage) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        told.append(message.text)
        inside[0] -= 1

    world.callbacks.add(slow)
    for n in range(200):
        world.tell(n)
    wait_for(lambda: len(told) == 200)
    assert told == [f"{n}" for n in range(200)]
    assert most == [1]


def test_each_has_the_context_of_who_has_added_it() -> None:
    """Jupyter tells by that below which cell it shows what one prints; a function's own changes stay its own."""
    world = World()
    cell = contextvars.ContextVar[str]("cell")
    found: list[str] = []

    def told(message: ChatMessage) -> Iterator[str]:
        found.append(cell.get())
        cell.set("changed")
        yield found[-1]

    def run_cell(name: str) -> None:
        cell.set(name)
        world.callbacks.add(lambda message: next(told(message)))

    for name in ("first", "second"):
        contextvars.copy_context().run(run_cell, name)
    world.tell(1, 2)
    wait_for(lambda: len(world.answers) == 4)
    assert found == ["first", "second"] * 2
    assert not world.failures


def test_one_that_takes_long_holds_up_nobody_else() -> None:
    world = World()
    go = threading.Event()
    world.callbacks.add(lambda message: go.wait(LIMIT))
    world.tell(1)
    assert get_runtime().submit(lambda: "done").result(LIMIT) == "done"  # the callback thread is free
    go.set()
    wait_for(lambda: world.answers == [("1", True)])


def test_what_one_raises_is_told_and_the_others_are_still_called(caplog: pytest.LogCaptureFixture) -> None:
    world = World()

    def wrong(message: ChatMessage) -> None:
        raise SystemExit(f"no {message.text}")

    world.callbacks.add(wrong)
    world.callbacks.add(lambda message: message.text)
    world.tell(1, 2)
    wait_for(lambda: world.answers == [("1", "1"), ("2", "2")])
    assert [(text, str(error)) for text, error, _ in world.failures] == [("1", "no 1"), ("2", "no 2")]
    assert "in wrong" in world.failures[0][2]
    caplog.clear()


def test_an_asynchronous_generator_is_read_as_it_goes_and_closed() -> None:
    closed: list[str] = []
    got: list[str] = []

    def answer(message: ChatMessage, said: Iterator[str]) -> None:
        got.append(next(said))
        said.close()  # type: ignore[attr-defined]

    async def tokens(message: ChatMessage) -> Any:
        try:
            yield "a"
            yield "b"
        finally:
            closed.append("closed")

    callbacks = ChatCallbacks(answer, lambda *_: None)
    callbacks.add(tokens)
    callbacks.tell([message(1)])
    wait_for(lambda: closed == ["closed"])
    assert got == ["a"]


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_callbacks, "MAX_WAITING", 3)
    world = World()
    go, told = threading.Event(), []

    def slow(message: ChatMessage) -> None:
        go.wait(LIMIT)
        told.append(message.text)

    world.callbacks.add(slow)
    world.tell(0)
    wait_for(lambda: world.callbacks._running and not world.callbacks._waiting)
    world.tell(1, 2, 3, 4, 5)
    go.set()
    wait_for(lambda: told == ["0", "3", "4", "5"])
    assert world.callbacks.missed == 2


def test_who_undid_it_and_who_cleared_all_is_told_nothing() -> None:
    world = World()
    undo = world.callbacks.add(lambda message: message.text)
    undo()
    undo()
    world.tell(1)
    world.callbacks.add(lambda message: message.text)
    world.callbacks.clear()
    world.tell(2)
    assert world.answers == []
    with pytest.raises(WrongType, match="pass a function"):
        world.callbacks.add("x")  # type: ignore[arg-type]

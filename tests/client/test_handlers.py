"""Users' functions: their order, their bounds, and that they leave room for others."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_widgets.client.handlers import Callback, Handlers
from realtime_widgets.client.sansio import inbox as module
from realtime_widgets.client.sansio.inbox import CallbackKind, Inbox
from realtime_widgets.errors import CallbackFailed
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.runtime import Runtime
from support.servers import LIMIT, wait_for


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    made = Runtime()
    yield made
    made.stop()


@pytest.fixture
def failed() -> list[CallbackFailed]:
    return []


@pytest.fixture
def handlers(runtime: Runtime, failed: list[CallbackFailed]) -> Handlers:
    return Handlers(runtime, Inbox(), failed.append)


@pytest.fixture
def held(runtime: Runtime) -> Iterator[threading.Event]:
    """Until it is set, nothing is called."""
    event = threading.Event()
    runtime.submit(event.wait, LIMIT)
    yield event
    event.set()


def add(handlers: Handlers, kind: CallbackKind, fn: Any, type: str | None = None) -> Callback:
    callback = Callback(kind, fn, type, handlers.remove)
    handlers.add(callback)
    return callback


def message(data: Any, type: str = "n") -> Message:
    return Message(type, data, None, None, None)


def test_all_kinds_are_told_in_one_order(handlers: Handlers, held: threading.Event):
    told: list[Any] = []
    add(handlers, "message", lambda message: told.append(message.data))
    add(handlers, "state", told.append)
    handlers.tell("state", "connected")
    handlers.tell("message", message(1), message(2))
    handlers.tell("state", "reconnecting")
    handlers.tell("message", message(3))
    held.set()
    wait_for(lambda: len(told) == 5)
    assert told == ["connected", 1, 2, "reconnecting", 3]


def test_beyond_the_bound_the_oldest_messages_go_and_no_state_does(
    handlers: Handlers, held: threading.Event, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    told: list[Any] = []
    add(handlers, "message", lambda message: told.append(message.data))
    add(handlers, "error", told.append)
    add(handlers, "state", told.append)
    handlers.tell("state", "connected")
    handlers.tell("message", *map(message, range(10)))
    handlers.tell("state", "reconnecting")
    handlers.tell("error", "oh")
    held.set()
    wait_for(lambda: "oh" in told)
    assert told == ["connected", 8, 9, "reconnecting", "oh"]
    assert handlers._inbox.dropped == 8
    handlers.tell("message", message(10))
    wait_for(lambda: told[-1] == 10)
    assert handlers._inbox.dropped == 8


def test_who_never_keeps_up_lets_others_have_their_turn(handlers: Handlers, runtime: Runtime):
    again = threading.Event()

    def endless(_: Any) -> None:
        if not again.is_set():
            handlers.tell("state", "again")  # as a feed that is faster than its function

    add(handlers, "state", endless)
    handlers.tell("state", "first")
    try:
        assert runtime.submit(lambda: "my turn").result(LIMIT) == "my turn"
    finally:
        again.set()


def test_what_waits_at_the_end_is_still_told(handlers: Handlers, runtime: Runtime):
    told: list[Any] = []
    add(handlers, "message", lambda message: told.append(message.data))
    handlers.tell("message", *map(message, range(1000)))
    runtime.stop()
    assert told == list(range(1000))


def test_one_that_raises_is_told_and_the_others_go_on(handlers: Handlers, failed: list[CallbackFailed]):
    told: list[Any] = []
    add(handlers, "state", lambda _: 1 / 0)
    add(handlers, "state", told.append)
    handlers.tell("state", "connected")
    wait_for(lambda: told and failed)
    assert str(failed[0]) == "a callback of on_state raised ZeroDivisionError: division by zero"


def test_one_that_exits_is_one_that_raises(handlers: Handlers, failed: list[CallbackFailed]):
    told: list[Any] = []
    add(handlers, "state", lambda _: sys.exit("enough"))
    add(handlers, "state", told.append)
    for state in ("connected", "reconnecting"):
        handlers.tell("state", state)
    wait_for(lambda: len(told) == len(failed) == 2)
    assert str(failed[0]) == "a callback of on_state raised SystemExit: enough"


def test_a_type_narrows_what_is_heard(handlers: Handlers):
    told: list[Any] = []
    add(handlers, "message", lambda message: told.append(message.data), "b")
    handlers.tell("message", message(1, "a"), message(2, "b"))
    wait_for(lambda: told)
    assert told == [2]


def test_nobody_is_told_after_it_was_taken_out(handlers: Handlers, held: threading.Event, runtime: Runtime):
    told: list[Any] = []
    callback = add(handlers, "state", told.append)
    handlers.tell("state", "connected")
    callback.remove()
    callback.remove()
    assert not handlers
    held.set()
    runtime.submit(lambda: None).result(LIMIT)
    assert told == []

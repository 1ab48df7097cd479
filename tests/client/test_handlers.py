"""Users' functions: their order, their bounds, and that they leave room for others."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_widgets.client.handlers import Audience, Callback
from realtime_widgets.client.sansio import inbox as module
from realtime_widgets.client.sansio.inbox import Inbox, Kind
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
def audience(runtime: Runtime, failed: list[CallbackFailed]) -> Audience:
    return Audience(runtime, Inbox(), failed.append)


@pytest.fixture
def held(runtime: Runtime) -> Iterator[threading.Event]:
    """Until it is set, nothing is called."""
    event = threading.Event()
    runtime.submit(event.wait, LIMIT)
    yield event
    event.set()


def add(audience: Audience, kind: Kind, fn: Any, type: str | None = None) -> Callback:
    callback = Callback(kind, fn, type, audience.remove)
    audience.add(callback)
    return callback


def message(data: Any, type: str = "n") -> Message:
    return Message(type, data, None, None, None)


def test_all_kinds_are_told_in_one_order(audience: Audience, held: threading.Event):
    told: list[Any] = []
    add(audience, "message", lambda message: told.append(message.data))
    add(audience, "state", told.append)
    audience.tell("state", "connected")
    audience.tell("message", message(1), message(2))
    audience.tell("state", "reconnecting")
    audience.tell("message", message(3))
    held.set()
    wait_for(lambda: len(told) == 5)
    assert told == ["connected", 1, 2, "reconnecting", 3]


def test_beyond_the_bound_the_oldest_messages_go_and_no_state_does(
    audience: Audience, held: threading.Event, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "WAITING", 3)
    told: list[Any] = []
    add(audience, "message", lambda message: told.append(message.data))
    add(audience, "error", told.append)
    add(audience, "state", told.append)
    audience.tell("state", "connected")
    audience.tell("message", *map(message, range(10)))
    audience.tell("state", "reconnecting")
    audience.tell("error", "oh")
    held.set()
    wait_for(lambda: "oh" in told)
    assert told == ["connected", 8, 9, "reconnecting", "oh"]
    assert audience._inbox.dropped == 8
    audience.tell("message", message(10))
    wait_for(lambda: told[-1] == 10)
    assert audience._inbox.dropped == 8


def test_who_never_keeps_up_lets_others_have_their_turn(audience: Audience, runtime: Runtime):
    again = threading.Event()

    def endless(_: Any) -> None:
        if not again.is_set():
            audience.tell("state", "again")  # as a feed that is faster than its function

    add(audience, "state", endless)
    audience.tell("state", "first")
    try:
        assert runtime.submit(lambda: "my turn").result(LIMIT) == "my turn"
    finally:
        again.set()


def test_what_waits_at_the_end_is_still_told(audience: Audience, runtime: Runtime):
    told: list[Any] = []
    add(audience, "message", lambda message: told.append(message.data))
    audience.tell("message", *map(message, range(1000)))
    runtime.stop()
    assert told == list(range(1000))


def test_one_that_raises_is_told_and_the_others_go_on(audience: Audience, failed: list[CallbackFailed]):
    told: list[Any] = []
    add(audience, "state", lambda _: 1 / 0)
    add(audience, "state", told.append)
    audience.tell("state", "connected")
    wait_for(lambda: told and failed)
    assert str(failed[0]) == "a callback of on_state raised ZeroDivisionError: division by zero"


def test_one_that_exits_is_one_that_raises(audience: Audience, failed: list[CallbackFailed]):
    told: list[Any] = []
    add(audience, "state", lambda _: sys.exit("enough"))
    add(audience, "state", told.append)
    for state in ("connected", "reconnecting"):
        audience.tell("state", state)
    wait_for(lambda: len(told) == len(failed) == 2)
    assert str(failed[0]) == "a callback of on_state raised SystemExit: enough"


def test_a_type_narrows_what_is_heard(audience: Audience):
    told: list[Any] = []
    add(audience, "message", lambda message: told.append(message.data), "b")
    audience.tell("message", message(1, "a"), message(2, "b"))
    wait_for(lambda: told)
    assert told == [2]


def test_nobody_is_told_after_it_was_taken_out(audience: Audience, held: threading.Event, runtime: Runtime):
    told: list[Any] = []
    callback = add(audience, "state", told.append)
    audience.tell("state", "connected")
    callback.remove()
    callback.remove()
    assert not audience
    held.set()
    runtime.submit(lambda: None).result(LIMIT)
    assert told == []

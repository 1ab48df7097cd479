"""The sender: a thread, waits, forks and the end of programs."""

from __future__ import annotations

import gc
import logging
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_widgets.publishing import outgoing, sender
from realtime_widgets.publishing.answers import TAKEN, Answer
from realtime_widgets.publishing.sender import Sender, finish
from realtime_widgets.publishing.target import TOKEN, Target
from realtime_widgets.streams.intake import MISSING
from support.post_server import Posted, PostServer, taken
from support.servers import LIMIT, wait_for


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PostServer]:
    monkeypatch.delenv(TOKEN, raising=False)
    with PostServer() as server:
        yield server


@pytest.fixture
def made(server: PostServer) -> Iterator[Sender]:
    made = Sender(Target(server.url), 1000, 100_000, 10_000, 5.0)
    yield made
    made.close(0.0)


def append(sender: Sender, **fields: Any) -> None:
    sender.append("x", MISSING, None, fields)


class Gate:
    """Holds answers back until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.came = threading.Event()

    def __call__(self, posted: Posted) -> tuple[int, dict[str, str], bytes]:
        self.came.set()
        assert self.open.wait(LIMIT)
        return taken(posted)


def test_records_arrive_and_the_thread_comes_with_the_first(server: PostServer, made: Sender):
    assert made._thread is None
    append(made, i=1)
    assert made.flush(LIMIT)
    assert list(server.records) == [{"i": 1}]
    assert made.stats().sent == 1


def test_what_is_appended_while_a_request_is_on_its_way_goes_as_one(server: PostServer, made: Sender):
    server.answer = gate = Gate()
    append(made, i=0)
    assert gate.came.wait(LIMIT)
    for i in range(1, 500):
        append(made, i=i)
    gate.open.set()
    assert made.flush(LIMIT)
    assert [len(posted.records) for posted in server.posts] == [1, 499]
    assert [each["i"] for each in server.records] == list(range(500))


def test_append_does_not_wait_for_a_hub_that_hangs_and_flush_no_longer_than_it_may(
    server: PostServer, made: Sender
):
    server.answer = gate = Gate()
    append(made, i=0)
    assert gate.came.wait(LIMIT)
    append(made, i=1)  # would never return
    assert not made.flush(0.01)
    assert made.stats().waiting == 2
    gate.open.set()
    assert made.flush(LIMIT)


def test_flush_waits_for_what_was_before_it_while_others_go_on(made: Sender):
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            append(made, i=1)
            time.sleep(0.0001)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        assert made.flush(LIMIT)
    finally:
        stop.set()
        thread.join()


def test_many_threads_append_at_once_and_each_keeps_its_order(server: PostServer, made: Sender):
    def work(t: int) -> None:
        for i in range(200):
            append(made, t=t, i=i)

    threads = [threading.Thread(target=work, args=(t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made.flush(LIMIT)
    came = list(server.records)
    for t in range(4):
        assert [each["i"] for each in came if each["t"] == t] == list(range(200))


def test_the_thread_ends_when_there_is_nothing_to_do_and_comes_again(
    server: PostServer, made: Sender, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sender, "IDLE", 0.001)
    append(made, i=1)
    wait_for(lambda: made.stats().sent == 1 and made._thread is None)
    append(made, i=2)
    wait_for(lambda: made.stats().sent == 2)
    assert list(server.records) == [{"i": 1}, {"i": 2}]


def test_what_nobody_holds_any_more_is_sent_and_then_gone(
    server: PostServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sender, "IDLE", 0.001)
    before = set(sender._senders)
    append(Sender(Target(server.url), 10, 1000, 1000, 5.0), i=1)

    def gone() -> bool:
        gc.collect()
        return set(sender._senders) <= before

    wait_for(gone)
    assert list(server.records) == [{"i": 1}]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((MISSING, None, {}), "append() has nothing to append"),
        ((1.0, None, {"a": 1}), "append() cannot take both"),
        (([1, 2], None, {}), "pass them to extend()"),
        ((1.0, "no time", {}), "'no time' is not a moment"),
        ((object(), None, {}), "a value of type object is nothing that JSON has"),
        (("x" * 20_000, None, {}), "cannot be sent: those have up to 10,000"),
    ],
)
def test_what_cannot_be_taken_is_counted_and_told_once(
    made: Sender, caplog: pytest.LogCaptureFixture, args: tuple[Any, ...], said: str
):
    for _ in range(3):
        made.append("x", *args)
    stats = made.stats()
    assert (stats.appended, stats.refused, stats.waiting) == (3, 3, 0)
    assert len(caplog.messages) == 1
    assert said in caplog.messages[0]
    assert "\n" not in caplog.messages[0]


def test_each_kind_of_refusal_is_told(made: Sender, caplog: pytest.LogCaptureFixture):
    for turn in range(3):
        made.append("x", MISSING, None, {})
        made.append("x", [turn], None, {})
        made.append("x", 1.0, f"no time {turn}", {})
        made.append("x" * (200 + turn), 1.0, None, {"a": 1})
    assert len(caplog.messages) == 4


def test_a_field_that_cannot_be_sent_costs_only_itself(
    server: PostServer, made: Sender, caplog: pytest.LogCaptureFixture
):
    for i in range(3):
        append(made, i=i, model=object())
    assert made.flush(LIMIT)
    assert list(server.records) == [{"i": 0}, {"i": 1}, {"i": 2}]
    assert made.stats().left_out == 3
    assert len(caplog.messages) == 1
    assert "the field 'model' is left out: a value of type object" in caplog.messages[0]


def test_a_table_that_cannot_be_taken_is_refused_as_a_whole(made: Sender, caplog: pytest.LogCaptureFixture):
    made.extend("x", {"a": [1, 2], "b": [1]}, None)
    assert made.stats().refused == 1
    assert "pass columns of equal length" in caplog.messages[0]


def test_a_log_handler_that_raises_or_appends_harms_nobody(made: Sender):
    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            append(made, text=record.getMessage(), bad=object())
            made.flush(0.0)
            raise OSError("the disk is full")

    handler = Handler()
    sender.logger.addHandler(handler)
    try:
        append(made, i=1, bad=object())
        assert made.flush(LIMIT)
    finally:
        sender.logger.removeHandler(handler)
    assert made.stats().sent == 2


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such signals here")
def test_a_signal_handler_may_append_in_the_middle_of_an_append(made: Sender):
    count = 0

    def handle(*_: object) -> None:
        nonlocal count
        count += 1
        append(made, i=-1)

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    done = 0
    try:
        while count < 50:
            append(made, i=done)
            done += 1
            if done % 500 == 0:
                made.flush(0.001)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    stats = made.stats()
    assert stats.appended == stats.sent + stats.waiting + stats.dropped == done + count


def test_the_random_numbers_of_the_program_stay_as_they_are(
    server: PostServer, made: Sender, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outgoing, "BACKOFF", outgoing.Reconnect(initial=0.001, maximum=0.002))
    server.answer = lambda posted: taken(posted) if len(server.posts) > 3 else (503, {}, b"")
    random.seed(1)
    before = random.getstate()
    append(made, i=1)
    assert made.flush(LIMIT)
    assert random.getstate() == before


def test_after_the_end_records_are_dropped_and_the_thread_ends(
    made: Sender, caplog: pytest.LogCaptureFixture
):
    append(made, i=1)
    thread = made._thread
    assert thread is not None
    made.close(LIMIT)
    thread.join(LIMIT)
    assert not thread.is_alive()
    made.close(LIMIT)
    append(made, i=2)
    append(made, i=3)
    stats = made.stats()
    assert (stats.sent, stats.dropped) == (1, 2)
    assert len(caplog.messages) == 1
    assert "this publisher was closed" in caplog.messages[0]


def test_the_end_of_the_program_waits_no_longer_than_it_may(
    server: PostServer, made: Sender, caplog: pytest.LogCaptureFixture
):
    server.answer = gate = Gate()
    made.exit_timeout = 0.01
    append(made, i=1)
    assert gate.came.wait(LIMIT)
    append(made, i=2)
    finish()
    assert made.stats().dropped == 2
    assert "2 records were not sent before the end" in caplog.messages[-1]
    gate.open.set()


def test_where_no_thread_can_start_the_last_records_are_sent_without_one(
    made: Sender, monkeypatch: pytest.MonkeyPatch
):
    def refuse(_: object) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(outgoing, "BACKOFF", outgoing.Reconnect(initial=0.001, maximum=0.002))
    monkeypatch.setattr(sender.threading.Thread, "start", refuse)
    monkeypatch.setattr(made, "_poster", Straight())  # no server here could start a thread either
    append(made, i=1)
    assert made.flush(LIMIT)
    assert (made.stats().sent, made.stats().failed) == (1, 1)


class Straight:
    """Posts to nobody: at first it fails, then all is taken."""

    def __init__(self) -> None:
        self.posts = 0

    def post(self, batch: Any, timeout: float) -> Any:
        self.posts += 1
        return TAKEN if self.posts > 1 else Answer("later", "not yet", "x")

    def close(self) -> None:
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_begins_anew_and_the_parent_goes_on(server: PostServer, made: Sender):
    server.answer = gate = Gate()
    append(made, who="parent", i=0)
    assert gate.came.wait(LIMIT)
    append(made, who="parent", i=1)  # waits
    child = os.fork()
    if not child:
        append(made, who="child", i=0)
        sent = made.flush(LIMIT)
        stats = made.stats()
        os._exit(0 if sent and (stats.appended, stats.sent) == (1, 1) else 1)
    append(made, who="parent", i=2)
    gate.open.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert made.flush(LIMIT)
    came = list(server.records)
    assert [each["i"] for each in came if each["who"] == "parent"] == [0, 1, 2]
    assert [each["i"] for each in came if each["who"] == "child"] == [0]
    keys = [posted.headers["idempotency-key"] for posted in server.posts]
    assert len(set(keys)) == len(keys)

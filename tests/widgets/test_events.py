"""The event log in Python: what it sends and what it refuses; its rows are in tests/feeds/test_log.py."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realtime_widgets import Stream
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.runtime import get_runtime
from realtime_widgets.widgets import base
from realtime_widgets.widgets.events import EventLog
from support.notebooks import make_shell
from support.recorder import Recorder, bodies


def test_an_event_reaches_the_pages(sent: Recorder):
    stream = Stream("events")
    log = EventLog(stream)
    sent.wait_for(lambda frame: bodies(frame, log))
    stream.append(level="error", source="db", message="no answer", ts=1_795_000_000.0)
    frame = sent.wait_for(lambda frame: any(body["rows"] for body in bodies(frame, log)))
    assert [list(row) for row in bodies(frame, log)[0]["rows"]] == [
        [1, 1_795_000_000.0, "error", "db", "no answer"]
    ]


def test_events_of_lesser_levels_are_not_sent(sent: Recorder):
    stream = Stream("events")
    log = EventLog(stream, level="warning")
    sent.wait_for(lambda frame: bodies(frame, log))
    stream.append(level="info", message="a")
    stream.append(level="warning", message="b")
    frame = sent.wait_for(lambda frame: any(body["rows"] for body in bodies(frame, log)))
    assert [row[4] for row in bodies(frame, log)[0]["rows"]] == ["b"]


def test_rows_count_as_bytes_of_keyframes(sent: Recorder):
    """They travel as text, and what a forgotten page can pile up is bounded by it."""
    stream = Stream("events")
    log = EventLog(stream)
    stream.extend({"message": ["x" * 1000] * 20})
    made = base.get_frame_loop()
    sent.wait_for(lambda frame: any(len(body["rows"]) == 20 for body in bodies(frame, log)))
    part = made.delivery._entries[log._rw_id, "0"].feed.take(True, 0.0)
    assert 20_000 < part.nbytes < 22_000


def test_settings_are_kept(sent: Recorder):
    log = EventLog(Stream("e"), level="error", max_rows=10, title="Errors", height=400, locale="ja_JP")
    assert (log.level, log.max_rows, log.title, log.height, log.locale) == (
        "error",
        10,
        "Errors",
        400,
        "ja-JP",
    )
    assert repr(log) == "EventLog('e', level='error', no_data)"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda s: EventLog("events"), WrongType, "pass a Stream"),
        (lambda s: EventLog().logging_handler("waning"), UsageError, "did you mean 'WARNING'?"),
        (lambda s: EventLog(s, level="waning"), UsageError, "did you mean 'warning'?"),
        (lambda s: EventLog(s, max_rows=9), UsageError, "10 to 5000"),
        (lambda s: EventLog(s, max_rows=5001), UsageError, "10 to 5000"),
        (lambda s: EventLog(s, max_rows=50.0), UsageError, "whole number"),
        (lambda s: EventLog(s, max_rows=True), UsageError, "whole number"),
        (lambda s: EventLog(s, height=79), UsageError, "pass 80 to 2000 CSS pixels"),
        (lambda s: EventLog(s, max_row=50), TypeError, "did you mean 'max_rows'?"),
    ],
)
def test_what_cannot_be_logged_is_refused_with_advice(
    sent: Recorder, make: Callable[[Any], object], error: type[Exception], message: str
):
    with pytest.raises(error) as raised:
        make(Stream("s"))
    assert message in str(raised.value)


def test_pages_are_told_what_is_waited_for(sent: Recorder):
    state = EventLog(Stream("orders"), level="warn").get_state()
    assert (state["_stream"], state["level"]) == ("orders", "warning")
    assert EventLog(Stream()).get_state()["_stream"] == ""


# Records of logging


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("test.events")
    logger.setLevel("DEBUG")
    logger.propagate = False
    yield logger
    logger.handlers.clear()


def test_a_log_without_a_stream_has_one_of_its_own(sent: Recorder):
    log = EventLog()
    log.stream.append(message="done")
    frame = sent.wait_for(lambda frame: any(body["rows"] for body in bodies(frame, log)))
    assert bodies(frame, log)[0]["rows"][0][4] == "done"
    given = Stream("events")
    assert EventLog(given).stream is given


def test_records_of_logging_are_events(sent: Recorder, logger: logging.Logger):
    log = EventLog()
    logger.addHandler(log.logging_handler("INFO"))
    logger.debug("a")
    try:
        raise ValueError("no answer")
    except ValueError:
        logger.exception("query of %s failed", "db")
    assert len(log.stream) == 1
    event = log.stream.last
    assert event is not None
    assert (event["level"], event["source"], event["message"]) == (
        "error",
        "test.events",
        "query of db failed",
    )
    assert event["details"].endswith("ValueError: no answer")


def test_a_table_that_goes_on_is_complete_no_more(sent: Recorder, logger: logging.Logger):
    log = EventLog({"message": ["a", "b"]})
    logger.addHandler(log.logging_handler())
    assert log.stream.complete
    logger.info("c")
    assert not log.stream.complete
    assert len(log.stream) == 3


def test_a_closed_log_has_no_handlers(sent: Recorder, logger: logging.Logger):
    log = EventLog()
    handler = log.logging_handler()
    logger.addHandler(handler)
    log.close()
    assert handler not in logger.handlers
    handler.handle(logging.LogRecord("a", logging.INFO, "a.py", 1, "late", (), None))
    assert len(log.stream) == 0
    with pytest.raises(UsageError, match="run that cell once more"):
        log.logging_handler()


def test_a_cell_that_is_run_again_leaves_one_handler(
    sent: Recorder, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
):
    shell = make_shell(monkeypatch)
    monkeypatch.delitem(get_runtime()._shared, "cells/1", raising=False)  # one that knows this shell
    log = EventLog()

    def cell() -> None:
        logger.addHandler(log.logging_handler())

    for _ in range(3):
        shell.run(cell)
    logger.info("once")
    assert len(log.stream) == 1

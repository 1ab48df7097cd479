"""Records of `logging` as events: what they say, and that logging goes on whatever happens to them."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.runtime.log_handler import LogHandler, event_of

Events = list[dict[str, Any]]


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("test.log_handler")
    logger.setLevel(1)
    logger.propagate = False
    yield logger
    logger.handlers.clear()


def record(msg: Any = "ready", args: Any = (), level: int = logging.INFO, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("app.db", level, "a.py", 7, msg, args, more.pop("exc_info", None))
    made.created = 1_795_000_000.25
    vars(made).update(more)
    return made


def caught(error: Exception) -> Any:
    try:
        raise error
    except Exception:
        return sys.exc_info()


class Rude:
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


# What an event says


def test_a_record_is_an_event_of_its_level_logger_message_and_time():
    assert event_of(record("%s of %d", ("one", 2))) == {
        "level": "info",
        "source": "app.db",
        "message": "one of 2",
        "ts": 1_795_000_000.25,
    }


@pytest.mark.parametrize(
    ("number", "level"),
    [
        (logging.DEBUG, "debug"),
        (logging.CRITICAL, "critical"),
        (25, 25),
        (7, "debug"),  # 5 has a name wherever uvicorn was imported
        (0, "notset"),
        (1000, 1000),
    ],
)
def test_a_level_without_a_name_is_its_number(number: int, level: str | int):
    assert event_of(record(level=number))["level"] == level


def test_a_traceback_is_the_details_of_its_event():
    event = event_of(record("failed", exc_info=caught(ValueError("no answer"))))
    assert event["message"] == "failed"
    assert event["details"].startswith("Traceback (most recent call last):")
    assert event["details"].endswith("ValueError: no answer")


def test_a_stack_comes_after_the_traceback():
    event = event_of(record(exc_text="Traceback …", stack_info="Stack (most recent call last): …"))
    assert event["details"] == "Traceback …\nStack (most recent call last): …"


def test_a_formatter_makes_the_message_and_the_traceback_is_not_said_twice():
    formatter = logging.Formatter("%(name)s | %(message)s")
    plain = event_of(record("failed"), formatter)
    assert (plain["message"], "details" in plain) == ("app.db | failed", False)
    event = event_of(record("failed", exc_info=caught(ValueError("x")), stack_info="Stack"), formatter)
    assert event["message"] == "app.db | failed"
    assert event["details"].endswith("ValueError: x\nStack")


@pytest.mark.parametrize(
    ("msg", "args", "message"),
    [
        ("%d rows", ("many",), "%d rows (could not be formatted: TypeError)"),
        ("%s", (Rude(),), "%s (could not be formatted: RuntimeError)"),
        (Rude(), (), "<a Rude> (could not be formatted: RuntimeError)"),
        ("half \ud83d", (), "half \ud83d"),
        ({"k": 1}, (), "{'k': 1}"),
        (None, (), "None"),
    ],
)
def test_any_message_is_an_event(msg: Any, args: Any, message: str):
    assert event_of(record(msg, args))["message"] == message


def test_a_formatter_that_raises_costs_the_format_and_not_the_message():
    class Broken(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            raise KeyError("user")

        def formatException(self, ei: Any) -> str:
            raise KeyError("user")

    event = event_of(record("saved", exc_info=caught(ValueError("x"))), Broken())
    assert event["message"] == "saved (could not be formatted: KeyError)"
    assert event["details"] == "<a traceback that raised KeyError>"


# Handing them on


def test_records_from_its_level_on_are_handed_on(logger: logging.Logger):
    events: Events = []
    logger.addHandler(LogHandler(events.append, "warning"))
    logger.info("a")
    logger.warning("b")
    assert [event["message"] for event in events] == ["b"]


def test_filters_count(logger: logging.Logger):
    events: Events = []
    handler = LogHandler(events.append)
    handler.addFilter(lambda record: "secret" not in record.getMessage())
    logger.addHandler(handler)
    logger.info("secret")
    logger.info("plain")
    assert [event["message"] for event in events] == ["plain"]


def test_what_the_function_raises_goes_to_stderr_and_not_into_the_program(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
):
    def take(event: dict[str, Any]) -> None:
        raise RuntimeError("full")

    logger.addHandler(LogHandler(take))
    logger.info("a")
    assert "RuntimeError: full" in capsys.readouterr().err


def test_what_the_function_logs_is_not_handed_to_it(logger: logging.Logger):
    events: Events = []

    def take(event: dict[str, Any]) -> None:
        events.append(event)
        logger.error("taken")

    handler = LogHandler(take)
    logger.addHandler(handler)
    logger.info("a")
    logger.info("b")
    assert [event["message"] for event in events] == ["a", "b"]
    assert handler.dropped == 2


def test_two_handlers_that_log_for_each_other_end(logger: logging.Logger):
    events: Events = []

    def take(event: dict[str, Any]) -> None:
        events.append(event)
        logger.error("taken")

    for _ in range(2):
        logger.addHandler(LogHandler(take))
    logger.info("a")
    assert 2 <= len(events) <= 8


def test_records_of_ours_from_another_thread_are_dropped_while_it_hands_one_on(logger: logging.Logger):
    events: Events = []
    ours = logging.getLogger("realtime_widgets.test_log_handler")
    ours.propagate = False

    def take(event: dict[str, Any]) -> None:
        events.append(event)
        thread = threading.Thread(target=ours.warning, args=("caused",))
        thread.start()
        thread.join()

    handler = LogHandler(take)
    logger.addHandler(handler)
    ours.addHandler(handler)
    try:
        logger.info("a")
        assert [event["message"] for event in events] == ["a"]
        ours.warning("by itself")
        assert [event["message"] for event in events] == ["a", "by itself"]
    finally:
        ours.handlers.clear()


def test_the_way_to_the_pages_is_never_logged_on_it():
    events: Events = []
    handler = LogHandler(events.append)
    for name in (
        "realtime_widgets.browser",
        "realtime_widgets.browser.frame_loop",
        "realtime_widgets.browsers",
    ):
        handler.handle(logging.LogRecord(name, logging.ERROR, "a.py", 1, name, (), None))
    assert [event["source"] for event in events] == ["realtime_widgets.browsers"]


def test_threads_log_at_once(logger: logging.Logger):
    """One waits inside the function until the other has been through it: with a lock that could never be."""
    through = threading.Event()
    events: Events = []

    def take(event: dict[str, Any]) -> None:
        if event["message"] == "first":
            assert through.wait(30)
        events.append(event)

    logger.addHandler(LogHandler(take))
    first = threading.Thread(target=logger.info, args=("first",))
    first.start()
    logger.info("second")
    through.set()
    first.join()
    assert [event["message"] for event in events] == ["second", "first"]


def test_a_closed_handler_takes_nothing_and_leaves_its_loggers(logger: logging.Logger):
    events: Events = []
    handler = LogHandler(events.append)
    logger.addHandler(handler)
    logging.getLogger().addHandler(handler)
    handler.close()
    handler.close()
    assert handler not in logger.handlers + logging.getLogger().handlers
    handler.handle(record())
    assert events == []
    assert repr(handler) == "<LogHandler INFO, closed>"


@pytest.mark.parametrize(
    ("level", "number"), [("info", 20), ("WARNING", 30), (" error ", 40), (25, 25), ("CRITICAL", 50)]
)
def test_levels_are_named_in_any_case(level: str | int, number: int):
    assert LogHandler(print, level).level == number


@pytest.mark.parametrize("level", ["waning", None, True, 1.5, ""])
def test_what_is_no_level_is_refused(level: Any):
    with pytest.raises(UsageError, match="is no level of logging"):
        LogHandler(print, level)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(WrongType, match="pass a function of one dict"):
        LogHandler([])  # type: ignore[arg-type]

"""Which of the five levels every name and number of other systems is."""

from __future__ import annotations

import enum
import logging
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.feeds.levels import LEVELS, checked_level, level_of, severity

SYSLOG = ["error"] * 4 + ["warning", "info", "info", "debug"]


def test_levels_have_an_order():
    assert [severity(level) for level in LEVELS] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("names", "level"),
    [
        ("debug TRACE Verbose finest FINE dbg NOTSET", "debug"),
        ("info INFORMATION notice Informational", "info"),
        ("success OK passed", "success"),
        ("warn WARNING WRN W", "warning"),
        ("error ERR critical FATAL severe alert emerg Emergency PANIC crit F", "error"),
    ],
)
def test_every_name_is_one_of_them_in_any_case_and_dress(names: str, level: str):
    for name in names.split():
        dresses: list[Any] = [
            name,
            name.lower(),
            f" {name} ",
            f"[{name}]",
            f"{name}:",
            name.encode(),
            np.str_(name),
        ]
        assert [level_of(dress) for dress in dresses] == [level] * len(dresses)


def test_numbers_below_8_are_those_of_syslog():
    assert [level_of(number) for number in range(8)] == SYSLOG
    assert [level_of(str(number)) for number in range(8)] == SYSLOG


def test_numbers_from_10_on_are_those_of_logging_and_what_is_between_is_the_lesser():
    names = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    found = [level_of(getattr(logging, name)) for name in names]
    assert found == ["debug", "info", "warning", "error", "error"]
    assert [level_of(number) for number in (15, 25, 35, 45.0, 60)] == [
        "debug",
        "success",
        "warning",
        "error",
        "error",
    ]


def test_numbers_of_pino_are_told_apart_by_who_asks():
    assert [level_of(number, pino=True) for number in range(10, 70, 10)] == [
        "debug",
        "debug",
        "info",
        "warning",
        "error",
        "error",
    ]
    assert level_of(3, pino=True) == "error"


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "audit",
        "constructor",
        "__proto__",
        8,
        9,
        -4,
        70,
        1e300,
        float("nan"),
        [],
        b"\xff",
        "١",
    ],
)
def test_what_is_unknown_counts_as_info(value: Any):
    assert level_of(value) is None
    assert severity(value) == severity("info")


def test_enums_and_objects_with_a_name_are_called_by_it():
    colour = enum.Enum("colour", {"WARNING": 1, "RED": "error", "TEN": 10})
    assert [level_of(each) for each in colour] == ["warning", "error", "debug"]
    loguru = namedtuple("loguru", "name no icon")
    assert level_of(loguru("SUCCESS", 25, "x")) == "success"


def test_a_setting_may_be_any_of_them():
    assert [checked_level(level) for level in ("warning", "WARN", logging.ERROR)] == [
        "warning",
        "warning",
        "error",
    ]


@pytest.mark.parametrize(("level", "advice"), [("waning", "did you mean 'warning'?"), (8, "'debug', ")])
def test_a_setting_that_is_none_is_refused(level: Any, advice: str):
    with pytest.raises(UsageError) as raised:
        checked_level(level)
    assert advice in str(raised.value)


@pytest.mark.parametrize(
    "name",
    [
        "\x1b[31mERROR\x1b[0m",
        "\x1b[1m\x1b[31mError\x1b[0m",
        b"\x1b[31merror\x1b[0m",
        "ERROR\x00",
        "error\ufeff",
    ],
)
def test_a_level_that_is_coloured_for_a_terminal_is_that_level(name: Any):
    assert level_of(name) == "error"

"""Limits of files: what may be given, and what is meant."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.hub import FileLimits, Hub
from realtime_widgets.hub.brokers.memory_files import MemoryFiles
from realtime_widgets.hub.brokers.redis_files import RedisFiles
from realtime_widgets.hub.brokers.sqlite_files import SqliteFiles
from realtime_widgets.hub.file_limits import LEAST, MIB, Bounds, Usual, cost_of


def test_usually_a_file_has_ten_mebibytes_a_client_a_hundred_and_all_one_gibibyte_in_memory_less():
    assert FileLimits().bounds(SqliteFiles.usual) == (10 * MIB, 100 * MIB, 1024 * MIB)
    assert FileLimits().bounds(RedisFiles.usual) == (10 * MIB, 100 * MIB, 1024 * MIB)
    assert FileLimits().bounds(MemoryFiles.usual) == (10 * MIB, 32 * MIB, 64 * MIB)
    assert FileLimits().age == "auto"


@pytest.mark.parametrize(
    ("given", "bounds"),
    [
        ({"max_size": 1}, Bounds(1, 50_000, 100_000)),
        ({"max_size": 200_000}, Bounds(200_000, 200_000, 200_000)),
        ({"per_user": 300_000, "max_size": 10}, Bounds(10, 300_000, 300_000)),
        ({"total": 20_000, "max_size": 10}, Bounds(10, 20_000, 20_000)),
        ({"total": 20_000, "per_user": 10_000, "max_size": 10}, Bounds(10, 10_000, 20_000)),
    ],
)
def test_what_is_not_said_follows_from_what_is(given: dict[str, Any], bounds: Bounds):
    assert FileLimits(**given).bounds(Usual(50_000, 100_000)) == bounds


def test_an_age_is_a_duration_as_of_messages():
    assert FileLimits(age="7d").age == 7 * 24 * 3600.0
    assert FileLimits(age=None).age is None


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"max_size": 0}, UsageError, "max_size= of files cannot be 0"),
        ({"max_size": 21 * MIB}, UsageError, r"cannot be 22,020,096: pass up to 20,971,520 bytes"),
        ({"max_size": "10MB"}, WrongType, "max_size= of files cannot be '10MB'"),
        ({"per_user": "all"}, UsageError, "per_user= of files cannot be 'all': pass bytes, or 'auto'"),
        ({"per_user": 10}, UsageError, "per_user= of files cannot be 10: that is less than max_size="),
        ({"max_size": 1, "total": 10}, UsageError, "less than max_size=; pass 4,096 or more"),
        ({"max_size": 1, "per_user": 9000, "total": 8000}, UsageError, "less than per_user=; pass 9,000"),
        ({"age": "soon"}, UsageError, "age= of files cannot be 'soon'"),
        ({"age": 0}, UsageError, "age= of files"),
        ({"maxsize": 1}, TypeError, "did you mean 'max_size'"),
    ],
)
def test_what_is_out_of_its_range_is_refused(given: dict[str, Any], error: type[Exception], says: str):
    with pytest.raises(error, match=says):
        FileLimits(**given)


def test_a_hub_takes_limits_or_none():
    Hub(files=None)
    Hub(files=FileLimits(max_size=1))
    with pytest.raises(
        UsageError, match=r"files= cannot be of type bool; pass rw.FileLimits\(max_size=…\), or None"
    ):
        Hub(files=False)  # type: ignore[arg-type]


def test_a_small_file_counts_as_one_of_four_kibibytes():
    assert [cost_of(size) for size in (1, LEAST, LEAST + 1)] == [LEAST, LEAST, LEAST + 1]

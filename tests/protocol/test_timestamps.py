"""Times as servers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import BadTime
from realtime_widgets.protocol.timestamps import milliseconds_of, seconds_of

SAME = [
    1_795_000_000.5,
    1_795_000_000_500,
    1_795_000_000_500_000,
    1_795_000_000_500_000_000,
    "1795000000.5",
    " 1795000000500 ",
    "2026-11-18T11:06:40.5Z",
    "2026-11-18T11:06:40.500000000Z",
    "2026-11-18 12:06:40.5+01:00",
    datetime.fromtimestamp(1_795_000_000.5, UTC),
]


@pytest.mark.parametrize("given", SAME)
def test_one_moment_may_be_written_in_many_ways(given: Any):
    assert seconds_of(given) == pytest.approx(1_795_000_000.5, abs=1e-3)
    assert milliseconds_of(given) == pytest.approx(1_795_000_000_500, abs=1)


@given(st.floats(1e8, 4e9), st.sampled_from([1, 1e3, 1e6, 1e9]))
def test_the_unit_is_told_by_the_size(seconds: float, per_second: float):
    assert seconds_of(seconds * per_second) == pytest.approx(seconds)


@pytest.mark.parametrize("number", [0, 1.5, -7, 99_999_999])
def test_small_numbers_are_in_the_unit_of_their_place(number: float):
    assert (seconds_of(number), milliseconds_of(number)) == (number, number)


@pytest.mark.parametrize(
    "given",
    [
        None,
        True,
        "soon",
        "",
        "nan",
        float("inf"),
        1e20,
        10**400,
        "9" * 1000,
        [1],
        {},
        object(),
        datetime.min,
        "1" * 10**6,
    ],
)
def test_what_is_no_moment_is_refused_in_one_short_line(given: Any):
    for convert in (seconds_of, milliseconds_of):
        with pytest.raises(BadTime, match="is not a moment: pass milliseconds") as raised:
            convert(given)
        assert len(str(raised.value)) < 250

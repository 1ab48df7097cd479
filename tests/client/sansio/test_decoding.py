"""Decoding: what users' decoders may give, and what they are told of the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import BadMessage
from realtime_widgets.protocol.envelope import Message
from support.fed_receiver import Fed, rows


@pytest.mark.parametrize(
    ("given", "values"),
    [
        (None, []),
        ({"channel": "x", "data": 1}, [1]),
        ({"type": "x", "data": 1}, [1]),
        (Message("x", 1), [1]),
        ([Message("x", 1), None, {"channel": "x", "data": 2}], [1, 2]),
        ((Message("x", i) for i in range(3)), [0, 1, 2]),
        ([], []),
        ([Message("ping", 5, channel="x")], [5]),
        ([{"channel": "x", "data": 1, "timestamp": 1_795_000_000_000}], [1]),
    ],
)
def test_a_decoder_may_give_none_one_or_several(given: Any, values: list[int]):
    fed = Fed(lambda frame: given)
    stream = fed.stream("x")
    fed.take("anything")
    assert ([row["value"] for row in rows(stream)], fed.errors) == (values, [])


@pytest.mark.parametrize("given", [7, "text", {"data": 1}, [3.5], {"channel": 7}])
def test_a_decoder_that_gives_something_else_is_told_what_to_give(given: Any):
    fed = Fed(lambda frame: given)
    fed.take("anything")
    assert [type(error) for error in fed.errors] == [BadMessage]
    assert "decode() returned" in str(fed.errors[0])
    assert "return " in str(fed.errors[0])


def test_a_complaint_about_a_decoder_is_short_however_much_it_returned():
    huge = "x" * 1_000_000
    for bad in (
        huge,
        {"channel": "x", huge: 1},
        {"channel": huge},
        Message("x", 1, huge),  # type: ignore[arg-type]
        Message("x", 1, channel=[huge]),  # type: ignore[arg-type]
        Message("x", 1, epoch="e", offset=huge),  # type: ignore[arg-type]
    ):
        fed = Fed(lambda raw, bad=bad: bad)
        fed.take("frame")
        assert len(str(fed.errors[0])) < 1000


# What a decoder may say


@pytest.mark.parametrize(
    ("timestamp", "seconds"),
    [
        (1_795_000_000_500, 1_795_000_000.5),
        (1_795_000_000_500.25, 1_795_000_000.50025),
        ("2026-11-18T11:06:40.500Z", 1_795_000_000.5),
        ("2026-11-18T12:06:40.500+01:00", 1_795_000_000.5),
        (datetime.fromtimestamp(1_795_000_000.5, UTC), 1_795_000_000.5),
        (np.int64(1_795_000_000_500), 1_795_000_000.5),
        (Decimal("1795000000500"), 1_795_000_000.5),
        (1_795_000_000.5, 1_795_000_000.5),
        (1_795_000_000_500_000, 1_795_000_000.5),
        (1_795_000_000_500_000_000, 1_795_000_000.5),
        ("1795000000500", 1_795_000_000.5),
    ],
)
def test_a_time_is_a_number_in_any_unit_iso_8601_or_a_moment(timestamp: Any, seconds: float):
    fed = Fed(lambda raw: {"channel": "x", "data": 1, "timestamp": timestamp})
    stream = fed.stream("x")
    fed.take("frame")
    assert stream.newest_ts == pytest.approx(seconds, abs=1e-3)
    assert fed.errors == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"channel": "x", "data": 1, "timestamp": "soon"}, "the timestamp 'soon': pass milliseconds"),
        ({"channel": "x", "data": 1, "timestamp": [1]}, "the timestamp [1]: pass milliseconds"),
        ({"channel": "x", "data": 1, "timestamp": float("nan")}, "the timestamp nan: pass milliseconds"),
        ({"channel": "x", "data": 1, "timestamp": 1e21}, "the timestamp 1e+21: pass milliseconds"),
        ({"channel": "x", "data": 1, "offset": "17"}, "the offset '17': an offset is an int"),
        ({"channel": "x", "data": 1, "epoch": 5, "offset": 17}, "the epoch 5"),
        (
            {"channel": "x", "price": 3},
            "'price' means nothing; what belongs to the record goes into \"data\"",
        ),
        ({"channel": "x", "dta": 3}, "'dta' means nothing; did you mean 'data'?"),
        ({"channel": "x"}, 'which has no "data"'),
        (Message("x", 1, offset="17"), "the offset '17'"),  # type: ignore[arg-type]
        (Message("x", 1, "2026-13-18"), "the timestamp '2026-13-18': pass milliseconds"),  # type: ignore[arg-type]
        (Message("x", 1, 10**400), "the timestamp 1000000"),
        (Message("x", 1, datetime.min), "the timestamp datetime.datetime(1, 1, 1"),  # type: ignore[arg-type]
        (Message("x", 1, True), "the timestamp True"),
        (Message("x", 1, channel=["x"]), "the channel ['x']: pass texts"),  # type: ignore[arg-type]
        (Message("x", 1, channel=[]), "the channel []: pass texts"),  # type: ignore[arg-type]
        (Message(None, 1), "the type None"),  # type: ignore[arg-type]
        ({"channel": "x", "type": 5, "data": 1}, "the type 5"),
    ],
)
def test_what_a_decoder_got_wrong_costs_only_that_frame_and_is_said(given: Any, words: str):
    fed = Fed(lambda raw: given if raw == "bad" else {"channel": "x", "data": 7})
    stream = fed.stream("x")
    fed.take("good", "bad", "good")
    assert rows(stream) == [{"value": 7.0}] * 2
    assert words in str(fed.errors[0])
    assert isinstance(fed.errors[0], BadMessage)


# Whatever comes


@given(st.recursive(st.one_of(st.none(), st.integers(), st.text(), st.binary()), st.lists, max_leaves=10))
def test_nothing_that_a_decoder_gives_stops_it(given: Any):
    fed = Fed(lambda raw: given if raw == "bad" else {"channel": "good", "data": 7})
    held = fed.stream("good")
    fed.take("bad", "good")
    assert rows(held)[-1] == {"value": 7.0}

"""Lines: JSON, numbers and key=value, read as records."""

from __future__ import annotations

import contextlib
import math
import shlex
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import UsageError
from realtime_widgets.publishing.lines import _words, record_of_pairs, records_of


@pytest.mark.parametrize(
    ("line", "records"),
    [
        ("", []),
        (" \n", []),
        ("0.5", [{"value": 0.5}]),
        ("+1.25", [{"value": 1.25}]),
        ("-3\r\n", [{"value": -3}]),
        ("true", [{"value": True}]),
        ('"text"', [{"value": "text"}]),
        ("[1, 2]", [{"value": [1, 2]}]),
        ('{"loss": 0.3, "step": 5}', [{"loss": 0.3, "step": 5}]),
        ('\ufeff{"a": 1}', [{"a": 1}]),
        ('[{"a": 1}, {"b": 2}]', [{"a": 1}, {"b": 2}]),
        ("loss=0.3 step=5", [{"loss": 0.3, "step": 5}]),
        ("name='a b' ok=true run=007 up=+1 none= list=[1,2]", [{"name": "a b", "ok": True, "run": "007", "up": 1, "none": "", "list": [1, 2]}]),
        ("a=1 text=don't", [{"a": 1, "text": "don't"}]),
        ("a.b-c=1=2", [{"a.b-c": "1=2"}]),
        ("損失=0.5", [{"損失": 0.5}]),
        ("-inf", [{"value": -math.inf}]),
        ("loss=Infinity", [{"loss": math.inf}]),
    ],
)  # fmt: skip
def test_a_line_is_records(line: str, records: list[dict[str, Any]]):
    assert records_of(line) == records


@pytest.mark.parametrize("line", ["nonsense", "a=1 b", "007", "1 2", "=3", "{", "[" * 100_000])
def test_what_cannot_be_read_is_said(line: str):
    with pytest.raises(UsageError, match="neither JSON, nor a number, nor key=value"):
        records_of(line)


@pytest.mark.parametrize("text", ["nan", "NaN", "-nan", "NAN"])
def test_what_is_no_number_in_any_spelling_is_missing_and_no_text(text: str):
    assert math.isnan(records_of(text)[0]["value"])
    assert math.isnan(records_of(f"loss={text}")[0]["loss"])


def test_words_that_are_pairs_are_one_record():
    assert record_of_pairs(["loss=0.3", "name=a b"]) == {"loss": 0.3, "name": "a b"}
    assert record_of_pairs(["loss=0.3", "5"]) is None
    assert record_of_pairs([]) is None


@given(st.text(st.sampled_from("ab= \t\n'\"\\é\u3000")))
def test_words_are_those_of_a_shell(line: str):
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    assert _words(line) == words


def test_a_long_line_takes_no_longer_for_each_of_its_characters():
    def seconds(count: int) -> float:
        lines = [
            made(count)
            for made in (
                "x".__mul__,
                lambda n: "a=" + "x" * n,
                lambda n: "a='" + "x" * n,
                lambda n: 'a="' + "x\\" * (n // 2),
                lambda n: "a='" + "x" * n + "'",
                lambda n: "'\"" * (n // 2),
            )
        ]
        began = time.process_time()
        for line in lines:
            with contextlib.suppress(UsageError):
                records_of(line)
        return time.process_time() - began

    seconds(10_000)
    assert min(seconds(1_000_000) for _ in range(3)) < 30 * min(seconds(100_000) for _ in range(3))


@given(st.text())
def test_no_line_raises_anything_else(line: str):
    try:
        assert all(isinstance(record, dict) for record in records_of(line))
    except UsageError:
        pass

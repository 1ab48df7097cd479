"""All that one event says; the rows themselves are in test_log.py."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.feeds.log_rows import MAX_DETAIL_LENGTH, details_of, fitting, plain, rows_of, wanted_of
from support.records import stream


def rows(*records: dict[str, Any]) -> list[tuple[Any, ...]]:
    s = stream()
    for record in records:
        s.append(**record)
    batch = s.read()
    return [row[4:] for row in rows_of(batch, range(len(batch)))]


def details(**record: Any) -> tuple[str, list[tuple[str, str]]]:
    s = stream()
    s.append(message="before", other=1)
    s.append(**record)
    return details_of(s.read(after=1))


def test_an_event_with_further_fields_says_that_it_says_more():
    assert rows({"message": "a"}, {"message": "b", "host": "a1"}, {"message": "c", "host": None}) == [
        ("a",),
        ("b", 1),
        ("c", 1),
    ]


@pytest.mark.parametrize(
    ("record", "more"),
    [
        ({"level": "info", "source": "db", "message": "a"}, False),
        ({"msg": "a", "event": "b"}, False),
        ({"message": "a", "details": "Traceback"}, True),
        ({"value": 1.5}, False),
        ({"value": 1.5, "unit": "s"}, True),
        ({"host": "a1", "load": 0.5}, False),
        ({"host": "a1", "text": "x" * 5000}, True),
        ({"message": "x" * 2000}, False),
        ({"message": "x" * 2001}, True),
    ],
)
def test_what_a_row_does_not_show_is_more(record: dict[str, Any], more: bool):
    (row,) = rows(record)
    assert (len(row) == 2) is more


def test_details_are_the_whole_message_and_the_further_fields():
    assert details(
        level="error", source="db", message="two\nlines ", host="a1", port=5432, details="Traceback\n  …"
    ) == (
        "two\nlines",
        [("host", "a1"), ("port", "5432"), ("details", "Traceback\n  …")],
    )
    assert details(message="x" * 5000) == ("x" * 5000, [])
    assert details(message="a", host=None) == ("a", [("host", "—")])


def test_a_record_that_is_no_event_has_its_fields():
    s = stream()
    s.append(host="a1", text="x" * 5000)
    assert details_of(s.read()) == ("", [("host", "a1"), ("text", "x" * 5000)])


def test_details_are_bounded_and_say_so():
    message, fields = details(message="x" * 100_000, blob="y" * 100_000, **{f"f{i}": i for i in range(80)})
    assert message.endswith("…\u00a0(+76,000)") or message.endswith("… (+76,000)")
    assert len(fields) == 61
    assert fields[-1] == ("…", "+21")
    assert len(message) + sum(len(text) for _, text in fields) < MAX_DETAIL_LENGTH + 61 * 100


def test_details_of_anything_can_be_sent():
    message, fields = details(message="\ud83d", **{"half \udc00": "\ud83d", "red": "\x1b[31mred\x1b[0m"})
    assert (message, fields) == ("\ufffd", [("half \ufffd", "\ufffd"), ("red", "red")])


@pytest.mark.parametrize(
    ("text", "as_compared"), [(" A b ", "a b"), ("ＡＢＣ", "abc"), ("ｶﾞ", "ガ"), ("", "")]
)
def test_text_is_compared_without_case_and_width(text: str, as_compared: str):
    assert plain(text) == as_compared


def test_the_newest_rows_that_fit_are_kept():
    batch = stream()
    batch.extend({"message": ["x" * 100] * 10})
    found = list(rows_of(batch.read(), wanted_of(batch.read(), 0)))
    fit, size = fitting(found, 500)
    assert fit == found[-len(fit) :]
    assert 0 < len(fit) < 10
    assert size <= 500

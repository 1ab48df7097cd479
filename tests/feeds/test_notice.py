"""What a record says of a notification, by value."""

from __future__ import annotations

import math
from typing import Any

import pytest

from realtime_widgets.feeds.notice import Notice, address_of, leaves, notice_of, progress_of


def said(**record: Any) -> Notice:
    return notice_of({"ts": 5.0, **record})


def test_the_wires_names_are_understood() -> None:
    notice = said(
        id="n1", title="Disk", message="91 %", type="warning", timestamp=1_795_456_052_100, read=False,
        actionUrl="https://x.test/", actionLabel="Open", autoRemove=True, duration=8000,
    )  # fmt: skip
    assert notice == Notice(
        "n1",
        1_795_456_052.1,
        {
            "title": "Disk",
            "message": "91 %",
            "action_url": "https://x.test/",
            "action_label": "Open",
            "type": "warning",
            "auto_remove": True,
            "duration": 8.0,
        },
        False,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ({"level": "WARN", "source": "db", "msg": "slow"}, ("warning", "db", "slow")),
        ({"level": 10, "message": "x"}, ("info", None, "x")),
        ({"level": "critical", "text": "x"}, ("error", None, "x")),
        ({"value": "plain"}, (None, None, "plain")),
        ({"type": "nonsense", "title": "t"}, ("info", "t", None)),
        ({"cpu": 0.5, "host": "a"}, (None, None, "cpu=0.5 host=a")),
        ({"title": "t", "source": "s", "cpu": 1.0}, (None, "t", None)),
        ({"title": "a\ud800\x1b[31mb"}, (None, "a�b", None)),
        ({"message": b"\xff"}, (None, None, "�")),
        ({"message": None, "title": math.nan, "type": None}, (None, None, None)),
    ],
)
def test_events_and_any_other_records_are_notifications_too(record: dict[str, Any], fields: Any) -> None:
    notice = said(**record)
    assert tuple(notice.fields.get(name) for name in ("type", "title", "message")) == fields
    assert notice.ts == 5.0


def test_a_text_that_is_set_to_nothing_is_nothing_and_one_left_out_says_nothing() -> None:
    assert said(title="", message="m").fields == {"title": "", "message": "m"}
    assert said(updated=True, actionUrl="").fields == {"action_url": ""}


def test_texts_are_cut() -> None:
    assert len(said(message="x" * 5000).fields["message"]) == 1001


def test_an_address_is_kept_whole_or_not_at_all() -> None:
    whole = "https://x.test/" + "x" * 7985
    assert address_of(said(action_url=whole).fields) == whole
    assert address_of(said(action_url=whole + "x").fields) is None
    assert not leaves(said(action_url=whole + "x").fields)
    assert address_of(said(title="t").fields) == ""


@pytest.mark.parametrize("odd", ["soon", -1e400, True, [], {}, object()])
def test_a_time_or_a_duration_that_is_none_is_passed_over(odd: Any) -> None:
    notice = said(timestamp=odd, duration=odd, progress=odd, title="t")
    assert notice.ts == 5.0
    assert notice.fields.get("duration", 0.001) == 0.001


@pytest.mark.parametrize(
    ("fields", "leaving"),
    [
        ({}, True),
        ({"type": "success"}, True),
        ({"type": "warning"}, False),
        ({"type": "error"}, False),
        ({"type": "error", "auto_remove": True}, True),
        ({"auto_remove": False}, False),
        ({"action_url": "https://x.test"}, False),
        ({"action_label": "Retry"}, False),
        ({"action_label": "Retry", "auto_remove": True}, True),
        ({"duration": 0.0}, False),
        ({"progress": 0.5}, False),
        ({"progress": 1.0, "type": "success"}, True),
    ],
)
def test_what_leaves_by_itself(fields: dict[str, Any], leaving: bool) -> None:
    assert leaves(fields) is leaving


def test_progress_is_a_part_of_one_and_ends_with_the_type() -> None:
    assert said(progress=1.5).fields == {"progress": 1.0}
    assert math.isnan(said(progress=math.nan).fields["progress"])
    assert progress_of({"progress": 0.5}) == 0.5
    assert progress_of({"progress": 0.5, "type": "error"}) is None

"""The feed of a panel: what a page puts together from its parts is what there is."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds.notices import Notices
from realtime_widgets.feeds.notifications import MAX_PART_BYTES, NotificationsFeed
from realtime_widgets.streams import Stream


def made() -> tuple[NotificationsFeed, Notices, Stream]:
    stream = Stream()
    notices = Notices([stream], 100, lambda: 7.0)
    return NotificationsFeed(notices, lambda: 99.0), notices, stream


def test_a_keyframe_has_all_there_is() -> None:
    feed, _, stream = made()
    assert not feed.changed()
    stream.append({"id": "a", "title": "A", "message": "m", "actionUrl": "https://x.test"}, ts=3.0)
    stream.append({"id": "b", "type": "success", "duration": 2000, "progress": 0.5}, ts=4.0)
    assert feed.changed()
    part = feed.take(True, 0.0)
    assert (part.key, part.first, part.last) == (True, 1, 2)
    common = {"count": 1, "read": False, "shown": True, "at": 7.0}
    assert part.body == {
        "items": [
            {"key": "0:a", "place": 1, "type": "info", "title": "A", "message": "m", "ts": 3.0, "turn": 1,
             "action_url": "https://x.test"} | common,
            {"key": "0:b", "place": 2, "type": "success", "title": "", "message": "", "ts": 4.0, "turn": 2,
             "duration": 2.0} | common,
        ],
        "total": 2, "unread": 2, "turn": 2, "read_to": 0, "handled": [], "undoable": [], "version": 2,
        "wall": 99.0, "at": 7.0,
    }  # fmt: skip
    assert not feed.changed()


def test_what_has_changed_follows_and_nothing_else() -> None:
    feed, notices, stream = made()
    for id in "abc":
        stream.append({"id": id, "progress": math.nan})
    feed.take(True, 0.0)
    notices.mark_read([("0:b", None)])
    notices.remove([("0:a", None)])
    part = feed.take(False, 0.0)
    assert (part.key, part.first, part.last) == (False, 4, 5)
    assert [(item["key"], item["read"], item["progress"]) for item in part.body["items"]] == [
        ("0:b", True, None)
    ]
    assert part.body["removed"] == ["0:a"]


def test_a_part_is_bounded_and_what_is_shown_goes_first() -> None:
    feed, notices, stream = made()
    for i in range(100):
        stream.append({"id": str(i), "message": "界" * 1000})
    notices.hide([(f"0:{i}", None) for i in range(1, 100)])
    part = feed.take(True, 0.0)
    assert part.nbytes <= MAX_PART_BYTES
    keys = [item["key"] for item in part.body["items"]]
    assert keys[0] == "0:0"
    assert keys[-1] == "0:99"
    assert part.body["total"] == part.body["unread"] == 100


def test_an_address_that_is_too_long_does_not_travel_and_the_largest_fits() -> None:
    feed, notices, stream = made()
    stream.append({"id": "a", "actionUrl": "https://x.test/" + "x" * 8000, "actionLabel": "Report"})
    stream.append({"id": "b", "actionUrl": "https://x.test/" + "\U0001f600" * 7000, "message": "界" * 1000})
    first, second = feed.take(True, 0.0).body["items"]
    assert (first["too_long"], first["action_label"], "action_url" in first) == (True, "Report", False)
    assert len(second["action_url"]) == 7015
    assert notices.items()[1].action_url == ""
    stream.append({"id": "a", "updated": True, "actionUrl": "https://x.test/"})
    (item,) = feed.take(False, 0.0).body["items"]
    assert (item["action_url"], "too_long" in item) == ("https://x.test/", False)


def test_text_that_is_none_travels_as_unicode() -> None:
    feed, _, stream = made()
    stream.append({"id": "\ud83d", "title": "a\udc00b", "actionUrl": "https://x.test/\udfff"})
    part = feed.take(True, 0.0)
    (item,) = part.body["items"]
    assert item["title"] == "a�b"
    item["key"].encode()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["come", "read", "hide", "remove", "clear", "undo", "take", "key"]),
            st.sampled_from("abcd"),
        ),
        max_size=40,
    )
)
def test_a_page_that_takes_the_parts_has_what_a_new_one_gets(actions: list[tuple[str, str]]) -> None:
    feed, notices, stream = made()
    page: dict[str, Any] = {}

    def take(key: bool) -> None:
        part = feed.take(key, 0.0)
        if part.key:
            page.clear()
        for gone in part.body.get("removed", ()):
            page.pop(gone, None)
        page.update({item["key"]: item for item in part.body["items"]})

    take(True)
    for what, id in actions:
        seen = [(f"0:{id}", None)]
        match what:
            case "come":
                stream.append({"id": id, "title": "t"})
            case "read":
                notices.mark_read(seen)
            case "hide":
                notices.hide(seen)
            case "remove":
                notices.remove(seen)
            case "clear":
                notices.clear("g")
            case "undo":
                notices.undo()
            case _:
                take(what == "key")
    take(False)
    fresh = feed.take(True, 0.0).body["items"]
    assert page == {item["key"]: item for item in fresh}

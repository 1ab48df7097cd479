"""What waits for functions that are slow, and what becomes of what is too much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.client.sansio import inbox as module
from realtime_widgets.client.sansio.inbox import OTHERS, Inbox, Overflow, checked_overflow, keyed
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Gap, Position


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    monkeypatch.setattr(module, "PAUSE_ABOVE", 4)
    monkeypatch.setattr(module, "MAX_LOSSLESS_WAITING", 6)


def message(offset: int, channel: str = "x", data: Any = None) -> Message:
    return Message("t", data, 5000.0, None, channel, "e", offset)


def filled(overflow: Overflow, *messages: Message) -> Inbox:
    inbox = Inbox(overflow)
    for each in messages:
        inbox.put("message", each, inbox.key_of("message", each))
    return inbox


def taken(inbox: Inbox) -> list[Any]:
    """All that waits: offsets, gaps as (after, until), and other things as they are."""
    found: list[Any] = []
    while (one := inbox.take()) is not None:
        kind, thing = one
        if kind == "message":
            found.append(thing.offset)
        elif kind == "gap":
            found.append((thing.after and thing.after.offset, thing.until and thing.until.offset))
        else:
            found.append(thing)
    return found


def numbered(count: int, channel: str = "x") -> list[Message]:
    return [message(offset, channel) for offset in range(1, count + 1)]


# drop_oldest


def test_beyond_the_bound_the_oldest_go_and_a_gap_says_which():
    inbox = filled("drop_oldest", *numbered(5))
    assert taken(inbox) == [(0, 2), 3, 4, 5]
    assert (inbox.dropped, len(inbox)) == (2, 0)
    assert (inbox.stats["x"].dropped, inbox.stats["x"].most, inbox.stats["x"].waiting) == (2, 4, 0)


def test_the_gap_says_why_and_when():
    inbox = filled("drop_oldest", *numbered(3))
    inbox.put("message", message(4), ts=7.0)
    assert inbox.take() == ("gap", Gap("x", "overflow", 7.0, Position("e", 0), Position("e", 1)))


def test_states_never_go_and_stay_in_their_place():
    inbox = Inbox()
    inbox.put("state", "connected")
    for each in numbered(5):
        inbox.put("message", each)
    inbox.put("state", "reconnecting")
    assert taken(inbox) == ["connected", (0, 2), 3, 4, 5, "reconnecting"]


def test_errors_go_like_messages():
    inbox = Inbox()
    for i in range(5):
        inbox.put("error", i)
    assert (taken(inbox), inbox.dropped) == ([2, 3, 4], 2)


def test_channels_share_the_bound_and_have_their_own_gaps():
    inbox = filled(
        "drop_oldest", message(1, "a"), message(1, "b"), message(2, "a"), message(3, "a"), message(2, "b")
    )
    assert taken(inbox) == [(0, 1), 2, 3, (0, 1), 2]


def test_a_gap_between_messages_that_went_is_one_with_them():
    inbox = filled("drop_oldest", message(1))
    inbox.put("gap", Gap("x", "trimmed", 0.0, Position("e", 1), Position("e", 4)))
    for offset in range(5, 9):
        inbox.put("message", message(offset))
    assert taken(inbox) == [(0, 5), 6, 7, 8]


def test_a_gap_before_messages_that_went_is_one_with_them_too():
    inbox = Inbox()
    inbox.put("gap", Gap("x", "trimmed", 0.0, Position("e", 0), Position("e", 4)))
    for offset in range(5, 9):
        inbox.put("message", message(offset))
    assert taken(inbox) == [(0, 5), 6, 7, 8]


def test_what_went_takes_no_room_whatever_stands_before_it():
    inbox = Inbox()
    inbox.put("state", "connected")
    for each in numbered(10_000):
        inbox.put("message", each)
    for i in range(1000):
        inbox.put("gap", Gap(f"channel {i}", "lost", 0.0))
    assert len(inbox._slots) < 500
    assert len(inbox) <= 3 + 1 + 1000


def test_messages_that_are_not_numbered_leave_a_gap_without_numbers():
    inbox = filled("drop_oldest", *(Message("x") for _ in range(4)))
    assert taken(inbox) == [(None, None), None, None, None]


# latest and keyed


def test_of_the_latest_one_waits_in_the_place_of_the_first():
    inbox = filled("latest", message(1, "a"), message(1, "b"), *numbered(9, "a")[1:])
    assert taken(inbox) == [9, 1]
    assert (inbox.stats["a"].merged, inbox.stats["a"].most, inbox.dropped) == (8, 1, 0)
    inbox.put("message", message(10, "a"))
    assert taken(inbox) == [10]


def test_of_keyed_messages_the_newest_of_each_key_waits():
    prices = [("btc", 1), ("eth", 2), ("btc", 3), ("btc", 4)]
    messages = [message(i, data={"symbol": symbol}) for i, (symbol, _) in enumerate(prices, 1)]
    inbox = filled(keyed("symbol"), *messages)
    assert taken(inbox) == [4, 2], "in the place of the first: a busy key does not push a rare one back"
    assert inbox.stats["x"].merged == 2


@pytest.mark.parametrize("key", ["symbol", lambda data: data["symbol"], lambda data: [data]])
def test_messages_without_a_key_stand_together(key: str | Callable[[Any], Any]):
    inbox = filled(keyed(key), message(1, data=5), message(2, data=None), message(3, data=[1]))
    assert taken(inbox) == [3]


def test_keys_have_the_bound_too():
    inbox = filled(keyed(lambda data: data), *(message(i, data=i) for i in range(1, 6)))
    assert taken(inbox) == [(0, 2), 3, 4, 5]
    inbox.put("message", message(6, data=1))
    assert taken(inbox) == [6]


# lossless


def test_a_lossless_channel_is_crowded_until_half_of_it_is_done():
    inbox = filled("lossless", *numbered(5))
    assert inbox.crowded == {"x"}
    assert inbox.stats["x"].paused == 1
    states = []
    while inbox.take() is not None:
        states.append(bool(inbox.crowded))
    assert states == [True, True, False, False, False]
    assert inbox.dropped == 0


def test_where_it_cannot_be_held_back_what_comes_at_last_is_a_gap():
    inbox = filled("lossless", *numbered(9))
    assert inbox.take() == ("message", message(1))
    inbox.put("message", message(10))
    assert taken(inbox) == [2, 3, 4, 5, 6, (6, 9), 10]
    assert (inbox.dropped, inbox.stats["x"].dropped) == (3, 3)


def test_gaps_of_a_lossless_channel_are_one_only_where_they_say_the_same():
    inbox = Inbox("lossless")
    there = [Position("e", 2), Position("e", 4), Position("e", 6), Position("f", 1), Position("f", 3)]
    reasons: list[Any] = ["lost", "lost", "epoch_changed", "lost"]
    for reason, after, until in zip(reasons, there, there[1:], strict=False):
        inbox.put("gap", Gap("x", reason, 0.0, after, until))
    gaps = [inbox.take()[1] for _ in range(3)]  # type: ignore[index]
    assert [(gap.reason, gap.after, gap.until) for gap in gaps] == [
        ("lost", there[0], there[2]),
        ("epoch_changed", there[2], there[3]),
        ("lost", there[3], there[4]),
    ]
    assert inbox.take() is None


@pytest.mark.parametrize("policy", ["latest", keyed("k")])
def test_nothing_takes_a_place_before_a_gap_that_came_before_it(policy: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_WAITING", 100)
    inbox = filled(policy, message(1, data={"k": "a"}), message(2, "y", {"k": "a"}))
    inbox.put("gap", Gap("x", "lost", 0.0, Position("e", 1), Position("e", 4)))
    for each in (message(5, data={"k": "a"}), message(6, data={"k": "a"}), message(7, "y", {"k": "a"})):
        inbox.put("message", each, inbox.key_of("message", each))
    assert inbox.take() == ("message", message(1, data={"k": "a"}))
    last = message(8, data={"k": "a"})
    inbox.put("message", last, inbox.key_of("message", last))
    assert taken(inbox) == [7, (1, 4), 8]
    assert inbox.stats["x"].merged == 2
    assert inbox._places == {}


# In bytes


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 1000)
    monkeypatch.setattr(module, "PAUSE_ABOVE", 1000)
    monkeypatch.setattr(module, "MAX_LOSSLESS_WAITING", 1000)
    for name, size in {
        "MAX_WAITING_BYTES": 30_000,
        "PAUSE_ABOVE_BYTES": 30_000,
        "MAX_LOSSLESS_BYTES": 60_000,
    }.items():
        monkeypatch.setattr(module, name, size)


LARGE = "x" * 9_000


@pytest.mark.usefixtures("roomy")
def test_beyond_the_bytes_too_the_oldest_go_and_a_gap_says_which():
    inbox = filled("drop_oldest", *(message(offset, data={"text": LARGE}) for offset in range(1, 6)))
    assert (inbox.dropped, len(inbox)) == (2, 4)
    assert taken(inbox) == [(0, 2), 3, 4, 5]
    assert filled("drop_oldest", *numbered(900)).dropped == 0
    assert taken(filled("drop_oldest", message(1), message(2, data=10 * LARGE))) == [(0, 1), 2], (
        "the newest stays"
    )


@pytest.mark.usefixtures("roomy")
@pytest.mark.parametrize("policy", ["latest", keyed("k")])
def test_what_replaces_another_counts_in_its_place(policy: Any):
    messages = [message(offset, data={"k": 1, "text": LARGE}) for offset in range(1, 100)]
    inbox = filled(policy, *messages)
    assert (inbox.dropped, taken(inbox)) == (0, [99])
    assert inbox._bytes == 0


@pytest.mark.usefixtures("roomy")
def test_a_lossless_channel_is_paused_for_its_bytes_and_resumes_when_there_is_room():
    inbox = filled(
        "lossless", *(message(offset, "a", LARGE) for offset in range(1, 4)), message(1, "b", LARGE)
    )
    assert inbox.crowded == {"b"}
    assert [inbox.take() is not None for _ in range(2)] == [True, True]
    assert inbox.crowded == {"b"}
    inbox.take()
    assert inbox.crowded == set(), "though nothing of it was taken"


@pytest.mark.usefixtures("roomy")
def test_where_it_cannot_be_paused_what_is_too_much_is_a_gap():
    inbox = filled("lossless", *(message(offset, data=LARGE) for offset in range(1, 11)))
    assert taken(inbox) == [1, 2, 3, 4, 5, 6, 7, (7, 10)]
    assert (inbox._lossless_bytes, inbox._tails) == (0, {})


def test_what_is_lost_of_channels_without_end_is_one_gap(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_LOST_CHANNELS", 2)
    inbox = filled("drop_oldest", *(message(1, f"c{turn}") for turn in range(50)), message(1, "y" * 100_000))
    for turn in range(3):
        inbox.put("message", message(2, f"last {turn}"))
    gaps = [one[1] for one in iter(inbox.take, None) if one[0] == "gap"]
    assert sorted(gap.channel for gap in gaps) == [OTHERS, "c0", "c1"]
    assert [(gap.after, gap.until) for gap in gaps if gap.channel == OTHERS] == [(None, None)]
    assert inbox.dropped == 51
    assert max(map(len, inbox.stats)) < 1000


# All


def test_channels_without_end_are_counted_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_COUNTED_CHANNELS", 2)
    inbox = filled("drop_oldest", *(message(1, channel) for channel in "abcd"))
    assert {name: stats.waiting for name, stats in inbox.stats.items()} == {"a": 0, "b": 1, OTHERS: 2}
    assert taken(inbox) == [1, 1, 1, (0, 1)]
    assert inbox.stats[OTHERS].waiting == 0
    crowded = filled("lossless", *(message(i, channel) for channel in "abc" for i in range(9)))
    assert crowded.crowded == {"a", "b"}, "what is not counted for itself is not held back"


def test_what_is_cleared_is_gone():
    inbox = filled("drop_oldest", *numbered(9))
    inbox.clear()
    assert (taken(inbox), len(inbox), inbox.stats["x"].waiting) == ([], 0, 0)
    inbox.put("message", message(10))
    assert taken(inbox) == [10]


@pytest.mark.parametrize("given", ["latest", {"x": "latest"}, {"x": keyed("a"), "y": "lossless"}])
def test_policies_are_for_all_or_by_channel(given: Any):
    default, channels = checked_overflow(given)
    assert (default, channels) == (("latest", {}) if given == "latest" else ("drop_oldest", given))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("lateest", "did you mean 'latest'?"),
        ({"x": "newest of all"}, "pass one of 'drop_oldest', 'latest', 'lossless', or rw.keyed"),
        (None, "there is no policy None"),
    ],
)
def test_a_policy_that_is_none_is_refused(given: Any, words: str):
    with pytest.raises(UsageError, match="there is no policy") as raised:
        checked_overflow(given)
    assert words in str(raised.value)


def test_a_key_that_is_none_is_refused():
    with pytest.raises(WrongType, match="has no key"):
        keyed(5)  # type: ignore[arg-type]


@settings(max_examples=1000)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("message"), st.sampled_from("xy")),
            st.tuples(st.just("gap"), st.sampled_from("xy")),
            st.tuples(st.just("take"), st.integers(1, 4)),
        ),
        max_size=60,
    ),
    st.sampled_from(["drop_oldest", "lossless"]),
)
def test_whatever_goes_every_offset_is_told_once_or_in_one_gap(steps: list[tuple[str, Any]], policy: Any):
    inbox = Inbox(policy)
    newest = {"x": 0, "y": 0}
    told: dict[str, list[Any]] = {"x": [], "y": []}

    def take(most: int) -> None:
        while most and (one := inbox.take()) is not None:
            told[one[1].channel].append(one[1])
            most -= 1

    for step, value in steps:
        if step == "take":
            take(value)
        elif step == "message":
            newest[value] += 1
            inbox.put("message", message(newest[value], value))
        else:
            after = Position("e", newest[value])
            newest[value] += 2
            inbox.put("gap", Gap(value, "lost", 0.0, after, Position("e", newest[value])))
    take(10**6)
    for channel, things in told.items():
        here = 0
        for thing in things:
            if isinstance(thing, Gap):
                assert thing.after is not None
                assert thing.until is not None
                assert thing.after.offset == here < thing.until.offset
                here = thing.until.offset
            else:
                here += 1
                assert thing.offset == here
        assert here == newest[channel]
    assert len(inbox) == 0

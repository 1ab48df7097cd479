"""Where reading stands in a channel: what is taken, dropped, asked for, and what is a gap."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.client.sansio.recovery import ANSWER_TIMEOUT, MAX_CHANNELS, MAX_DUPLICATES, Recovery
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.protocol.positions import from_wire, to_wire
from realtime_widgets.streams.gaps import Gap, Position

HELLO = Message("hello", {"recovery": True})


def numbered(*offsets: int, epoch: str = "e", channel: str = "x") -> list[Message]:
    return [Message("x", offset, channel=channel, epoch=epoch, offset=offset) for offset in offsets]


def head(offset: int, after: int, reason: str | None = None, *, epoch: str = "e") -> Message:
    return Message("history", {"after": after, "reason": reason}, channel="x", epoch=epoch, offset=offset)


class Fed:
    """A recovery, and what it keeps and asks for."""

    def __init__(self, *, keeps_history: bool = True) -> None:
        self.recovery = Recovery(envelopes=True)
        self.asks: list[tuple[str, Position]] = []
        if keeps_history:
            self.take(HELLO)

    def take(self, *messages: Message, now: float = 0.0) -> list[Any]:
        """What is kept: offsets, or None, and gaps; words about the link are left out."""
        kept, self.asks = self.recovery.process(messages, now, 1.0)
        return [
            one if isinstance(one, Gap) else one.offset for one in kept if getattr(one, "type", "x") == "x"
        ]

    def reopen(self, *messages: Message) -> list[Gap]:
        gaps = self.recovery.reopen(2.0)
        self.take(*messages)
        return gaps


def gap(reason: Any, after: Position | None, until: Position | None, ts: float = 1.0) -> Gap:
    return Gap("x", reason, ts, after, until)


def test_what_comes_in_order_is_taken():
    fed = Fed()
    assert fed.take(*numbered(5, 6, 7)) == [5, 6, 7]
    assert fed.recovery.positions(["x", "y"]) == {"x": ("e", 7)}


def test_what_comes_again_is_dropped_and_counted():
    fed = Fed()
    assert fed.take(*numbered(1, 2, 2, 1, 3)) == [1, 2, 3]
    assert fed.recovery.duplicates == 2


@pytest.mark.parametrize("epoch", ["", "e"])
@pytest.mark.parametrize("begin", [0, 1])
def test_numbers_that_begin_anew_on_a_living_link_are_a_new_epoch_with_one_gap(epoch: str, begin: int):
    fed = Fed(keeps_history=False)
    kept = fed.take(*numbered(1000, 1001, begin, begin + 1, begin + 2, epoch=epoch))
    there = gap("epoch_changed", Position(epoch, 1001), Position(epoch, begin - 1))
    assert kept == [1000, 1001, there, begin, begin + 1, begin + 2]
    assert (fed.recovery.gaps, fed.recovery.duplicates, there.missed) == (1, 0, None)


def test_numbers_that_begin_anew_soon_are_a_new_epoch_too():
    fed = Fed(keeps_history=False)
    fed.take(*numbered(1, 2, 3, 1, 2, 3, 4))
    assert (fed.recovery.gaps, fed.recovery.duplicates, fed.recovery.positions(["x"])) == (
        1,
        0,
        {"x": ("e", 4)},
    )


def test_a_message_that_comes_again_soon_is_a_duplicate_without_a_history_too():
    fed = Fed(keeps_history=False)
    assert fed.take(*numbered(5, 6, 7, 7, 6, 5, 8)) == [5, 6, 7, 8]
    assert (fed.recovery.gaps, fed.recovery.duplicates) == (0, 3)


def test_no_numbering_is_taken_for_duplicates_for_ever():
    """It begins anew near the last offset: after a while there is a gap, and it goes on."""
    fed = Fed(keeps_history=False)
    fed.take(*numbered(*range(500, 901)))
    kept = fed.take(*numbered(*range(300, 500)))
    assert kept[0] == gap("epoch_changed", Position("e", 900), Position("e", 299 + MAX_DUPLICATES))
    assert kept[1:] == list(range(300 + MAX_DUPLICATES, 500))


def test_a_server_with_a_history_names_an_epoch_when_its_numbering_begins_anew():
    fed = Fed()
    assert fed.take(*numbered(*range(1, 2000), 1, 2, 3)) == list(range(1, 2000))
    assert fed.recovery.duplicates == 3


def test_names_and_epochs_that_are_too_long_are_not_kept():
    fed = Fed(keeps_history=False)
    huge = "x" * 10_000
    fed.take(*numbered(1, 2, channel=huge), *numbered(1, 2, epoch=huge))
    assert fed.recovery.positions([huge, "x"]) == {}


def test_a_hole_is_asked_for_once_and_filled():
    fed = Fed()
    assert fed.take(*numbered(1, 4, 5)) == [1]
    assert fed.asks == [("x", ("e", 1))]
    assert fed.take(*numbered(6)) == []
    assert fed.asks == []
    assert fed.take(head(6, 1), *numbered(2, 3, 4, 5, 6, 7)) == [2, 3, 4, 5, 6, 7]
    assert fed.recovery.gaps == 0


def test_what_the_history_no_longer_has_is_a_gap():
    fed = Fed()
    fed.take(*numbered(1, 9))
    trimmed = gap("trimmed", Position("e", 1), Position("e", 6))
    assert fed.take(head(9, 6, "trimmed"), *numbered(7, 8, 9)) == [trimmed, 7, 8, 9]
    assert trimmed.missed == 5


def test_a_server_without_a_history_leaves_a_gap():
    fed = Fed(keeps_history=False)
    assert fed.take(*numbered(1, 4)) == [1, gap("lost", Position("e", 1), Position("e", 3)), 4]
    assert fed.asks == []


def test_a_hole_within_what_was_promised_is_a_gap_and_not_asked_for_again():
    fed = Fed()
    fed.take(*numbered(1, 5))
    lost = gap("lost", Position("e", 2), Position("e", 3))
    assert fed.take(head(5, 1), *numbered(2, 4, 5)) == [2, lost, 4, 5]
    assert fed.asks == []


def test_an_answer_that_does_not_come_is_a_gap():
    fed = Fed()
    fed.take(*numbered(1, 4))
    assert fed.take(*numbered(5), now=ANSWER_TIMEOUT - 0.1) == []
    lost = gap("lost", Position("e", 1), Position("e", 5))
    assert fed.take(*numbered(6, 7), now=ANSWER_TIMEOUT) == [lost, 6, 7]


def test_an_empty_channel_has_a_position():
    fed = Fed()
    fed.take(head(0, 0))
    assert fed.recovery.positions(["x"]) == {"x": ("e", 0)}
    assert fed.reopen(HELLO, head(2, 0)) == []
    assert fed.take(*numbered(1, 2)) == [1, 2]


def test_another_epoch_is_a_gap_from_here_to_there():
    fed = Fed()
    fed.take(*numbered(1, 2))
    assert fed.reopen(HELLO) == []
    there = gap("epoch_changed", Position("e", 2), Position("f", 0))
    assert fed.take(head(1, 0, "epoch_changed", epoch="f"), *numbered(1, epoch="f")) == [there, 1]
    assert there.missed is None


def test_the_same_epoch_may_begin_anew_when_the_server_says_so():
    fed = Fed()
    fed.take(*numbered(1, 2, 3))
    anew = gap("epoch_changed", Position("e", 3), Position("e", 0))
    assert fed.take(head(1, 0, "epoch_changed"), *numbered(1)) == [anew, 1]


def test_an_answer_to_what_was_asked_before_the_server_told_its_new_epoch_repeats_nothing():
    fed = Fed()
    fed.take(*numbered(1, 2, 9))
    assert fed.asks == [("x", ("e", 2))]
    told = head(1, 0, "epoch_changed", epoch="f")
    there = gap("epoch_changed", Position("e", 2), Position("f", 0))
    assert fed.take(told, *numbered(1, 2, epoch="f")) == [there, 1, 2]
    answer = head(2, 0, "epoch_changed", epoch="f")
    assert fed.take(answer, *numbered(1, 2, 3, epoch="f")) == [3]


def test_a_head_that_goes_further_back_repeats_nothing():
    fed = Fed()
    fed.take(*numbered(1, 2, 3))
    assert fed.take(head(4, 1), *numbered(2, 3, 4)) == [4]


def test_a_new_link_is_a_gap_where_nothing_is_numbered():
    fed = Fed(keeps_history=False)
    assert fed.take(Message("x", 1)) == [None]
    assert fed.reopen() == [gap("unknown_source", None, None, ts=2.0)]
    assert fed.take(Message("x", 2)) == [None]
    assert fed.reopen() == [gap("unknown_source", None, None, ts=2.0)]


def test_a_server_that_no_longer_numbers_is_a_gap_once_a_link():
    fed = Fed()
    fed.take(*numbered(1))
    assert fed.reopen() == []
    assert fed.take(Message("x"), Message("x")) == [gap("unknown_source", Position("e", 1), None), None, None]


def test_numbers_without_an_epoch_that_step_back_with_a_new_link_have_begun_anew():
    fed = Fed(keeps_history=False)
    assert fed.take(*numbered(1, 2, 2, epoch="")) == [1, 2]
    assert fed.reopen() == []
    anew = gap("epoch_changed", Position("", 2), Position("", 0))
    assert fed.take(*numbered(1, 2, 2, epoch="")) == [anew, 1, 2]
    fed.reopen()
    assert fed.take(*numbered(3, epoch="")) == [3], "or they go on"
    fed.reopen()
    assert fed.take(*numbered(3, epoch="e")) != []


def test_numbers_without_an_epoch_that_went_on_fast_are_known_to_go_on():
    fed = Fed(keeps_history=False)
    fed.take(*numbered(1, 2, 3, epoch=""))
    fed.reopen()
    assert fed.take(*numbered(4, 5, 6, epoch="")) == [4, 5, 6]
    assert fed.take(*numbered(5, 7, epoch="")) == [7]


def test_numbers_without_an_epoch_may_begin_anew_where_the_server_goes_on_by_ids():
    fed = Fed(keeps_history=False)
    fed.take(*numbered(1, 2, epoch=""))
    assert fed.recovery.reopen(2.0, one_way=True, resumes=True) == []
    (anew, *rest) = fed.take(*numbered(1, 2, epoch=""))
    assert (anew.reason, anew.missed, rest) == ("epoch_changed", None, [1, 2])


def test_a_question_that_was_never_answered_is_asked_again():
    fed = Fed()
    fed.take(*numbered(1, 4))
    assert fed.asks == [("x", ("e", 1))]
    standing = Message("pong", {"positions": {"x": ["e", 4]}})
    fed.take(standing, now=ANSWER_TIMEOUT - 1)
    assert fed.asks == []
    fed.take(standing, now=ANSWER_TIMEOUT)
    assert fed.asks == [("x", ("e", 1))]


def test_numbers_with_an_epoch_that_come_again_on_a_new_link_are_dropped():
    fed = Fed(keeps_history=False)
    fed.take(*numbered(1, 2))
    fed.reopen()
    assert fed.take(*numbered(2, 3)) == [3]


def test_a_channel_that_never_spoke_has_no_gap():
    fed = Fed(keeps_history=False)
    assert fed.reopen() == []


def test_positions_on_a_live_link_show_what_was_lost_at_the_end():
    fed = Fed()
    fed.take(*numbered(1, 2))
    fed.take(Message("pong", {"positions": {"x": ["e", 2], "y": ["e", 9]}}))
    assert fed.asks == []
    fed.take(Message("pong", {"positions": {"x": ["e", 4]}}))
    assert fed.asks == [("x", ("e", 2))]
    fed.take(Message("pong", {"positions": {"x": ["e", 4]}}))
    assert fed.asks == [], "once"
    assert fed.take(head(4, 2), *numbered(3, 4)) == [3, 4]


def test_what_was_sent_again_and_did_not_arrive_is_a_gap_and_not_asked_for_for_ever():
    """A message may be too large for this reader."""
    fed = Fed()
    fed.take(*numbered(1))
    there = Message("pong", {"positions": {"x": ["e", 3]}})
    assert fed.take(there) == []
    assert fed.asks == [("x", ("e", 1))]
    assert fed.take(head(3, 1), *numbered(2)) == [2]
    assert fed.take(there) == [gap("lost", Position("e", 2), Position("e", 3))]
    assert fed.asks == []
    assert fed.take(there) == []
    assert fed.take(*numbered(4)) == [4]
    assert fed.recovery.gaps == 1


def test_words_about_the_link_are_no_data_and_foreign_words_are():
    fed = Fed()
    kept, _ = fed.recovery.process([head(0, 0), Message("pong", {})], 0.0, 0.0)
    assert [one.type for one in kept if isinstance(one, Message)] == ["pong"]
    foreign = Recovery(envelopes=False)
    kept, asks = foreign.process([HELLO, head(1, 0), *numbered(2, 4)], 0.0, 1.0)
    assert [getattr(one, "type", "gap") for one in kept] == ["hello", "history", "x", "gap", "x"]
    assert asks == []


@pytest.mark.parametrize(
    "nonsense",
    [
        Message("history", None, channel="x", epoch="e", offset=3),
        Message("history", {"after": "1"}, channel="x", epoch="e", offset=3),
        Message("history", {"after": 4}, channel="x", epoch="e", offset=3),
        Message("history", {"after": 1}, channel="x"),
        Message("history", {"after": 1}),
        Message("pong", [1]),
        Message("pong", {"positions": {"x": 5, "y": ["e", "1"], "z": ["e", True], "w": ["e", -1]}}),
    ],
)
def test_nonsense_changes_nothing(nonsense: Message):
    fed = Fed()
    fed.take(*numbered(1))
    fed.take(nonsense)
    assert fed.asks == []
    assert fed.take(*numbered(2)) == [2]


def test_a_server_that_names_channels_without_end_costs_no_more_than_so_many():
    recovery = Recovery(envelopes=True)
    messages = [numbered(1, channel=str(i))[0] for i in range(MAX_CHANNELS + 10)]
    kept, _ = recovery.process(messages, 0.0, 0.0)
    assert len(kept) == MAX_CHANNELS + 10
    assert len(recovery.positions([message.channel or "" for message in messages])) == MAX_CHANNELS


def test_positions_travel():
    positions = {"a": Position("e", 0), "b": Position("f", 2**53)}
    assert from_wire(to_wire(positions)) == positions
    assert from_wire(None) == {}


WORDS = st.one_of(
    st.builds(
        lambda epoch, offset: numbered(offset, epoch=epoch)[0], st.sampled_from("ef"), st.integers(0, 9)
    ),
    st.builds(
        lambda epoch, offset, after, reason: head(offset, after, reason, epoch=epoch),
        st.sampled_from("ef"),
        st.integers(0, 9),
        st.integers(0, 9),
        st.sampled_from([None, "trimmed", "epoch_changed", "nonsense"]),
    ),
    st.builds(
        lambda epoch, offset: Message("pong", {"positions": {"x": [epoch, offset]}}),
        st.sampled_from("ef"),
        st.integers(0, 9),
    ),
    st.sampled_from([HELLO, Message("hello", {}), Message("x", 0)]),
    st.none(),
)


@given(st.lists(WORDS, max_size=40), st.booleans())
def test_whatever_a_server_says_every_offset_is_there_once_or_in_one_gap(
    words: list[Message | None], keeps_history: bool
):
    """Also one that lies: what is handed on goes on from where it was, or a gap says otherwise."""
    fed = Fed(keeps_history=keeps_history)
    here: Position | None = None
    for now, word in enumerate(words):
        things: list[Message | Gap] = []
        if word is None:
            things += fed.recovery.reopen(1.0)
        else:
            things += fed.recovery.process([word], float(now), 1.0)[0]
        for thing in things:
            if isinstance(thing, Gap):
                if thing.until is None:
                    here = None
                else:
                    assert thing.after == here or here is None
                    assert thing.until != thing.after or thing.reason == "epoch_changed"
                    here = thing.until
            elif thing.channel is None and thing.type != "x":
                pass  # about the link
            elif thing.offset is None:
                here = None
            else:
                there = Position(thing.epoch or "", thing.offset or 0)
                if here is not None:
                    assert there == (here.epoch, here.offset + 1)
                here = there

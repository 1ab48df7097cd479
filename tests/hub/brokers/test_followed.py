"""A followed channel: each message is handed on once, in order, whichever way it comes; or there is a gap."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.hub.brokers.base import GAP, OutOfReach
from realtime_widgets.hub.brokers.engine import Found
from realtime_widgets.hub.brokers.followed import Followed
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position


def message(epoch: str, offset: int) -> Message:
    return Message("t", None, None, None, "a", epoch, offset)


def found(epoch: str, newest: int, *offsets: int, base: int = 0) -> Found:
    return Found(Position(epoch, newest), base, [message(epoch, offset) for offset in offsets])


class Channel:
    """A channel, and what was handed on: offsets; gaps as positions."""

    def __init__(self, epoch: str = "e", offset: int = 0) -> None:
        self.things: list[Any] = []
        self.followed = Followed("a", self._take)
        self.followed.take(found(epoch, offset))

    def _take(self, message: Message) -> None:
        assert message.channel == "a"
        there = Position(message.epoch or "", message.offset or 0)
        self.things.append(there if message.type == GAP else there.offset)

    def hear(self, offset: int, epoch: str = "e") -> bool:
        there = Position(epoch, offset)
        return self.followed.hear(there, lambda: message(epoch, offset))


def test_the_next_is_handed_on_and_what_was_handed_on_is_not():
    channel = Channel(offset=5)
    assert channel.hear(6)
    assert channel.hear(6)
    assert channel.hear(3)
    assert channel.hear(7)
    assert channel.things == [6, 7]
    assert channel.followed.position == ("e", 7)


def test_what_is_further_on_waits_for_those_between():
    channel = Channel()
    assert not channel.hear(3)
    assert channel.followed.take(found("e", 4, 1, 2)), "there is more"
    assert channel.hear(3)
    assert not channel.followed.take(found("e", 4, 3, 4))
    assert channel.things == [1, 2, 3, 4]


def test_nothing_is_handed_on_before_it_is_known_where_the_channel_begins():
    followed = Followed("a", pytest.fail)
    assert not followed.hear(Position("e", 1), lambda: message("e", 1))


def test_what_the_history_no_longer_has_is_a_gap():
    channel = Channel(offset=2)
    channel.followed.take(found("e", 9, 8, 9))
    channel.followed.take(found("e", 12))
    assert channel.things == [Position("e", 2), 8, 9, Position("e", 9)]
    assert channel.followed.position == ("e", 12)


def test_another_epoch_is_a_gap_and_begins_after_its_base():
    channel = Channel(offset=50)
    assert not channel.hear(41, "f")
    assert channel.followed.take(found("f", 42, base=40)), "there is more"
    assert channel.things == [Position("e", 50)]
    channel.followed.take(found("f", 42, 41, 42, base=40))
    assert channel.things == [Position("e", 50), 41, 42]


def test_a_message_that_cannot_be_read_is_a_gap():
    channel = Channel()
    assert channel.followed.hear(Position("e", 1), lambda: None)
    assert channel.hear(2)
    assert channel.things == [Position("e", 0), 2]


def test_who_is_told_a_position_is_told_when_all_up_to_it_was_handed_on():
    channel, told = Channel(), []
    for offset in (2, 1, 3):  # one that was known, and has another place
        channel.followed.when_at(
            Position("e", offset), lambda offset=offset: told.append((offset, list(channel.things)))
        )
    channel.hear(1)
    assert told == []
    channel.hear(2)
    assert told == [(2, [1, 2]), (1, [1, 2])]
    assert channel.followed.waited_for
    channel.hear(3)
    assert told[-1] == (3, [1, 2, 3])
    assert not channel.followed.waited_for


def test_who_is_told_a_position_of_another_epoch_waits_until_somebody_has_looked():
    channel, told = Channel(offset=3), []
    channel.followed.when_at(Position("d", 9), lambda: told.append("an old one"))
    channel.followed.when_at(Position("f", 1), lambda: told.append("a new one"))
    channel.hear(4)
    assert told == []
    channel.followed.take(found("f", 1))
    assert told == ["an old one"]
    channel.hear(1, "f")
    assert told == ["an old one", "a new one"]


def test_who_waits_for_the_position_is_told_when_nothing_can_be_missed_or_why_not():
    async def main() -> None:
        channel = Channel(offset=3)
        futures = [asyncio.get_running_loop().create_future() for _ in range(3)]
        channel.followed.when_ready(futures[0])
        channel.followed.give_up("it is away")
        with pytest.raises(OutOfReach, match="it is away"):
            await futures[0]
        channel.followed.when_ready(futures[1])
        assert not futures[1].done()
        channel.followed.establish()
        channel.followed.when_ready(futures[2])
        assert [await each for each in futures[1:]] == [Position("e", 3)] * 2

    asyncio.run(main())


def test_all_who_wait_are_told_when_nobody_follows_any_more():
    channel, told = Channel(), []
    channel.followed.when_at(Position("e", 9), lambda: told.append(9))
    channel.followed.end()
    assert told == [9]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["publish", "news", "lose", "result", "look", "trim", "epoch"]), st.integers(1, 6)
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_comes_all_is_handed_on_once_and_in_order_or_there_is_a_gap(steps: list[tuple[str, int]]):
    things: list[tuple[str, Position]] = []
    followed = Followed("a", lambda m: things.append((m.type, Position(m.epoch or "", m.offset or 0))))
    followed.take(found("0", 0))
    epoch, offset, base, first = 0, 0, 0, 1  # what the engine has
    news: list[Position] = []
    results: list[Position] = []

    def look(most: int) -> bool:
        assert followed.position is not None
        after = max(followed.position.offset, base, first - 1)
        return followed.take(found(str(epoch), offset, *range(after + 1, offset + 1)[:most], base=base))

    for name, number in steps:
        if name == "publish":
            fresh = [Position(str(epoch), offset + 1 + i) for i in range(number)]
            offset += number
            news += fresh
            results += fresh
        elif name in ("news", "result"):
            queue = news if name == "news" else results
            for there in queue[:number]:
                followed.hear(there, lambda there=there: message(*there))
            del queue[:number]
        elif name == "lose":
            del news[:number]
        elif name == "look":
            look(number)
        elif name == "trim":
            first = min(first + number, offset + 1)
        else:
            epoch, offset = epoch + 1, max(0, offset - number)
            base = offset
    while look(3):
        pass
    assert followed.position == (str(epoch), offset), "it is up to date"
    heard = [position for type, position in things if type != GAP]
    assert heard == sorted(set(heard)), "once, and in order"
    for (_, before), (type, position) in pairwise([("t", Position("0", 0)), *things]):
        if type == GAP:
            assert position >= before
        elif (GAP, before) not in things:
            assert position == (before.epoch, before.offset + 1), "nothing is left out without a word"
    if not {"trim", "epoch"} & {name for name, _ in steps}:
        assert [position.offset for position in heard] == list(range(1, offset + 1))

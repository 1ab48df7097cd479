"""One client's place in the history of a channel, by values: heads, what follows them, and when it is over."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.catch_up import CatchUp
from realtime_widgets.hub.channels import Channels, encode_publication
from realtime_widgets.hub.policies import Retention
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position

PLENTY = 10**6


def seen(frames: list[str]) -> list[Any]:
    """Heads as (after, offset, reason), messages as their offsets."""
    return [
        (each["data"]["after"], each["offset"], each["data"]["reason"])
        if each["type"] == "history"
        else each["offset"]
        for each in map(json.loads, frames)
    ]


class History:
    """A channel x that keeps few messages."""

    def __init__(self, published: int, kept: int = 1000) -> None:
        self.broker = MemoryBroker(Retention(kept, None))
        self.channels = Channels(self.broker)
        asyncio.run(self.publish(published))

    async def publish(self, count: int) -> None:
        for _ in range(count):
            await self.channels.publish(encode_publication("x", "y" * 100))

    def position(self, offset: int) -> Position:
        return Position(self.broker.epoch, offset)

    def next(self, catch_up: CatchUp, most: int = PLENTY) -> list[Any]:
        return seen(asyncio.run(catch_up.next(self.channels, most)))


def test_a_head_says_from_where_on_everything_follows():
    history = History(3)
    catch_up = CatchUp("x", history.position(1))
    assert history.next(catch_up) == [(1, 3, None), 2, 3]
    assert catch_up.over


def test_who_has_everything_is_told_so_and_it_is_over():
    history = History(3)
    catch_up = CatchUp("x", history.position(3))
    assert history.next(catch_up) == [(3, 3, None)]
    assert catch_up.over


def test_what_is_long_comes_in_pieces_under_one_head():
    history = History(5)
    catch_up = CatchUp("x", history.position(0))
    pieces = []
    while not catch_up.over:
        pieces.append(history.next(catch_up, most=1))
    assert pieces == [[(0, 5, None), 1], [2], [3], [4], [5]]


def test_what_the_history_lost_on_the_way_has_a_head_of_its_own():
    history = History(3, kept=3)
    catch_up = CatchUp("x", history.position(0))
    assert history.next(catch_up, most=1) == [(0, 3, None), 1]
    asyncio.run(history.publish(3))
    assert history.next(catch_up) == [(3, 6, "trimmed"), 4, 5, 6]
    assert catch_up.over


def test_a_position_of_another_epoch_or_ahead_begins_with_all_there_is():
    history = History(2)
    for position in (Position("another", 1), history.position(100)):
        assert history.next(CatchUp("x", position)) == [(0, 2, "epoch_changed"), 1, 2]


def test_after_an_overflow_it_goes_on_with_what_found_no_room():
    history = History(4)
    catch_up = CatchUp.after_overflow("x", history.position(3))
    assert history.next(catch_up) == [3, 4], "where it stands it was told before"
    assert catch_up.over


def test_what_an_overflow_and_the_history_lost_is_said_to_be_the_overflow():
    history = History(6, kept=2)
    catch_up = CatchUp.after_overflow("x", history.position(3))
    assert history.next(catch_up) == [(4, 6, "overflow"), 5, 6]


def test_who_asks_for_the_last_few_gets_as_many_as_there_are_and_no_complaint():
    history = History(5, kept=3)
    assert history.next(CatchUp.of_recent("x", history.position(5), 2)) == [(3, 5, None), 4, 5]
    assert history.next(CatchUp.of_recent("x", history.position(5), 100)) == [(2, 5, None), 3, 4, 5]
    assert history.next(CatchUp.of_recent("x", history.position(5), 0)) == [(5, 5, None)]


def test_it_is_not_over_while_something_was_published_since_it_was_read():
    history = History(2)
    catch_up = CatchUp("x", history.position(0))
    assert history.next(catch_up) == [(0, 2, None), 1, 2]
    asyncio.run(history.publish(1))
    catch_up.hear(Message("x", None, None, None, "x", *history.position(3)), "")
    assert not catch_up.over
    assert history.next(catch_up) == [3]
    assert catch_up.over

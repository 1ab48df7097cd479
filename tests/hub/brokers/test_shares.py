"""Who has to give way where there is no more room."""

from __future__ import annotations

import sys
from collections import Counter
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.hub.brokers.shares import Shares, family_of


@pytest.mark.parametrize(
    ("channel", "family"),
    [
        ("loss", "loss"),
        ("team:anna", "team"),
        ("team:anna:runs", "team"),
        (":x", ""),
        ("", ""),
        ("presence:loss", "presence:loss"),
        ("presence:team:anna", "presence:team"),
        ("presence:presence:team:anna", "presence:presence:team"),
    ],
)
def test_the_first_part_of_a_name_is_its_family(channel: str, family: str):
    assert family_of(channel) == family


def test_of_those_that_take_alike_the_one_that_was_silent_for_longest_gives_way():
    shares = Shares()
    for channel in ("a", "b", "c", "a"):
        shares.add(channel, 0 if channel in shares else 1)
    gone = []
    for _ in range(3):
        gone.append(shares.next())
        shares.remove(gone[-1], 1)
    assert gone == ["b", "c", "a"]
    assert len(shares) == 0


def test_the_family_that_takes_most_gives_way_however_many_channels_it_has():
    shares = Shares()
    shares.add("loss", 100)
    for number in range(1000):
        shares.add(f"team:{number}", 1)
    gone = Counter[str]()
    for _ in range(870):
        name = shares.next()
        shares.remove(name, 1)
        gone[family_of(name)] += 1
    assert gone == {"team": 870}
    assert "team:869" not in shares
    assert "team:870" in shares


names = st.sampled_from(["a", "b:1", "b:2", "b:3", "c:1", "presence:b:1", "presence:b:2"])


@given(st.lists(st.tuples(names, st.integers(1, 50)), max_size=80), st.integers(20, 300))
def test_whoever_gives_way_is_of_a_family_that_takes_nearly_most(said: list[tuple[str, int]], room: int):
    shares, sizes = Shares(), Counter[str]()
    for channel, size in said:
        shares.add(channel, size)
        sizes[channel] += size
        while sizes.total() > room:
            families = Counter[str]()
            for name, taken in sizes.items():
                families[family_of(name)] += taken
            going = shares.next()
            assert families[family_of(going)] > 0.75 * max(families.values()) - 1
            part = min(7, sizes[going])
            shares.remove(going, part)
            sizes[going] -= part
            sizes = +sizes
        assert len(shares) == len(sizes)
        assert all(name in shares for name in sizes)


@pytest.mark.parametrize("many", ["families", "channels"])
def test_it_takes_no_longer_with_many_of_them(many: str):
    """By counting the lines of its code that are run, and not by the clock."""

    def lines(count: int) -> int:
        shares = Shares()
        for number in range(count):
            shares.add(f"run{number}" if many == "families" else f"run:{number}", 1000)
        ran = 0

        def trace(frame: FrameType, event: str, _: object) -> Any:
            nonlocal ran
            ran += event == "line"
            return trace

        sys.settrace(trace)
        try:
            for _ in range(50):
                going = shares.next()
                shares.remove(going, 700)
                shares.remove(going, 300)
        finally:
            sys.settrace(None)
        return ran

    assert lines(20_000) <= 1.1 * lines(200)

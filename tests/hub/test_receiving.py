"""Receiving: how much of the files that are on their way is held in memory."""

from __future__ import annotations

from realtime_widgets.hub.receiving import ROOM, Receiving


def test_one_client_gets_a_quarter_and_all_together_the_whole():
    receiving = Receiving()
    quarter = ROOM // 4
    for who in "abcd":
        assert receiving.take(who, quarter, 1000)
        assert not receiving.take(who, 1, 1000)
    assert not receiving.take("e", 1, 1000)
    receiving.leave("a", 10)
    assert receiving.take("e", 10, 1000)
    assert not receiving.take("a", 1, 1000)
    assert receiving.size == ROOM


def test_one_of_the_largest_files_has_room_however_large_it_is():
    receiving = Receiving()
    assert receiving.take("a", ROOM, ROOM)
    assert not receiving.take("a", 1, ROOM)
    receiving.leave("a", ROOM)
    assert receiving.size == 0
    assert not receiving._of

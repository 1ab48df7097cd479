"""How often the same trouble is logged."""

from __future__ import annotations

from realtime_widgets.client.log_limit import LOG_INTERVAL, MAX_REMEMBERED, LogLimit


def test_the_same_is_logged_now_and_then():
    limit = LogLimit()
    assert [limit.allows("a", now) for now in (0, 1, LOG_INTERVAL - 1, LOG_INTERVAL, LOG_INTERVAL + 1)] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_one_kind_does_not_silence_another():
    limit = LogLimit()
    assert limit.allows("a", 0)
    assert limit.allows("b", 0)


def test_what_is_remembered_is_bounded():
    limit = LogLimit()
    for i in range(3 * MAX_REMEMBERED):
        assert limit.allows(i, 0)
    assert len(limit._logged) == MAX_REMEMBERED
    assert not limit.allows(3 * MAX_REMEMBERED - 1, 0)

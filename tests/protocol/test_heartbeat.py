"""Signs of life."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.protocol.heartbeat import ANSWER_TIMEOUT, STALL_THRESHOLD, Heartbeat


def test_a_sign_of_life_is_due_at_every_interval():
    heartbeat = Heartbeat(25, 100)
    assert heartbeat.due == 125
    assert heartbeat.check(125) == (True, False)
    heartbeat.heard = 130
    assert heartbeat.due == 135  # the end, had nothing come
    assert heartbeat.check(135) == (False, False)
    assert heartbeat.due == 150
    assert heartbeat.check(150) == (True, False)


def test_silence_for_the_interval_and_the_slack_is_the_end():
    heartbeat = Heartbeat(25, 0)
    assert heartbeat.check(25) == (True, False)
    assert heartbeat.due == 25 + ANSWER_TIMEOUT
    assert heartbeat.check(34.9) == (False, False)
    assert heartbeat.check(35) == (False, True)


def test_whatever_is_heard_puts_off_the_end():
    heartbeat = Heartbeat(25, 0)
    heartbeat.check(25)
    heartbeat.heard = 34
    assert heartbeat.check(35) == (False, False)


def test_a_check_that_comes_late_reads_first_and_judges_then():
    heartbeat = Heartbeat(25, 0)
    heartbeat.check(25)
    heartbeat.check(34)
    late = 35 + STALL_THRESHOLD + 60  # we stood still for a minute
    assert heartbeat.check(late) == (True, False)
    assert heartbeat.due == late + STALL_THRESHOLD
    assert heartbeat.check(late + STALL_THRESHOLD) == (False, True)  # and nothing had come meanwhile


def test_what_came_while_we_stood_still_saves_the_link():
    heartbeat = Heartbeat(25, 0)
    heartbeat.check(25)
    heartbeat.check(100)
    heartbeat.heard = 100
    assert heartbeat.check(heartbeat.due) == (False, False)


@given(
    interval=st.floats(0.5, 100),
    gaps=st.lists(st.floats(0, 1), min_size=1, max_size=50),
)
def test_a_peer_that_is_heard_in_time_is_never_given_up(interval: float, gaps: list[float]):
    heartbeat = Heartbeat(interval, 0.0)
    heard = 0.0
    for gap in gaps:
        heard += gap * (interval + ANSWER_TIMEOUT - 0.5)
        while heartbeat.due < heard:
            due = heartbeat.due
            assert heartbeat.check(due)[1] is False
            assert heartbeat.due > due
        heartbeat.heard = heard

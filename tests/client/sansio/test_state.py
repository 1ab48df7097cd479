"""The state of a connection: its table, and what holds whatever happens to it."""

from __future__ import annotations

import itertools
import typing

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.client.sansio.state import STABLE, STATES, TABLE, ConnectionState, Event
from realtime_widgets.errors import ConnectionLost

EVENTS = typing.get_args(Event)
PLAIN = Reconnect(1, 8, factor=2, jitter=False)


def link_in(state: str) -> ConnectionState:
    """A link that came into a state by itself, with nothing under way."""
    link = ConnectionState(PLAIN)
    if state != "disconnected":
        link.fire("connect", 0)
    if state == "connected":
        link.fire("opened", 1)
    if state == "reconnecting":
        link.fire("lost", 1)
    if state == "error":
        link.fire("refused", 1)
    assert link.state == state
    return link


@pytest.mark.parametrize(("state", "event"), TABLE)
def test_what_the_table_says_happens(state: str, event: str):
    link = link_in(state)
    after, action = TABLE[state, event]  # type: ignore[index]
    assert link.fire(event, 10) == action  # type: ignore[arg-type]
    assert link.state == after
    assert link.since == (10 if after != state else link_in(state).since)


@pytest.mark.parametrize(("state", "event"), sorted({*itertools.product(STATES, EVENTS)} - set(TABLE)))
def test_what_is_not_in_the_table_changes_nothing(state: str, event: str):
    link = link_in(state)
    before = link.status
    assert link.fire(event, 10) is None  # type: ignore[arg-type]
    assert link.status == before


def test_a_loss_waits_longer_every_time():
    link = link_in("connecting")
    delays = []
    for now in range(100, 600, 100):
        assert link.fire("lost", now) == "wait"
        delays.append(link.status.retry_at - now)  # type: ignore[operator]
        assert link.fire("due", now + 50) == "dial"
    assert delays == [1, 2, 4, 8, 8]


def test_only_a_link_that_held_starts_the_count_anew():
    link = link_in("reconnecting")
    for held, attempts in ((STABLE - 0.1, 2), (0.0, 3), (STABLE, 1)):
        link.fire("due", 100)
        link.fire("opened", 100)
        link.fire("lost", 100 + held)
        assert link.attempts == attempts


def test_the_catalogues_five_attempts_end_in_an_error_with_its_reason():
    link = ConnectionState(Reconnect(3, 3, factor=1, jitter=False, max_attempts=5))
    link.fire("connect", 0)
    now, why = 0.0, ConnectionLost("nothing listens there")
    for attempt in range(1, 6):
        assert link.fire("lost", now, error=why) == "wait"
        assert (link.attempts, link.retry_at) == (attempt, now + 3)
        now += 3
        assert link.fire("due", now) == "dial"
    assert link.fire("lost", now, error=why) == "close"
    assert (link.state, link.error, link.retry_at) == ("error", why, None)


def test_without_attempts_the_first_loss_is_the_end():
    link = ConnectionState(None)
    link.fire("connect", 0)
    assert link.fire("lost", 1) == "close"
    assert link.state == "error"


@pytest.mark.parametrize(
    ("asked", "chance", "wait"), [(None, 0.0, 1.0), (0.5, 0.0, 1.0), (60.0, 0.0, 60.0), (60.0, 0.5, 60.5)]
)
def test_a_server_that_asks_to_be_left_alone_is(asked: float | None, chance: float, wait: float):
    link = link_in("connected")
    link.fire("lost", 100, error=ConnectionLost("busy", retry_after=asked), chance=chance)
    assert link.retry_at == 100 + wait


def test_to_connect_while_it_waits_is_to_try_now_and_once():
    link = link_in("reconnecting")
    assert link.fire("connect", 2) == "dial"
    assert link.fire("connect", 2) is None  # that attempt is under way
    assert link.retry_at is None


def test_trouble_is_noted_and_changes_no_state():
    link, error = link_in("connected"), ConnectionLost("a bad message")
    before = link.status
    link.trouble(error, 7)
    assert (link.status.error, link.status.error_at) == (error, 7)
    assert (link.state, link.since, link.attempts) == (before.state, before.since, before.attempts)


class Lives(RuleBasedStateMachine):
    """A link in the hands of a user, a clock and a network that do what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = Reconnect(0.5, 20, max_attempts=4)
        self.link = ConnectionState(self.policy)
        self.now = 0.0
        self.dialling = False

    def did(self, event: Event, chance: float = 0.5) -> None:
        before = self.link.status
        action = self.link.fire(event, self.now, chance=chance)
        after = self.link.status
        assert (after.since == before.since) or after.state != before.state or before.since == self.now
        if action == "dial":
            assert not self.dialling, "one attempt at a time"
            self.dialling = True
        if action == "close":
            self.dialling = False
            assert after.state in ("disconnected", "error")
        if action == "wait":
            self.dialling = False
            delay = after.retry_at - self.now  # type: ignore[operator]
            rounding = 1e-6
            assert 0 <= delay <= self.policy.maximum + rounding
            if after.attempts > 1:
                assert delay >= self.policy.initial - rounding
            held = before.state == "connected" and self.now - before.since >= STABLE
            assert after.attempts == (1 if held else before.attempts + 1)
        if before.state in ("disconnected", "error"):
            assert after.state == before.state or event in ("connect", "disconnect")

    @rule(seconds=st.floats(0.01, 30))
    def time_goes_on(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def the_user_connects(self) -> None:
        self.did("connect")

    @rule()
    def the_user_disconnects(self) -> None:
        self.did("disconnect")

    @precondition(lambda self: self.link.retry_at is not None and not self.dialling)
    @rule()
    def the_time_comes(self) -> None:
        self.now = max(self.now, self.link.retry_at or 0.0)
        self.did("due")

    @precondition(lambda self: self.dialling)
    @rule()
    def the_server_opens(self) -> None:
        self.did("opened")
        self.dialling = False

    @precondition(lambda self: self.dialling or self.link.state == "connected")
    @rule(chance=st.floats(0, 1, exclude_max=True))
    def the_network_fails(self, chance: float) -> None:
        self.did("lost", chance)
        self.dialling = False

    @precondition(lambda self: self.dialling or self.link.state == "connected")
    @rule()
    def the_server_refuses(self) -> None:
        self.did("refused")
        self.dialling = False

    @invariant()
    def it_is_sound(self) -> None:
        link = self.link
        assert link.state in STATES
        assert link.attempts <= 4
        assert (link.retry_at is not None) == (link.state == "reconnecting" and not self.dialling)
        assert link.state != "connecting" or self.dialling


TestLives = Lives.TestCase

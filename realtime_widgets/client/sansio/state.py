"""The link: where a connection stands, as a table and the few numbers that go with it.

Pure: it is told what happened and when, and answers what is to be done. Dialling, waiting and closing are done
by `network.connection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from ...errors import ClientError, ConnectionLost
from .backoff import Reconnect

State = Literal["connecting", "connected", "reconnecting", "disconnected", "error"]
Event = Literal["connect", "due", "opened", "lost", "refused", "exhausted", "disconnect"]
Action = Literal["dial", "wait", "close"]

STATES: Final[tuple[State, ...]] = ("connecting", "connected", "reconnecting", "disconnected", "error")

STABLE: Final = 5.0
"""Seconds that a link must hold before the attempts are counted from 0 again: a server that accepts and closes
at once would otherwise be dialled without a pause."""

TABLE: Final[Mapping[tuple[State, Event], tuple[State, Action | None]]] = {
    # the user's wish
    ("disconnected", "connect"): ("connecting", "dial"),
    ("error", "connect"): ("connecting", "dial"),
    ("reconnecting", "connect"): ("reconnecting", "dial"),
    ("connecting", "disconnect"): ("disconnected", "close"),
    ("connected", "disconnect"): ("disconnected", "close"),
    ("reconnecting", "disconnect"): ("disconnected", "close"),
    ("error", "disconnect"): ("disconnected", None),
    # time
    ("reconnecting", "due"): ("reconnecting", "dial"),
    # the network's answer
    ("connecting", "opened"): ("connected", None),
    ("reconnecting", "opened"): ("connected", None),
    ("connecting", "lost"): ("reconnecting", "wait"),
    ("connected", "lost"): ("reconnecting", "wait"),
    ("reconnecting", "lost"): ("reconnecting", "wait"),
    ("connecting", "refused"): ("error", "close"),
    ("connected", "refused"): ("error", "close"),
    ("reconnecting", "refused"): ("error", "close"),
    ("connecting", "exhausted"): ("error", "close"),
    ("connected", "exhausted"): ("error", "close"),
    ("reconnecting", "exhausted"): ("error", "close"),
}
"""(state, event) → (next state, what to do). What is not in it changes nothing."""


@dataclass(frozen=True, slots=True)
class Status:
    """What can be said about a link at one moment. Times are seconds of a monotonic clock.

    Attributes:
        state: connecting, connected, reconnecting, disconnected, error (gave up, or was refused).
        since: when it came into this state.
        attempts: attempts to reconnect since the link last held; the one under way counts.
        retry_at: when the next attempt is due; None: none is, or one is under way.
        error: what went wrong last, a link's end or a single message; None: nothing so far.
        error_at: when that was; None: never.
    """

    state: State = "disconnected"
    since: float = 0.0
    attempts: int = 0
    retry_at: float | None = None
    error: ClientError | None = None
    error_at: float | None = None


class ConnectionState:
    """The state of one connection.

    Args:
        policy: how to try again.
    """

    def __init__(self, policy: Reconnect) -> None:
        self.policy = policy
        self.state: State = "disconnected"
        self.since = 0.0
        self.attempts = 0
        self.retry_at: float | None = None
        self.error: ClientError | None = None
        self.error_at: float | None = None

    def fire(
        self, event: Event, now: float, *, error: ClientError | None = None, chance: float = 0.5
    ) -> Action | None:
        """Take in what happened; returns what is to be done about it, None: nothing.

        Args:
            event: what happened.
            now: seconds of a monotonic clock.
            error: why, for `lost` and `refused`.
            chance: a random number from 0 to 1 (exclusive), for the delay after `lost`.
        """
        if event == "lost":
            held = now - self.since >= STABLE or (isinstance(error, ConnectionLost) and error.fruitful)
            if self.state == "connected" and held:
                self.attempts = 0
            if self.policy.max_attempts is not None and self.attempts >= self.policy.max_attempts:
                event = "exhausted"
        if event == "connect" and self.state == "reconnecting" and self.retry_at is None:
            return None  # an attempt is under way
        row = TABLE.get((self.state, event))
        if row is None:
            return None
        state, action = row
        if state != self.state:
            self.state, self.since = state, now
        if error is not None:
            self.error, self.error_at = error, now
        self.retry_at = None
        if action == "wait":
            self.attempts += 1
            wanted = (error.retry_after or 0.0) if isinstance(error, ConnectionLost) else 0.0
            delay = self.policy.delay(self.attempts, chance)
            # What a server asks for is the least; those it asks at once must not all come back at once.
            self.retry_at = now + (delay if delay >= wanted else wanted + chance * self.policy.initial)
        elif event in ("connect", "disconnect") and state != "reconnecting":
            self.attempts = 0
        return action

    def trouble(self, error: ClientError, now: float) -> None:
        """Note an error that leaves the link as it is: a bad message, a callback that raised."""
        self.error, self.error_at = error, now

    @property
    def status(self) -> Status:
        """A snapshot."""
        return Status(self.state, self.since, self.attempts, self.retry_at, self.error, self.error_at)

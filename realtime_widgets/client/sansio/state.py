"""Connection state: the state machine of a connection, as a table and the few numbers that go with it.

Pure: it is told what happened and when, and returns what is to be done. Dialing, waiting and closing are done by
`client.connection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from ...errors import ClientError, ConnectionLost
from .backoff import Reconnect

State = Literal["connecting", "connected", "reconnecting", "disconnected", "error"]
Event = Literal["connect", "due", "opened", "lost", "refused", "exhausted", "ended", "disconnect"]
Action = Literal["dial", "wait", "close"]

STATES: Final[tuple[State, ...]] = ("connecting", "connected", "reconnecting", "disconnected", "error")

STABLE: Final = 5.0
"""Seconds that a link must hold before the attempts are counted from 0 again: a server that accepts and closes
at once would otherwise be dialed without a pause."""

TABLE: Final[Mapping[tuple[State, Event], tuple[State, Action | None]]] = {
    # requests of the user
    ("disconnected", "connect"): ("connecting", "dial"),
    ("error", "connect"): ("connecting", "dial"),
    ("reconnecting", "connect"): ("reconnecting", "dial"),
    ("connecting", "disconnect"): ("disconnected", "close"),
    ("connected", "disconnect"): ("disconnected", "close"),
    ("reconnecting", "disconnect"): ("disconnected", "close"),
    ("error", "disconnect"): ("disconnected", None),
    # timers
    ("reconnecting", "due"): ("reconnecting", "dial"),
    # results of the network
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
    ("connected", "ended"): ("disconnected", "close"),
}
"""(state, event) → (next state, what to do). What is not in it changes nothing."""


@dataclass(frozen=True, slots=True)
class Status:
    """A snapshot of a connection's state. Times are seconds of a monotonic clock.

    Attributes:
        state: connecting, connected, reconnecting, disconnected, error (gave up, or was refused).
        since: when it entered this state.
        attempts: attempts to reconnect since the link last held; the one under way counts.
        retry_at: when the next attempt is due; None: none is, or one is under way.
        error: the last error, of a link or of a single message; None: none so far.
        error_at: when that was; None: never.
        unreadable: whether nothing of what arrives can be read: another protocol, or a decoder that always fails.
    """

    state: State = "disconnected"
    since: float = 0.0
    attempts: int = 0
    retry_at: float | None = None
    error: ClientError | None = None
    error_at: float | None = None
    unreadable: bool = False


class ConnectionState:
    """The state of one connection.

    Args:
        policy: the delays between attempts, and their number; None: a single attempt.
    """

    def __init__(self, policy: Reconnect | None) -> None:
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
        """Take in an event; returns what is to be done, None: nothing.

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
            if self._exhausted:
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
            assert self.policy is not None
            self.attempts += 1
            wanted = (error.retry_after or 0.0) if isinstance(error, ConnectionLost) else 0.0
            delay = self.policy.delay(self.attempts, chance)
            # The delay that a server asks for is the least; clients it asks together must not all reconnect together.
            self.retry_at = now + (delay if delay >= wanted else wanted + chance * self.policy.initial)
        elif event in ("connect", "disconnect") and state != "reconnecting":
            self.attempts = 0
        return action

    @property
    def _exhausted(self) -> bool:
        """Whether no attempt is left."""
        if self.policy is None:
            return True
        return self.policy.max_attempts is not None and self.attempts >= self.policy.max_attempts

    def trouble(self, error: ClientError, now: float) -> None:
        """Note an error that does not end the link: a bad message, a callback that raised."""
        self.error, self.error_at = error, now

    @property
    def status(self) -> Status:
        """A snapshot of the state."""
        return Status(self.state, self.since, self.attempts, self.retry_at, self.error, self.error_at)

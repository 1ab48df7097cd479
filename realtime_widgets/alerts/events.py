"""AlertEvent: a threshold that was crossed, or data that stopped or came back."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

State = Literal["normal", "pending", "raised"]
"""Of an alert: `pending` while its condition holds and has not held for long enough."""

STATES: tuple[State, ...] = ("normal", "pending", "raised")
"""From the least grave to the gravest."""

AlertSeverity = Literal["warning", "error"]


class AlertEvent(msgspec.Struct, frozen=True):
    """One crossing: what an alert has decided, and by which record.

    Attributes:
        state: `raised`, or `cleared`.
        ts: of the record that decided, seconds since the epoch; of an absence that is raised, when it was noticed.
        value: what that record has in the field, as the stream keeps it; None: there is no record.
        threshold: the number, or the band `(low, high)`; of an absence its seconds.
        stream: the stream's name.
        field: the field's name; None: any.
        severity: `warning` or `error`.
        since: of a raised one, from when on the condition has held; of a cleared one, the `ts` at which it was raised.
        lasted: for how many seconds it had held, or been raised, in the data's own time; of an absence, for how many
            nothing had come.
        name: what the alert is called; empty: nothing.
        complete: of an absence that is cleared: whether because the stream is complete, and not by a record.
    """

    state: Literal["raised", "cleared"]
    ts: float
    value: Any
    threshold: Any
    stream: str
    field: str | None
    severity: AlertSeverity
    since: float
    lasted: float = 0.0
    name: str = ""
    complete: bool = False

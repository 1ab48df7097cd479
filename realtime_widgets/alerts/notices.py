"""Notices: what a reader is notified of when something is raised or cleared, in words."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol

from ..feeds.moments import duration_text
from .events import AlertEvent
from .limits import Limit, number_text


class Notifier(Protocol):
    """Who shows notifications; `rw.Notifications` is one."""

    def notify(
        self,
        title: str = "",
        message: str = "",
        *,
        type: Literal["info", "success", "warning", "error"] = "info",
        id: str | None = None,
        ts: float | None = None,
    ) -> Any:
        """Show a notification, in the place of an earlier one with the same id.

        Args:
            title: what happened.
            message: more of it.
            type: how grave it is.
            id: of the notification; None: one of its own.
            ts: when it happened, seconds since the epoch.

        Returns:
            Something with a method `update(title=, message=, type=)`, which is called when it is over; where there is
            none, `notify` is called again.
        """


class Notice(NamedTuple):
    """Title and message of a notification."""

    title: str
    message: str


def of_crossing(event: AlertEvent, limit: Limit) -> Notice:
    """Return what is said of a threshold: `cpu ≥ 0.9`, `cpu is 0.953, for 10 s`."""
    label = label_of(event)
    now = f"{label} is {number_text(event.value)}"
    if event.state == "raised":
        held = f", {limit.text()} for {duration_text(event.lasted)}" if event.lasted else ""
        return Notice(event.name or f"{label} {limit.text()}", now + held)
    back = f"{label} is back {limit.back()} after {duration_text(event.lasted)}"
    return Notice(f"{event.name}: {back}" if event.name else back, now)


def of_absence(event: AlertEvent, after: float) -> Notice:
    """Return what is said of data that have stopped, come again, or are complete."""
    label = label_of(event)
    if event.state == "raised":
        stopped = f"no data of {label} for {duration_text(after)}"
        return Notice(event.name or stopped[:1].upper() + stopped[1:], stopped if event.name else "")
    back = f"{label} has data again after {duration_text(event.lasted)}"
    if event.complete:
        back = f"{label} is complete: no more data are expected"
    return Notice(f"{event.name}: {back}" if event.name else back, "")


def label_of(event: AlertEvent) -> str:
    """Return what an event is about: its field, or the stream where that is called `value` or is any."""
    return event.stream if event.field in (None, "value") else str(event.field)

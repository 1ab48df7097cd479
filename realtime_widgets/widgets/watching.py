"""Watching: the alerts that a widget was given, and the watches by which they follow its data."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from ..alerts.alert import Alert
from ..alerts.watch import Watch
from ..errors import WrongType, shown

Begin = Callable[[Alert], list[Watch]]
"""Begins the watches of an alert on what a widget shows."""


def checked_alerts(alerts: Any) -> tuple[Alert, ...]:
    """Return the alerts of a setting `thresholds=`, each once; one may come without a list, and None is none.

    Raises:
        WrongType: when something is no alert.
        UsageError: when one is closed.
    """
    given = () if alerts is None else (alerts,) if isinstance(alerts, Alert) else alerts
    if not isinstance(given, list | tuple):
        example = "rw.Threshold(0.9)"
        if isinstance(given, Mapping):  # as cards take it
            first = next(iter(given.items()), (0.9, "error"))
            example = f"rw.Threshold({shown(first[0])}, severity={shown(first[1])})"
        raise WrongType(f"thresholds={shown(alerts)} cannot be used: pass a list, such as [{example}]")
    for each in given:
        if not isinstance(each, Alert):
            raise WrongType(
                f"thresholds={shown(alerts)} cannot be used: {shown(each)} in it is of type {type(each).__name__}; "
                "pass rw.Threshold(…) or rw.Absence(…)"
            )
        each.check_open()
    return tuple(dict.fromkeys(given))


def open_ones(alerts: Any) -> Any:
    """Return the alerts of a setting without those that are closed; what is no tuple of alerts is as it was."""
    return tuple(each for each in alerts if not each.closed) if isinstance(alerts, tuple) else alerts


class Watching:
    """The watches of one widget, begun and ended with its alerts.

    Args:
        begin: begins those of an alert.
        closed: a method of the widget, called when one of its alerts was closed, so that it shows that no more.
    """

    def __init__(self, begin: Begin, closed: Callable[[], object]) -> None:
        self._begin = begin
        self._closed = weakref.WeakMethod(closed)  # nothing here keeps the widget
        self._watches: dict[Alert, list[Watch]] = {}

    def show(self, alerts: tuple[Alert, ...]) -> list[Watch]:
        """Watch by these alerts and no others; returns the watches, in their order."""
        before, self._watches = self._watches, {}
        for alert in alerts:
            self._watches[alert] = before.pop(alert) if alert in before else self._begin(alert)
            alert.shown_by.add(self)
        for watches in before.values():
            for watch in watches:
                watch.remove()
        return [watch for watches in self._watches.values() for watch in watches]

    def drop(self, alert: Alert) -> None:
        """See `Shows`."""
        closed = self._closed()
        if alert in self._watches and closed is not None:
            closed()

    def close(self) -> None:
        """End all watches."""
        self.show(())

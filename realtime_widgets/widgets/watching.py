"""Watching: the alerts that a widget was given, and the watches by which they follow its data.

A widget that has alerts derives from `AlertSettings`, says with a `Watching` what of its data they watch, and calls
`_watched()` when `thresholds` change. What is closed goes from there by itself.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

import traitlets

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


class Watching:
    """The watches of one widget, begun and ended with its alerts.

    Args:
        widget: whose `thresholds` lose what is closed.
        begin: begins the watches of an alert.
    """

    def __init__(self, widget: Any, begin: Begin) -> None:
        self._widget = weakref.ref(widget)  # nothing here keeps it
        self._begin = begin
        self._watches: dict[Alert, list[Watch]] = {}

    def show(self, thresholds: Any) -> list[Watch]:
        """Watch by the alerts of a setting and no others; returns the watches, in their order.

        Args:
            thresholds: a tuple of alerts; anything else has none.
        """
        alerts: tuple[Alert, ...] = thresholds if isinstance(thresholds, tuple) else ()
        before, self._watches = self._watches, {}
        for alert in alerts:
            self._watches[alert] = before.pop(alert) if alert in before else self._begin(alert)
            alert.shown_by.add(self)
        for watches in before.values():
            for watch in watches:
                watch.remove()
        return [watch for watches in self._watches.values() for watch in watches]

    def drop(self, alert: Alert) -> None:
        """See `Shows`: as when the cell that made it is run again; any thread."""
        widget = self._widget()
        if alert in self._watches and widget is not None:
            widget.thresholds = tuple(each for each in widget.thresholds if not each.closed)

    def close(self) -> None:
        """End all watches."""
        self.show(())


class AlertSettings(traitlets.HasTraits):
    """What widgets share that have alerts for `thresholds`; comes before the class that they close by."""

    thresholds: Any
    _watching: Watching | None = None
    """None in a constructor that refuses something."""

    def _watched(self) -> list[Watch]:
        """Watch by the alerts that are set, and return the watches; called whenever they are."""
        return [] if self._watching is None else self._watching.show(self.thresholds)

    def close(self) -> None:
        """Takes the widget off the pages, and ends what its alerts watch for it; the streams stay."""
        if self._watching is not None:
            self._watching.close()
        super().close()  # type: ignore[misc]  # of the widget that this is mixed into

"""Thresholds: the severity of a value by those it has reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

Severity = Literal["normal", "warning", "error"]

SEVERITIES: tuple[Severity, ...] = ("normal", "warning", "error")
"""From the least severe to the most severe."""


def level(value: Any, thresholds: Mapping[Any, Severity], good: Literal["up", "down", None]) -> Severity:
    """Return the most severe level whose threshold the value has reached.

    Numbers of any kind are compared exactly. A threshold is reached from below, or with `good="up"` (small values are
    bad) from above.
    """
    if not thresholds:
        return "normal"
    reached: list[Severity] = [
        name
        for threshold, name in thresholds.items()
        if (value <= threshold if good == "up" else value >= threshold)
    ]
    return max(reached, key=SEVERITIES.index, default="normal")


class Judge(Protocol):
    """What an alert says of the field of a card."""

    @property
    def changes(self) -> int:
        """How often the verdict may have changed so far."""

    def verdict(self) -> tuple[Severity, dict[str, Any] | None]:
        """Return the level by all records until now, and what pages are told of the reason; None: there is none."""


class Verdicts:
    """The gravest verdict of several judges, and whether it is to be asked for again.

    Args:
        judges: of those that are as grave as others the first counts.
    """

    def __init__(self, judges: Sequence[Judge] = ()) -> None:
        self._judges = tuple(judges)
        self._changes = -1

    def __bool__(self) -> bool:
        return bool(self._judges)

    def changed(self) -> bool:
        """Whether the verdict may be another than at the last `gravest()`."""
        return bool(self._judges) and self._changes != sum(judge.changes for judge in self._judges)

    def gravest(self) -> tuple[Severity, dict[str, Any] | None]:
        """Return the gravest level, and its reason."""
        verdicts = [judge.verdict() for judge in self._judges]
        self._changes = sum(judge.changes for judge in self._judges)
        return max(verdicts, key=lambda each: SEVERITIES.index(each[0]), default=("normal", None))

"""Freshness: the state of a widget's data, the gravest first; the twin of `js/src/lib/view/freshness.ts`.

A frozen number that looks current is the worst that a widget could show, so one order decides both in the kernel and in
the page. `tests/golden/freshness.json` tests both against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

import msgspec

DataState = Literal[
    "kernel_gone",
    "error",
    "loading",
    "paused",
    "disconnected",
    "no_data",
    "stale",
    "live",
    "idle",
]

GRAVEST_FIRST: Final[tuple[DataState, ...]] = get_args(DataState)

Pace = Literal["usual", "quiet", "complete"]

LINK_GRACE: Final = 5.0
"""Seconds that a lost link may take to return before its data count as disconnected; the page has the same."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a widget's data.

    Attributes:
        kernel_gone: no frame arrives from the kernel; only a page can find that.
        failed: the data cannot be shown.
        reached: a part has arrived; always true in the kernel.
        paused: the widget is paused.
        disconnected: a link that brings the data is down.
        empty: there is nothing to show yet.
        missing: data are known to be missing after the newest.
        age: seconds since the newest data arrived; None when not known.
        stale_after: seconds after which data are stale; None: when they have paused for longer than usual.
        pace: whether data arrive as usual, have paused for longer than usual, or are complete, so that none will come.
    """

    kernel_gone: bool = False
    failed: bool = False
    reached: bool = True
    paused: bool = False
    disconnected: bool = False
    empty: bool = False
    missing: bool = False
    age: float | None = None
    stale_after: float | None = None
    pace: Pace = "usual"


def data_state(facts: Facts) -> DataState:
    """Return the gravest state that holds."""
    if facts.stale_after is None:
        old = facts.pace == "quiet"
    else:
        old = facts.age is not None and facts.age > facts.stale_after
    holds: dict[DataState, bool] = {
        "kernel_gone": facts.kernel_gone,
        "error": facts.failed,
        "loading": not facts.reached,
        "paused": facts.paused,
        "disconnected": facts.disconnected,
        "no_data": facts.empty,
        "stale": facts.missing or old,
        "live": facts.pace != "complete",
        "idle": True,
    }
    return next(state for state in GRAVEST_FIRST if holds[state])


def is_down(link_state: str, since_age: float) -> bool:
    """Whether no data can arrive: the link failed, was closed, or has been lost for longer than `LINK_GRACE`."""
    if link_state == "reconnecting":
        return since_age > LINK_GRACE
    return link_state in ("disconnected", "error")


def pace_of(arrivals: Iterable[tuple[float | None, float | None]]) -> Pace:
    """Return how data arrive by several ways together: as usual when they do by one of them.

    Args:
        arrivals: for each way the seconds since data arrived (None: none have), and how many of these are unusual
            (None: it is complete).
    """
    known = [(age, quiet_after) for age, quiet_after in arrivals if quiet_after is not None]
    if not known:
        return "complete"
    return "usual" if any(age is None or age <= quiet_after for age, quiet_after in known) else "quiet"

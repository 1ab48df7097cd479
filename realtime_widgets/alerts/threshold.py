"""Threshold: a number or a band that is told of when values cross it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from ..errors import UnknownKeyword, WrongType, named_keywords, shown
from ..feeds.moments import duration_text
from ..streams import Stream
from ..streams.amounts import Duration, to_duration
from .alert import Alert
from .crossing_track import CrossingTrack
from .events import AlertEvent, AlertSeverity
from .limits import Limit, limit_of
from .notices import Notice, Notifier, of_crossing
from .watch import Track

F = TypeVar("F", bound=Callable[..., None])

_OTHER_WORDS: Final = {
    "below": "pass above=False for a value that is reached from above",
    "direction": "pass above=False for a value that is reached from above",
    "outside": "a band is raised outside of it, unless inside=True",
}
"""What others call it."""


def _in_its_own_words(init: F) -> F:
    """Have the constructor say what is meant by words that are not its own."""

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **keywords: Any) -> None:
        what = type(self).__name__
        for word in _OTHER_WORDS.keys() & keywords:
            raise UnknownKeyword(f"{what} has no keyword {word!r}: {_OTHER_WORDS[word]}")
        if len(args) == 2:
            raise WrongType(
                f"{what} cannot be called like this: {shown(args[1])} comes without a keyword; for a band pass both "
                f"numbers in parentheses: {what}(({shown(args[0])}, {shown(args[1])}))"
            )
        init(self, *args, **keywords)

    return cast("F", checked)


class Threshold(Alert):
    """A number or a band that fields of streams may cross, and who is told when they do.

    One object for all: a chart draws it, a card is coloured and named by it, functions are called and notifications
    shown, once per crossing. It is evaluated on every record, also when nothing is displayed and while a cell runs;
    what a card makes of them (`reduce=`) is not what it judges.

    - It is raised by a value at or above it, `above=False` at or below, of a band outside of it, `inside=True`
      within; once that has been so for `for_` in the data's own time, without a value between that is not so.
    - It is cleared when a value is back by more than `hysteresis`. In between nothing changes.
    - A missing value (None, NaN), a gap and a new run end a hold and leave what is raised; a record without the field
      says nothing; one that is older than the newest decides nothing, nor does one whose time was ahead of the stream's
      clock when it came while others were not (see `Stream.newest_ts`), whatever becomes of the clock after.

    Example:
        t = Threshold(0.9, for_="10s", hysteresis=0.05, severity="error")
        t.watch(stream, "cpu")
        t.on_change(lambda event: print(event.state, event.value))
        LiveChart(stream, y="cpu", thresholds=[t])

    Args:
        value: the number; or a band, `(low, high)`.
        above: of a number: whether it is reached from below.
        inside: of a band: whether it is raised within, and not outside.
        for_: how long it has to be reached before it is raised: seconds, a timedelta or a text such as "5min".
        hysteresis: how far back a value has to be before it is cleared, in its own unit.
        severity: `warning` or `error`.
        name: what it is called, in notifications and on charts; None: by what it says.
        notify: who notifies the reader of each crossing, such as `rw.Notifications()`; None: nobody.

    Raises:
        WrongType: when the value is neither a number nor two of them.
        UsageError: when something else is out of its range; TypeError names the nearest keyword.
    """

    @_in_its_own_words
    @named_keywords
    def __init__(
        self,
        value: Any,
        *,
        above: bool = True,
        inside: bool = False,
        for_: Duration = 0,
        hysteresis: float = 0,
        severity: AlertSeverity = "warning",
        name: str | None = None,
        notify: Notifier | None = None,
    ) -> None:
        self.limit: Limit = limit_of(value, above=above, inside=inside, hysteresis=hysteresis)
        """What it is compared with."""
        self.for_: float = to_duration(for_, "for_= of a threshold")
        """How long it has to be reached before it is raised, seconds."""
        super().__init__(severity, name, notify)

    @property
    def value(self) -> Any:
        """The number, or the band `(low, high)`."""
        return self.limit.threshold

    def text(self) -> str:
        """See `Alert`."""
        held = f" for {duration_text(self.for_)}" if self.for_ else ""
        return self.limit.text() + held

    def notice(self, event: AlertEvent) -> Notice:
        """See `Alert`."""
        return of_crossing(event, self.limit)

    def wire(self) -> dict[str, Any]:
        """Return what pages are told of it."""
        return {**self.limit.wire(), "for": self.for_, "severity": self.severity, "name": self.name}

    def _new_track(self, stream: Stream) -> Track:
        return CrossingTrack(self, stream, self._forget, self._clock)

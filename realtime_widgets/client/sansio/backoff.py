"""Backoff: how long to wait before the next attempt to connect, and when to give up.

The ceiling of the delays grows from attempt to attempt and they are drawn at random below it ("full jitter"), so that a
thousand clients that lose a server at the same time do not reconnect at the same time.
"""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any, Final

from ...errors import UsageError, WrongType, named_keywords


def is_number(value: Any) -> bool:
    """Whether this is a real number; True and False are none."""
    return not isinstance(value, bool) and isinstance(value, numbers.Real)


@named_keywords
@dataclass(frozen=True, slots=True)
class Reconnect:
    """The delays between attempts after a connection is lost or could not be made.

    The n-th delay has the ceiling `min(maximum, initial * factor ** (n - 1))`. With jitter the first delay is
    anything from 0 to `initial` and every later one anything from `initial` to its ceiling; without, it is the
    ceiling.

    Example:
        rw.Reconnect(3, 3, factor=1, jitter=False, max_attempts=5)     # every 3 s, five times

    Args:
        initial: seconds, above 0.
        maximum: seconds, at least `initial`.
        factor: growth from one delay to the next, 1 or more.
        jitter: draw the delays at random.
        max_attempts: attempts in a row before the client gives up, 1 or more; None: no limit. For a single attempt
            pass `reconnect=None` to `rw.connect()` instead.

    Raises:
        UsageError: for a number out of its range, or what is no number.
    """

    initial: float = 0.5
    maximum: float = 20.0
    factor: float = 2.0
    jitter: bool = True
    max_attempts: int | None = None

    def __post_init__(self) -> None:
        for name in ("initial", "maximum", "factor"):
            value: Any = getattr(self, name)
            if not is_number(value):
                raise WrongType(f"{name}={value!r} is no number: pass {_UNITS[name]}")
        if not 0 < self.initial <= self.maximum < math.inf or not 1 <= self.factor < math.inf:
            raise UsageError(
                f"a pace cannot be kept: initial={self.initial!r}, maximum={self.maximum!r}, "
                f"factor={self.factor!r}; pass 0 < initial <= maximum in seconds and a factor of 1 or more"
            )
        most: Any = self.max_attempts
        if most is not None and not (is_number(most) and isinstance(most, numbers.Integral)):
            raise WrongType(f"max_attempts={most!r} is no whole number: pass 1 or more, or None for no limit")
        if most is not None and most < 1:
            raise UsageError(
                f"max_attempts={most!r} leaves none: pass 1 or more, or None for no limit; "
                "for a single attempt pass reconnect=None to rw.connect()"
            )

    def delay(self, attempt: int, chance: float) -> float:
        """Return the seconds to wait before an attempt.

        Args:
            attempt: its number in a row, from 1.
            chance: a random number, 0 <= chance < 1; not used without jitter.
        """
        # The exponent is bounded: 2.0 ** 1100 is an OverflowError, and clients run for weeks.
        ceiling = min(self.maximum, self.initial * self.factor ** min(attempt - 1, 64))
        if not self.jitter:
            return ceiling
        floor = 0.0 if attempt <= 1 else self.initial
        return floor + chance * (ceiling - floor)


_UNITS: Final = {"initial": "seconds", "maximum": "seconds", "factor": "1 or more"}

FOREVER: Final = Reconnect()
"""The default: 0.5 to 20 s, without a limit."""

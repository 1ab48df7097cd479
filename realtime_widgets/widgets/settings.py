"""Settings: what can be set of a widget, checked the same way in its constructor and later.

A setting is a trait, so it can be observed, and it takes effect when it is set. What is no setting of a widget cannot
be set at all, so that a misspelled one is not lost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import traitlets

from ..errors import NamesNearest, UsageError, WrongType, did_you_mean, shown
from ..feeds.formats import checked_format, checked_precision, number_format
from ..streams.amounts import to_duration
from ..streams.zones import read_zone, zone_key


class Setting(traitlets.TraitType):  # type: ignore[type-arg]
    """A trait whose values are checked by a function, which returns them as they are kept.

    Args:
        default: its value when none is given.
        check: raises a UsageError for what cannot be used.
    """

    def __init__(self, default: Any, check: Callable[[Any], Any]) -> None:
        super().__init__(default)
        self._check = check

    def validate(self, obj: Any, value: Any) -> Any:
        """Return a value that was set, as it is kept."""
        return self._check(value)


class OnlySettings(NamesNearest):
    """A widget, or what has one, of which only what it has can be set: its settings, and those of ipywidgets.

    Private attributes are free, and so is everything in classes that users derive.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name[:1] != "_" and not hasattr(type(self), name) and _is_ours(type(self)):
            raise AttributeError(_no_such_setting(self, name))
        super().__setattr__(name, value)


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == __name__.partition(".")[0]


def _no_such_setting(widget: Any, name: str) -> str:
    kind = type(widget)
    names = sorted(name for name in set(_settable(kind)) if not name.startswith("_"))
    hint = did_you_mean(name, names) or f"; it has {', '.join(names)}"
    return f"{name!r} cannot be set: {kind.__name__} has no such attribute{hint}"


def _settable(kind: Any) -> Iterable[str]:
    own = [each for each in kind.__mro__ if _is_ours(each)]
    if hasattr(kind, "layout"):
        yield "layout"
    for each in own:
        for name, value in vars(each).items():
            trait = isinstance(value, traitlets.TraitType) and not value.read_only
            if trait or (isinstance(value, property) and value.fset):
                yield name


# What is checked


def is_number(value: Any) -> bool:
    """Whether a setting is a finite number: Python's and numpy's, but no bool."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)


def check_range(what: str, value: Any, low: float, high: float, unit: str) -> None:
    """Refuses a setting that is not a number of its range.

    Raises:
        UsageError: naming the setting, what we saw, and what to pass.
    """
    if not is_number(value) or not low <= value <= high:
        raise UsageError(f"{what}={value!r} cannot be used: pass {low:g} to {high:g} {unit}")


def whole(what: str, low: int, high: int, unit: str) -> Callable[[Any], int]:
    """A check for whole numbers of a range."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
            raise UsageError(
                f"{what}={value!r} cannot be used: pass a whole number from {low} to {high}{unit}"
            )
        return int(value)

    return check


def pixels(what: str) -> Callable[[Any], int]:
    """A check for heights in CSS pixels, 80 to 2000."""

    def check(value: Any) -> int:
        check_range(what, value, 80, 2000, "CSS pixels")
        return int(value)

    return check


def seconds(what: str, low: float, high: float) -> Callable[[Any], float]:
    """A check for durations of a range, in every form that `to_duration` takes, as seconds."""

    def check(value: Any) -> float:
        length = to_duration(value, f"{what}=", least=-math.inf)
        if not low <= length <= high:
            raise UsageError(f"{what}={value!r} cannot be used: pass {low:g} to {high:g} seconds")
        return length

    return check


def optional(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A check for which None is fine, too: off, or not known."""
    return lambda value: None if value is None else check(value)


def text(what: str) -> Callable[[Any], str]:
    """A check for text; None is the empty one."""

    def check(value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise WrongType(f"{what}={value!r} is no text: pass a str, or None")
        return str(value)

    return check


def choice(what: str, *names: str) -> Callable[[Any], str]:
    """A check for one of several names."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            hint = did_you_mean(str(value), names) or f"; pass one of {', '.join(map(repr, names))}"
            raise UsageError(f"{what}={value!r} cannot be used{hint}")
        return str(value)

    return check


def choice_of(what: str, *values: Any) -> Callable[[Any], Any]:
    """A check for one of several values, of which not all are text."""

    def check(value: Any) -> Any:
        for each in values:
            if type(value) is type(each) and value == each:
                return value
        raise UsageError(f"{what}={value!r} cannot be used; pass one of {', '.join(map(repr, values))}")

    return check


def flag(what: str) -> Callable[[Any], bool]:
    """A check for True and False."""

    def check(value: Any) -> bool:
        if not isinstance(value, bool | np.bool_):
            raise WrongType(f"{what}={value!r} cannot be used: pass True or False")
        return bool(value)

    return check


def language_tag(locale: Any) -> str:
    """Return a BCP 47 tag; `ja_JP`, as Python has it, is meant well.

    Raises:
        UsageError: for what is none.
    """
    tag = locale.replace("_", "-") if isinstance(locale, str) else "" if locale is None else repr(locale)
    if tag and not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag):
        raise UsageError(f"locale={locale!r} is no language tag: pass one such as 'en', 'ja' or 'de-AT'")
    return tag


def zone_name(tz: Any) -> str:
    """Return the IANA name of a time zone, which pages read; None is the empty one, the reader's own.

    Raises:
        UsageError: for a name that is not known, with the nearest, and for a zone without one, such as `+09:00`.
        WrongType: when it is neither a name nor a zone.
    """
    if tz is None or (isinstance(tz, str) and not tz):
        return ""
    name = zone_key(read_zone(tz, "tz"))  # type: ignore[arg-type]
    if name is None or name[:1] in "+-":
        raise UsageError(
            f"tz={shown(tz)} has no name that pages know: pass one such as 'Asia/Tokyo' or 'UTC'"
        )
    return name


# What several widgets have


class NumberSettings(traitlets.HasTraits):
    """What can be set of a widget that writes numbers."""

    format = Setting("number", checked_format)
    """How numbers are written: number, percentage (a ratio), duration (given in ms), bytes, compact or si."""

    unit = Setting("", text("unit"))
    """Text behind each number, or the sign or code of a currency; empty: none."""

    precision = Setting(None, checked_precision)
    """Digits after the decimal point, 0 to 12; None: what the format does."""

    _format = traitlets.Dict({"name": "number"}).tag(sync=True)
    """All three, as pages read them; see `formats.number_format`."""

    @traitlets.observe("format", "unit", "precision")
    def _write_format(self, _: Any) -> None:
        self._format = number_format(self.format, unit=self.unit, precision=self.precision)

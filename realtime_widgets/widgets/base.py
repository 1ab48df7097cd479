"""Base of every widget: settings as traits, data through the scheduler, and clear refusals.

The module a page runs for a widget (`static/widget.js`) is a stub that finds the shared front end
brought by the carrier; traits hold settings only, data travel in frames.
"""

from __future__ import annotations

import functools
import inspect
import math
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import anywidget
import numpy as np
import traitlets
from ipywidgets import Layout

from ..errors import UsageError, reject_unknown_keywords
from ..runtime import get_runtime
from ..streams import Stream
from .carrier import read_static
from .scheduler import Followed, Sizable, get_scheduler

DataState = Literal["loading", "no_data", "live", "stale", "paused", "disconnected", "error"]

Init = TypeVar("Init", bound=Callable[..., None])


def named_keywords(init: Init) -> Init:
    """Makes a misspelled keyword of a constructor raise a TypeError that names the nearest one."""
    allowed = [name for name in inspect.signature(init).parameters if name != "self"]

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        reject_unknown_keywords(type(self).__name__, kwargs, allowed)
        init(self, *args, **kwargs)

    return checked  # type: ignore[return-value]


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


def _language_tag(locale: str | None) -> str:
    """A BCP 47 tag; `ja_JP`, as Python has it, is meant well."""
    tag = (locale or "").replace("_", "-")
    if tag and not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag):
        raise UsageError(f"locale={locale!r} is no language tag: pass one such as 'en', 'ja' or 'de-AT'")
    return tag


class LiveWidget(anywidget.AnyWidget):
    """What all our widgets share."""

    _esm = traitlets.Unicode().tag(sync=True)
    """The stub module; the same small text for every widget."""

    _rw_id = traitlets.Unicode().tag(sync=True)
    """Address of this widget's parts."""

    _rw_carrier = traitlets.Unicode().tag(sync=True)
    """Whose frames bring this widget's parts, and who takes its words back."""

    _rw_kind = traitlets.Unicode().tag(sync=True)
    """Which of the shared front end's widgets draws this one."""

    title = traitlets.Unicode("").tag(sync=True)
    """Heading; empty for none."""

    _format = traitlets.Dict().tag(sync=True)
    """How numbers are written; see `formats.number_format`."""

    theme = traitlets.Enum(["auto", "light", "dark"], "auto").tag(sync=True)
    """Colours: the host's (auto, default), light or dark."""

    locale = traitlets.Unicode("").tag(sync=True)
    """Language of words and numbers, a BCP 47 tag such as `ja`; empty: the browser's."""

    stale_after = traitlets.Float(None, allow_none=True).tag(sync=True)
    """Seconds without new data after which the widget says that it is stale; None: never."""

    paused = traitlets.Bool(False).tag(sync=True)
    """Whether the picture stands still while the stream goes on."""

    def __init__(
        self,
        kind: str,
        followed: Sequence[Followed],
        feeds: Mapping[str, Sizable],
        *,
        stale_after: float | None,
        locale: str | None,
        layout: Layout | dict[str, Any] | None,
        **settings: Any,
    ) -> None:
        if stale_after is not None:
            check_range("stale_after", stale_after, 0.1, 3.2e9, "seconds, or None")
            settings["stale_after"] = float(stale_after)
        if layout is not None:
            settings["layout"] = layout
        scheduler = get_scheduler()
        super().__init__(
            _esm=read_static("widget.js"),
            _rw_id=uuid.uuid4().hex,
            _rw_carrier=scheduler.carrier_id,
            _rw_kind=kind,
            locale=_language_tag(locale),
            **settings,
        )
        self._streams = [each for each in followed if isinstance(each, Stream)]
        self._feeds = dict(feeds)
        self._scheduler = scheduler
        scheduler.add(self._rw_id, self._feeds, followed, self._asked)

    def pause(self) -> None:
        """Holds the picture as it is; the stream goes on and nothing is lost."""
        self.paused = True

    def resume(self) -> None:
        """Goes back to the newest data."""
        self.paused = False

    @property
    def data_state(self) -> DataState:
        """What the data are at this moment: `no_data`, `live`, `stale` or `paused`."""
        newest = [stream.newest_ts for stream in self._streams if len(stream)]
        if self.paused:
            return "paused"
        if not newest:
            return "no_data"
        ages = [stream.age for stream in self._streams if stream.age is not None]
        if self.stale_after is not None and ages and min(ages) > self.stale_after:
            return "stale"
        return "live"

    def _asked(self, what: str) -> None:
        """Does what a reader wants done (on the I/O thread); what is unknown is ignored."""
        if what == "resume":
            get_runtime().submit(self.resume)  # there, because users may observe `paused`

    def close(self) -> None:
        """Takes the widget off the pages and stops serving it; the streams stay."""
        scheduler = getattr(self, "_scheduler", None)
        if scheduler is not None:
            scheduler.remove(self._rw_id)
        super().close()

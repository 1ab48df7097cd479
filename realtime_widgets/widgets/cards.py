"""Cards: a row of metric cards for the fields of a stream, titled by the fields' names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import UsageError, WrongType, shown
from ..feeds.naming import in_words
from ..streams import Stream
from .arrangement import MAX_COLUMNS
from .dashboard import Dashboard
from .metric import MetricCard


def cards(
    stream: Stream, fields: str | Iterable[str] | Mapping[str, str | Mapping[str, Any]], /, **settings: Any
) -> Dashboard:
    """A row of cards, one for each field: `row["cpu"]` is a card.

    Shown by itself it is a dashboard without a header; in a `Dashboard` it is a row.

    Args:
        stream: where the numbers come from.
        fields: names of fields; or field → its format (`number`, `percentage`, `duration`, `bytes`, `compact`), or
            field → the settings of its `MetricCard` (`title` too).
        settings: of all cards, as `MetricCard` takes them: `stale_after=5`; a field's own go before.

    Raises:
        UnknownField: when the stream has fields, but not one of these.
        UsageError: when there is no field, or a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `rw.cards(stream, {"cpu": "percentage", "loss": dict(precision=4, good="down")})`
    """
    if not isinstance(stream, Stream):
        raise WrongType(
            f"cards cannot follow {shown(stream)}: pass a Stream first, then the names of its fields"
        )
    _check_settings(settings, "a card")
    if "title" in settings:
        raise UsageError('title= cannot be that of all cards: pass it for one, {"cpu": {"title": "CPU"}}')
    named = {field: _settings(field, own) for field, own in _named(fields).items()}
    if not named:
        raise UsageError(
            f"there are no cards without fields: name some of stream {stream.name!r}, such as ['cpu']"
        )
    made = {
        field: MetricCard(own.pop("title", title_of(field)), stream, field=field, **{**settings, **own})
        for field, own in named.items()
    }
    lines = -(-len(made) // MAX_COLUMNS)
    return Dashboard(made, columns=-(-len(made) // lines), **_look(settings))


def _check_settings(settings: Mapping[str, Any], whose: str) -> None:
    """Refuse what `cards` gives each card itself.

    Raises:
        UsageError: when `stream` or `field` is among them.
    """
    for name in ("stream", "field"):
        if name in settings:
            raise UsageError(
                f"{whose} cannot have a {name} of its own: cards() makes it of the stream and of the names of its "
                "fields; for others make a MetricCard"
            )


def _look(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in ("theme", "locale") if name in settings}


def _named(fields: Any) -> dict[Any, Any]:
    if isinstance(fields, Mapping):
        return dict(fields)
    if isinstance(fields, str):
        return {fields: {}}
    if isinstance(fields, Iterable):
        return {field: {} for field in fields}
    raise WrongType(
        f"cards cannot be made of {shown(fields)}: pass names of fields, or a dict of field → format or settings"
    )


def _settings(field: Any, own: Any) -> dict[str, Any]:
    if not isinstance(field, str):
        raise WrongType(f"{shown(field)} is no name of a field: pass names, such as ['cpu', 'memory']")
    if isinstance(own, str):
        return {"format": own}
    if isinstance(own, Mapping):
        settings = {str(name): value for name, value in own.items()}
        _check_settings(settings, f"the card of field {field!r}")
        return settings
    raise WrongType(
        f"the card of field {field!r} cannot be made of {shown(own)}: pass a format, such as 'percentage', "
        "or a dict of settings, such as dict(precision=4)"
    )


def title_of(field: str) -> str:
    """Return a field's name as a title: `avgResponseTime` is "Average response time", `cpu_load` "CPU load"."""
    words = in_words(field)
    return words[:1].upper() + words[1:]

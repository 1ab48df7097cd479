"""Cards: a row of metric cards for the fields of a stream, titled by the fields' names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import UsageError, WrongType, shown
from ..feeds.drawn import MAX_SERIES
from ..feeds.guesses import Guess, guessed
from ..feeds.naming import in_words
from ..streams import Stream
from .arrangement import MAX_COLUMNS
from .dashboard import Dashboard
from .metric import MetricCard
from .tables import with_tables


def cards(
    stream: Any,
    fields: str | Iterable[str] | Mapping[str, str | Mapping[str, Any] | None] | None = None,
    /,
    *,
    title: str | None = None,
    **settings: Any,
) -> Dashboard:
    """A row of cards, one for each field: `row["cpu"]` is a card.

    Shown by itself it is a dashboard; in a `Dashboard` it is a row. Where a field's name says for certain what its
    numbers are (`memory_bytes`, `latency_ms`, `requests_per_second`, see `feeds.guesses`), they are written so, and
    cards have icons where one suits each of them; settings go before.

    Args:
        stream: where the numbers come from; or a table, whose last row is shown.
        fields: names of fields; or field → its format (`number`, `percentage`, `duration`, `bytes`, `compact`, `si`),
            or field → the settings of its `MetricCard` (`title` too), or None for a field without any; None: all fields
            of numbers that there are.
        title: heading of the row; None: none.
        settings: of all cards, as `MetricCard` takes them: `stale_after=5`; a field's own go before.

    Raises:
        UnknownField: when the stream has fields, but not one of these.
        UsageError: when there is no field, or a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `rw.cards(stream, {"cpu": "percentage", "loss": dict(precision=4, good="down")})`
    """
    source = with_tables(stream)
    if not isinstance(source, Stream):
        raise WrongType(
            f"cards cannot follow {shown(stream)}: pass a Stream or a table first, then the names of its fields"
        )
    _check_settings(settings, "a card")
    wanted = _named(_all(source) if fields is None else fields)
    given = {field: {**settings, **_settings(field, own)} for field, own in wanted.items()}
    if not given:
        raise UsageError(
            f"there are no cards without fields: name some of stream {source.name!r}, such as ['cpu']"
        )
    guesses = {field: _guess(source, field, own) for field, own in given.items()}
    own_icons = all(guess.icon for guess in guesses.values())  # in a row all have one, or none
    made = {}
    for (field, own), title_guessed in zip(given.items(), _titles(guesses), strict=True):
        guess = guesses[field]
        known = guess.settings | ({"icon": guess.icon} if own_icons else {})
        made[field] = MetricCard(own.pop("title", title_guessed), source, field=field, **{**known, **own})
    lines = -(-len(made) // MAX_COLUMNS)
    return Dashboard(made, columns=-(-len(made) // lines), title=title, **_look(settings))


def _all(stream: Stream) -> tuple[str, ...]:
    """Return the fields of numbers that a stream has.

    Raises:
        UsageError: when there are none, or more than anybody reads.
    """
    fields = stream.number_fields
    if not fields:
        raise UsageError(
            f"there are no cards without fields: stream {stream.name!r} has no numbers yet; name its fields, "
            "such as ['cpu']"
        )
    if len(fields) > MAX_SERIES:
        raise UsageError(
            f"stream {stream.name!r} has {len(fields)} fields of numbers, and a row {MAX_SERIES} cards at most: "
            f"name those to show, such as {list(fields[:2])!r}"
        )
    return fields


def _numbers(stream: Stream, field: str) -> list[float]:
    """Return the numbers that a stream keeps of a field."""
    batch = stream.read(fields=[field])
    return batch.numbers(field).tolist() if field in batch.columns else []


def _guess(stream: Stream, field: str, given: Mapping[str, Any]) -> Guess:
    """Return what the name of a field says; nothing of its numbers, where the user has said how these are written."""
    guess = guessed(field, lambda: _numbers(stream, field))
    written = given.get("format") is not None or given.get("unit") is not None
    return Guess(in_words(field), {}, guess.icon) if written else guess


def _titles(guesses: Mapping[str, Guess]) -> list[str]:
    """Return the titles of the cards: without the units that their numbers have, where no other is called the same."""
    words = [guess.words for guess in guesses.values()]
    return [
        _title(name) if words.count(name) == 1 else title_of(field)
        for field, name in zip(guesses, words, strict=True)
    ]


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
    if own is None:
        return {}
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
    return _title(in_words(field))


def _title(words: str) -> str:
    return words[:1].upper() + words[1:]

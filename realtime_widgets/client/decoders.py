"""Decoders: `decode=` functions for servers that speak JSON of their own.

    import realtime_widgets as rw

    client = rw.connect(url, decode=rw.decoders.json(channel="stream", data="data", time="T", numbers=True))

A decoder takes a frame apart into objects, and each object into a channel, records and a time. Decoders that were made
alike are one, so that a cell which is run again goes on with its streams.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from ..errors import BadMessage, BadTime, UsageError, WrongType, did_you_mean, named_keywords, shown
from ..protocol.envelope import Message
from ..protocol.json_values import values_of
from ..protocol.quoting import quote
from ..protocol.sse import Data
from ..protocol.timestamps import HINT, seconds_of
from ..streams.values import read_number
from .address import identity
from .json_paths import Path, all_at, first_at, is_almost_at, path_of
from .sansio.records import are_records

__all__ = ["json"]

MAX_DEPTH: Final = 32
"""Levels of objects in objects that are flattened; what is deeper stays an object."""

TRIES: Final = 3
"""Objects without a channel, before any had one, after which it is said."""

_EXACT: Final = 2**53
_SPECIAL: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_SAYS_NOTHING: Final = frozenset({"ping", "pong", "heartbeat", "[done]"})
"""Frames and lines that are no JSON and no data either: signs of life, and the end of a language model's answer."""

ANY: Final = "message"
"""The channel of everything where none is named: what an event of Server-Sent Events is called that has no type."""

_decode: Final = msgspec.json.Decoder().decode
_made: weakref.WeakValueDictionary[Hashable, JsonDecoder] = weakref.WeakValueDictionary()


@named_keywords
def json(
    channel: Path | None = None,
    *,
    data: Path | None = None,
    time: Path | None = None,
    flatten: bool = False,
    numbers: bool | Iterable[str] = False,
    default: str | None = None,
) -> JsonDecoder:
    """Return a `decode=` function for JSON objects.

    A *path* is a key (`"type"`), keys with dots between them (`"result.trade"`; a number is a place in a list, from 0,
    or from the end: `-1`), or a function of the object. A key goes through a list of objects to each of them. A key
    that has dots itself is found too.

    Frames may hold one value, a list, or several values or lines. Objects without a channel or without data, such as
    answers and heartbeats, are left out, but when the first three have none that is said in `client.last_error`; one
    where only the last key of the path to its data leads nowhere, or to null, just has no data yet. What cannot be
    read costs only itself; the `[DONE]` after the answer of a language model is passed over.

    What is no object is the data of its message as it is, a text or a number; in a stream it is the field `value`.

    Example:
        Binance, combined streams; the channel is `btcusdt@trade`:
            {"stream": "btcusdt@trade", "data": {"e": "trade", "T": 1795456052100, "p": "0.001", "q": "100"}}
        rw.decoders.json("stream", data="data", time="T", numbers=True)

        Kraken, version 2; the channel is `ticker`, and each element of `data` is a record:
            {"channel": "ticker", "type": "update", "data": [{"symbol": "BTC/USD", "bid": 1.5, "timestamp": "2026-…Z"}]}
        rw.decoders.json("channel", data="data", time="timestamp")

        Kraken, version 1; a list is one object when its elements are not all objects:
            [340, {"a": ["5525.40", 1, "1.0"], "b": ["5525.10", 1, "1.0"]}, "ticker", "XBT/USD"]
        rw.decoders.json("-2", data="1", numbers=True)

        Coinbase; the path goes through two lists:
            {"channel": "ticker", "timestamp": "2026-…Z", "events": [{"tickers": [{"product_id": "…", "price": "1"}]}]}
        rw.decoders.json("channel", data="events.tickers", time="timestamp", numbers=True)

        A device that sends nothing but `{"t": 1795456052.1, "board": {"temp": 21.5}}`:
        rw.decoders.json(time="t", flatten=True, default="device")          # the field is `board.temp`

        A language model, asked with `post=`; `message.data` is the next piece of the answer, a text:
            {"choices": [{"delta": {"content": "Hel"}, "finish_reason": null}]}
        rw.decoders.json(data="choices.0.delta.content")

        Each symbol a channel of its own:
        rw.decoders.json(lambda trade: f"trades.{trade['s']}", time="T", numbers=True)

    Args:
        channel: path to the name of its channel; a number counts as text. None: everything is of the channel `default`,
            and without that, where `data=` says what is wanted, of one that is called as the type of its event is,
            which is "message" where a server gives none.
        data: path to the record, or a list of records; None: the object itself.
        time: path to the time, looked for in the record first and then in the object: seconds, milli-, micro- or
            nanoseconds since the epoch (told apart by their size), as a number or text, or ISO 8601. It is no field of
            the record then. None, and where there is none: the time of arrival.
        flatten: whether objects in a record become fields with dots in their names: `book.bid`.
        numbers: whether text that is a number ("+1.25") becomes one, in all fields or in the named ones; integers
            that a float cannot hold, and those with leading zeros, are names and stay text.
        default: the channel of objects in which none is found; None: they are left out.

    Raises:
        UsageError, WrongType: when an argument is nothing of that.
    """
    paths = [path_of(name, path) for name, path in (("channel", channel), ("data", data), ("time", time))]
    if channel is None and default is None and data is None:
        raise UsageError(
            "json() cannot tell the channel of an object: it has neither channel= nor default=; "
            'pass channel="…", the key that names it, or default="…" for a single channel'
        )
    if default == "" or not isinstance(default, str | None):
        raise WrongType(f"json() cannot use default={default!r}: pass the name of a channel, or None")
    if not isinstance(flatten, bool):
        raise WrongType(f"json() cannot use flatten={flatten!r}: pass True or False")
    wanted: bool | frozenset[str]
    if isinstance(numbers, bool):
        wanted = numbers
    elif isinstance(numbers, str):
        raise WrongType(
            f"json() cannot use numbers={numbers!r}: pass True, or a list of fields, [{numbers!r}]"
        )
    else:
        try:
            wanted = frozenset(numbers)
        except TypeError:
            raise WrongType(
                f"json() cannot use numbers={numbers!r}: pass True, False or a list of fields"
            ) from None
        if not all(isinstance(name, str) for name in wanted):
            raise WrongType(f"json() cannot use numbers={numbers!r}: the names of fields are texts")
    key = (*map(identity, (channel, data, time)), flatten, wanted, default)
    made = _made.get(key)
    if made is None:
        made = _made[key] = JsonDecoder(*paths, flatten=flatten, numbers=wanted, default=default)
    return made


class JsonDecoder:
    """What `json` returns: called with a frame, it yields messages; see there for the arguments."""

    def __init__(
        self,
        channel: Path | None,
        data: Path | None,
        time: Path | None,
        *,
        flatten: bool,
        numbers: bool | frozenset[str],
        default: str | None,
    ) -> None:
        self._channel = channel
        self._data = data
        self._time = time
        self._flatten = flatten
        self._numbers = numbers
        self._default = default
        self._tries = 0  # objects that were left out; None of them was not
        self._useful = False  # an object had a channel and data
        self._timeless = 0  # records without a time, before any had one

    def __call__(self, raw: str | bytes) -> Iterator[Message]:
        """Yield the messages of a frame.

        Raises:
            BadMessage: when something in it cannot be used, after all that can.
        """
        values, wrong = _values_of(raw)
        event = raw.event if isinstance(raw, Data) else ANY
        for one in _objects_of(values):
            try:
                yield from self._messages_of(one, event)
            except Exception as error:
                if wrong is None:
                    wrong = error
        if wrong is not None:
            raise wrong

    def _messages_of(self, one: Any, event: str) -> Iterator[Message]:
        channel = _name(first_at(self._channel, one)) or self._default
        if channel is None and self._channel is None:
            channel = event
        if channel is None:
            return self._leave_out(one, "channel", self._channel)
        payload = [one] if self._data is None else list(all_at(self._data, one))
        records = [record for found in payload for record in (found if isinstance(found, list) else [found])]
        if self._data is None:
            records = [one]
        elif not payload:
            return None if is_almost_at(self._data, one) else self._leave_out(one, "data", self._data)
        self._useful = True
        for record in records:
            yield self._message(channel, record, one)
        if self._time is not None and self._timeless >= TRIES:
            self._timeless = -1
            raise BadMessage(_not_found("time", self._time, records[0] if records else one))

    def _leave_out(self, one: Any, what: str, path: Path | None) -> None:
        """Leave an object out, which is wrong when nothing else has come so far."""
        self._tries += 1
        if not self._useful and self._tries >= TRIES:
            raise BadMessage(_not_found(what, path, one))

    def _message(self, channel: str, record: Any, whole: Any) -> Message:
        named = isinstance(record, Mapping)
        fields = dict(record) if named else {"value": record}
        if self._flatten:
            fields = _flattened(fields)
        if self._numbers is True:
            fields = {name: _with_numbers(value) for name, value in fields.items()}
        elif self._numbers:
            for name in self._numbers & fields.keys():
                fields[name] = _with_numbers(fields[name])
        message = Message(channel, fields, channel=channel)
        if self._time is not None:
            self._set_time(message, fields, record, whole)
        if not named and len(fields) == 1 and not are_records(fields["value"]):
            message.data = fields["value"]
        return message

    def _set_time(self, message: Message, fields: dict[str, Any], record: Any, whole: Any) -> None:
        own = first_at(self._time, record)
        found = own if own is not None or callable(self._time) else first_at(self._time, whole)
        if isinstance(self._time, str) and (own is not None or fields.get(self._time, 0) is None):
            fields.pop(self._time, None)
        if found is None:
            self._timeless += self._timeless >= 0
            return
        self._timeless = -1
        try:
            seconds = seconds_of(found)
        except BadTime:
            raise BadMessage(
                f"the time of a record of {message.channel!r} is {shown(found)}: {HINT}"
            ) from None
        if "ts" in fields:  # another time, which must not count as this one
            fields["ts_" if "ts_" not in fields else "ts__"] = fields.pop("ts")
        if abs(seconds) >= 1e8:
            message.timestamp = seconds * 1000
        else:  # of a simulation: as a timestamp it would be taken for milliseconds
            fields["ts"] = seconds


def _values_of(raw: str | bytes) -> tuple[list[Any], Exception | None]:
    """Return the values of a frame, and what is wrong with the rest."""
    raw = str(raw) if isinstance(raw, str) else raw
    try:
        return [_decode(raw)], None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    values, bad = values_of(raw)
    for line, error in bad:
        if line.strip().lower() not in _SAYS_NOTHING:
            return values, BadMessage(
                f"a message was skipped: {quote(line)} is no JSON ({str(error)[:160]}); "
                "pass another decode= if this server speaks something else"
            )
    return values, None


def _objects_of(values: list[Any]) -> Iterator[Any]:
    """Yield objects; those of a list one by one, when it has nothing else."""
    for value in values:
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            yield from value
        else:
            yield value


def _name(found: Any) -> str | None:
    """Return the name of a channel; None: it is none."""
    if isinstance(found, int | float) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) and found else None


def _not_found(what: str, path: Path | None, thing: Any) -> str:
    if not isinstance(thing, Mapping):
        return (
            f"no {what} was found so far: {shown(path)} leads nowhere in {shown(thing)}; pass another {what}="
        )
    hint = did_you_mean(path, [name for name in thing if len(name) < 80]) if isinstance(path, str) else ""
    return (
        f"no {what} was found so far: {shown(path)} leads nowhere in an object with "
        f"{shown(list(thing), 160)}{hint or f'; pass another {what}='}"
    )


# Records


def _flattened(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record whose fields are no objects, but for empty ones and those too deep."""
    fields: dict[str, Any] = {}

    def add(prefix: str, value: Mapping[str, Any], depth: int) -> None:
        for name, each in value.items():
            name = f"{prefix}{name}"
            if isinstance(each, Mapping) and each and depth < MAX_DEPTH:
                add(f"{name}.", each, depth + 1)
                continue
            while name in fields:  # a key with a dot in it
                name += "_"
            fields[name] = each

    add("", record, 1)
    return fields


def _with_numbers(value: Any) -> Any:
    """Return a value with numbers in the place of texts that are some."""
    if isinstance(value, str):
        return _number(value)
    if isinstance(value, list):
        return [_with_numbers(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _with_numbers(each) for name, each in value.items()}
    return value


def _number(text: str) -> Any:
    number = read_number(text)
    if number is None:
        return _SPECIAL.get(text, text)
    fits = abs(number) <= _EXACT if isinstance(number, int) else math.isfinite(number)
    return number if fits else text

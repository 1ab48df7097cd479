"""The configuration file of a hub: policies of its channels, limits of its clients and of files, in TOML. Pure.

    [channels."chat:*"]
    history = 10000
    history_age = "30d"  # or "forever"
    presence = true

    [limits]
    messages = 1000
    connections_each = "unlimited"

    [files]  # or files = "off"
    max_size = 2_000_000

The keys are the arguments of `ChannelPolicy`, `Limits` and `FileLimits`; what TOML cannot express, None, is a word.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from ..errors import UsageError, WrongType, did_you_mean, shown
from .file_limits import FileLimits
from .limits import Limits
from .policies import ChannelPolicy

TABLES: Final = ("channels", "limits", "files")
"""What a file may have."""

_FOREVER: Final = ' ("forever" is written for None)'

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says.

    Attributes:
        channels: policies, as `Hub` takes them.
        limits: of its clients; those that are not named are the usual ones.
        files: of the files of chat messages, likewise; None: there are none.
    """

    channels: Mapping[str, ChannelPolicy] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    files: FileLimits | None = field(default_factory=FileLimits)


def read_config(text: str) -> Config:
    """Return what a configuration file says.

    Raises:
        UsageError: it is no TOML, has what is not known, or what is out of its range; in one sentence.
        WrongType: what must be a table is none.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"it is no TOML: {error}") from error
    for name in given:
        if name not in TABLES:
            hint = (
                did_you_mean(name, TABLES) or f"; write [limits], or [channels.{_quoted(name)}] for a channel"
            )
            raise UsageError(
                f"it cannot have {shown(name)}: it has the tables channels, limits and files{hint}"
            )
    channels = _table(given.get("channels", {}), "channels", 'tables such as [channels."chat:*"]')
    return Config(
        {name: _policy(name, each) for name, each in channels.items()},
        _limits(given.get("limits", {})),
        _files(given.get("files", {})),
    )


def _policy(name: str, given: Any) -> ChannelPolicy:
    options = _table(given, what := f"the policy of {shown(name)}", "a table, such as history = 100")
    age = options.get("history_age", "hub")
    return _made(ChannelPolicy, {**options, "history_age": None if age == "forever" else age}, what, _FOREVER)


def _limits(given: Any) -> Limits:
    options = _table(given, "limits", "a table, such as messages = 1000")
    return _made(
        Limits,
        {name: None if value == "unlimited" else value for name, value in options.items()},
        "the limits",
        ' ("unlimited" is written for None)',
    )


def _files(given: Any) -> FileLimits | None:
    if given == "off":
        return None
    options = _table(given, "files", 'a table, such as max_size = 2_000_000, or "off"')
    age = options.get("age", "auto")
    return _made(
        FileLimits, {**options, "age": None if age == "forever" else age}, "the limits of files", _FOREVER
    )


def _table(given: Any, what: str, such: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise WrongType(f"{what} cannot be {shown(given)}: write {such}")
    return given


def _made(kind: Callable[..., _Made], options: Mapping[str, Any], what: str, hint: str) -> _Made:
    try:
        return kind(**options)
    except UsageError as error:
        raise UsageError(f"{what} cannot be used: {error}{hint if 'None' in str(error) else ''}") from error


def _quoted(name: str) -> str:
    return name if name.isascii() and name.replace("-", "").replace("_", "").isalnum() else f'"{name}"'

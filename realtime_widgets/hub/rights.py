"""Rights: what the holder of a token may do, on which channels, and until when. Pure.

Whoever may not follow a channel may not read its history either, in whichever way they ask.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ..errors import UsageError, WrongType, named_keywords, shown
from ..protocol.limits import MAX_NAME_LENGTH
from ..streams.text import well_formed
from .patterns import checked_pattern
from .policies import subject_of

Action = Literal["subscribe", "publish"]

MAX_PATTERNS: Final = 1000
"""Channels and patterns that one token may name for each action."""

_WHAT: Final = {"subscribe": "follow", "publish": "publish on"}


@dataclass(frozen=True, slots=True)
class _Covered:
    """Channels, by their names and by how those begin."""

    names: frozenset[str]
    beginnings: tuple[str, ...]

    def __contains__(self, channel: str) -> bool:
        return channel in self.names or channel.startswith(self.beginnings)


def _checked(action: str, patterns: Any) -> tuple[str, ...]:
    if isinstance(patterns, str | bytes) or not isinstance(patterns, Iterable):
        meant = f"[{shown(patterns)}]" if isinstance(patterns, str) else "a list of channels"
        raise WrongType(f"{action}={shown(patterns)} cannot be used: it must be a list; pass {meant}")
    found = tuple(patterns)
    if len(found) > MAX_PATTERNS:
        raise UsageError(
            f"{action}= cannot have {len(found):,} channels: pass up to {MAX_PATTERNS:,}, or a pattern"
        )
    return tuple(checked_pattern(pattern, f"{action}=") for pattern in found)


def _covered(patterns: tuple[str, ...]) -> _Covered:
    return _Covered(
        frozenset(pattern for pattern in patterns if not pattern.endswith("*")),
        tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*")),
    )


@named_keywords
@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the holder of a token may do; nothing that is not named.

    Example:
        rw.Hub(tokens={secret: rw.Rights(subscribe=["metrics", "team:*"], publish=["team:anna"], name="anna")})

    Args:
        subscribe: channels that they may follow, and whose history they may read: names, or beginnings of names with a
            `*` after them; `["*"]` is every channel.
        publish: channels on which they may publish, likewise.
        name: who they are, for the hub's limits and to know their messages again; None: nobody in particular.

    Raises:
        UsageError: a name is no channel's, or has a `*` before its end; WrongType: these are no lists of text.
    """

    subscribe: Iterable[str] = ()
    publish: Iterable[str] = ()
    name: str | None = None
    _may: dict[str, _Covered] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        given = {"subscribe": self.subscribe, "publish": self.publish}
        checked = {action: _checked(action, patterns) for action, patterns in given.items()}
        for action, patterns in checked.items():
            object.__setattr__(self, action, patterns)
        name: Any = self.name
        if name is not None and not (isinstance(name, str) and 1 <= len(name) <= MAX_NAME_LENGTH):
            raise WrongType(
                f"name={shown(self.name)} cannot be who has a token: pass text of 1 to {MAX_NAME_LENGTH} characters"
            )
        object.__setattr__(self, "_may", {action: _covered(patterns) for action, patterns in checked.items()})

    def may(self, action: Action, channel: str) -> bool:
        """Return whether its holder may do something on a channel."""
        return channel in self._may[action]


ALL: Final = Rights(subscribe=["*"], publish=["*"])
"""Those of the hub's own token, and of everybody at a hub without one."""

NOTHING: Final = Rights()


@dataclass(frozen=True, slots=True)
class Access:
    """What a client was let in with.

    Attributes:
        rights: of its token.
        expires: when the token does, in seconds since the epoch.
    """

    rights: Rights = ALL
    expires: float = math.inf

    @property
    def name(self) -> str | None:
        """Who the client is; None: its token does not say."""
        return self.rights.name

    def complaint_about(self, action: Action, channel: str) -> str | None:
        """Return why it may not do something on a channel; None: it may."""
        channel = well_formed(channel)  # as it is published
        if action == "subscribe":
            channel = subject_of(channel)  # who may follow it may know who else does, and who types there
        if self.rights.may(action, channel):
            return None
        return f"this token may not {_WHAT[action]} {shown(channel, 100)}; ask for one with that right"

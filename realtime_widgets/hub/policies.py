"""Channel policies: what a hub does with the messages and the followers of which channels. Pure.

A policy is for a channel, or for all whose names begin alike; of several the one with the longest beginning counts, and
a name before all. Channels without one are as the hub's own settings say.

`presence:cpu` is the hub's own channel about who follows `cpu`; see `presence`. `chat:general` is that of a chat room,
and `typing:chat:general` says who types there; see `chat`. Their policies are given where the hub's user gives none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from ..errors import UsageError, WrongType, named_keywords, shown
from ..protocol.chat import CHAT, ROOMS, TYPING
from ..streams.amounts import Duration, to_count, to_duration
from ..streams.text import well_formed
from .patterns import ByChannel, checked_pattern

HistoryAge = Duration | Literal["auto"] | None

PRESENCE: Final = "presence:"
"""How the channels begin that say who follows which other one."""

MAX_POLICIES: Final = 1000
"""Channels and patterns with a policy of their own."""

LEAVE_DELAY: Final = 15.0
"""Seconds until whoever follows a channel no more has left it, unless they come again: longer than a reconnect."""


class Kept(NamedTuple):
    """How much of a channel is kept: so many messages, for so many seconds; None: for as long as there is room."""

    messages: int
    age: float | None


class Retention(ByChannel[Kept]):
    """How much of each channel a broker keeps.

    Args:
        messages, age: of channels that are not named; see `Kept`.
        named: that of others, as for `ByChannel`.
    """

    def __init__(self, messages: int, age: float | None, named: Mapping[str, Kept] | None = None) -> None:
        usual, named = Kept(messages, age), named or {}
        super().__init__(usual, named)
        ages = [kept.age for kept in (usual, *named.values())]
        self.longest = None if None in ages else max(age for age in ages if age is not None)
        """The longest age of all; None: for as long as there is room."""


@named_keywords
@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPolicy:
    """What a hub does with a channel; for `rw.Hub(channels={…})`.

    Example:
        rw.Hub(channels={"chat:*": rw.ChannelPolicy(history=10_000, history_age="30d", presence=True)})

    Args:
        history: messages that are kept; 0: none; None: as many as the hub keeps of others.
        history_age: how long they are; None: for as long as there is room; "hub": as those of other channels; "auto":
            as is usual for the hub's broker.
        presence: whether the channel `presence:` with its name after it says who follows it, to whoever may follow it.
        leave_delay: how long whoever disconnects may take to be back, before they have left.
        publish: "clients", those whose token gives the right; "hub": only the hub's own program, with `Hub.publish`.
        conflate: send a client that reads too slowly the newest message, and not all that it missed.

    Raises:
        UsageError, WrongType: one of them is out of its range.
    """

    history: int | None = None
    history_age: Duration | Literal["hub", "auto"] | None = "hub"
    presence: bool = False
    leave_delay: Duration = LEAVE_DELAY
    publish: Literal["clients", "hub"] = "clients"
    conflate: bool = False

    def __post_init__(self) -> None:
        def note(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        if self.history is not None:
            note("history", to_count(self.history, "history= of a channel"))
        if self.history_age != "hub":
            note("history_age", checked_age(self.history_age, "history_age= of a channel"))
        note("leave_delay", to_duration(self.leave_delay, "leave_delay= of a channel"))
        for name in ("presence", "conflate"):
            if not isinstance(value := getattr(self, name), bool):
                raise WrongType(f"{name}={shown(value)} of a channel cannot be used: pass True or False")
        if self.publish not in ("clients", "hub"):
            raise UsageError(
                f"publish={shown(self.publish)} of a channel is not known; pass 'clients', or 'hub' for one on which "
                "only Hub.publish() does"
            )


def checked_age(age: Any, what: str) -> float | Literal["auto"] | None:
    """Return how long messages are kept, in seconds, as a user gave it.

    Raises:
        UsageError, WrongType: it is no duration above 0.
    """
    if age is None or age == "auto":
        return None if age is None else "auto"
    try:
        return to_duration(age, what, above=0.0)
    except UsageError as error:
        raise type(error)(f"{error}, or None for as long as there is room") from None


_OF_PRESENCE: Final = ChannelPolicy(history=1, history_age=None, publish="hub", conflate=True)
_OF_CHAT: Final = ChannelPolicy(history=10_000, history_age=None)
_OWN: Final = {
    f"{PRESENCE}*": _OF_PRESENCE,
    f"{TYPING}*": ChannelPolicy(history=0, publish="hub"),
    ROOMS: ChannelPolicy(history=1, publish="hub", conflate=True),
}


class Policies:
    """The policies of a hub.

    Args:
        named: by channels, or by beginnings of names with a `*` after them.
        history: messages of each channel that are kept, unless its policy says otherwise.
        history_age: seconds that they are kept, likewise; None: for as long as there is room; "auto": the broker's.

    Raises:
        UsageError, WrongType: they cannot be used.
    """

    def __init__(
        self,
        named: Mapping[str, ChannelPolicy] | None = None,
        *,
        history: int = 1000,
        history_age: HistoryAge = "auto",
    ) -> None:
        self._kept = (
            to_count(history, "history= of the hub"),
            checked_age(history_age, "history_age= of the hub"),
        )
        given = {} if named is None else {_checked(name): each for name, each in _given(named)}
        covers_chat = any(CHAT.startswith(name[:-1]) for name in given if name.endswith("*"))
        self._named = _OWN | given | ({} if covers_chat else {f"{CHAT}*": _OF_CHAT})
        self._of = ByChannel(ChannelPolicy(), self._named)

    def of(self, channel: str) -> ChannelPolicy:
        """Return that of a channel."""
        return self._of[channel]

    def complaint_about_presence(self, channel: str) -> str | None:
        """Return why nobody is told who follows a channel; None: they are."""
        if self.of(channel).presence:
            return None
        return f"the hub does not say who follows {shown(channel, 100)}: it has no policy with presence=True for it"

    def retention(self, auto: float | None) -> Retention:
        """Return how much of each channel a broker keeps.

        Args:
            auto: seconds that this broker keeps messages for which "auto" holds.
        """
        count, usual = self._kept

        def kept(policy: ChannelPolicy) -> Kept:
            age = usual if policy.history_age == "hub" else policy.history_age
            messages = count if policy.history is None else policy.history
            return Kept(messages, auto if age == "auto" else age)  # type: ignore[arg-type]  # checked: seconds

        named = {name: kept(policy) for name, policy in self._named.items()}
        return Retention(*kept(ChannelPolicy()), named)


def presence_of(channel: str) -> str:
    """Return the channel that says who follows a channel."""
    return PRESENCE + channel


def about(channel: str) -> str | None:
    """Return the channel whose followers a channel tells of; None: it is no such channel."""
    return channel.removeprefix(PRESENCE) if channel.startswith(PRESENCE) else None


def subject_of(channel: str) -> str:
    """Return the channel of which a channel tells: who may follow that may follow this; its own where it is none."""
    return about(channel) or channel.removeprefix(TYPING)


def _given(named: Any) -> list[tuple[Any, ChannelPolicy]]:
    if not isinstance(named, Mapping):
        raise WrongType(
            f"channels={shown(named)} cannot be used: it must be a dict; pass "
            '{"team:*": rw.ChannelPolicy(presence=True)}'
        )
    if len(named) > MAX_POLICIES:
        raise UsageError(
            f"channels= cannot have {len(named):,} policies: pass up to {MAX_POLICIES:,}, or patterns"
        )
    for name, each in named.items():
        if not isinstance(each, ChannelPolicy):
            raise WrongType(
                f"channels= cannot have {shown(each)} for {shown(name)}: pass rw.ChannelPolicy(history=…)"
            )
    return list(named.items())


def _checked(pattern: Any) -> str:
    name: str = well_formed(checked_pattern(pattern, "channels="))  # as channels are published
    if name.startswith(PRESENCE):
        raise UsageError(
            f"channels= cannot have {shown(name)}: the hub itself has the channels {PRESENCE}…; pass "
            f"{shown(name.removeprefix(PRESENCE) or '*')} with presence=True"
        )
    if name.startswith(TYPING):
        raise UsageError(
            f"channels= cannot have {shown(name)}: the hub itself has the channels {TYPING}…, of which nothing is kept"
        )
    return name

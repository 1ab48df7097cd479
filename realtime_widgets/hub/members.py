"""Members: who follows a channel, in a note that all hubs with one engine share. Pure.

A member stays for as long as one of the hubs says that they are there, and says so again in time: a hub that was killed
says nothing any more, and its members leave unless another has them by then.

    {"version": 1764417600000000, "members": {"anna": {"4f1c": 1764417630.0}}}
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, NamedTuple

import msgspec

REFRESH_INTERVAL: Final = 10.0
"""Seconds after which a hub says again who is there."""

STAY: Final = 30.0
"""Seconds for which that holds."""

_Hubs = dict[str, float]


class _Note(msgspec.Struct):
    version: int = 0
    members: dict[str, _Hubs] = {}


class Meeting(NamedTuple):
    """What came of saying who is there.

    Attributes:
        version: of the list, higher for a newer one, whichever hub has it.
        joined, left: who was not there before, and who is not any more.
        members: all who are there.
    """

    version: int
    joined: tuple[str, ...]
    left: tuple[str, ...]
    members: tuple[str, ...]

    def described(self, most: int) -> dict[str, Any]:
        """Return it as a record; its lists have up to `most` names, and that of all members is null beyond."""
        return {
            "count": len(self.members),
            "joined": self.joined[:most],
            "left": self.left[:most],
            "members": self.members if len(self.members) <= most else None,
            "version": self.version,
        }


def meet(
    note: bytes, now: float, *, hub: str = "", here: Collection[str] = (), gone: Collection[str] = ()
) -> tuple[bytes, Meeting]:
    """Return a note after a hub has said who is there, and what came of it.

    Args:
        note: as it was.
        now: seconds since the epoch, by a clock that all hubs share.
        hub: who says so.
        here: all members that it has.
        gone: those that it had and has no more.
    """
    before = _read(note)
    after = {
        member: {each: until for each, until in hubs.items() if until > now}
        for member, hubs in before.members.items()
    }
    for member in gone:
        after.get(member, {}).pop(hub, None)
    for member in here:
        after.setdefault(member, {})[hub] = now + STAY
    after = {member: hubs for member, hubs in after.items() if hubs}
    joined = tuple(sorted(after.keys() - before.members.keys()))
    left = tuple(sorted(before.members.keys() - after.keys()))
    version = max(before.version + 1, round(1e6 * now)) if joined or left else before.version
    meeting = Meeting(version, joined, left, tuple(sorted(after)))
    unchanged = not (here or gone or joined or left)
    return note if unchanged else msgspec.json.encode(_Note(version, after)), meeting


def _read(note: bytes) -> _Note:
    try:
        return msgspec.json.decode(note, type=_Note) if note else _Note()
    except msgspec.MsgspecError:
        return _Note()  # somebody else has written it

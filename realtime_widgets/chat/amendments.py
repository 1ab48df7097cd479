"""Amendments: what was said of a message after it was sent: another text, that it is deleted, reactions.

They may come before the message itself, when its history is read backwards, more than once, and in any order: each has
the place of its event, and of two that contradict the later counts. So whatever comes in, in whichever order, the
message is the same in the end. Pure.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec

from .events import Changed, Reacted

MAX_REACTIONS: Final = 50
"""Different reactions to one message, and"""
MAX_REACTING: Final = 1000
"""users who react in one way."""

MAX_WAITING: Final = 5000
"""Messages that are not known, of which amendments are."""


class _Reaction(msgspec.Struct, frozen=True):
    place: float
    on: bool
    name: str


class Amendments(msgspec.Struct):
    """What became of one message.

    Attributes:
        edits: by author, the place, the time and the text of the newest edit: only those of the message's author count.
        deletions: who said that it is deleted, likewise.
        reactions: by reaction and user.
    """

    edits: dict[str, tuple[float, float, str]] = {}
    deletions: set[str] = set()
    reactions: dict[str, dict[str, _Reaction]] = {}

    def change(self, event: Changed, place: float) -> bool:
        """Take in another text, or that it is deleted; returns whether that is news."""
        if event.text is None:
            news = event.user not in self.deletions
            self.deletions.add(event.user)
            return news
        before = self.edits.get(event.user)
        if before is not None and before[0] >= place:
            return False
        self.edits[event.user] = place, event.ts, event.text
        return True

    def react(self, event: Reacted, place: float) -> bool:
        """Take in a reaction; returns whether that is news."""
        if event.reaction not in self.reactions and len(self.reactions) >= MAX_REACTIONS:
            return False
        users = self.reactions.setdefault(event.reaction, {})
        before = users.get(event.user)
        if before is not None and before.place >= place:
            return False
        if before is None and len(users) >= MAX_REACTING:
            return False
        users[event.user] = _Reaction(place, event.on, event.name)
        return True

    def edit_of(self, author: str) -> tuple[float, str] | None:
        """Return when its author changed the text, and the text; None: they did not."""
        found = self.edits.get(author)
        return None if found is None else found[1:]

    def is_deleted_by(self, author: str) -> bool:
        """Whether its author deleted it."""
        return author in self.deletions

    def reacting(self) -> dict[str, dict[str, str]]:
        """Return the names of those who react by reaction and user, the first to react first."""
        found: list[tuple[float, str, dict[str, str]]] = []
        for reaction, users in self.reactions.items():
            on = sorted((each.place, user, each.name) for user, each in users.items() if each.on)
            if on:
                found.append((on[0][0], reaction, {user: name for _, user, name in on}))
        return {reaction: users for _, reaction, users in sorted(found, key=lambda each: each[:2])}


class Waiting:
    """Amendments of messages that are not known yet, the newest of them."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, Amendments] = OrderedDict()

    def of(self, id: str) -> Amendments:
        """Return those of a message, to be added to."""
        found = self._of.setdefault(id, Amendments())
        self._of.move_to_end(id)
        while len(self._of) > MAX_WAITING:
            self._of.popitem(last=False)
        return found

    def pop(self, id: str) -> Amendments:
        """Return those of a message that is known now."""
        return self._of.pop(id, None) or Amendments()

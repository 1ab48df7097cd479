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
"""Different reactions to one message that are shown, those that came first, and"""
MAX_REACTING: Final = 1000
"""users who react in one way."""

MAX_OF_USER: Final = 50
"""Reactions of one user that are kept, the newest, also those that were taken back, and"""
MAX_OF_ALL: Final = 5_000
"""of all."""

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
        deletions: by who said that it is deleted, the place of the first of these; likewise.
        reactions: by user and reaction.
        reacted: how many those are.
    """

    edits: dict[str, tuple[float, float, str]] = {}
    deletions: dict[str, float] = {}
    reactions: dict[str, dict[str, _Reaction]] = {}
    reacted: int = 0

    def change(self, event: Changed, place: float) -> bool:
        """Take in another text, or that it is deleted; returns whether that is news."""
        if event.text is None:
            news = event.user not in self.deletions
            self.deletions[event.user] = min(place, self.deletions.get(event.user, place))
            return news
        before = self.edits.get(event.user)
        if before is not None and before[0] >= place:
            return False
        self.edits[event.user] = place, event.ts, event.text
        return True

    def react(self, event: Reacted, place: float) -> bool:
        """Take in a reaction; returns whether that is news."""
        of_user = self.reactions.setdefault(event.user, {})
        before = of_user.get(event.reaction)
        if before is not None and before.place >= place:
            return False
        of_user[event.reaction] = _Reaction(place, event.on, event.name)
        # The newest are kept, so that it does not matter in which order they came.
        if len(of_user) > MAX_OF_USER:
            del of_user[min(of_user, key=lambda reaction: of_user[reaction].place)]
        elif before is None:
            self.reacted += 1
        if self.reacted > MAX_OF_ALL:
            self._forget_oldest()
        return True

    def _forget_oldest(self) -> None:
        _, user, reaction = min(
            (each.place, user, reaction)
            for user, of_user in self.reactions.items()
            for reaction, each in of_user.items()
        )
        del self.reactions[user][reaction]
        if not self.reactions[user]:
            del self.reactions[user]
        self.reacted -= 1

    def edit_of(self, author: str) -> tuple[float, str] | None:
        """Return when its author changed the text, and the text; None: they did not."""
        found = self.edits.get(author)
        return None if found is None else found[1:]

    def is_deleted_by(self, author: str) -> bool:
        """Whether its author deleted it."""
        return author in self.deletions

    def reacting(self) -> dict[str, dict[str, str]]:
        """Return the names of those who react by reaction and user, the first to react first."""
        on: dict[str, list[tuple[float, str, str]]] = {}
        for user, of_user in self.reactions.items():
            for reaction, each in of_user.items():
                if each.on:
                    on.setdefault(reaction, []).append((each.place, user, each.name))
        for those in on.values():
            those.sort()
        first = sorted(on, key=lambda reaction: (on[reaction][0][0], reaction))[:MAX_REACTIONS]
        return {reaction: {user: name for _, user, name in on[reaction][:MAX_REACTING]} for reaction in first}


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

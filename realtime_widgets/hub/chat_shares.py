"""Shares: what each client has brought into chat rooms, and as whom it is here. Pure.

A full room is closed to everybody, so that no client may fill it alone. Whom a token names may bring so many users of
theirs (`anna/bot`), over whichever connection; who has no name so many over each connection, for there may be many
people behind one token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container
from typing import Final, Literal

from ..streams.text import well_formed
from .chat_notes import MAX_MEMBERS_EACH, MAX_ROOMS_EACH

MAX_HERE: Final = MAX_MEMBERS_EACH
"""Users as whom one client is here: more would keep a room full of users that are made up."""


class Share:
    """That of one connected client.

    Args:
        named: whom its token names; None: nobody.
        here: as whom how many clients are here; the clients of a hub have one. None: nobody gives way.
    """

    def __init__(self, named: str | None, here: Counter[str] | None) -> None:
        self.name = "" if named is None else str(well_formed(named))
        """Whom the token names; "": nobody."""
        self.whose: Literal["token", "connection"] = "token" if self.name else "connection"
        """What the share is of."""
        self._here = here
        self._users: set[str] = set()
        self._made: set[str] = set()
        self._brought: dict[str, set[str]] = {}  # by rooms

    # As whom it is here

    def speak(self, user_id: str) -> None:
        """Be here as somebody, until the `end`."""
        if self._here is not None and user_id not in self._users and len(self._users) < MAX_HERE:
            self._users.add(user_id)
            self._here[user_id] += 1

    def end(self) -> None:
        """Be here no more; once the client has gone."""
        if self._here is not None:
            self._here.subtract(self._users)
            for user_id in self._users:
                if not self._here[user_id]:
                    del self._here[user_id]
        self._users.clear()

    def may_go(self, user_id: str) -> bool:
        """Return whether somebody gives way to whom this client brings: nobody does who is here."""
        return self._here is not None and user_id not in self._here

    # What it has brought

    def counts(self, room: str, user_id: str) -> Callable[[str], bool]:
        """Return which members of a room count as brought by this client when it brings one more.

        Beside whom the token names none do: they always have a place of their own.
        """
        if user_id == self.name:
            return lambda _: False
        if self.name:
            beginning = f"{self.name}/"
            return lambda id: id.startswith(beginning)
        return self._brought.get(room, set()).__contains__

    def bring(self, room: str, user_id: str) -> None:
        """Note that this client has made somebody a member."""
        if not self.name:
            self._brought.setdefault(room, set()).add(user_id)

    def make(self, room: str) -> None:
        """Note that this client has made a room."""
        if not self.name:
            self._made.add(room)

    @property
    def has_made_all(self) -> bool:
        """Whether it has made as many rooms as it may, as far as that is known here: the note knows it of names."""
        return len(self._made) >= MAX_ROOMS_EACH

    def has_brought_many(self, room: str) -> bool:
        """Return whether it has brought as many members as it may, unless some have left."""
        return len(self._brought.get(room, ())) >= MAX_MEMBERS_EACH

    def keep_to_rooms(self, rooms: Container[str]) -> None:
        """Forget the rooms that are not in the list any more."""
        self._made = {room for room in self._made if room in rooms}
        self._brought = {room: users for room, users in self._brought.items() if room in rooms}

    def keep_to_members(self, room: str, members: Container[str]) -> None:
        """Forget who is no member of a room any more."""
        self._brought[room] = {id for id in self._brought[room] if id in members}

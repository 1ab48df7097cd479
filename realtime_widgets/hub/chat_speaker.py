"""The speaker of a chat request: who it is for others. Pure.

A token with a name says who its holder is. They may speak as another, such as a bot of theirs, whose id and name then
say whose it is: `anna/bot`, `bot (anna)`. What a client says of itself holds where its token has no name.
"""

from __future__ import annotations

from ..protocol.chat_publications import User
from ..streams.text import well_formed


def speaker(named: str | None, user_id: str, username: str) -> User | None:
    """Return who speaks; None: nobody has said.

    Args:
        named: by the token; None: it names nobody.
        user_id, username: as the client says; "": it does not. What it was called before means the same again.
    """
    if named is None:
        return User(id=user_id, username=username or user_id) if user_id else None
    name = str(well_formed(named))
    user_id = user_id.removeprefix(f"{name}/")
    if user_id in ("", name):
        return User(id=name, username=name)
    username = username.removesuffix(f" ({name})") or user_id
    return User(id=f"{name}/{user_id}", username=f"{username} ({name})")

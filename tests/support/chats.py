"""Chats over a hub, and what tests look at in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import realtime_widgets as rw
from realtime_widgets.client import Client
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.hub import Hub
from support.servers import LIMIT, wait_for

QUICK = Reconnect(0.01, 0.05)
"""For clients that are cut off often."""


@contextmanager
def chatting(
    hub: Hub, user: str, *, url: Any = None, token: str | None = None, **options: Any
) -> Iterator[rw.Chat]:
    """A chat of a user whose client is its own: another process, or another notebook, would have it so."""
    client = Client(url or hub.url, auth=token or hub.token, reconnect=QUICK, headers={"X-User": user})
    chat = rw.Chat(client, user=user, **options)
    try:
        yield chat
    finally:
        chat.close()
        client.close()


def texts(chat: rw.Chat) -> list[str]:
    return [message.text for message in chat.messages]


def states(chat: rw.Chat) -> list[str]:
    return [message.state for message in chat.messages]


def members(chat: rw.Chat, room: str) -> dict[str, str] | None:
    return next((each.members for each in chat.rooms if each.id == room), None)


def lines(chat: rw.Chat, room: str) -> list[tuple[str, str]]:
    """Who joined or left a room, as the chat has heard of it."""
    with chat._conversation.lock:
        items = list(chat._conversation.rooms[room].timeline)
    return [
        (item.fields["said"].user, item.fields["kind"]) for item in items if item.fields["kind"] != "message"
    ]


def ready(*chats: rw.Chat) -> None:
    for chat in chats:
        wait_for(lambda chat=chat: chat.rooms and chat.rooms[0].members.get(chat.user) == chat.user)
        chat._link._client.wait_until("connected", LIMIT)  # and follows what it has asked for

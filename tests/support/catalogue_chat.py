"""The catalogue's chat client: it says no hello, and exactly what the catalogue has it say and understand."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from support.scripted_client import LIMIT

Record = dict[str, Any]


class CatalogueChat:
    """One user's client, with what it would show."""

    def __init__(self, ws: ClientConnection, user_id: str, username: str) -> None:
        self.user_id, self.username = user_id, username
        self.rooms: list[Record] = []
        self.messages: list[Record] = []
        """Of all rooms, with a system message for each who joins or leaves."""
        self.typing: list[Record] = []
        self.room: str | None = None
        self.frames: list[Record] = []
        self._ws = ws

    async def select(self, room: str) -> None:
        """Choose a room."""
        self.room = room
        for each in self.rooms:
            if each["id"] == room:
                each["unreadCount"] = 0
        await self.send("join_room", {"roomId": room, "userId": self.user_id})

    async def say(self, content: str) -> None:
        """Send the trimmed text, unless it is blank or no room is chosen."""
        if content.strip() and self.room is not None:
            data = {"roomId": self.room, "userId": self.user_id, "username": self.username}
            await self.send("send_message", data | {"content": content.strip(), "type": "text"})
            await self.stop_typing()

    async def start_typing(self) -> None:
        data = {"roomId": self.room, "userId": self.user_id, "username": self.username}
        await self.send("typing_start", data)

    async def stop_typing(self) -> None:
        await self.send("typing_stop", {"roomId": self.room, "userId": self.user_id})

    async def send(self, type: str, data: Record) -> None:
        """Send an envelope as its WebSocket client does: with a time in milliseconds, and a random id."""
        envelope = {"type": type, "data": data, "timestamp": 1764417600000, "id": f"r{len(self.frames)}"}
        await self._ws.send(json.dumps(envelope))

    async def until(self, condition: Callable[[], object], what: str = "it") -> None:
        """Read what comes until something is so."""
        try:
            async with asyncio.timeout(LIMIT):
                while not condition():
                    self.take(json.loads(await self._ws.recv()))
        except TimeoutError:
            raise AssertionError(f"{what} never came; there came {self.frames}") from None

    def take(self, frame: Record) -> None:
        self.frames.append(frame)
        data = frame["data"]
        match frame["type"]:
            case "rooms_list":
                self.rooms = data
            case "message":
                self.messages.append(data)
                for room in self.rooms:
                    if room["id"] == data["roomId"] != self.room:
                        room["unreadCount"] += 1
                        room["lastMessage"] = data
            case "typing_start":
                if data["userId"] != self.user_id:
                    self._forget_typing(data)
                    self.typing.append(data)
            case "typing_stop":
                self._forget_typing(data)
            case "user_joined" | "user_left" as kind:
                how = "joined" if kind == "user_joined" else "left"
                system = {"type": "system", "roomId": data["roomId"], "userId": "system"}
                self.messages.append(system | {"content": f"{data['user']['username']} {how}"})

    def _forget_typing(self, data: Record) -> None:
        who = data["userId"], data["roomId"]
        self.typing = [each for each in self.typing if (each["userId"], each["roomId"]) != who]

    def room_of(self, id: str) -> Record:
        (found,) = [room for room in self.rooms if room["id"] == id]
        return found

    def said(self) -> list[str]:
        return [message["content"] for message in self.messages]


@contextlib.asynccontextmanager
async def catalogue_chat(
    address: str, token: str | None, user_id: str, username: str
) -> AsyncIterator[CatalogueChat]:
    """Connect, ask for the rooms, and wait for them.

    Args:
        address: of the hub, `ws://host:port`.
        token: goes into the query, since a browser's WebSocket sends no headers.
        user_id, username: who it is.
    """
    query = "" if token is None else f"?token={token}"
    async with connect(f"{address}/ws/chat{query}", proxy=None, close_timeout=1) as ws:
        client = CatalogueChat(ws, user_id, username)
        await client.send("join_rooms", {"userId": user_id})
        await client.until(lambda: client.rooms, "the list of rooms")
        yield client

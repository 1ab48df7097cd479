"""The JetStream of a NATS, over one connection: its API, who makes a stream, the notes of hubs, and its clock."""

from __future__ import annotations

import asyncio
import contextlib
import time
from functools import partial
from typing import Any, Final

import msgspec

from .engine import LinkLost
from .nats_claims import SUBJECT, Claims
from .nats_link import Connection
from .nats_streams import (
    NO_MESSAGE,
    NOT_FOUND,
    NOTES,
    OTHER_SEQUENCE,
    Refused,
    Stored,
    config_of_notes,
    making_of,
    notes_of,
    read_ack,
    read_answer,
    read_message,
)

TRIES: Final = 20
"""How often something is tried that other hubs, or a stream without a leader, have come in the way of."""

PAUSE: Final = 0.05
"""Seconds between these."""

MAKING: Final = 3.0
"""Seconds after which whoever has begun to make a stream is taken for dead."""

_CLOCK: Final = "rw-note.clock"


class JetStream:
    """That of one connection.

    Args:
        connection: which; it is open when `open` is called.
        replicas: of each stream that is made.
    """

    def __init__(self, connection: Connection, replicas: int) -> None:
        self._connection = connection
        self._replicas = replicas
        self._claims = Claims(partial(connection.say, SUBJECT))
        self._ahead = 0.0  # seconds by which the clock of NATS is ahead of our monotonic one

    async def open(self) -> None:
        """Begin: hear what hubs claim, and ask for the time. Raises Refused, LinkLost."""
        await self._connection.listen(SUBJECT, self._claims.hear)
        async with self._connection.patience():
            await self._set_clock()

    async def put_note(self, subject: str, body: bytes, after: int | None = None) -> int:
        """Keep a note, and return its number.

        Args:
            subject, body: the note.
            after: the number that the newest of its subject must have, 0: there is none; None: any.

        Raises:
            Refused: also with `OTHER_SEQUENCE`.
        """
        headers = None if after is None else {"Nats-Expected-Last-Subject-Sequence": str(after)}
        for _ in range(TRIES):
            answer = await (await self._connection.ask(subject, body, headers))
            if not answer.nobody:
                return read_ack(answer.data)[0]
            stream = notes_of(subject)
            await self._claims.make(
                stream, partial(self._make_alone, config_of_notes(stream, self._replicas))
            )
        raise LinkLost("nobody there takes notes")

    async def _set_clock(self) -> None:
        """Ask for the time."""
        await self.put_note(_CLOCK, b"")
        stored = await self.get(NOTES, {"last_by_subj": _CLOCK})
        if stored is not None:
            self._ahead = stored.time - time.monotonic()

    def now(self) -> float:
        """Return the time of NATS, in seconds since the epoch."""
        return time.monotonic() + self._ahead

    # The API

    async def get(self, stream: str, which: dict[str, Any]) -> Stored | None:
        """Return a message of a stream; None: there is none. Raises Refused."""
        try:
            return read_message(await self.api(f"STREAM.MSG.GET.{stream}", which))
        except Refused as error:
            if error.code in (NO_MESSAGE, NOT_FOUND):
                return None
            raise

    async def api(self, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the API. Raises Refused."""
        data = b"" if body is None else msgspec.json.encode(body)
        answer = await (await self._connection.ask(f"$JS.API.{what}", data))
        if answer.nobody:
            raise Refused("nobody answers there")
        return read_answer(answer.data)

    # Streams

    async def stream_info(self, name: str) -> dict[str, Any] | None:
        """Return where a stream stands, see `read_stream`; None: there is none. Raises Refused."""
        try:
            return await self.api(f"STREAM.INFO.{name}")
        except Refused as error:
            if error.code != NOT_FOUND:
                raise
            return None

    async def make(self, config: dict[str, Any]) -> None:
        """Make the stream of a channel, unless another hub does. Raises Refused."""
        subject = making_of(config["name"])
        before = await self.get(NOTES, {"last_by_subj": subject})
        if before is not None and before.body and self.now() - before.time < MAKING:
            await asyncio.sleep(PAUSE)
            return
        try:
            mine = await self.put_note(subject, b"making", 0 if before is None else before.seq)
        except Refused as error:
            if error.code != OTHER_SEQUENCE:
                raise
            return  # another hub was faster
        try:
            await self._make_alone(config)
        finally:
            with contextlib.suppress(Refused):
                await self.put_note(subject, b"", mine)

    async def _make_alone(self, config: dict[str, Any]) -> None:
        if await self.stream_info(config["name"]) is None:
            await self.api(f"STREAM.CREATE.{config['name']}", config)

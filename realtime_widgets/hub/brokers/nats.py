"""The NATS broker: hubs share the JetStream of a NATS. `nats_streams` is what it keeps, `nats_link` the way there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from typing import Any, Final

from ...errors import UsageError
from ...protocol.limits import MAX_FRAME_BYTES
from ...streams.gaps import Position
from ..policies import Retention
from .engine import Found, Link, LinkLost, Note, numbered
from .linked import LinkedBroker
from .nats_jetstream import PAUSE, TRIES, JetStream
from .nats_link import Address, Connection
from .nats_streams import (
    DIGEST,
    NO_JETSTREAM,
    OTHER_SEQUENCE,
    TOO_LARGE,
    Amend,
    Chirp,
    Commands,
    Look,
    Placed,
    Publish,
    Refused,
    Stream,
    base_of,
    config_of,
    limits_of,
    next_epoch,
    note_in,
    note_of,
    notes_of,
    read_ack,
    read_stream,
    stream_of,
    subject_of,
)

OLDEST: Final = (2, 9)
"""The version of nats-server that it takes: older ones do not tell messages again with their numbers."""

HEADER_BYTES: Final = 300
"""Bytes of the headers of a message, at most."""

MAX_KNOWN: Final = 100_000
"""Channels whose epochs a link knows."""

MAX_GET: Final = 128
"""Messages that are asked for at once."""


class NatsLink:
    """A link to NATS, and what is done over it.

    Args:
        address: where it leads to.
        retention: how much of each channel is kept.
    """

    def __init__(self, address: Address, retention: Retention) -> None:
        self._retention = retention
        self._connection = connection = Connection(address)
        self._epochs: dict[str, str] = {}  # of channels that were looked at
        self._replicas = address.replicas
        self._jetstream = JetStream(connection, address.replicas)
        self._refusal: Refused | LinkLost | None = None  # to keep anything, or to let us do it
        self.follow, self.leave, self.hear = connection.follow, connection.leave, connection.hear
        self.close = connection.close

    @property
    def heard(self) -> int:
        """See `engine.Link.heard`."""
        return self._connection.heard

    async def open(self) -> None:
        """Connect. Raises LinkLost."""
        await self._connection.connect()
        try:
            await self._jetstream.open()
        except Refused as error:
            self._refusal = error  # told by `check`
        except LinkLost as error:
            if not _forbids(error):
                raise
            self._refusal = error

    async def check(self) -> str | None:
        """See `engine.Link.check`."""
        facts = self._connection.facts
        version = str(facts.get("version", ""))
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
        if len(numbers) == 2 and numbers < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise UsageError(f"it has version {version}; the hub takes nats-server {oldest} or newer")
        if isinstance(self._refusal, LinkLost):
            raise _may_not(self._refusal)
        if self._refusal is not None and self._refusal.code in (0, *NO_JETSTREAM):
            raise UsageError(
                f"it has no JetStream for this user ({self._refusal}); start it with nats-server -js, or turn it on "
                "for the account"
            )
        if self._refusal is not None:
            raise UsageError(f"its JetStream refuses to keep anything ({self._refusal})")
        try:
            await self._try()
        except LinkLost as error:
            if _forbids(error):
                raise _may_not(error) from None
            raise
        if self._max_payload < MAX_FRAME_BYTES:
            return (
                f"its max_payload is {self._max_payload:,} bytes: larger messages, of which a hub takes up to "
                f"{MAX_FRAME_BYTES:,}, are refused; set max_payload: 2MB"
            )
        return None

    async def _try(self) -> None:
        """Say something wherever hubs do, which changes nothing; what is forbidden ends the link. Raises LinkLost."""
        api = [f"$JS.API.STREAM.{what}.rw-trial" for what in ("INFO", "CREATE", "UPDATE", "MSG.GET")]
        for subject in (*api, "rw.trial.none", "rw-canary.trial"):
            await self._connection.say(subject)
        names = [b"rw-news.trial.*", b"rw-canary.trial"]
        await self.follow(names)
        await self.leave(names)

    @property
    def _max_payload(self) -> int:
        """Bytes of a message, and of its headers, that NATS takes; it may change."""
        return int(self._connection.facts.get("max_payload", MAX_FRAME_BYTES))

    # Commands

    async def run(self, commands: Sequence[Any]) -> list[Any]:
        """See `engine.Link.run`."""
        answers: list[Any] = [None] * len(commands)
        async with self._connection.patience():
            for turn in _turns(commands):
                publications = [number for number in turn if isinstance(commands[number], Publish)]
                others = [number for number in turn if not isinstance(commands[number], Publish)]
                for number, answer in zip(
                    others, await asyncio.gather(*(self._do(commands[n]) for n in others)), strict=True
                ):
                    answers[number] = answer
                if publications:
                    await self._publish({number: commands[number] for number in publications}, answers)
        return answers

    async def _do(self, command: Look | Amend | Chirp) -> Any:
        try:
            match command:
                case Look():
                    return await self._look(command)
                case Amend():
                    return await self._amend(command)
                case Chirp():
                    return await self._connection.say(command.subject)
        except Refused as error:
            return error

    async def _publish(self, publications: dict[int, Publish], answers: list[Any]) -> None:
        """Publish messages in their order, and note their answers."""
        for _ in range(TRIES):
            seen = {each.channel: each.seen for each in publications.values()}
            unknown = [channel for channel in seen if channel not in self._epochs]
            whys = await asyncio.gather(*(_refusal(self._stream(name, seen[name])) for name in unknown))
            refused = {channel: why for channel, why in zip(unknown, whys, strict=True) if why is not None}
            sent = []
            for number, each in publications.items():
                if each.channel in refused:
                    answers[number] = refused[each.channel]
                    continue
                epoch = self._epochs.get(each.channel, "")  # "": forgotten, nobody is there
                headers = {"Nats-Msg-Id": each.id, DIGEST: each.digest}
                if len(each.body) + HEADER_BYTES > self._max_payload:
                    answers[number] = Refused(
                        f"its max_payload is {self._max_payload:,} bytes; make it larger", TOO_LARGE
                    )
                    continue
                subject = subject_of(each.channel, epoch)
                sent.append((number, each, epoch, await self._connection.ask(subject, each.body, headers)))
            again: dict[int, Publish] = {}
            known: list[tuple[int, Awaitable[Placed]]] = []
            for number, each, epoch, asked in sent:
                answer = await asked
                if answer.nobody:
                    again[number] = each
                    if self._epochs.get(each.channel) == epoch:
                        del self._epochs[each.channel]
                    continue
                try:
                    seq, duplicate = read_ack(answer.data)
                except Refused as error:
                    answers[number] = error
                    continue
                position = Position(epoch, seq)
                if duplicate:
                    known.append((number, self._known(each.channel, position)))
                else:
                    answers[number] = Placed(position, fresh=True, digest=None)
            firsts = await asyncio.gather(*(first for _, first in known))
            for (number, _), placed in zip(known, firsts, strict=True):
                answers[number] = placed
            if not again:
                return
            publications = again
            await asyncio.sleep(PAUSE)
        raise LinkLost("nobody there takes the messages of a channel")

    async def _known(self, channel: str, position: Position) -> Placed:
        """Return where a message is that was published before, and what it was if it is still kept."""
        first = await self._jetstream.get(stream_of(channel), {"seq": position.offset})
        if first is None:
            return Placed(position, fresh=False, digest=None)
        return Placed(Position(first.epoch, position.offset), fresh=False, digest=first.digest)

    async def _look(self, command: Look) -> Found:
        channel, seen, after, most = command
        stream = await self._stream(channel, seen)
        there, base = Position(stream.epoch, stream.last), base_of(stream.epoch)
        found = Found(there, base, [])
        messages, age = self._retention[channel]
        oldest = 0.0 if age is None else self._jetstream.now() - age
        after = max(after, base, stream.first - 1, stream.last - messages)
        while most > 0 and after < stream.last:
            count = max(1, min(MAX_GET, int(most / max(1.0, stream.size)), stream.last - after))
            wanted = range(after + 1, after + 1 + count)
            some = await asyncio.gather(
                *(self._jetstream.get(stream_of(channel), {"seq": seq}) for seq in wanted)
            )
            after = wanted[-1]
            for each in some:
                if each is None or each.epoch != stream.epoch or each.time <= oldest:
                    continue
                most -= len(each.body)
                if most < 0 and found.messages:
                    return found
                message = numbered(each.body, Position(each.epoch, each.seq))
                if message is not None:
                    found.messages.append(message)
        return found

    async def _stream(self, channel: str, seen: Position) -> Stream:
        """Return where the stream of a channel stands; make it if there is none, and give it another epoch if it has
        lost its end. Raises Refused.
        """
        name = stream_of(channel)
        for _ in range(TRIES):
            answer = await self._jetstream.stream_info(name)
            if answer is None:
                await self._jetstream.make(config_of(channel, self._retention, self._replicas))
                continue
            stream = read_stream(answer)
            changes: dict[str, Any] = {}
            if stream.epoch == seen.epoch and stream.last < seen.offset:
                changes["subjects"] = [subject_of(channel, next_epoch(stream.epoch, stream.last))]
            if channel not in self._epochs:
                limits = limits_of(channel, self._retention)
                changes |= {key: value for key, value in limits.items() if stream.config.get(key) != value}
            if changes:
                stream = read_stream(
                    await self._jetstream.api(f"STREAM.UPDATE.{name}", stream.config | changes)
                )
            if len(self._epochs) >= MAX_KNOWN:
                del self._epochs[next(iter(self._epochs))]
            self._epochs[channel] = stream.epoch
            return stream
        raise LinkLost("a stream that is missing is not made")

    # Notes

    async def _amend(self, command: Amend) -> tuple[Note, float]:
        channel, age, had, note = command
        subject = note_of(channel, age)
        for _ in range(TRIES):
            stored = await self._jetstream.get(notes_of(subject), {"last_by_subj": subject})
            before = Note(b"", b"") if stored is None else note_in(stored.body)
            if had is None or note is None or before != had:
                return before, self._jetstream.now()
            body = b"".join(note) if note.note else b""
            try:
                await self._jetstream.put_note(subject, body, 0 if stored is None else stored.seq)
            except Refused as error:
                if error.code != OTHER_SEQUENCE:
                    raise
                continue  # another hub was faster
            return before, self._jetstream.now()
        raise LinkLost("a note beside a channel is changed again and again")


def _forbids(error: LinkLost) -> bool:
    return "permissions violation" in str(error).lower()


def _may_not(why: Exception) -> UsageError:
    return UsageError(
        f"its user may not do what hubs do ({why}); allow it to publish to $JS.API.STREAM.>, rw.>, rw-note.>, "
        "rw-canary.> and rw-claims, and to subscribe to _INBOX.>, rw-news.>, rw-canary.> and rw-claims"
    )


async def _refusal(work: Awaitable[object]) -> Refused | None:
    try:
        await work
    except Refused as error:
        return error
    return None


def _turns(commands: Sequence[Any]) -> Iterator[list[int]]:
    """Return the numbers of commands that may be done together: those of a channel that are of one kind."""
    turns: list[list[int]] = []
    last: dict[str, tuple[int, bool]] = {}
    for number, command in enumerate(commands):
        publishes = isinstance(command, Publish)
        turn, before = last.get(command.channel, (0, publishes))
        turn += before != publishes
        last[command.channel] = turn, publishes
        if turn == len(turns):
            turns.append([])
        turns[turn].append(number)
    yield from turns


class NatsEngine:
    """A NATS.

    Args:
        address: where it is.
        retention: how much of each channel is kept.
    """

    name = "NATS"

    def __init__(self, address: Address, retention: Retention) -> None:
        self._address = address
        self._retention = retention
        self.place = address.place
        self.commands = Commands()

    async def open(self) -> Link:
        """See `engine.Engine.open`."""
        link = NatsLink(self._address, self._retention)
        try:
            await link.open()
        except BaseException:
            await link.close()
            raise
        return link


class NatsBroker(LinkedBroker):
    """Channels in NATS.

    Args:
        address, retention: as for `NatsEngine`.
    """

    def __init__(self, address: Address, retention: Retention) -> None:
        super().__init__(NatsEngine(address, retention))

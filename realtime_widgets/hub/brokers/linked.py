"""The linked broker: keeps channels in an engine that any number of hubs share, which are one hub together.

Commands wait in one queue (`jobs`), and all that has gathered while the engine answered is sent at once; results come
back in their order. What was not answered when a link is lost is sent again over the next: every message has an id, by
which the engine knows it if it has it already. News of messages come on topics (`topics`), which lose some without a
word; what does not follow on what was handed on (`followed`) is read from the history, and so is all that may have
been missed while a link was down, or deaf. `engine` is what it asks of an engine; `redis` and `nats` are some.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import random
import secrets
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from ...errors import UsageError
from ...protocol.envelope import Message, encode_data, write
from ...streams.gaps import Position
from .base import NOTE_AGE, Change, NotKept, OutOfReach, Sink, TooLarge, Trouble
from .dedup import Key, KeyReused, digest_of_data, digest_of_key
from .engine import NOTE_ID, NOWHERE, Engine, Found, Link, LinkLost, Note, numbered, read_wake
from .file_store import FileStore
from .followed import Followed
from .jobs import Job, Jobs
from .subscribers import Subscribers
from .topics import Topics

logger = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE: Final = 5.0
"""Seconds that a message may wait for the engine."""

BEAT: Final = 1.0
"""Seconds between two looks at what should have gone on; a link that says nothing for two is lost."""

CHIRPS: Final = 2
"""Messages that the hub sends to itself in that time."""

DEAF: Final = 3
"""Of them, how many in a row bring no word before the link is lost: not two beats after the last."""

RETRY: Final = (0.05, 1.0)
"""Seconds before the engine is tried again, at first and at most."""

MAX_SEEN: Final = 100_000
"""Channels whose newest positions are known."""

LOOK_BYTES: Final = 64 * 1024
"""Bytes of messages that are read from a history at once."""

TURN_BYTES: Final = 64 * 1024
"""Bytes of news after which others have their turn: otherwise a burst would make slow clients of all."""


class LinkedBroker:
    """Channels in an engine.

    Args:
        engine: which.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._commands = engine.commands
        self._name = secrets.token_bytes(8)  # with a number, the id of a message that came without
        self._numbers = itertools.count()
        self._subscribers = Subscribers()
        self._followed: dict[str, Followed] = {}
        self._seen: OrderedDict[str, Position] = OrderedDict()
        self._jobs = self._no_jobs()
        self._going: asyncio.Task[None] | None = None
        self._trouble: str | None = None  # of the link
        self._refused: Trouble | None = None  # the newest message
        self._link: Link | None = None
        self._topics = Topics(self._commands.wake)

    @property
    def files(self) -> FileStore | None:
        """See `Broker.files`."""
        return None

    @property
    def trouble(self) -> Trouble | None:
        """See `Broker.trouble`."""
        return self._refused if self._trouble is None else Trouble("unreachable", self._trouble)

    def _no_jobs(self) -> Jobs:
        return Jobs(
            self._engine.name, self._engine.place, lambda: self._trouble or f"no answer within {PATIENCE:g} s"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._engine.place}>"

    async def open(self) -> None:
        """See `Broker.open`."""
        what = f"the hub cannot keep its messages at {self._engine.place}"
        try:
            link = await self._engine.open()
        except LinkLost as error:
            name = self._engine.name
            todo = f"start a {name} there, or name another address"
            if error.shut_out:
                todo = f"look at the user and the password in its address, and in the configuration of {name}"
            raise UsageError(f"{what}: {error}; {todo}") from None
        try:
            warning = await link.check()
        except (LinkLost, UsageError) as error:
            await link.close()
            raise UsageError(f"{what}: {error}") from None
        if warning is not None:
            logger.warning("%s: %s", self._engine.place, warning)
        self._jobs, self._topics = self._no_jobs(), Topics(self._commands.wake)  # of this event loop
        self._trouble = self._refused = None
        self._link = link
        self._going = asyncio.create_task(self._run())

    async def close(self) -> None:
        """See `Broker.close`; what cannot reach the engine at once is given up."""
        going, self._going = self._going, None
        if going is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEAT):
                while self._jobs and self._trouble is None:
                    await asyncio.sleep(0.005)
        going.cancel()
        await asyncio.wait({going})
        await self._drop_link()
        self._jobs.end()
        for followed in self._followed.values():
            followed.end()

    # Publishing

    def publish(self, channel: str, message: Message, key: Key | None = None) -> asyncio.Future[Position]:
        """See `Broker.publish`."""
        done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        try:
            job = self._publication(channel, message, key, done)
        except Exception as error:
            done.set_exception(error)
            return done
        self._submit(job, PATIENCE)
        return done

    def _publication(
        self, channel: str, message: Message, key: Key | None, done: asyncio.Future[Position]
    ) -> Job:
        data = message.data
        raw = data if isinstance(data, msgspec.Raw) else msgspec.Raw(encode_data(data))
        whole = msgspec.structs.replace(message, data=raw, channel=channel, epoch=None, offset=None)
        body = write(whole).encode()
        digest = digest_of_data(raw, key)
        own = self._name + next(self._numbers).to_bytes(8, "big")
        id = own if key is None else digest_of_key(key)

        def command() -> Any:
            return self._commands.publish(channel, id, digest, body, self._newest(channel))

        def land(answer: Any) -> None:
            try:
                position, fresh = self._commands.placed(answer, digest)
            except KeyReused as error:
                if not done.done():
                    done.set_exception(error)
                return
            self._refused = None
            self._landed(channel, position, whole if fresh else None, done)

        def fail(why: NotKept) -> None:
            if not isinstance(why, TooLarge):
                self._refused = why.trouble
            if not done.done():
                done.set_exception(why)

        return Job(command, land, fail, len(body))

    def _landed(
        self, channel: str, position: Position, fresh: Message | None, done: asyncio.Future[Position]
    ) -> None:
        def tell() -> None:
            if not done.done():
                done.set_result(position)

        followed = self._followed.get(channel)
        if fresh is not None:
            self._note(channel, position)
            fresh.epoch, fresh.offset = position
            if followed is not None:
                followed.hear(position, lambda: fresh)  # else its news are on their way
        if followed is None:
            tell()
        else:
            followed.when_at(position, tell)

    def _note(self, channel: str, position: Position) -> None:
        """Keep the newest position of a channel: by it the engine knows whether it has lost its end."""
        before = self._seen.pop(channel, position)
        self._seen[channel] = before if before.epoch == position.epoch and before > position else position
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)

    def _newest(self, channel: str) -> Position:
        followed = self._followed.get(channel)
        here = NOWHERE if followed is None else followed.position or NOWHERE
        return self._seen.get(channel, here)

    # Reading

    async def position(self, channel: str, known: Position | None = None) -> Position:
        """See `Broker.position`."""
        here = await self._here(channel)
        followed = self._followed.get(channel)
        if known is None or followed is None or _has(here, known):
            return here
        if not _has((await self._ask(channel)).position, known):
            return here  # it never was one, or it is lost
        handed_on: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell() -> None:
            if not handed_on.done():
                handed_on.set_result(None)

        followed.when_at(known, tell)
        self._look(followed)
        try:
            async with asyncio.timeout(PATIENCE):
                await handed_on
        except TimeoutError:
            raise OutOfReach(self._jobs.no_answer()) from None
        return await self._here(channel)

    async def _here(self, channel: str) -> Position:
        followed = self._followed.get(channel)
        if followed is None:
            return (await self._ask(channel)).position
        if followed.established and followed.position is not None:
            return followed.position
        ready: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        followed.when_ready(ready)
        try:
            async with asyncio.timeout(PATIENCE):
                return await ready
        except TimeoutError:
            raise OutOfReach(self._jobs.no_answer()) from None

    async def read(self, channel: str, after: int, most: int) -> list[Message]:
        """See `Broker.read`."""
        found = await self._ask(channel, after, most)
        followed = self._followed.get(channel)
        if followed is None or followed.position is None:
            return found.messages
        epoch, offset = followed.position
        if found.position.epoch != epoch:
            self._look(followed)
            return []
        return [message for message in found.messages if (message.offset or 0) <= offset]

    async def _ask(self, channel: str, after: int = 0, most: int = 0) -> Found:
        def read(answer: Any) -> Found:
            found = self._commands.found(answer)
            self._note(channel, found.position)  # at once: others may land before whoever asked goes on
            return found

        return await self._call(
            lambda: self._commands.look(channel, self._newest(channel), after, most), read
        )

    async def _call(self, command: Callable[[], Any], read: Callable[[Any], T], size: int = 0) -> T:
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def land(answer: Any) -> None:
            found = read(answer)
            if not done.done():
                done.set_result(found)

        def fail(why: NotKept) -> None:
            if not done.done():
                done.set_exception(OutOfReach(str(why)))

        self._submit(Job(command, land, fail, size), PATIENCE)
        return await done

    async def amend(self, channel: str, change: Change, age: float = NOTE_AGE) -> None:
        """See `Broker.amend`."""
        had, now = await self._call(lambda: self._commands.amend(channel, age), self._commands.noted)
        while True:
            note = change(had.note, now)
            if note == had.note:
                return
            ours = Note(secrets.token_bytes(NOTE_ID), note)
            command = self._commands.amend(channel, age, had, ours)
            before, (had, now) = had, await self._call(partial(_as_it_is, command), self._commands.noted)
            if had in (before, ours):  # it is ours already when the answer to the first try was lost
                return

    # Following

    def subscribe(self, channel: str, sink: Sink) -> Callable[[], None]:
        """See `Broker.subscribe`."""
        if channel not in self._followed:
            self._followed[channel] = followed = Followed(channel, self._subscribers.tell)
            self._look(followed)  # where it begins; before anything that is published from now on
            self._topics.wish(channel, follow=True)
        return self._subscribers.add(channel, sink, self._left)

    def _left(self, channel: str) -> None:
        self._followed.pop(channel).end()
        self._topics.wish(channel, follow=False)

    def _submit(self, job: Job, patience: float | None = None) -> None:
        if self._going is None:
            job.fail(NotKept("the hub has stopped"))
        else:
            self._jobs.add(job, patience)

    def _look(self, followed: Followed) -> None:
        """Hand on what there is after what was handed on, and go on until it is all."""
        if followed.looking:
            followed.due = True
            return
        followed.looking, followed.due = True, False
        channel = followed.channel
        confirmed = False

        def command() -> Any:
            nonlocal confirmed
            confirmed = followed.confirmed
            here, seen = followed.position, self._newest(channel)
            if here is None:
                return self._commands.look(channel, seen)
            return self._commands.look(channel, seen, here.offset, LOOK_BYTES)

        def land(answer: Any) -> None:
            followed.looking = False
            if self._followed.get(channel) is not followed:
                return
            found = self._commands.found(answer)
            self._note(channel, found.position)
            if followed.take(found) or followed.due:
                self._look(followed)
            elif confirmed:
                followed.establish()

        def fail(why: NotKept) -> None:
            followed.looking, followed.due = False, True
            followed.give_up(str(why))

        self._submit(Job(command, land, fail))

    def _hear(self, name: bytes, data: bytes) -> None:
        followed = self._followed.get(self._topics.channel(name) or "")
        if followed is None:
            return
        try:
            there, body = read_wake(data)
        except ValueError:
            return  # nobody of ours has written it
        if followed.hear(there, lambda: numbered(body, there)):
            self._note(followed.channel, there)
        else:
            self._look(followed)

    def _confirm(self, name: bytes) -> None:
        followed = self._followed.get(self._topics.confirm(name) or "")
        if followed is not None:
            followed.confirmed = True
            self._look(followed)

    # The links

    async def _run(self) -> None:
        """Have a link, and when it is lost another, until cancelled."""
        pause = RETRY[0]
        while True:
            try:
                self._link = self._link or await self._engine.open()
                await self._live(self._link)
            except LinkLost as error:
                self._trouble = str(error)
            except Exception:
                self._trouble = "the hub made a mistake, which its log has"
                logger.exception("the link to %s is made anew", self._engine.place)
            finally:
                self._jobs.put_back()
                of_use = self._link is not None and self._link.heard > 0
                await self._drop_link()
            pause = RETRY[0] if of_use else min(2 * pause, RETRY[1])
            await asyncio.sleep(random.uniform(pause / 2, pause))

    async def _drop_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _live(self, link: Link) -> None:
        """Work until a link is lost."""
        canary = self._commands.canary()
        self._topics.begin(self._followed)
        for followed in self._followed.values():
            followed.confirmed = False
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(link))
                tasks.create_task(self._send(link))
                tasks.create_task(self._follow(link, canary))
                tasks.create_task(self._watch(link, canary))
        except ExceptionGroup as group:
            lost, other = group.split(LinkLost)
            raise other or (lost or group).exceptions[0] from None

    async def _send(self, link: Link) -> None:
        while True:
            batch = await self._jobs.take()
            answers = await link.run([job.command() for job in batch])
            if self._refused is not None and self._refused.kind == "unreachable":
                self._refused = None
            self._jobs.land(answers)
            await asyncio.sleep(0)  # the sessions have their turn

    async def _follow(self, link: Link, canary: bytes) -> None:
        await link.follow([canary])
        while True:
            for follow, names in await self._topics.next():
                await (link.follow(names) if follow else link.leave(names))

    async def _listen(self, link: Link) -> None:
        stretch = 0
        while True:
            kind, name, data = await link.hear()
            self._trouble = None
            if kind == b"subscribe":
                self._confirm(name)
            elif kind == b"message":
                self._hear(name, data)
                stretch += len(data)
                if stretch > TURN_BYTES:
                    stretch = 0
                    await asyncio.sleep(0)

    async def _watch(self, link: Link, canary: bytes) -> None:
        """Send something to ourselves, and raise when nothing is heard; look after what did not go on."""
        silent = 0
        while True:
            for _ in range(CHIRPS):
                before = link.heard
                self._jobs.add(Job(lambda: self._commands.chirp(canary), _ignore, _ignore), PATIENCE)
                await asyncio.sleep(BEAT / CHIRPS)
                silent = 0 if link.heard > before else silent + 1
                if silent >= DEAF:
                    raise LinkLost(f"it has said nothing for {silent * BEAT / CHIRPS:g} s")
            for followed in list(self._followed.values()):
                if followed.confirmed and (followed.due or followed.waited_for or not followed.established):
                    self._look(followed)


def _has(here: Position, known: Position) -> bool:
    """Whether all up to a position is there."""
    return here.epoch == known.epoch and here.offset >= known.offset


def _as_it_is(answer: Any) -> Any:
    return answer


def _ignore(_: Any) -> None:
    pass

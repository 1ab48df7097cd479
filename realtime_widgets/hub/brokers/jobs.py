"""The jobs of a linked broker: commands that wait for its engine, in one order, and for how long they may. No I/O.

A job that was sent and not answered waits in its place again; one that has waited for too long is given up, whether it
was sent or not, and nobody is told its answer.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

from .base import Kind, NotKept, TooLarge
from .engine import Refused

logger = logging.getLogger(__name__)

MAX_BATCH: Final = 500
MAX_BATCH_BYTES: Final = 256 * 1024
"""Jobs that are sent at once, and their bytes, but for a single one."""

MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes of all that wait."""

LOOK: Final = 0.05
"""Of a job's patience: how often those are looked for that have waited for too long."""


class Job:
    """A command that waits for its answer.

    Args:
        command: returns it; anew each time that it is sent.
        land: takes the answer.
        fail: is told why there is none.
        size: bytes.
    """

    __slots__ = ("command", "fail", "land", "over", "sent", "size", "until")

    def __init__(
        self,
        command: Callable[[], Any],
        land: Callable[[Any], object],
        fail: Callable[[NotKept], object],
        size: int = 0,
    ) -> None:
        self.command = command
        self.land = land
        self.fail = fail
        self.size = size
        self.sent = False
        """Whether the engine may have it."""
        self.over = False
        self.until = math.inf
        """When it has waited for too long, on the loop's clock."""


class Jobs:
    """The queue.

    Args:
        engine: what it is called, such as "Redis".
        place: where it is, for sentences.
        why: returns why it does not answer.
    """

    def __init__(self, engine: str, place: str, why: Callable[[], str]) -> None:
        self._engine = engine
        self._place = place
        self._why = why
        self._waiting: deque[Job] = deque()
        self._batch: list[Job] = []  # those that were sent
        self._bytes = 0
        self._there = asyncio.Event()
        self._looking: asyncio.TimerHandle | None = None

    def add(self, job: Job, patience: float | None = None) -> None:
        """Have a job done.

        Args:
            job: which.
            patience: seconds that it may wait, and a little more; None: for as long as it takes.
        """
        if self._bytes + job.size > MAX_BYTES:
            job.fail(
                NotKept(
                    f"{len(self):,} messages wait for {self._place} already, which is the most there may be",
                    "unreachable",
                )
            )
            return
        self._bytes += job.size
        if patience is not None:
            loop = asyncio.get_running_loop()
            job.until = loop.time() + patience
            if self._looking is None:
                self._looking = loop.call_later(patience * LOOK, self._look, patience * LOOK)
        self._waiting.append(job)
        self._there.set()

    async def take(self) -> list[Job]:
        """Return those that are to be sent next; waits for one."""
        while True:
            while self._waiting and self._waiting[0].over:
                self._waiting.popleft()
            if self._waiting:
                break
            self._there.clear()
            await self._there.wait()
        size = 0
        while self._waiting and len(self._batch) < MAX_BATCH:
            job = self._waiting[0]
            if not job.over:
                size += job.size
                if self._batch and size > MAX_BATCH_BYTES:
                    break
                job.sent = True
                self._batch.append(job)
            self._waiting.popleft()
        return list(self._batch)

    def land(self, answers: Iterable[Any]) -> None:
        """Tell the answers to those that were taken, in their order, and refusals."""
        batch, self._batch = self._batch, []
        for job, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Refused):
                why = f"{self._place} refuses it ({answer})"
                kind: Kind = "full" if answer.full else "refusing"
                self._end(job, TooLarge(why) if answer.too_large else NotKept(why, kind))
                continue
            self._end(job, None)
            try:
                job.land(answer)
            except Exception:  # somebody else has written what was answered
                logger.exception("an answer of %s cannot be read", self._place)
                job.fail(NotKept(f"an answer of {self._place} cannot be read; the hub's log says why"))

    def put_back(self) -> None:
        """Have those that were taken wait again, in their places: there was no answer."""
        batch, self._batch = self._batch, []
        self._waiting.extendleft(reversed(batch))

    def end(self) -> None:
        """Give up all that wait: the hub stops."""
        self.put_back()
        while self._waiting:
            self._end(self._waiting.popleft(), NotKept("the hub has stopped"))
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def no_answer(self, *, sent: bool = False) -> str:
        """Return the sentence about an engine that does not answer.

        Args:
            sent: it is about a message that the engine may have.
        """
        unknown = ", and whether it has the message is not known" if sent else ""
        return f"{self._place} cannot be reached ({self._why()}){unknown}; start {self._engine}, or look at the network"

    def _look(self, again: float) -> None:
        """Give up those that have waited for too long, and let go of them; a timer for each would cost much."""
        loop = asyncio.get_running_loop()
        self._looking, now = None, loop.time()
        late = [job for job in (*self._batch, *self._waiting) if job.until <= now]
        self._waiting = deque(job for job in self._waiting if not job.over and job.until > now)
        soon = any(now < job.until < math.inf and not job.over for job in (*self._batch, *self._waiting))
        if soon:  # before anybody is told, who may raise or add another
            self._looking = loop.call_later(again, self._look, again)
        for job in late:
            self._end(job, NotKept(self.no_answer(sent=job.sent), "unreachable"))

    def _end(self, job: Job, why: NotKept | None) -> None:
        if job.over:
            return
        job.over = True
        self._bytes -= job.size
        if why is not None:
            job.fail(why)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._batch)

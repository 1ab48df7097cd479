"""Two hubs on one engine, in processes of their own, that are killed, while their engine is stopped now and then.

Clients go from one hub to the other. Nothing is lost, nothing heard twice, all hear one order; and what was not acknowledged
was published once or never.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

import realtime_widgets as rw
from realtime_widgets import cli
from realtime_widgets.protocol.envelope import Message
from support.engines import EngineServer, engine_server, make
from support.faults import Proxy
from support.hub_process import hub
from support.ports import free_port
from support.redis_server import RedisServer
from support.schedules import FULL, seed_of_run
from support.servers import wait_for

KILLS = 50 if FULL else 10

TOKEN = "my-own-token"

PACE = rw.Reconnect(initial=0.05, maximum=0.2)


class Hubs:
    """Two hubs, each in a process that is replaced when it is killed."""

    def __init__(self, server: EngineServer, env: dict[str, str]) -> None:
        self._arguments = ["--broker", server.url, "--history", "1000000"]
        self._env = env | {cli.TOKEN: TOKEN}
        self._ports = [free_port(), free_port()]
        self._running: list[Any] = [None, None]
        self._pids = [0, 0]
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Hubs:
        for which in (0, 1):
            self._start(which)
        return self

    def __exit__(self, *_: object) -> None:
        for running in self._running:
            running.close()

    def _start(self, which: int) -> None:
        stack = contextlib.ExitStack()
        process, _, _ = stack.enter_context(
            hub("--port", str(self._ports[which]), *self._arguments, env=self._env)
        )
        self._running[which] = stack
        self._pids[which] = process.pid

    def kill(self, which: int) -> None:
        """Kill one at once, and start another in its place."""
        self._running[which].close()  # kill -9
        self._start(which)

    def port(self, which: int) -> int:
        return self._ports[which]

    def url(self, which: int) -> str:
        return f"ws://127.0.0.1:{self._ports[which]}/ws/dashboard"

    def urls(self, first: int) -> Callable[[], str]:
        """Return what gives the address of the one and the other in turn, as a load balancer would."""
        turns: Iterator[int] = itertools.cycle((first, 1 - first))
        return lambda: self.url(next(turns))


class Worker:
    """A client that publishes numbers of its own and hears those of all."""

    def __init__(self, hubs: Hubs, which: int) -> None:
        self.client = rw.connect(hubs.urls(which), auth=TOKEN, subscribe=["work"], reconnect=PACE)
        self.stream = self.client.stream("work", max_points=1_000_000)
        self.sent: list[tuple[int, Any]] = []
        self._answered = self._acknowledged = 0
        self._first = which * 10_000_000
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._publish)

    def start(self) -> None:
        self._thread.start()

    def _publish(self) -> None:
        while not self._done.wait(0.002):
            if sum(not each.done for _, each in self.sent[-300:]) < 100:
                number = self._first + len(self.sent) + 1
                self.sent.append((number, self.client.publish("work", {"n": number})))

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    @property
    def acknowledged(self) -> int:
        """How many were, before the first that has no answer yet."""
        while self._answered < len(self.sent) and (each := self.sent[self._answered][1]).done:
            self._answered += 1
            self._acknowledged += each.state == "acknowledged"
        return self._acknowledged

    @property
    def heard(self) -> list[int]:
        return [int(number) for number in self.stream.read()["n"]]


def kept(server: EngineServer) -> list[Message]:
    """What the engine has of the channel."""

    async def read() -> list[Message]:
        broker = make(server.url, 1_000_000)
        await broker.open()
        try:
            found: list[Message] = []
            while page := await broker.read("work", found[-1].offset or 0 if found else 0, 1_000_000):
                found += page
            return found
        finally:
            await broker.close()

    return asyncio.run(read())


@pytest.mark.parametrize("engine", ["redis", "nats"])
def test_hubs_on_one_engine_are_one_hub_whichever_of_them_is_killed(
    engine: str, tmp_path: Path, child_env: dict[str, str]
):
    rng = random.Random(seed_of_run())
    stops = dict(
        zip(sorted(rng.sample(range(1, KILLS + 2), 2)), [signal.SIGTERM, signal.SIGKILL], strict=True)
    )
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(engine_server(engine, tmp_path, safe=True))
        if isinstance(server, RedisServer):
            server.command("CONFIG", "SET", "appendfsync", "everysec")
        hubs = stack.enter_context(Hubs(server, child_env))
        workers = [Worker(hubs, which) for which in (0, 1)]
        proxy = stack.enter_context(Proxy(hubs.port(0)))
        stalling = stack.enter_context(
            rw.connect(proxy.to(hubs.url(0)), auth=TOKEN, subscribe=["work"], reconnect=PACE)
        )
        reads_at_times = stalling.stream("work", max_points=1_000_000)
        try:
            for each in (stalling, *(worker.client for worker in workers)):
                each.wait_until("connected", 60)  # all hear the first number
            for worker in workers:
                worker.start()
            for turn in range(KILLS + len(stops)):
                (proxy.heal if turn % 2 else partial(proxy.half_open, direction="down"))()
                before = [worker.acknowledged for worker in workers]
                wait_for(
                    lambda before=before: all(
                        worker.acknowledged > count + 20
                        for worker, count in zip(workers, before, strict=True)
                    ),
                    "acknowledgements of both",
                )
                threading.Event().wait(rng.uniform(0, 0.05))  # into whatever they do then
                if turn in stops:
                    if stops[turn] == signal.SIGKILL and isinstance(server, RedisServer):
                        # "everysec" may lose a second then
                        server.command("CONFIG", "SET", "appendfsync", "always")
                        before = [worker.acknowledged for worker in workers]
                        wait_for(lambda before=before: workers[0].acknowledged > before[0] + 20)
                    server.stop(stops[turn])
                    threading.Event().wait(rng.uniform(0, 0.5))
                    server.start()
                else:
                    hubs.kill(rng.randrange(2))
            proxy.heal()
            for worker in workers:
                worker.stop()
            sent = [each for worker in workers for each in worker.sent]
            wait_for(lambda: all(each.done for _, each in sent), "the last answer")
            messages = kept(server)
            numbers = [msgspec.json.decode(message.data)["n"] for message in messages]
            wait_for(
                lambda: all(len(worker.stream) >= len(numbers) for worker in workers), "the last message"
            )
            wait_for(lambda: len(reads_at_times) >= len(numbers), "the last message of who stalls")
            heard = [worker.heard for worker in workers]
            heard.append([int(number) for number in reads_at_times.read()["n"]])
            gaps = [
                gap for stream in (reads_at_times, *(each.stream for each in workers)) for gap in stream.gaps
            ]
        finally:
            for worker in workers:
                worker.stop()
                worker.client.close()
    assert [message.offset for message in messages] == list(range(1, len(messages) + 1))
    assert len({message.epoch for message in messages}) == 1
    assert not gaps, "nothing is missing"
    assert heard == [numbers] * 3, "in one order for all"
    assert len(numbers) == len(set(numbers)), "one was published twice"
    places = {
        number: (message.epoch, message.offset) for number, message in zip(numbers, messages, strict=True)
    }
    assert {each.state for _, each in sent} <= {"acknowledged", "failed"}
    for number, each in sent:
        if each.state == "acknowledged":
            assert places[number] == each.position
    for worker in workers:
        good = {number for number, each in worker.sent if each.state == "acknowledged"}
        in_order = [number for number in numbers if number in good]
        assert in_order == sorted(good), "in the order in which they were sent"
        assert len(good) > 20 * (KILLS - 1)

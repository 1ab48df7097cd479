"""The brokers of `hub.py`, by themselves, in a process of their own: how many messages a second they take."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from typing import Any

HISTORY = 1000
"""Messages of a channel that are kept."""

PIPELINE = 500
"""XADDs that are sent at once; publishes to a stream of NATS that have no answer yet."""


def record(number: int) -> dict[str, Any]:
    return {"loss": 0.4213, "accuracy": 0.9312, "step": number}


def rate_of(broker: str, count: int, followed: bool = False) -> dict[str, float]:
    """Return what a broker of ours takes, with as many in flight as a publisher may have."""
    return _apart(_publish, broker, count, followed)


def rate_of_xadd(url: str, count: int, asynchronous: bool) -> dict[str, float]:
    """Return what redis-py takes that only appends envelopes to a stream."""
    return _apart(_append_later if asynchronous else _append, url, count, False)


def rate_of_jetstream(url: str, count: int) -> dict[str, float]:
    """Return what nats-py takes that only publishes envelopes to a stream, with as many in flight as our link has."""
    return _apart(_publish_to_stream, url, count, False)


def _apart(run: Callable[..., Any], url: str, count: int, followed: bool) -> dict[str, float]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_report, args=(there, run, url, count, followed)
    )
    process.start()
    seconds, cpu = here.recv()
    process.join()
    return {"messages/s": count / seconds, "CPU µs each": 1e6 * cpu / count, "count": count}


def _report(line: Connection, run: Callable[..., Any], url: str, count: int, followed: bool) -> None:
    found = run(url, count, followed)
    line.send(asyncio.run(found) if isinstance(found, Coroutine) else found)


async def _publish(broker: str, count: int, followed: bool) -> tuple[float, float]:
    import realtime_widgets as rw
    from realtime_widgets.hub.channels import encode_publication
    from realtime_widgets.hub.in_flight import InFlight

    made = rw.Hub(broker=broker, history=HISTORY)._broker
    await made.open()
    try:
        heard = 0

        def hear(_: object) -> None:
            nonlocal heard
            heard += 1

        if followed:
            made.subscribe("bench", hear)
            await made.position("bench")
        in_flight = InFlight()
        began, cpu = time.perf_counter(), time.process_time()
        for number in range(count):
            placed = made.publish("bench", encode_publication("bench", record(number)))
            in_flight.note(placed)
            await in_flight.room()
            if number % PIPELINE == 0:
                await asyncio.sleep(0)
        await placed  # one channel has one order
        found = time.perf_counter() - began, time.process_time() - cpu
        assert not followed or heard == count, heard
    finally:
        await made.close()
    return found


async def _append_later(url: str, count: int, _: bool) -> tuple[float, float]:
    from redis.asyncio import Redis

    from realtime_widgets.protocol.envelope import new_envelope, write

    async with Redis.from_url(url, protocol=2) as client:
        began, cpu = time.perf_counter(), time.process_time()
        for first in range(0, count, PIPELINE):
            async with client.pipeline(transaction=False) as pipeline:
                for number in range(first, first + PIPELINE):
                    body = write(new_envelope("bench", record(number), channel="bench"))
                    pipeline.xadd("bare", {"m": body}, maxlen=HISTORY, approximate=True)
                await pipeline.execute()
        return time.perf_counter() - began, time.process_time() - cpu


def _append(url: str, count: int, _: bool) -> tuple[float, float]:
    from redis import Redis

    from realtime_widgets.protocol.envelope import new_envelope, write

    with Redis.from_url(url, protocol=2) as client:
        began, cpu = time.perf_counter(), time.process_time()
        for first in range(0, count, PIPELINE):
            with client.pipeline(transaction=False) as pipeline:
                for number in range(first, first + PIPELINE):
                    body = write(new_envelope("bench", record(number), channel="bench"))
                    pipeline.xadd("bare", {"m": body}, maxlen=HISTORY, approximate=True)
                pipeline.execute()
        return time.perf_counter() - began, time.process_time() - cpu


async def _publish_to_stream(url: str, count: int, _: bool) -> tuple[float, float]:
    import nats

    from realtime_widgets.protocol.envelope import new_envelope, write

    client = await nats.connect(url)
    try:
        stream = client.jetstream(publish_async_max_pending=PIPELINE)
        await stream.add_stream(name="bare", subjects=["bare"], max_msgs=HISTORY)
        began, cpu = time.perf_counter(), time.process_time()
        for number in range(count):
            body = write(new_envelope("bench", record(number), channel="bench"))
            placed = await stream.publish_async("bare", body.encode())
        await stream.publish_async_completed()
        found = time.perf_counter() - began, time.process_time() - cpu
        assert (await placed).seq % count == 0, "each has an answer"
    finally:
        await client.close()
    return found

"""What one client is sent: several channels behind at once, and what is published while they are read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from realtime_widgets.hub import outgoing
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.catch_up import CatchUp
from realtime_widgets.hub.channels import Channels, encode_publication
from realtime_widgets.hub.flush import Flush, Parcel, Stretch
from realtime_widgets.hub.outgoing import Outgoing
from realtime_widgets.hub.policies import Retention
from realtime_widgets.hub.tally import Tally
from realtime_widgets.hub.turns import Turn, Turns
from realtime_widgets.protocol.envelope import Message


class Slow(MemoryBroker):
    """Answers when others had their turns, as one with a disk does."""

    def __init__(self) -> None:
        super().__init__(Retention(1000, None))
        self.reading = 0
        self.most = 0

    async def read(self, channel: str, after: int, most: int) -> list[Message]:
        self.reading += 1
        self.most = max(self.most, self.reading)
        for _ in range(len(channel)):  # each as long as its name
            await asyncio.sleep(0)
        self.reading -= 1
        return await super().read(channel, after, most)


class Transport:
    """A client that reads everything."""

    outlet = None

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def receive(self) -> str | bytes | None:
        raise NotImplementedError

    async def send(self, frame: str) -> None:
        await asyncio.sleep(0)
        found = json.loads(frame)
        self.messages += found if isinstance(found, list) else [found]

    def listen(self, take: Callable[[bytes], bool]) -> None: ...

    async def close(self, code: int, reason: str) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        raise AssertionError("it was cut off")

    def of(self, channel: str) -> list[int]:
        return [each["data"] for each in self.messages if each["type"] == channel]


def test_channels_that_are_behind_are_read_together_and_what_comes_meanwhile_is_not_lost():
    names = ["x" * length for length in range(1, 41)]

    async def main() -> None:
        broker, transport = Slow(), Transport()
        channels = Channels(broker)
        tally = Tally()
        out = Outgoing(
            transport,
            channels,
            tally,
            Flush(tally, turns := Turns(), Stretch(turns)),
            Turn(Turns(), "x"),
            conflates=lambda _: False,
            too_slow=lambda: None,
            out_of_reach=lambda _: None,
        )
        out.recovers, out.batch = True, 1000
        for name in names:
            for number in range(5):
                await channels.publish(encode_publication(name, number))
            there = await channels.position(name)
            out.fall_behind(name, CatchUp(name, there._replace(offset=2)))
            channels.subscribe(name, out.hear)
        writer = asyncio.create_task(out.run())
        for number in range(5, 60):
            for name in names:
                channels.publish(encode_publication(name, number))
            await asyncio.sleep(0)
        async with asyncio.timeout(60):
            while any(transport.of(name)[-1:] != [59] for name in names):
                await asyncio.sleep(0)
        writer.cancel()
        for name in names:
            assert transport.of(name) == list(range(2, 60)), name
        assert broker.most == outgoing.CAUGHT_UP_AT_ONCE

    asyncio.run(main())


class Busy(Transport):
    """A client that can be written to without waiting, when it is not busy."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = False
        self.outlet: Any = self  # type: ignore[assignment]

    def free(self) -> bool:
        return not self.busy

    def pack(self, parcel: Parcel) -> bytes:
        return json.dumps(parcel.texts).encode()

    def write(self, wire: bytes) -> None:
        for frame in json.loads(wire):
            found = json.loads(frame)
            self.messages += found if isinstance(found, list) else [found]


@pytest.mark.parametrize("busy", [True, False])
@pytest.mark.parametrize("first", [10, 60_000, 1_000_000])
def test_nothing_is_lost_of_what_comes_after_a_large_message_in_the_same_turn(first: int, busy: bool):
    async def main() -> None:
        transport = Busy()
        tally = Tally()
        given_up = asyncio.Event()
        channels = Channels(MemoryBroker(Retention(1000, None)))
        turns = Turns()
        outgoing = Outgoing(
            transport,
            channels,
            tally,
            Flush(tally, turns, Stretch(turns)),
            Turn(turns, "me"),
            conflates=lambda _: False,
            too_slow=given_up.set,
            out_of_reach=lambda _: None,
        )
        outgoing.batch = 65536
        channels.subscribe("x", outgoing.hear)
        task = asyncio.create_task(outgoing.run())
        await asyncio.sleep(0)
        transport.busy = busy
        channels.publish(encode_publication("x", "x" * first))
        sent = 0
        while sent < 300 and not given_up.is_set():
            channels.publish(encode_publication("x", sent))
            sent += not given_up.is_set()
        assert first == 1_000_000 or not given_up.is_set()
        for _ in range(50):
            await asyncio.sleep(0)
        assert transport.of("x")[1:] == list(range(sent)), "all, or it is closed as too slow"
        task.cancel()

    asyncio.run(main())

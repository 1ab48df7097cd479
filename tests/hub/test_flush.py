"""The flush: each client is written to once in a turn of the loop, and what many are sent alike is made once."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable

import pytest
from websockets.frames import Frame, Opcode

from realtime_widgets.hub import flush
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.flush import Flush, Parcel, Stretch, Writes, text_frame
from realtime_widgets.hub.session import HubSession
from realtime_widgets.hub.state import HubState
from realtime_widgets.hub.tally import Tally
from realtime_widgets.hub.turns import Turns
from realtime_widgets.runtime import get_runtime

HELLO = {"type": "hello", "data": {"batch": True}}
SUBSCRIBE = {"type": "subscribe", "data": {"streams": ["x"]}}


class Peer:
    """A client that says hello, follows x and reads what it may, as a `session.ClientTransport` with an outlet."""

    def __init__(self, *said: object) -> None:
        self.said = [json.dumps(each) for each in said]
        self.outlet = self
        self.written: list[bytes] = []
        self.waited_for: list[str] = []
        self.all: list[str] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.left = asyncio.Event()

    async def receive(self) -> str | None:
        if self.said:
            return self.said.pop(0)
        await self.left.wait()
        return None

    def free(self) -> bool:
        return self.reads.is_set()

    def pack(self, parcel: Parcel) -> bytes:
        parcel.wire = json.dumps(parcel.texts).encode()
        return parcel.wire

    def write(self, wire: bytes) -> None:
        assert self.reads.is_set()
        self.written.append(wire)
        self.all += json.loads(wire)

    async def send(self, frame: str) -> None:
        await self.reads.wait()
        self.waited_for.append(frame)
        self.all.append(frame)

    def listen(self, take: Callable[[bytes], bool]) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...

    def abort(self) -> None: ...


class Gathers:
    """What is due for a client: always the same."""

    def __init__(self, *writes: tuple[Callable[[bytes], object], bytes]) -> None:
        self.writes = writes

    def gather(self, writes: Writes) -> None:
        writes += self.writes


def numbers(text: str) -> list[int]:
    found = json.loads(text)
    found = found if isinstance(found, list) else [found]
    return [message["data"] for message in found if message["type"] == "x"]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_clients_with_the_same_to_read_are_written_to_once_and_with_the_same_bytes():
    async def main() -> None:
        state = HubState(get_runtime(), MemoryBroker())
        peers = [Peer(HELLO, SUBSCRIBE) for _ in range(3)] + [Peer({**HELLO, "data": {}}, SUBSCRIBE)]
        tasks = [asyncio.create_task(HubSession(state, peer, ()).run()) for peer in peers]
        await settle()
        for peer in peers:
            peer.written.clear()
            peer.waited_for.clear()
        before = state.tally.sent, state.tally.sent_bytes["websocket"]
        for number in range(5):
            state.channels.publish(encode_publication("x", number))
        await settle()
        assert [len(peer.written) for peer in peers] == [1, 1, 1, 1]
        assert len({id(peer.written[0]) for peer in peers[:3]}) == 1
        batched, single = (json.loads(peer.written[0]) for peer in peers[2:])
        assert [numbers(text) for text in batched] == [[0, 1, 2, 3, 4]]
        assert [numbers(text) for text in single] == [[0], [1], [2], [3], [4]]
        assert state.tally.sent == before[0] + 20
        size = sum(map(len, single))
        assert state.tally.sent_bytes["websocket"] == before[1] + 4 * size + 3 * len("[,,,,]")
        assert not any(peer.waited_for for peer in peers)
        for peer in peers:
            peer.left.set()
        await asyncio.gather(*tasks)

    asyncio.run(main())


def test_what_a_connection_cannot_take_at_once_is_sent_when_it_can_and_in_order():
    async def main() -> None:
        state = HubState(get_runtime(), MemoryBroker())
        peer = Peer(HELLO, SUBSCRIBE)
        task = asyncio.create_task(HubSession(state, peer, ()).run())
        await settle()
        peer.reads.clear()
        for number in (1, 2):
            state.channels.publish(encode_publication("x", number))
            await settle()
        assert not peer.waited_for
        peer.reads.set()
        state.channels.publish(encode_publication("x", 3))
        await settle()
        before = [number for text in peer.waited_for for number in numbers(text)]
        assert before == [1, 2, 3], "while its task writes, nobody else does"
        state.channels.publish(encode_publication("x", 4))
        await settle()
        assert numbers(json.loads(peer.written[-1])[0]) == [4]
        peer.left.set()
        await task

    asyncio.run(main())


def test_what_a_burst_has_for_a_client_is_written_when_the_burst_is_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(flush, "HOLD", 1e9)
    written: list[bytes] = []

    async def main() -> None:
        turns = Turns()
        one = Flush(Tally(), turns, stretch := Stretch(turns))
        goes_on = True

        def more() -> None:
            if goes_on:
                turns.queue("a", more)

        async def begin() -> None:
            """The first message of a burst, of which more waits for its turn."""
            written.clear()
            more()
            turns.more = True
            one.add(Gathers((written.append, b"burst")))
            turns.more = False
            await settle()
            assert not written

        await begin()
        goes_on = False
        await settle()
        assert written == [b"burst"], "it is over"
        goes_on = True

        await begin()
        one.add(Gathers((written.append, b"another")))
        await settle()
        assert written == [b"burst", b"another"], "what comes alone does not wait, and nothing overtakes"

        await begin()
        stretch.bytes = flush.MOST_AT_ONCE
        await settle()
        assert written == [b"burst"], "it is much"
        assert not stretch.bytes

        await begin()
        monkeypatch.setattr(flush, "HOLD", 0.0)
        await settle()
        assert written == [b"burst"], "it has waited for long enough"

    asyncio.run(main())


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 10**6])
def test_a_frame_is_what_the_library_makes_of_it(size: int):
    text = "é" * (size // 2) + "x" * (size % 2)
    assert text_frame(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def test_parcels_are_known_for_one_flush_and_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(flush, "MAX_PARCELS", 2)

    async def main() -> None:
        one = Flush(Tally(), turns := Turns(), Stretch(turns))
        first = one.parcel(["a", "b"], 100)
        assert first.texts == ["[a,b]"]
        assert first.count == 2
        assert one.parcel(["a", "b"], 100) is first
        assert one.parcel(["a", "b"], 0) is not first
        assert one.parcel(["c"], 0).texts == ["c"]
        assert one.parcel(["a", "b"], 100) is not first
        again = one.parcel(["a", "b"], 100)
        assert one.alone("c") is one.alone("c")
        one.add(Gathers())
        await settle()
        assert one.parcel(["a", "b"], 100) is not again

    asyncio.run(main())


def test_a_client_that_fails_keeps_nobody_from_what_is_theirs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(flush, "AT_ONCE", 2)
    written: list[bytes] = []

    def fail(wire: bytes) -> None:
        raise RuntimeError("of the test")

    async def main() -> None:
        one = Flush(Tally(), turns := Turns(), Stretch(turns))
        one.add(Gathers((fail, b"")))
        for wire in (b"0", b"1", b"2", b"3"):
            one.add(Gathers((written.append, wire)))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(written.append, b"another")
        await settle()

    with caplog.at_level(logging.CRITICAL, flush.__name__):
        asyncio.run(main())
    assert written == [b"0", b"1", b"2", b"another", b"3"]


@pytest.mark.parametrize("seed", range(30))
def test_however_it_is_sent_all_is_sent_once_and_in_order(seed: int):
    """Alone, with others, by the task, and from the history: a client may get it in any of these ways."""
    chance = random.Random(seed)
    hello = {"type": "hello", "data": {"batch": chance.random() < 0.5, "recovery": True}}

    async def main() -> None:
        state = HubState(get_runtime(), MemoryBroker())
        peer = Peer(hello, SUBSCRIBE)
        session = HubSession(state, peer, ())
        task = asyncio.create_task(session.run())
        await settle()
        sent = answers = 0
        for _ in range(200):
            match chance.randrange(6):
                case 0 | 1:
                    for _ in range(chance.choice((1, 1, 1, 2, 5))):
                        state.channels.publish(encode_publication("x", sent))
                        sent += 1
                case 2:
                    await settle()
                case 3:
                    await asyncio.sleep(0)
                case 4:
                    session.say("pong", {"n": answers})
                    answers += 1
                case 5:
                    (peer.reads.clear if peer.reads.is_set() else peer.reads.set)()
        peer.reads.set()
        await settle()
        state.channels.publish(encode_publication("x", sent))
        await settle()
        messages = []
        for text in peer.all:
            found = json.loads(text)
            messages += found if isinstance(found, list) else [found]
        assert [each["data"] for each in messages if each["type"] == "x"] == list(range(sent + 1))
        said = [each["data"]["n"] for each in messages if each["type"] == "pong"]
        assert said == list(range(answers))
        peer.left.set()
        await task

    asyncio.run(main())


def test_a_client_whose_bytes_cannot_be_made_keeps_nobody_from_what_is_theirs(
    caplog: pytest.LogCaptureFixture,
):
    written: list[bytes] = []

    class Fails:
        def gather(self, writes: Writes) -> None:
            raise RuntimeError("of the test")

    async def main() -> None:
        one = Flush(Tally(), turns := Turns(), Stretch(turns))
        one.add(Fails())
        one.add(Gathers((written.append, b"1")))
        await settle()
        one.add(Gathers((written.append, b"2")))
        await settle()

    with caplog.at_level(logging.CRITICAL, flush.__name__):
        asyncio.run(main())
    assert written == [b"1", b"2"]

"""Intake: how much is handed on at once, and who is cut off; with a transport that does nothing by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from realtime_widgets.hub import intake, turns
from realtime_widgets.hub.intake import PIECE, Intake
from realtime_widgets.hub.turns import Turns


class IdleTransport:
    """What the system would be told."""

    def __init__(self) -> None:
        self.reading = True
        self.closing = self.aborted = False
        self.unread = 0

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True

    def get_write_buffer_size(self) -> int:
        return self.unread


class Reader:
    """A protocol that takes what it gets, and has enough after every so many bytes."""

    def __init__(self, enough: int = 10**9) -> None:
        self.got = bytearray()
        self.largest = 0
        self.calls: list[str] = []
        self._enough = enough
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.got += data
        self.largest = max(self.largest, len(data))
        if len(self.got) % self._enough < len(data):
            self._transport.pause_reading()

    def __getattr__(self, name: str) -> Any:
        return lambda *_: self.calls.append(name)


def made(line: Turns, reader: Any) -> tuple[Intake, IdleTransport]:
    transport, one = IdleTransport(), Intake(reader, line)
    one.connection_made(transport)
    return one, transport


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 60))


DATA = bytes(range(256)) * 1024


def test_little_is_handed_on_at_once():
    async def main() -> None:
        one, transport = made(Turns(), reader := Reader())
        one.data_received(b"little")
        assert reader.got == b"little"
        assert transport.reading

    run(main())


def test_much_is_handed_on_in_pieces_in_order_while_the_system_waits(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "TURN", 0.0)

    async def main() -> None:
        one, transport = made(Turns(), reader := Reader())
        one.data_received(DATA)
        iterations = 0
        while not transport.reading:
            await asyncio.sleep(0)
            iterations += 1
        assert reader.got == DATA
        assert reader.largest == PIECE
        assert iterations >= len(DATA) // PIECE - 1

    run(main())


def test_many_who_send_much_have_one_piece_handed_on_in_each_iteration_of_the_loop(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(turns, "TURN", 0.0)

    async def main() -> None:
        line = Turns()
        readers = [Reader() for _ in range(20)]
        for reader in readers:
            one, _ = made(line, reader)
            one.belongs_to("the same client")
            one.data_received(DATA)
        bystander, _ = made(line, little := Reader())
        before = sum(len(reader.got) for reader in readers)
        for iteration in range(1, 200):
            await asyncio.sleep(0)
            assert sum(len(reader.got) for reader in readers) - before <= iteration * PIECE
        bystander.data_received(bytes(PIECE * 10))
        for _ in range(40):  # by turns with the many, as if they were one
            await asyncio.sleep(0)
        assert len(little.got) == PIECE * 10

    run(main())


def test_others_know_whether_there_is_more_of_what_is_handed_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "TURN", 0.0)
    line, said = Turns(), list[bool]()

    class Asks(Reader):
        def data_received(self, data: bytes) -> None:
            said.append(line.more)

    async def main() -> None:
        one, transport = made(line, Asks())
        one.data_received(DATA[: 5 * PIECE])
        while not transport.reading:
            assert not line.more, "nothing is handed on now"
            await asyncio.sleep(0)
        assert said == [True] * 4 + [False]

    run(main())


def test_a_protocol_that_has_enough_is_handed_nothing_until_it_wants_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(intake, "LARGEST_PIECE", PIECE)
    monkeypatch.setattr(turns, "TURN", 0.0)

    async def main() -> None:
        one, transport = made(Turns(), reader := Reader(enough=5 * PIECE))
        one.data_received(DATA[: 20 * PIECE])
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(reader.got) == 5 * PIECE
        assert not transport.reading
        while len(reader.got) < 20 * PIECE:
            one.resume_reading()
            await asyncio.sleep(0)
        assert reader.got == DATA[: 20 * PIECE]
        assert transport.reading, "nothing waits: what comes next is kept, and then no more is read"
        one.data_received(DATA[20 * PIECE : 21 * PIECE])
        assert not transport.reading
        await asyncio.sleep(0)
        assert len(reader.got) == 20 * PIECE
        one.resume_reading()
        await asyncio.sleep(0)
        assert len(reader.got) == 21 * PIECE
        assert transport.reading

    run(main())


def test_what_waits_of_a_connection_that_ends_is_dropped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "TURN", 0.0)

    async def main() -> None:
        for end in ("close", "abort", "connection_lost"):
            one, transport = made(Turns(), reader := Reader())
            one.data_received(DATA)
            if end == "connection_lost":
                transport.closing = True
                one.connection_lost(None)
            else:
                getattr(one, end)()
            got = len(reader.got)
            for _ in range(10):
                await asyncio.sleep(0)
            assert len(reader.got) == got

    run(main())


def test_a_protocol_that_fails_costs_its_connection_only(caplog: pytest.LogCaptureFixture):
    class Failing(Reader):
        def data_received(self, data: bytes) -> None:
            raise ValueError("no")

    async def main() -> None:
        line = Turns()
        one, transport = made(line, Failing())
        one.data_received(DATA)
        assert transport.aborted
        other, _ = made(line, reader := Reader())
        other.data_received(b"x")
        assert reader.got == b"x"

    run(main())
    assert "is cut off" in caplog.text


def test_who_reads_nothing_is_cut_off_and_who_reads_something_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(intake, "WRITE_TIMEOUT", 0.0)

    async def main() -> None:
        one, transport = made(Turns(), Reader())
        transport.unread = 10
        one.pause_writing()
        for left in (9, 8, 7):
            transport.unread = left
            one._look()
            assert not transport.aborted
        one._look()
        assert transport.aborted

    run(main())


def test_who_has_read_all_is_not_watched(monkeypatch: pytest.MonkeyPatch):
    async def main() -> None:
        one, transport = made(Turns(), reader := Reader())
        transport.unread = 10
        one.pause_writing()
        transport.unread = 0
        one.resume_writing()
        assert one._deadline is None
        one.close()
        assert one._deadline is not None, "the rest must be read, too"
        one._look()
        assert not transport.aborted
        one.connection_lost(None)
        assert reader.calls == ["pause_writing", "resume_writing", "connection_lost"]

    run(main())


def test_it_is_the_transport_of_its_protocol_and_of_the_next():
    async def main() -> None:
        one, transport = made(Turns(), Reader())
        one.data_received(b"1")
        one.set_protocol(second := Reader())
        second.connection_made(one)
        one.data_received(b"2")
        assert second.got == b"2"
        assert one.get_protocol() is second
        assert one.unread == 0, "what it does not know is the transport's"
        one.eof_received()
        assert second.calls == ["eof_received"]
        one.close()
        assert transport.closing

    run(main())

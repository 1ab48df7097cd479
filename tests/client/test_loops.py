"""Looping over a client: which messages a loop has, when it ends, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.client import Client
from realtime_widgets.client.connection import LINGER
from realtime_widgets.client.loops import MAX_BEFORE, Loops
from realtime_widgets.client.pool import Pool
from realtime_widgets.client.sansio.inbox import MAX_WAITING, Overflow, checked_overflow
from realtime_widgets.errors import (
    ClientError,
    ConnectionLost,
    ConnectionRejected,
    UsageError,
    WouldDeadlock,
)
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.runtime import get_runtime
from realtime_widgets.streams.gaps import Gap
from support.event_server import Events
from support.fake_clock import FakeClock
from support.notebooks import make_shell
from support.openai_server import OpenAIServer
from support.servers import LIMIT, Server, refusing, wait_for
from support.states import settled

TEXT = rw.decoders.json(data="choices.0.delta.content")
ASK = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Who are you?"}]}
ANSWER = "Hello there, big world"


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with OpenAIServer(ANSWER) as made:
        yield made


def apart(fn: Callable[[], Any]) -> Future[Any]:
    """Call a function on a thread of its own."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(fn())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="a test's loop", daemon=True).start()
    return future


def data(loop: Any) -> list[Any]:
    return [message.data for message in loop]


# Over the answer to a question


def test_the_answer_of_a_model_is_a_loop(model: OpenAIServer):
    model.key = "sk-12345678"
    with rw.connect(model.url, post=ASK, auth="sk-12345678", reconnect=None, decode=TEXT) as reply:
        parts = list(reply)
    assert [type(part) for part in parts] == [Message] * 4
    assert "".join(part.data for part in parts) == ANSWER
    assert len(model.requests) == 1


def test_its_parts_come_while_it_is_being_said(model: OpenAIServer):
    model.hold_after = 2
    with rw.connect(model.url, post=ASK, decode=TEXT) as reply:
        loop = iter(reply)
        assert [next(loop).data, next(loop).data] == ["Hello", " there,"]
        assert reply.state == "connected"
        model.go_on()
        assert data(loop) == [" big", " world"]
        assert next(loop, None) is None, "what has ended stays so"


def test_nothing_is_lost_between_connecting_and_looping(model: OpenAIServer, connect: Any):
    words = [f" {i}" for i in range(3 * MAX_BEFORE)]
    model.answer = lambda asked: words
    reply = connect(model.url, post=ASK, decode=TEXT)
    settled(reply, "disconnected")
    assert data(reply) == words
    assert data(reply) == [], "that was read"


def test_many_loops_at_once_each_have_all(model: OpenAIServer, connect: Any):
    model.hold_after = 2
    reply = connect(model.url, post=ASK, decode=TEXT)
    started = threading.Barrier(5)

    def run() -> str:
        loop = iter(reply)
        started.wait(LIMIT)
        return "".join(data(loop))

    loops = [apart(run) for _ in range(4)]
    started.wait(LIMIT)
    model.go_on()
    assert [loop.result(LIMIT) for loop in loops] == [ANSWER] * 4


def test_an_answer_that_breaks_off_is_raised_after_what_came(model: OpenAIServer, connect: Any):
    model.cut_after = 2
    seen: list[str] = []
    reply = connect(model.url, post=ASK, decode=TEXT)
    with pytest.raises(ConnectionLost, match=r"the stream of http://127.* broke off"):
        seen.extend(part.data for part in reply)
    assert "".join(seen) == "Hello there,"
    with pytest.raises(ConnectionLost, match="broke off"):
        list(reply)


def test_a_question_that_is_refused_raises_the_words_of_the_server(model: OpenAIServer, connect: Any):
    model.failure = (400, "The context is too long.")
    with pytest.raises(ConnectionRejected, match=r"HTTP 400 .*: The context is too long\."):
        list(connect(model.url, post=ASK, decode=TEXT))


def test_what_cannot_be_read_ends_nothing_and_is_not_raised(connect: Any):
    with Events() as server:
        reply = connect(server.url, post={}, decode=rw.decoders.json(data="a"))
        settled(reply, "connected")
        server.send(b'data: {"a": "x"}\n\ndata: what?\n\ndata: {"a": "y"}\n\n')
        server.end()
        assert data(reply) == ["x", "y"]
        assert "'what?' is no JSON" in str(reply.last_error)


def test_to_connect_again_is_another_answer(model: OpenAIServer, connect: Any):
    reply = connect(model.url, post=ASK, decode=TEXT)
    assert "".join(data(reply)) == ANSWER
    reply.connect()
    assert "".join(data(reply)) == ANSWER
    assert len(model.requests) == 2


@pytest.mark.parametrize("raises", [False, True])
def test_a_loop_that_is_left_leaves_nothing_behind(model: OpenAIServer, pool: Pool, raises: bool):
    model.hold_after = 1
    threads = threading.active_count()
    kept: list[weakref.ref[Any]] = []

    def ask() -> None:
        with contextlib.suppress(KeyError), Client(model.url, post=ASK, decode=TEXT, pool=pool) as reply:
            kept.append(weakref.ref(reply))
            for _ in reply:
                if raises:
                    raise KeyError
                break

    ask()
    wait_for(lambda: not model.open, "the end of the link")
    wait_for(lambda: threading.active_count() <= threads)
    assert not pool.open
    assert not pool.kept
    wait_for(lambda: gc.collect() is not None and kept[0]() is None, "the end of the client")


def test_a_client_is_kept_by_its_loop_alone(model: OpenAIServer, pool: Pool):
    model.hold_after = 1
    loop = iter(Client(model.url, post=ASK, decode=TEXT, pool=pool))
    assert next(loop).data == "Hello"
    gc.collect()
    model.go_on()
    assert "".join(data(loop)) == ANSWER.removeprefix("Hello")
    del loop
    gc.collect()
    wait_for(lambda: not pool.open)


# Over what is followed


def test_it_begins_with_the_first_message_and_later_ones_with_the_next(client: Client, server: Server):
    server.send({"type": "x", "data": 1}, {"type": "y", "data": 2})
    first = iter(client)
    assert [next(first).data, next(first).data] == [1, 2]
    later = iter(client)
    server.send({"type": "x", "data": 3})
    assert next(later).data == next(first).data == 3


def test_what_controls_the_link_is_not_in_it(client: Client, server: Server):
    server.send({"type": "hello", "data": {}}, {"type": "ping", "data": {}}, {"type": "x", "data": 1})
    assert next(iter(client)).type == "x"


def test_a_loop_goes_on_over_a_link_that_is_lost(client: Client, server: Server):
    loop = iter(client)
    server.send({"type": "x", "data": 1})
    assert next(loop).data == 1
    server.close_all(1011)
    wait_for(lambda: server.connections == 2 and client.state == "connected")
    server.send({"type": "x", "data": 2})
    assert next(loop).data == 2


def test_a_stream_that_ends_and_is_not_reconnected_ends_it(connect: Any):
    with Events() as server:
        client = connect(server.url, decode=lambda raw: {"channel": "x", "data": str(raw)}, reconnect=None)
        settled(client, "connected")
        server.send(b"data: a\n\n")
        server.end()
        assert data(client) == ["a"]


def test_who_gives_up_raises_it(connect: Any):
    with Server(process_request=refusing(401)) as server, pytest.raises(ConnectionRejected, match="HTTP 401"):
        list(connect(server.url, auth="t"))
    with pytest.raises(ConnectionLost, match="nothing listens there"):
        list(connect("ws://127.0.0.1:1/", reconnect=None))


@pytest.fixture
def closable(server: Server, connect: Any, pool: Pool, fake_clock: FakeClock) -> Iterator[Client]:
    """A client that is connected; what lingers after it ends at once."""
    client = connect(server.url)
    settled(client, "connected")
    yield client
    client.disconnect()
    wait_for(lambda: fake_clock.turn(LINGER) or not pool.open)


@pytest.mark.parametrize("end", [Client.close, Client.disconnect])
def test_it_ends_when_the_client_does(closable: Client, end: Callable[[Client], None]):
    loop = iter(closable)
    ended = apart(lambda: list(loop))
    wait_for(lambda: loop._waits, "a loop that waits")  # type: ignore[attr-defined]
    end(closable)
    assert ended.result(LIMIT) == []
    assert next(loop, None) is None


def test_what_waits_is_gone_when_the_client_is_closed(closable: Client, server: Server):
    loop = iter(closable)
    server.send({"type": "x", "data": 1})
    wait_for(lambda: closable.stats.messages)
    closable.close()
    assert list(loop) == []
    with pytest.raises(UsageError, match="it was closed"):
        iter(closable)


def test_another_client_that_connects_again_opens_the_loops_of_all(connect: Any):
    with Events() as server:
        clients = [connect(server.url, decode=str.upper, reconnect=None) for _ in range(2)]
        settled(clients[1], "connected")
        server.end()
        assert list(clients[0]) == []
        clients[1].connect()
        settled(clients[0], "connected")
        loop = iter(clients[0])
        ended = apart(lambda: list(loop))
        wait_for(lambda: loop._waits, "a loop that waits")
        server.end()
        assert ended.result(LIMIT) == []


def test_the_next_run_of_a_cell_ends_its_loops(
    server: Server, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    shell = make_shell(monkeypatch)
    pool = Pool(get_runtime(), clock=fake_clock)
    loops: list[Future[Any]] = []
    clients: list[Client] = []

    def cell() -> None:
        clients.append(Client(server.url, pool=pool))
        loop = iter(clients[-1])
        loops.append(apart(lambda: data(loop)))

    shell.run(cell)
    shell.run(cell)
    assert loops[0].result(LIMIT) == []
    assert not loops[1].done()
    clients[1].disconnect()
    assert loops[1].result(LIMIT) == []


def test_the_next_run_of_a_cell_lets_an_answer_finish(
    model: OpenAIServer, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    shell = make_shell(monkeypatch)
    pool = Pool(get_runtime(), clock=fake_clock)
    model.hold_after = 1
    loop = shell.run(lambda: iter(Client(model.url, post=ASK, decode=TEXT, pool=pool)))
    assert next(loop).data == "Hello"
    shell.run(lambda: None)
    model.go_on()
    assert "".join(data(loop)) == ANSWER.removeprefix("Hello")


# Where it may wait


def test_it_may_not_wait_where_all_others_would(client: Client, server: Server):
    runtime = get_runtime()
    loop = iter(client)
    server.send({"type": "x", "data": 1})
    wait_for(lambda: client.stats.messages)

    async def on_the_io_thread() -> Any:
        return next(loop)

    for future in (
        runtime.submit(lambda: iter(client)),
        runtime.submit(lambda: next(loop)),
        runtime.run(on_the_io_thread()),
    ):
        with pytest.raises(WouldDeadlock, match="cannot wait on thread"):
            future.result(LIMIT)
    assert runtime.call_apart(lambda: next(loop)).result(LIMIT).data == 1, "as a chat calls its functions"


def test_a_coroutine_may_loop_too(model: OpenAIServer):
    async def ask() -> str:
        with rw.connect(model.url, post=ASK, decode=TEXT) as reply:
            return "".join([part.data async for part in reply])

    assert asyncio.run(ask()) == ANSWER
    model.cut_after = 1
    with pytest.raises(ConnectionLost, match="broke off"):
        asyncio.run(ask())


def test_a_coroutine_that_gives_up_waiting_loses_nothing(client: Client, server: Server):
    async def ask() -> Any:
        loop = aiter(client)
        for _ in range(50):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(loop), 0.001)
        assert len(loop._waits) <= 2  # type: ignore[attr-defined]
        server.send({"type": "x", "data": 1})
        return (await anext(loop)).data

    assert asyncio.run(ask()) == 1


def test_an_interrupt_ends_the_wait_and_not_the_loop(client: Client, server: Server):
    loop = iter(client)

    def interrupt() -> None:
        wait_for(lambda: loop._waits, "a loop that waits")  # type: ignore[attr-defined]
        os.kill(os.getpid(), signal.SIGINT)

    interrupted = apart(interrupt)
    with pytest.raises(KeyboardInterrupt):
        next(loop)
    interrupted.result(LIMIT)
    server.send({"type": "x", "data": 1})
    assert next(loop).data == 1


# What is kept


def message(value: Any, channel: str = "x") -> Message:
    return Message(channel, value, channel=channel)


def make(overflow: Overflow = "drop_oldest", *, answer: bool = False) -> tuple[Loops, list[ClientError]]:
    errors: list[ClientError] = []
    made = Loops(
        get_runtime(), "ws://place/", checked_overflow(overflow), answer=answer, complain=errors.append
    )
    return made, errors


def ended(loops: Loops, loop: Any) -> list[Any]:
    loops.end(None)
    return data(loop)


def test_what_comes_before_the_first_loop_is_kept_as_long_as_it_is_little():
    loops, _ = make()
    loops.put([message(i) for i in range(MAX_BEFORE)])
    assert ended(loops, loops.begin(None)) == list(range(MAX_BEFORE))

    loops, errors = make()
    loops.put([message(i) for i in range(MAX_BEFORE + 1)])
    assert not loops.wants, "nothing is kept for those who never loop"
    loop = loops.begin(None)
    loops.put([message("new")])
    assert ended(loops, loop) == ["new"]
    assert errors == []

    loops, _ = make()
    loops.put([message("x" * 600_000), message("x" * 600_000)])
    assert not loops.wants


def test_of_an_answer_all_is_kept_that_a_loop_would_keep():
    loops, errors = make(answer=True)
    loops.put([message(i) for i in range(MAX_WAITING + 7)])
    assert loops.dropped == 7
    loop = loops.begin(None)
    wait_for(lambda: errors)
    assert "began too late: it misses messages" in str(errors[0])
    assert ended(loops, loop) == list(range(7, MAX_WAITING + 7))

    loops, _ = make(answer=True)
    loops.put([message("x" * 40_000_000), message("y" * 40_000_000)])
    assert (loops.dropped, len(ended(loops, loops.begin(None)))) == (1, 1)


def test_a_loop_that_is_too_slow_misses_the_oldest_which_is_said_once():
    loops, errors = make()
    slow, quick = loops.begin(None), loops.begin(None)
    for i in range(MAX_WAITING + 7):
        loops.put([message(i)])
        assert next(quick).data == i
    assert loops.dropped == 7
    assert [str(error).partition(":")[0] for error in errors] == [
        "a loop over the client of ws",
    ]
    assert "is too slow: it misses messages" in str(errors[0])
    assert ended(loops, slow) == list(range(7, MAX_WAITING + 7))


def test_the_policy_of_the_client_is_that_of_its_loops():
    loops, errors = make("latest")
    loop = loops.begin(None)
    loops.put([message(1), message(2), message(3, "y"), Gap("x", "lost", 0.0), message(4)])
    assert ended(loops, loop) == [2, 3, 4], "what is new takes no place before a gap"
    assert errors == []


def test_loops_that_nobody_holds_are_gone():
    loops, _ = make()
    loop = loops.begin(None)
    loops.put([message(1)])
    assert next(loop).data == 1
    assert loops.wants
    del loop
    gc.collect()
    assert not loops.wants


def test_what_a_user_takes_of_an_error_is_his(model: OpenAIServer, connect: Any):
    """Python adds the frames of each loop to what that loop raised."""
    model.cut_after = 0
    reply = connect(model.url, post=ASK, decode=TEXT)
    raised = []
    for _ in range(2):
        with pytest.raises(ConnectionLost) as error:
            list(reply)
        raised.append(error.value)
    assert raised[0] is not raised[1]
    assert (str(raised[0]), vars(raised[0])) == (str(raised[1]), vars(raised[1]))


def test_what_loops_have_missed_is_counted_and_said(client: Client, server: Server):
    loop = iter(client)
    server.send([{"type": "x", "data": i} for i in range(MAX_WAITING + 3)])
    wait_for(lambda: client.stats.dropped == 3)
    assert "is too slow: it misses messages" in str(client.last_error)
    assert next(loop).data == 3

"""Whatever a client says, the hub goes on, and answers the next who makes sense."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.policies import Retention
from realtime_widgets.hub.session import HubSession
from realtime_widgets.hub.state import HubState
from support.timeless import Threadless, Timeless

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["streams", "positions", "x", "batch", "recovery", "acks", "client", "version"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=10,
)

TYPES = [
    "hello",
    "ping",
    "pong",
    "subscribe",
    "unsubscribe",
    "publish",
    "history",
    "ack",
    "error",
    "gap",
    "x",
    "",
]

WORDS = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES)},
    optional={
        "data": st.one_of(
            VALUES,
            st.fixed_dictionaries(
                {"streams": st.lists(st.sampled_from(["x", "y", "", "hello"]), max_size=3)},
                optional={"positions": st.dictionaries(st.sampled_from("xy"), VALUES, max_size=2)},
            ),
            st.just({"version": 1, "recovery": True, "acks": True}),
        ),
        "channel": st.sampled_from(["x", "y", "", "hello", "z" * 300]),
        "epoch": st.sampled_from(["e", ""]),
        "offset": st.integers(-3, 2**63 - 1),
        "id": st.one_of(st.text(max_size=3), st.integers(-5, 5), st.just("i" * 300)),
        "timestamp": st.one_of(st.floats(), st.integers()),
    },
)

FRAMES = st.one_of(
    WORDS.map(json.dumps),
    st.lists(WORDS, max_size=4).map(json.dumps),
    st.text(max_size=40),
    st.binary(max_size=40),
)


class RecordingClientTransport:
    """Says what it was given, and hears the answers."""

    outlet = None

    def __init__(self, frames: list[str | bytes]) -> None:
        self.heard: list[dict[str, Any]] = []
        self.answered = asyncio.Event()
        self._frames = [*frames, json.dumps({"type": "ping", "id": "the last"})]

    async def receive(self) -> str | bytes | None:
        if self._frames:
            return self._frames.pop(0)
        await self.answered.wait()
        return None

    async def send(self, frame: str) -> None:
        found = json.loads(frame)
        self.heard += found if isinstance(found, list) else [found]
        if any(message["type"] == "pong" and message["id"] == "the last" for message in self.heard):
            self.answered.set()

    def listen(self, take: Callable[[bytes], bool]) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...

    def abort(self) -> None: ...


@pytest.fixture(scope="module")
def loop() -> Iterator[Timeless]:
    loop = Timeless()
    logging.disable(logging.CRITICAL)
    yield loop
    logging.disable(logging.NOTSET)
    loop.close()


@settings(max_examples=1000, suppress_health_check=list(HealthCheck))
@given(st.lists(FRAMES, max_size=12))
def test_no_client_stops_its_session(loop: Timeless, frames: list[str | bytes]):
    broker = MemoryBroker(Retention(5, None), clock=loop.time)
    state = HubState(Threadless(loop), broker)  # type: ignore[arg-type]
    transport = RecordingClientTransport(frames)

    async def main() -> None:
        async with asyncio.timeout(60):
            await HubSession(state, transport, ("x",)).run()

    loop.run_until_complete(main())
    assert transport.answered.is_set()
    assert not state.sessions
    assert not broker._subscribers._sinks

"""How many may come in a second, and that all who were lost at once come back within that."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.client import Client
from realtime_widgets.client.pool import Pool
from realtime_widgets.hub import Hub, Limits
from realtime_widgets.hub.rate_limit import MAX_WAIT, ConnectionRateLimiter
from realtime_widgets.runtime import get_runtime
from support.servers import wait_for

CLIENTS = 500
PER_SECOND = 250
"""More than usual, or this would take long."""


@given(st.lists(st.floats(0, 0.5), max_size=200), st.integers(1, 10))
def test_no_second_has_more_than_so_many(steps: list[float], most: int):
    rate_limiter, now, admitted = ConnectionRateLimiter(most), 0.0, []
    for step in steps:
        now += step
        if rate_limiter.ask(now) == 0:
            admitted.append(now)
    for i, begin in enumerate(admitted):
        assert sum(other - begin < 1 for other in admitted[i:]) <= most


def test_who_is_turned_away_gets_a_turn_of_their_own():
    rate_limiter = ConnectionRateLimiter(2)
    waits = [rate_limiter.ask(10.0) for _ in range(6)]
    assert waits == [0, 0, 1.0, 1.5, 2.0, 2.5]
    assert rate_limiter.ask(11.0) == 0
    assert {ConnectionRateLimiter(None).ask(10.0) for _ in range(1000)} == {0.0}
    crowded = ConnectionRateLimiter(1)
    assert max(crowded.ask(0.0) for _ in range(10_000)) == MAX_WAIT
    assert crowded.ask(100.0) == 0
    assert crowded.ask(100.0) <= 1.0, "what they were told then is over"


@pytest.fixture
def quiet() -> Iterator[None]:
    """Five hundred lines of log say nothing."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def offset_of(client: Client) -> int | None:
    """How far a client has read; None: it does not know yet."""
    position = client._receiver.recovery.positions(["x"]).get("x")
    return None if position is None else position.offset


@pytest.mark.usefixtures("quiet")
def test_500_clients_that_lose_their_hub_at_once_come_back_spread_and_all(monkeypatch: pytest.MonkeyPatch):
    delays: dict[Client, float] = {}

    def note_delay(client: Client) -> None:
        status = client.status
        if status.state == "reconnecting" and status.retry_at is not None:
            delays.setdefault(client, status.retry_at - status.since)

    asked: list[float] = []
    admitted: list[float] = []
    ask = ConnectionRateLimiter.ask
    anew = threading.Event()

    def noted(rate_limiter: ConnectionRateLimiter, now: float) -> float:
        if not anew.is_set():
            return 0.0  # the first time all may come at once: this is about their return
        asked.append(now)
        wait = ask(rate_limiter, now)
        if not wait:
            admitted.append(now)
        return wait

    monkeypatch.setattr(ConnectionRateLimiter, "ask", noted)
    pool = Pool(get_runtime())
    with Hub(limits=Limits(connects=PER_SECOND)) as hub:
        clients = [
            Client(hub.url, auth=hub.token, headers={"X-Client": str(i)}, subscribe=["x"], pool=pool)
            for i in range(CLIENTS)
        ]
        try:
            wait_for(lambda: {offset_of(client) for client in clients} == {0}, "the first time")
            for client in clients:
                client.listen(lambda client=client: note_delay(client))
            hub.stop()
            wait_for(lambda: len(delays) == CLIENTS, "the loss")
            anew.set()
            hub.start()
            hub.publish("x", "missed by all")
            wait_for(lambda: all(client.state == "connected" for client in clients), "the return of all")
            assert len(admitted) == CLIENTS
            wait_for(lambda: {offset_of(client) for client in clients} == {1}, "what came meanwhile, for all")
            for i, begin in enumerate(admitted):
                assert sum(other - begin < 1 for other in admitted[i:]) <= PER_SECOND
            assert len(asked) < 4 * CLIENTS, "they wait for their turn"
            # What they chose, not when a busy machine let them: of half a second no tenth has half of them.
            fullest = max(
                sum(begin <= other < begin + 0.05 for other in delays.values()) for begin in delays.values()
            )
            assert fullest < CLIENTS / 2, "they do not come together"
        finally:
            for client in clients:
                client.disconnect()
            wait_for(lambda: not pool.open)

"""The simulation of `benchmarks/reconnects.py`, with few clients: it is our own code that decides, and that spreads them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.hub.rate_limit import ConnectionRateLimiter

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "reconnects.py"

CLIENTS = 4000
HUBS = 4


@pytest.fixture(scope="module")
def reconnects() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reconnects", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def hubs(reconnects: ModuleType, handshakes: float = 1000.0, connects: int = 100) -> list[object]:
    return [reconnects.SimulatedHub(handshakes, connects) for _ in range(HUBS)]


def test_after_a_region_was_away_the_peak_is_a_tenth_of_the_clients_and_without_jitter_it_is_all(
    reconnects: ModuleType,
):
    ours = reconnects.simulate(CLIENTS, hubs(reconnects), reconnects.at_once, back=60.0)
    assert len(ours.back) == CLIENTS
    assert ours.back.min() >= 60
    longest = Reconnect().maximum
    assert ours.per_second().max() < 2 * CLIENTS / longest * 1.5, "twice the mean, for delays begin at 0.5 s"
    plain = reconnects.simulate(
        CLIENTS, hubs(reconnects), reconnects.at_once, back=60.0, policy=Reconnect(jitter=False)
    )
    assert plain.per_second().max() >= 0.9 * CLIENTS


def test_no_hub_admits_more_in_a_second_than_it_may(reconnects: ModuleType):
    storm = reconnects.simulate(CLIENTS, hubs(reconnects, connects=50), reconnects.at_once)
    back = np.sort(storm.back)
    assert (back[50 * HUBS :] - back[: -50 * HUBS]).min() > 0.5, (
        "by when they are answered, not when they ask"
    )
    assert back[-1] >= CLIENTS / (50 * HUBS) - 1


def test_a_drain_is_as_long_as_it_is_said_to_be_and_nobody_tries_twice(reconnects: ModuleType):
    storm = reconnects.simulate(CLIENTS, hubs(reconnects), reconnects.drained(CLIENTS, 60.0))
    assert storm.tries.max() == 1
    assert 59 < storm.back.max() < 61.5
    assert storm.per_second().max() < 2 * CLIENTS / 60


def test_a_goodbye_spreads_the_clients_of_a_hub_that_stops(reconnects: ModuleType):
    storm = reconnects.simulate(CLIENTS, hubs(reconnects), reconnects.told(CLIENTS))
    spread = CLIENTS / reconnects.RETURNS_PER_SECOND
    assert np.quantile(storm.back, 0.5) == pytest.approx(spread / 2, rel=0.1)
    assert storm.per_second().max() < 2 * reconnects.RETURNS_PER_SECOND


def test_the_clients_delays_and_the_hubs_admission_are_those_of_the_package(
    reconnects: ModuleType, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setattr(Reconnect, "delay", lambda self, attempt, chance: 7.0)
        storm = reconnects.simulate(100, hubs(reconnects), reconnects.at_once)
        assert set(storm.attempts) == {7.0}
    with monkeypatch.context() as patch:
        waits = iter([3.2] * 100)
        patch.setattr(ConnectionRateLimiter, "ask", lambda self, now: next(waits, 0.0))
        storm = reconnects.simulate(100, hubs(reconnects), reconnects.at_once)
        assert storm.tries.sum() == 200
        assert storm.back.min() > 4, "Retry-After has whole seconds"


def test_every_run_is_the_same(reconnects: ModuleType):
    first, second = (
        reconnects.simulate(300, hubs(reconnects), reconnects.at_once, back=5.0) for _ in range(2)
    )
    assert (first.attempts == second.attempts).all()

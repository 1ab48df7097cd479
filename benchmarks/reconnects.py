"""What happens when many clients lose their hub at once: a simulation with our own code, and no network.

    python benchmarks/reconnects.py [--clients 1000000] [--each 10000] [--handshakes 1000] [--connects 100]

The clients are `client.sansio.state.ConnectionState` with the default `Reconnect`; who of them is let in is decided by
`hub.rate_limit.ConnectionRateLimiter`, and who is not is told by Retry-After when to come (whole seconds, as
`hub.answers` rounds them). A hub answers one handshake after the other, so many a second (`--handshakes`, measured by
`hub.py`: connects/s), yes or no; who has waited for 10 s gives up. A load balancer sends each attempt to any of the
hubs that are there, and answers at once where there is none.

    killed    one hub of all is killed
    drain     one hub is stopped with drain=60
    stop      one hub is stopped without, and says in its goodbye when to come
    region    all hubs are lost, and come back after 60 s
    no jitter the same, of clients that all wait 0.5, 1, 2 … 20 s

Attempts a second are those from when on there is a hub, until all are back; seconds count from the loss, and so do the
attempts of each client. Seeded: every run gives the same.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from realtime_widgets.client.sansio.backoff import FOREVER, Reconnect
from realtime_widgets.client.sansio.state import ConnectionState
from realtime_widgets.client.transports.handshake import OPEN_TIMEOUT
from realtime_widgets.errors import ConnectionLost
from realtime_widgets.hub.drain import RETURNS_PER_SECOND
from realtime_widgets.hub.rate_limit import ConnectionRateLimiter
from realtime_widgets.protocol.goodbye import retry_after_of, to_reason

LONG_AGO = -3600.0
"""When the clients had connected."""

Loss = Callable[[int, float], tuple[float, float | None]]
"""When a client loses its link, and the seconds that it was asked to wait: of its number and a random one."""


class SimulatedHub:
    """A hub, as far as it admits.

    Args:
        handshakes: that it can answer in a second.
        connects: that it admits in a second.
    """

    def __init__(self, handshakes: float, connects: int) -> None:
        self._each = 1.0 / handshakes
        self._free = 0.0  # when it has answered all that came
        self._limiter = ConnectionRateLimiter(connects)

    def answer(self, now: float) -> tuple[float, float | None]:
        """Return when an attempt is answered, and what: 0 it is in, else the seconds to wait; None: it had given up."""
        begins = max(now, self._free)
        self._free = begins + self._each
        if begins - now > OPEN_TIMEOUT:
            return now + OPEN_TIMEOUT, None
        return self._free, math.ceil(self._limiter.ask(begins))


@dataclass
class Storm:
    """What happened.

    Attributes:
        attempts: when each was made, seconds.
        back: when each client was back.
        tries: attempts of each client.
        begin: from when on there were hubs.
    """

    attempts: np.ndarray
    back: np.ndarray
    tries: np.ndarray
    begin: float

    def per_second(self) -> np.ndarray:
        """Attempts in each second, from when on there were hubs until all are back."""
        since = self.attempts[self.attempts >= self.begin] - self.begin
        return np.bincount(since.astype(int), minlength=int(self.back.max() - self.begin) + 1)

    def figures(self) -> dict[str, float]:
        rate = self.per_second()
        q50, q90, q99, q100 = np.quantile(self.back, [0.5, 0.9, 0.99, 1.0])
        return {
            "clients": len(self.back),
            "attempts/s, peak": float(rate.max()),
            "p50": float(np.median(rate)),
            "50 % back s": float(q50),
            "90 %": float(q90),
            "99 %": float(q99),
            "all": float(q100),
            "attempts each": float(self.tries.mean()),
            "most": float(self.tries.max()),
        }


def simulate(
    clients: int,
    hubs: Sequence[SimulatedHub],
    loss: Loss,
    *,
    back: float = 0.0,
    policy: Reconnect = FOREVER,
    seed: int = 1,
) -> Storm:
    """Have clients lose their link, and return what happened until all of them were back.

    Args:
        clients: that lose it.
        hubs: that they may come to.
        loss: when each loses it.
        back: when these hubs are there, seconds; before, each attempt fails at once.
        policy: the delays of the clients.
        seed: of chance.
    """
    chance = random.Random(seed).random
    attempts, tries = array("d"), array("l", bytes(8 * clients))
    ended = array("d", bytes(8 * clients))
    states = [ConnectionState(policy) for _ in range(clients)]
    gone = ConnectionLost("nobody answers")

    def lost(client: int, at: float, error: ConnectionLost) -> float:
        """Return when a client tries next, after all that it tries in vain before there is a hub."""
        state = states[client]
        state.fire("lost", at, error=error, chance=chance())
        while (due := state.retry_at) is not None and due < back:
            attempts.append(due)
            tries[client] += 1
            state.fire("due", due)
            state.fire("lost", due, error=gone, chance=chance())
        assert due is not None
        return due

    due: list[tuple[float, int]] = []
    for client, state in enumerate(states):
        state.fire("connect", LONG_AGO)
        state.fire("opened", LONG_AGO)
        at, asked = loss(client, chance())
        due.append((lost(client, at, ConnectionLost("it is gone", retry_after=asked)), client))
    heapq.heapify(due)
    while due:
        now, client = due[0]
        attempts.append(now)
        tries[client] += 1
        state = states[client]
        state.fire("due", now)
        answered, wait = hubs[int(chance() * len(hubs))].answer(now)
        if wait == 0:
            state.fire("opened", answered)
            ended[client] = answered
            heapq.heappop(due)
        else:
            error = ConnectionLost("it is busy", retry_after=wait)
            heapq.heapreplace(due, (lost(client, answered, error), client))
    made, came, tried = (np.frombuffer(each, dtype=each.typecode) for each in (attempts, ended, tries))
    return Storm(made, came, tried, back)


def at_once(client: int, chance: float) -> tuple[float, float | None]:
    """All at the same moment, and nobody says a word."""
    return 0.0, None


def drained(clients: int, seconds: float) -> Loss:
    """One after the other, within some seconds, as `hub.drain` does."""
    return lambda client, chance: (seconds * client / clients, retry_after_of(to_reason(0.0)))


def told(clients: int) -> Loss:
    """All at once, each with a goodbye, as `hub.serving` says it."""
    return lambda client, chance: (0.0, retry_after_of(to_reason(chance * clients / RETURNS_PER_SECOND)))


def storms(clients: int, each: int, handshakes: float, connects: int) -> dict[str, dict[str, float]]:
    """Return what becomes of each loss."""
    count = max(2, clients // each)

    def hubs(there: int) -> list[SimulatedHub]:
        return [SimulatedHub(handshakes, connects) for _ in range(there)]

    plain = Reconnect(jitter=False)
    runs: dict[str, Callable[[], Storm]] = {
        f"killed: one hub of {count}": lambda: simulate(each, hubs(count - 1), at_once),
        "drain: one hub, 60 s": lambda: simulate(each, hubs(count - 1), drained(each, 60.0)),
        "stop: one hub": lambda: simulate(each, hubs(count - 1), told(each)),
        "region: all, for 60 s": lambda: simulate(clients, hubs(count), at_once, back=60.0),
        "no jitter: all, for 60 s": lambda: simulate(clients, hubs(count), at_once, back=60.0, policy=plain),
    }
    found = {}
    for name, run in runs.items():
        began = time.perf_counter()
        found[name] = run().figures()
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=10_000, help="clients of one hub")
    parser.add_argument("--handshakes", type=float, default=1000.0, help="that a hub can answer in a second")
    parser.add_argument(
        "--connects", type=int, default=100, help="that a hub admits in a second, see rw.Limits"
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = storms(options.clients, options.each, options.handshakes, options.connects)
    columns = list(next(iter(found.values())))
    print(
        f"| {options.connects} connects/s a hub | {' | '.join(columns)} |\n| --- |{' --: |' * len(columns)}"
    )
    for name, row in found.items():
        cells = (f"{row[column]:,.{1 if row[column] < 100 else 0}f}" for column in columns)
        print(f"| {name} | {' | '.join(cells)} |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())

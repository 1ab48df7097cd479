"""What a hub does, beside what users would use in its place.

    python benchmarks/hub.py [--rounds 5] [--only fan-out,latency] [--clients 10000] [--json FILE] [--check]

Server and clients are processes of their own; the clients are as cheap as they can be (`hub_clients`). CPU is that of
the server's process, user and system. *bare* is a server of a dozen lines: `websockets`, without compression, and
`websockets.broadcast`. Both by turns in every round, medians of the rounds.

    fan-out    one publisher, 100 clients. `single`: the next message when all have the one before; `bursts`: 100
               messages in one write. Deliveries a second, and a second of CPU.
    latency    from publishing to each delivery, ms. `alone`: one client, 100 messages a second; `at a rate`: 100
               clients and 50 messages a second
    memory     RSS of the server by connection that follows a channel and is silent: from 1,000 to 5,000 of them
    connects   connections that are opened in a second, 64 at a time, and CPU for each
    brokers    what a broker takes, at most 1,000 in flight, beside XADD (MAXLEN ~ 1000) in pipelines of 500, and
               beside 500 publishes to a stream of NATS (1000 messages, in a file) that have no answer yet
    capacity   how many deliveries a second one hub makes for ever more clients, and how old they are at 5 messages a
               second; then two hubs on one Redis beside one
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hub_brokers import rate_of, rate_of_jetstream, rate_of_xadd
from hub_clients import Puppets
from hub_servers import Server, bare, cpu_of, nats, ours, redis, server

FAN_OUT = 100
"""Clients."""

SINGLE, BURSTS, XADD = 0.9, 4.0, 0.7
"""What is promised: of broadcast's deliveries a second of CPU, one by one and in bursts; of the rate of XADD."""

KINDS = {"bare": (bare, ()), "ours": (ours, ("memory",))}


def median(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def in_turns(rounds: int, run: Callable[[str], dict[str, float]]) -> dict[str, list[dict[str, float]]]:
    """Run both kinds by turns, each first in every other round."""
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for turn in range(rounds):
        for kind in list(KINDS)[:: 1 if turn % 2 else -1]:
            found[kind].append(run(kind))
        print(".", end="", file=sys.stderr, flush=True)
    return found


def ratio(found: dict[str, list[dict[str, float]]], what: str) -> float:
    """Return the median of ours beside bare, round by round."""
    pairs = zip(found["ours"], found["bare"], strict=True)
    return statistics.median(mine[what] / theirs[what] for mine, theirs in pairs)


def table(title: str, rows: dict[str, dict[str, float]], digits: int = 0) -> None:
    columns = list(next(iter(rows.values())))
    print(f"\n| {title} | {' | '.join(columns)} |\n| --- |{' --: |' * len(columns)}")
    for name, row in rows.items():
        print(f"| {name} | {' | '.join(f'{row[column]:,.{digits}f}' for column in columns)} |")


def bursts(clients: Puppets, one: Server, name: str, kind: str, count: int, size: int) -> dict[str, float]:
    before = one.cpu
    seconds, deliveries = clients.bursts(name, kind, count, size)
    return {"deliveries/s": deliveries / seconds, "deliveries/CPU s": deliveries / (one.cpu - before)}


def fan_out(clients: Puppets, rounds: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for way, count, size in (("single", 1000, 1), ("bursts", 50, 100)):
        with ExitStack() as stack:
            servers = {
                kind: stack.enter_context(server(run, *arguments)) for kind, (run, arguments) in KINDS.items()
            }
            for kind, one in servers.items():
                clients.open(kind, kind, one.port, FAN_OUT, way == "bursts")
                clients.publisher(kind, kind, one.port)
                clients.bursts(kind, kind, 20, size)

            def run(
                kind: str, count: int = count, size: int = size, servers: dict[str, Server] = servers
            ) -> dict[str, float]:
                return bursts(clients, servers[kind], kind, kind, count, size)

            found[way] = in_turns(rounds, run)
            for kind in servers:
                clients.close(kind)
    rows = {f"{kind}, {way}": median(found[way][kind]) for way in found for kind in KINDS}
    table("fan-out to 100", rows)
    return found


def latency(clients: Puppets, rounds: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for way, count, rate in (("alone", 1, 100.0), ("at a rate", FAN_OUT, 50.0)):
        with ExitStack() as stack:
            for kind, (run, arguments) in KINDS.items():
                one = stack.enter_context(server(run, *arguments))
                clients.open(kind, kind, one.port, count)
                clients.publisher(kind, kind, one.port)

            def ages(kind: str, rate: float = rate) -> dict[str, float]:
                cuts = statistics.quantiles(clients.latency(kind, kind, rate, 4.0), n=100)
                return {"p50 ms": cuts[49], "p99 ms": cuts[98]}

            found[way] = in_turns(rounds, ages)
            for kind in KINDS:
                clients.close(kind)
    rows = {f"{kind}, {way}": median(found[way][kind]) for way in found for kind in KINDS}
    table("latency", rows, 2)
    return found


def memory(clients: Puppets, _: int) -> dict[str, Any]:
    found = {}
    for kind, (run, arguments) in KINDS.items():
        with server(run, *arguments) as one:
            clients.open(kind, kind, one.port, 1000)
            few = one.rss
            clients.open(kind, kind, one.port, 4000)
            found[kind] = {"KiB a connection": (one.rss - few) / 4000 / 1024}
            clients.close(kind)
    table("memory", found, 1)
    return found


def connects(clients: Puppets, rounds: int) -> dict[str, Any]:
    with ExitStack() as stack:
        servers = {
            kind: stack.enter_context(server(run, *arguments)) for kind, (run, arguments) in KINDS.items()
        }

        def run(kind: str) -> dict[str, float]:
            before = servers[kind].cpu
            seconds = clients.open(kind, kind, servers[kind].port, 1000)
            spent = servers[kind].cpu - before
            clients.close(kind)
            return {"connects/s": 1000 / seconds, "CPU ms each": spent}

        found = in_turns(rounds, run)
    table("connects", {kind: median(found[kind]) for kind in KINDS}, 2)
    return found


def brokers(_: Puppets, rounds: int) -> dict[str, Any]:
    found: dict[str, list[dict[str, float]]] = {}
    with (
        redis() as (url, pid),
        nats() as (nats_url, nats_pid),
        tempfile.TemporaryDirectory() as folder,
    ):
        ways: dict[str, Callable[[], dict[str, float]]] = {
            "XADD, redis.asyncio": lambda: rate_of_xadd(url, 40_000, asynchronous=True),
            "XADD, redis": lambda: rate_of_xadd(url, 40_000, asynchronous=False),
            "redis": lambda: rate_of(url, 40_000),
            "redis, followed": lambda: rate_of(url, 40_000, followed=True),
            "JetStream, nats-py": lambda: rate_of_jetstream(nats_url, 20_000),
            "nats": lambda: rate_of(nats_url, 20_000),
            "nats, followed": lambda: rate_of(nats_url, 20_000, followed=True),
            "sqlite": lambda: rate_of(f"sqlite:///{folder}/hub.db", 20_000),
            "memory": lambda: rate_of("memory", 40_000),
        }
        for _ in range(rounds):
            for name, run in ways.items():
                before = cpu_of(pid) + cpu_of(nats_pid)
                each = run()
                engine = cpu_of(pid) + cpu_of(nats_pid) - before
                each["engine's CPU µs each"] = 1e6 * engine / each.pop("count")
                found.setdefault(name, []).append(each)
            print(".", end="", file=sys.stderr, flush=True)
    table("brokers", {name: median(each) for name, each in found.items()}, 1)
    return found


def capacity(clients: Puppets, rounds: int, most: int) -> dict[str, Any]:
    rows: dict[str, dict[str, float]] = {}
    for count in sorted({1000, most // 2, most}):
        with server(ours, "memory") as one:
            clients.open("ours", "ours", one.port, count, True)
            clients.publisher("ours", "ours", one.port)
            size = [bursts(clients, one, "ours", "ours", 20, 5) for _ in range(rounds)]
            before = one.cpu
            cuts = statistics.quantiles(clients.latency("ours", "ours", 5.0, 4.0), n=100)
            busy = (one.cpu - before) / 4
            rows[f"{count:,} clients"] = {
                **median(size),
                "p50 ms": cuts[49],
                "p99 ms": cuts[98],
                "cores": busy,
                "RSS MB": one.rss / 2**20,
            }
            clients.close("ours")
    table("capacity", rows, 2)
    return {"one": rows, "two": two_hubs(clients, rounds)}


def two_hubs(clients: Puppets, rounds: int) -> dict[str, Any]:
    """1,000 clients of one hub, beside 500 of each of two; what is published at one goes to all."""
    found: dict[str, list[dict[str, float]]] = {"one hub": [], "two hubs": []}
    with (
        redis() as (url, pid),
        server(ours, url) as alone,
        server(ours, url) as first,
        server(ours, url) as second,
    ):
        for name, hubs in {"one hub": [alone], "two hubs": [first, second]}.items():
            for _ in range(rounds):
                for hub in hubs:
                    clients.open(name, "ours", hub.port, 1000 // len(hubs), True)
                clients.publisher(name, "ours", hubs[0].port)
                before = [hub.cpu for hub in hubs], cpu_of(pid)
                seconds, deliveries = clients.bursts(name, "ours", 20, 50)
                spent = [hub.cpu - cpu for hub, cpu in zip(hubs, before[0], strict=True)]
                found[name].append(
                    {
                        "deliveries/s": deliveries / seconds,
                        "deliveries/s of the busiest hub's CPU": deliveries / max(spent),
                        "Redis CPU µs a message": 1e6 * (cpu_of(pid) - before[1]) / 1000,
                    }
                )
                clients.close(name)
    table("hubs on one Redis", {name: median(each) for name, each in found.items()})
    return found


def verdicts(found: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Return what was promised and found: name → (found, promised)."""
    all_of_them: dict[str, tuple[float, float]] = {}
    if "fan-out" in found:
        for way, promised in (("single", SINGLE), ("bursts", BURSTS)):
            for what in ("deliveries/s", "deliveries/CPU s"):
                all_of_them[f"{way}: {what}"] = ratio(found["fan-out"][way], what), promised
    if "brokers" in found:
        pairs = zip(found["brokers"]["redis"], found["brokers"]["XADD, redis.asyncio"], strict=True)
        all_of_them["redis beside XADD"] = (
            statistics.median(mine["messages/s"] / theirs["messages/s"] for mine, theirs in pairs),
            XADD,
        )
    return all_of_them


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="fan-out,latency,memory,connects,brokers,capacity")
    parser.add_argument("--clients", type=int, default=10_000, help="the most that one hub is given")
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 when less was found than is promised"
    )
    options = parser.parse_args()
    programs: dict[str, Callable[[Puppets, int], dict[str, Any]]] = {
        "fan-out": fan_out,
        "latency": latency,
        "memory": memory,
        "connects": connects,
        "brokers": brokers,
        "capacity": lambda clients, rounds: capacity(clients, rounds, options.clients),
    }
    print(
        f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, {options.rounds} rounds"
    )
    clients, found = Puppets(), {}
    try:
        for name in options.only.split(","):
            found[name] = programs[name](clients, options.rounds)
    finally:
        clients.stop()
    judged = verdicts(found)
    print("\n| promise | ours ÷ theirs | |\n| --- | --: | --- |")
    for name, (value, promised) in judged.items():
        print(f"| {name} ≥ {promised:g} × | {value:.2f} | {'pass' if value >= promised else '**fails**'} |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    return int(options.check and any(value < promised for value, promised in judged.values()))


if __name__ == "__main__":
    sys.exit(main())

"""How fast messages come in: a client and its stream, beside a bare loop over the same socket library.

    python benchmarks/network.py [--rounds 5] [--json FILE]

A server in a process of its own sends the same frames to both, one after the other in every round, as fast as they are
taken: `single` has one envelope per frame, `batched` 100. The bare loop receives with `websockets` and decodes
with msgspec; ours also puts every record into a stream.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import platform
import statistics
import sys
import time
from multiprocessing.connection import Connection

import msgspec

MESSAGES = 100_000
BATCH = 100


def envelope(i: int) -> dict[str, object]:
    data = {"activeUsers": 12, "requestsPerMinute": 100 + i % 7, "systemLoad": 0.41, "memoryUsage": 0.33}
    return {
        "type": "metrics_update",
        "data": data,
        "timestamp": 1795456052100 + i,
        "id": f"x7Qf-{i:08}",
        "channel": "metrics",
        "epoch": "c4f1",
        "offset": i + 1,
    }


def frames(path: str) -> list[str]:
    """What a path sends."""
    encode = msgspec.json.Encoder().encode
    envelopes = [envelope(i) for i in range(MESSAGES)]
    if path == "/single":
        return [encode(one).decode() for one in envelopes]
    return [encode(envelopes[i : i + BATCH]).decode() for i in range(0, MESSAGES, BATCH)]


def serve(line: Connection) -> None:
    """The server: sends all frames to whoever comes, when it is told to begin."""
    from websockets.asyncio.server import ServerConnection
    from websockets.asyncio.server import serve as listen

    ready = {path: frames(path) for path in ("/single", "/batched")}

    async def handler(socket: ServerConnection) -> None:
        assert socket.request is not None
        async for word in socket:
            if "go" in word:
                break
        for frame in ready[socket.request.path]:
            await socket.send(frame)
        async for _ in socket:
            pass

    async def main() -> None:
        async with listen(handler, "127.0.0.1", 0, compression=None) as server:
            line.send(next(iter(server.sockets)).getsockname()[1])
            await asyncio.Future()

    asyncio.run(main())


def bare(url: str, count: int) -> float:
    """Records per second of the loop that everybody writes first."""
    from websockets.asyncio.client import connect

    decode = msgspec.json.Decoder().decode

    async def main() -> float:
        async with connect(url, proxy=None, compression=None) as socket:
            await socket.send("go")
            seen = 0
            start = time.perf_counter()
            async for frame in socket:
                decode(frame)
                seen += 1
                if seen == count:
                    break
            return MESSAGES / (time.perf_counter() - start)

    return asyncio.run(main())


def ours(url: str, _: int) -> float:
    """Records per second into a stream."""
    import realtime_widgets as rw

    # Another header, another connection: on the same one the numbers of the last round would be known already.
    client = rw.connect(url, headers={"X-Round": str(time.monotonic_ns())})
    stream = client.stream("metrics", max_points=MESSAGES)
    client.wait_until("connected")
    start = time.perf_counter()
    client.send("go")
    while stream.last_seq < MESSAGES:
        time.sleep(0.001)
    elapsed = time.perf_counter() - start
    client.disconnect()
    return MESSAGES / elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="write the raw numbers to this file")
    arguments = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    try:
        port = here.recv()
        raw: dict[str, dict[str, list[float]]] = {}
        for path in ("single", "batched"):
            count = MESSAGES if path == "single" else MESSAGES // BATCH
            found: dict[str, list[float]] = {"bare": [], "ours": []}
            for _ in range(arguments.rounds):
                for name, run in (("bare", bare), ("ours", ours)):
                    found[name].append(run(f"ws://127.0.0.1:{port}/{path}", count))
            raw[path] = found
    finally:
        server.terminate()
        server.join()
    print(
        f"{platform.platform()}, Python {platform.python_version()}, {arguments.rounds} rounds of {MESSAGES:,}"
    )
    print("| frames | bare loop, records/s | client and stream, records/s | ratio (median of rounds) |")
    print("|---|---|---|---|")
    for path, found in raw.items():
        ratio = statistics.median(o / b for b, o in zip(found["bare"], found["ours"], strict=True))
        middle = {name: statistics.median(values) for name, values in found.items()}
        print(f"| {path} | {middle['bare']:,.0f} | {middle['ours']:,.0f} | {ratio:.2f} |")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"machine": platform.platform(), "raw": raw}, file)


if __name__ == "__main__":
    sys.exit(main())

"""What others notice of somebody who floods a hub: how long a bystander's messages take, quiet and flooded by turns.

    python benchmarks/bystander.py [--only "publish;post"] [--turns 5] [--seconds 2] [--json FILE] [--check]

A hub in a process of its own, with a core of its own where there are two. The bystander publishes 100 small messages a
second over one WebSocket and receives them over another. Whoever floods has a token of their own and sends, from a
third process, whatever is in `FLOODS`, as fast as the hub takes it; the bystander does not wait for a core, as if they
had machines of their own. Both kinds of turns are of one run; latencies are in milliseconds, each the median of that
percentile in the turns of its kind: what else the machine does now and then is in few of them.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gc
import json
import multiprocessing
import os
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import realtime_widgets as rw
from realtime_widgets.hub.signed import sign

RATIO = 3.0
"""What the 99th percentile may become, in what it was."""

INTERVAL = 0.01
"""Seconds between two messages of the bystander."""

SETTLE = 1.0
"""Seconds of each turn that are not counted when it is a quiet one: what was sent before is still being read."""

TOKEN = "of-the-benchmark"
SECRET = "the-secret-of-the-benchmark-0123456789"


# Whoever floods


def frame(payload: bytes, opcode: int = 1, *, fin: bool = True) -> bytes:
    """A frame of a client, masked with zeros."""
    size = len(payload)
    head = bytes([opcode | 0x80 * fin])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0x80 | 126]) + struct.pack("!H", size)
    else:
        head += bytes([0x80 | 127]) + struct.pack("!Q", size)
    return head + bytes(4) + payload


def said(type: str, data: Any = None, **more: Any) -> bytes:
    return frame(json.dumps({"type": type, "data": data, **more}).encode())


def upgrade(port: int, token: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /ws/dashboard HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


def request(port: int, token: str, line: str, body: bytes = b"") -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    head = f"{line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n{length}\r\n"
    return head.encode() + body


HELLO = said("hello", {"version": 1, "batch": True, "recovery": True, "acks": True}) + said(
    "subscribe", {"streams": ["flood"]}
)

SMALL = json.dumps({"loss": 0.5, "step": 12345}).encode()

CHANNELS = [f"flood:{number}" for number in range(100)]


def publishing(count: int) -> bytes:
    return b"".join(
        said("publish", {"loss": 0.5}, channel="flood", id=f"{number}") for number in range(count)
    )


def a_list() -> bytes:
    one = [{"type": "publish", "data": {"loss": 0.5}, "channel": "flood"}] * 5000
    return frame(json.dumps(one).encode())


def pages() -> bytes:
    return b"".join(said("history", {}, channel="filled", epoch="none", offset=0) for _ in range(20))


@dataclass(frozen=True)
class Flood:
    """What somebody sends again and again.

    Attributes:
        connections: at once; 0: one after the other, each given up as soon as it is opened.
        blob: of the port and the token, what each sends.
        socket: they are WebSockets, and not HTTP.
    """

    connections: int
    blob: Callable[[int, str], bytes]
    socket: bool = True


def posts(line: str, body: bytes, count: int = 1) -> Callable[[int, str], bytes]:
    return lambda port, token: request(port, token, line, body) * count


def words(*frames: bytes, count: int = 1) -> Callable[[int, str], bytes]:
    return lambda port, token: b"".join(frames) * count


MANY = b"[%s]" % b",".join([SMALL] * 1000)
LARGE = b"[%s0]" % (b"[]," * 300_000)

FLOODS = {
    "publish": Flood(1, words(publishing(1000))),
    "publish, 50 connections": Flood(50, words(publishing(1000))),
    "lists of 5,000": Flood(4, words(a_list())),
    "messages of 900 kB": Flood(4, words(said("publish", [[]] * 225_000, channel="big"))),
    "post": Flood(10, posts("POST /publish/flood", SMALL, 100), socket=False),
    "post, 1,000 at once": Flood(10, posts("POST /publish/flood?many=1", MANY), socket=False),
    "post, 900 kB": Flood(4, posts("POST /publish/big", LARGE), socket=False),
    "subscribe": Flood(
        4,
        words(said("subscribe", {"streams": CHANNELS}), said("unsubscribe", {"streams": CHANNELS}), count=20),
    ),
    "pages of history": Flood(10, posts("GET /history/filled?limit=300", b"", 20), socket=False),
    "history": Flood(10, words(said("subscribe", {"streams": ["filled"]}), pages(), count=5)),
    "pings": Flood(10, words(frame(b"", 9), count=10_000)),
    "fragments": Flood(10, words(frame(b"", 1, fin=False), frame(b"", 0, fin=False) * 1000)),
    "comers": Flood(0, words()),
}


def pour(name: str, port: int, token: str, going: Any, poured: Any) -> None:
    """Flood the hub whenever it is time."""
    if hasattr(os, "SCHED_IDLE"):  # it runs when the bystander does not, as if it were elsewhere
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)
    flood = FLOODS[name]
    blob = memoryview(flood.blob(port, token))
    while True:
        going.wait()
        if not flood.connections:
            while going.is_set():
                with suppress(OSError):
                    made = socket.create_connection(("127.0.0.1", port), 1)
                    made.sendall(upgrade(port, token))
                    abort(made)
                    poured.value += 1
            continue
        with selectors.DefaultSelector() as selector:

            def open_one() -> None:
                made = socket.create_connection(("127.0.0.1", port), 10)
                if flood.socket:
                    made.sendall(upgrade(port, token))
                    if b" 101 " not in made.recv(4096):
                        made.close()
                        return
                    made.sendall(HELLO)
                made.setblocking(False)
                selector.register(made, selectors.EVENT_READ | selectors.EVENT_WRITE, [0])

            while going.is_set():
                with suppress(OSError):
                    if len(selector.get_map()) < flood.connections:
                        open_one()
                for key, events in selector.select(0.05):
                    made: Any = key.fileobj
                    try:
                        if events & selectors.EVENT_READ and not made.recv(1 << 20):
                            raise ConnectionResetError
                        if events & selectors.EVENT_WRITE:
                            sent = made.send(blob[key.data[0] : key.data[0] + 65536])
                            key.data[0] = (key.data[0] + sent) % len(blob)
                            poured.value += sent
                    except BlockingIOError:
                        pass
                    except OSError:
                        selector.unregister(made)
                        made.close()
            for key in list(selector.get_map().values()):
                abort(key.fileobj)


def abort(made: Any) -> None:
    """Close a connection so that nothing of what was sent is read any more."""
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    made.close()


# The bystander


async def watch(url: str, going: Any, turns: int, seconds: float) -> dict[bool, list[list[float]]]:
    """Return the latencies of each quiet and each flooded turn."""
    from websockets.asyncio.client import connect

    found: dict[bool, list[list[float]]] = {False: [], True: []}
    options: Any = {
        "additional_headers": {"Authorization": f"Bearer {TOKEN}"},
        "proxy": None,
        "compression": None,
    }
    async with connect(url, **options) as sender, connect(url, **options) as receiver:
        for each in (sender, receiver):
            await each.send(json.dumps({"type": "hello", "data": {"version": 1}}))
            await each.recv()
        await receiver.send(json.dumps({"type": "subscribe", "data": {"streams": ["bystander"]}}))
        await receiver.send(json.dumps({"type": "ping", "data": {}, "id": 1}))
        while json.loads(await receiver.recv())["type"] != "pong":
            pass

        async def receive(count: int, latencies: list[float]) -> None:
            while count:
                message = json.loads(await receiver.recv())
                if message["type"] == "bystander":
                    now = time.perf_counter()
                    count -= 1
                    if message["data"]["counts"]:
                        latencies.append(now - message["data"]["at"])

        for turn in range(2 * turns):
            flooded = turn % 2 == 1
            (going.set if flooded else going.clear)()
            count = int(seconds / INTERVAL)
            found[flooded].append([])
            receiving = asyncio.create_task(receive(count, found[flooded][-1]))
            begun = time.perf_counter()
            for number in range(count):
                now = time.perf_counter()
                data = {"at": now, "counts": flooded or now - begun >= SETTLE}
                await sender.send(json.dumps({"type": "publish", "channel": "bystander", "data": data}))
                await asyncio.sleep(max(0.0, begun + (number + 1) * INTERVAL - time.perf_counter()))
            await receiving
        going.clear()
    return found


def percentile(turns: list[list[float]], which: int) -> float:
    return statistics.median(
        statistics.quantiles(turn, n=100, method="inclusive")[which - 1] for turn in turns
    )


# Running it


@contextmanager
def a_hub() -> Iterator[str]:
    command = [sys.executable, "-m", "realtime_widgets", "hub", "--port", "0"]
    env = os.environ | {"REALTIME_WIDGETS_TOKEN": TOKEN, "REALTIME_WIDGETS_SECRET": SECRET}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
    ) as process:
        assert process.stdout is not None
        if hasattr(os, "sched_setaffinity"):
            first, *others = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(process.pid, {first})
            os.sched_setaffinity(0, set(others or [first]))
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.kill()
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, {first, *others})


def measure(name: str, turns: int, seconds: float) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    going, poured = context.Event(), context.Value("d", 0.0, lock=False)
    with a_hub() as url:
        port = int(url.split(":")[2].split("/")[0])
        with rw.Publisher(url, "filled", token=TOKEN, exit_timeout=30) as filling:
            filling.extend([{"text": "x" * 4000}] * 1000)
        rights = rw.Rights(subscribe=["*"], publish=["*"], name="flood")
        arguments = (name, port, sign(rights, SECRET, "1h"), going, poured)
        flooding = context.Process(target=pour, args=arguments, daemon=True)
        flooding.start()
        try:
            found = asyncio.run(watch(url, going, turns, seconds))
        finally:
            flooding.terminate()
            flooding.join()
    quiet, flooded = found[False], found[True]
    return {
        "quiet p50": percentile(quiet, 50) * 1000,
        "quiet p99": percentile(quiet, 99) * 1000,
        "flooded p50": percentile(flooded, 50) * 1000,
        "flooded p99": percentile(flooded, 99) * 1000,
        "flooded max": max(map(max, flooded)) * 1000,
        "ratio": percentile(flooded, 99) / percentile(quiet, 99),
        "poured": poured.value / (turns * seconds),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="floods, with semicolons between")
    parser.add_argument("--turns", type=int, default=5, help="of each kind (default: 5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each turn (default: 3)")
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 when the ratio is larger than it may be"
    )
    options = parser.parse_args()
    chosen = [name for name in FLOODS if options.only is None or name in options.only.split(";")]
    gc.disable()
    print("| flood | quiet p50 | p99 | flooded p50 | p99 | max | p99 ÷ p99 | poured/s |")
    print("| --- | --: | --: | --: | --: | --: | --: | --: |", flush=True)
    found = {}
    for name in chosen:
        each = found[name] = measure(name, options.turns, options.seconds)
        shown = " | ".join(f"{each[column]:,.2f}" for column in list(each)[:-1])
        print(f"| {name} | {shown} | {each['poured']:,.0f} |", flush=True)
    worst = max(each["ratio"] for each in found.values())
    good = worst <= RATIO
    print(f"\nthe worst p99 is {worst:.2f} of {RATIO:g} times what it was: {'pass' if good else 'FAIL'}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    return int(options.check and not good)


if __name__ == "__main__":
    sys.exit(main())

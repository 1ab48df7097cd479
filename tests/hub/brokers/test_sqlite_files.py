"""Files of a hub in a file of SQLite: a hub that is killed; what all stores have in common is in `test_file_store`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import threading
from pathlib import Path

import httpx
import pytest

from realtime_widgets import cli
from realtime_widgets.hub.brokers.base import NotKept
from realtime_widgets.hub.brokers.database import Database
from realtime_widgets.hub.brokers.file_store import PART, StoredFile
from realtime_widgets.hub.brokers.sqlite import SqliteBroker
from realtime_widgets.hub.file_limits import Bounds, cost_of
from realtime_widgets.hub.policies import Retention
from support.hub_process import hub
from support.scripted_client import LIMIT
from support.servers import wait_for

KILLS = 6

BODY = random.Random(5).randbytes(8 * PART)


def test_a_hub_that_is_killed_has_every_file_that_it_acknowledged_and_no_half_of_another(
    tmp_path: Path, child_env: dict[str, str]
):
    path, rng = tmp_path / "hub.db", random.Random(4)
    env = child_env | {cli.TOKEN: "my-own-token"}
    links: dict[str, int] = {}
    done = threading.Event()
    address = ""

    def upload() -> None:
        sizes = random.Random(6)
        with httpx.Client(
            headers={"Authorization": "Bearer my-own-token"}, trust_env=False, timeout=LIMIT
        ) as web:
            while not done.is_set():
                size = sizes.choice([1, 5000, PART, len(BODY)])
                with contextlib.suppress(httpx.TransportError):
                    answer = web.post(f"{address}/files/lobby?name=a.bin", content=BODY[:size])
                    if answer.status_code == 200:
                        links[answer.json()["url"]] = size

    port, arguments = "0", ["--broker", f"sqlite:///{path}"]
    uploading = threading.Thread(target=upload)
    try:
        for _ in range(KILLS):
            with hub("--port", port, *arguments, env=env) as (process, url, _):
                if not address:
                    port = url.split(":")[2].split("/")[0]
                    address = f"http://127.0.0.1:{port}"
                    uploading.start()
                before = len(links)
                wait_for(lambda before=before: len(links) > before + 3, "an upload")
                threading.Event().wait(rng.uniform(0, 0.05))  # into whatever it does then
                os.kill(process.pid, signal.SIGKILL)
                process.wait(60)
        done.set()
        uploading.join()
        with hub("--port", port, *arguments, env=env):
            headers = {"Authorization": "Bearer my-own-token"}
            with httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=LIMIT) as web:
                for link, size in links.items():
                    assert web.get(link).content == BODY[:size]
    finally:
        done.set()
    with sqlite3.connect(path) as file:
        ids = {id: size for id, size in file.execute("SELECT id, size FROM files")}
        parts = dict(file.execute("SELECT file, sum(length(body)) FROM file_parts GROUP BY file"))
        used = file.execute("SELECT used FROM uploaders").fetchall()
    assert parts == ids
    assert {link.rpartition("/")[2] for link in links} <= set(ids)
    assert used == [(sum(map(cost_of, ids.values())),)]
    assert len(links) > 3 * KILLS


def test_messages_go_on_while_a_large_file_is_written(tmp_path: Path):
    async def main() -> None:
        broker = SqliteBroker(tmp_path / "hub.db", Retention(10, None))
        await broker.open()
        file = StoredFile("a", "lobby", "anna", "x", "text/plain", 8 * PART)
        order: list[str] = []

        async def write() -> None:
            for part in range(file.parts):
                await broker.files.write("a", part, BODY[:PART])
                order.append("part")
            await broker.files.add(file, None, Bounds(10**8, 10**8, 10**8))
            order.append("file")

        writing = asyncio.create_task(write())
        while not writing.done():
            await broker.position("x")
            order.append("message")
        await writing
        assert broker.files.size == 8 * PART
        await broker.close()
        pieces = "".join(each[0] for each in order).split("p")
        assert len([piece for piece in pieces if "m" in piece]) > file.parts // 2, "between its parts"

    asyncio.run(main())


def test_a_file_that_cannot_be_kept_is_refused_and_nothing_of_it_stays(tmp_path: Path):
    path = tmp_path / "hub.db"

    async def main() -> None:
        broker = SqliteBroker(path, Retention(10, None))
        await broker.open()
        await broker.files.write("a", 0, b"x")
        path.rename(tmp_path / "elsewhere.db")
        with pytest.raises(NotKept, match="its file was removed"):
            await broker.files.add(
                StoredFile("a", "lobby", "anna", "x", "text/plain", 1), None, Bounds(10, 10**6, 10**6)
            )
        assert await broker.files.find("a") is None
        (tmp_path / "elsewhere.db").rename(path)
        await broker.files.give_up("a")
        await broker.close()
        with pytest.raises(NotKept, match="the hub has stopped"):
            await broker.files.used("anna")

    asyncio.run(main())
    file = Database(path, Retention(10, None))
    assert file.files.taken == 0
    file.close()

"""The SQLite broker: its thread, a disk that is full, and a hub that is killed while it writes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import realtime_widgets as rw
from realtime_widgets import cli
from realtime_widgets.errors import SendFailed
from realtime_widgets.hub.brokers import NotKept, sqlite
from realtime_widgets.hub.brokers.base import KEPT_NOTE_AGE, NOTE_AGE
from realtime_widgets.hub.brokers.database import Database
from realtime_widgets.hub.brokers.dedup import Key, KeyReused
from realtime_widgets.hub.brokers.sqlite import SqliteBroker
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.hub.policies import Retention
from realtime_widgets.protocol.envelope import Message
from support.engines import post, standing
from support.hub_process import hub
from support.servers import wait_for


def run(test: Callable[[SqliteBroker], Any], path: Path, history: int = 1000) -> None:
    async def opened() -> None:
        broker = SqliteBroker(path, Retention(history, None))
        await broker.open()
        try:
            await test(broker)
        finally:
            await broker.close()

    asyncio.run(opened())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hub.db"


def test_what_is_published_while_it_writes_is_one_transaction(path: Path, monkeypatch: pytest.MonkeyPatch):
    writing, go_on = threading.Event(), threading.Event()
    batches: list[int] = []
    real = sqlite.do_all

    def do_all(file: Database, batch: list[sqlite.Job]) -> list[Any]:
        batches.append(len(batch))
        if len(batches) == 1:
            writing.set()
            assert go_on.wait(60)
        return real(file, batch)

    monkeypatch.setattr(sqlite, "do_all", do_all)

    async def test(broker: SqliteBroker) -> None:
        first = broker.publish("a", encode_publication("a", 0))
        await asyncio.to_thread(writing.wait)
        more = [broker.publish("a", encode_publication("a", i)) for i in range(1, 700)]
        go_on.set()
        assert [(await each).offset for each in (first, *more)] == list(range(1, 701))
        assert batches[:3] == [1, sqlite.MAX_BATCH, 699 - sqlite.MAX_BATCH]

    run(test, path)


def test_one_bad_message_does_not_fail_those_beside_it(path: Path):
    async def test(broker: SqliteBroker) -> None:
        seen: list[Message] = []
        broker.subscribe("a", seen.append)
        await broker.publish("a", encode_publication("a", 1), Key("me", "a", 1))
        good = encode_publication("a", 2)
        bad = msgspec.structs.replace(good, id=object())
        placed = [
            broker.publish("a", good),
            broker.publish("a", bad),
            broker.publish("a", good, Key("me", "a", 1)),
            broker.publish("a", good),
        ]
        results = await asyncio.gather(*placed, return_exceptions=True)
        assert [type(result) for result in results[1:3]] == [TypeError, KeyReused]
        assert [result.offset for result in results[::3] if not isinstance(result, BaseException)] == [2, 3]
        assert [message.offset for message in seen] == [1, 2, 3]

    run(test, path)


def test_an_error_that_nobody_knows_ends_neither_its_thread_nor_what_waits_for_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def test(broker: SqliteBroker) -> None:
        with monkeypatch.context() as broken:

            def trim(_: Database) -> None:
                raise MemoryError

            broken.setattr(Database, "_trim", trim)
            with pytest.raises(MemoryError):
                await broker.publish("a", encode_publication("a", 1))
        assert (await broker.publish("a", encode_publication("a", 2))).offset == 1

    run(test, path)


def test_nobody_waits_for_what_was_cancelled_and_it_is_published_all_the_same(path: Path):
    async def test(broker: SqliteBroker) -> None:
        seen: list[Message] = []
        broker.subscribe("a", seen.append)
        broker.publish("a", encode_publication("a", 1)).cancel()
        assert (await broker.publish("a", encode_publication("a", 2))).offset == 2
        assert len(seen) == 2

    run(test, path)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[Database]:
    """The files that are opened."""
    made: list[Database] = []
    real = Database.__init__

    def init(self: Database, *args: Any) -> None:
        real(self, *args)
        made.append(self)

    monkeypatch.setattr(Database, "__init__", init)
    return made


def test_a_full_disk_fails_what_it_cannot_keep_and_nothing_else(path: Path, files: list[Database]):
    async def test(broker: SqliteBroker) -> None:
        seen: list[Message] = []
        broker.subscribe("a", seen.append)
        key = Key("me", "a", 1)
        (file,) = files
        await broker.publish("a", encode_publication("a", "x"))
        pages = file._file.execute("PRAGMA page_count").fetchone()[0]
        file._file.execute(f"PRAGMA max_page_count = {pages}")
        placed = [broker.publish("a", encode_publication("a", "x" * 10_000), key) for _ in range(3)]
        for each in placed:
            with pytest.raises(NotKept, match=r"its file cannot be written to .*disk is full"):
                await each
        assert (await broker.position("a")).offset == 1, "what was kept is still told"
        assert [message.offset for message in await broker.read("a", 0, 10**6)] == [1]
        assert len(seen) == 1
        file._file.execute("PRAGMA max_page_count = 1000000")
        assert (await broker.publish("a", encode_publication("a", "x" * 10_000), key)).offset == 2
        assert [message.offset for message in seen] == [1, 2]

    run(test, path)


def test_a_full_disk_is_said_by_health_and_the_figure_alike(path: Path, files: list[Database]):
    with rw.Hub(broker=f"sqlite:///{path}") as server:
        assert post(server, "x").status_code == 200
        assert standing(server) == ("ok", "1")
        (file,) = files
        file._file.execute(f"PRAGMA max_page_count = {file._file.execute('PRAGMA page_count').fetchone()[0]}")
        assert post(server, "x" * 10_000).status_code == 503
        assert standing(server) == ("full", "0")
        file._file.execute("PRAGMA max_page_count = 1000000")
        assert post(server, "x" * 10_000).status_code == 200
        assert standing(server) == ("ok", "1")


@pytest.mark.parametrize("after", ["", "-wal"])
def test_nothing_is_acknowledged_while_its_file_is_gone(path: Path, after: str):
    lost = Path(f"{path}{after}")
    with rw.Hub(broker=f"sqlite:///{path}") as server:
        assert post(server, 1).status_code == 200
        away = lost.rename(path.with_name("away"))
        answer = post(server, 2)
        assert (answer.status_code, answer.json()["code"]) == (503, "not_kept")
        assert "its file was removed, or another took its place; put it back" in answer.json()["message"]
        assert standing(server) == ("missing", "0")
        away.rename(lost)
        assert post(server, 3).json()["offset"] == 2
        assert standing(server) == ("ok", "1")


def test_a_file_that_is_removed_or_comes_back_is_noticed_though_nobody_publishes(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sqlite, "LOOK", 0.02)
    with rw.Hub(broker=f"sqlite:///{path}") as server:
        away = path.rename(path.with_name("away"))
        wait_for(lambda: standing(server) == ("missing", "0"))
        away.rename(path)
        wait_for(lambda: standing(server) == ("ok", "1"))
        path.unlink()
        wait_for(lambda: standing(server) == ("missing", "0"))
        server.stop()
        server.start()
        assert standing(server) == ("ok", "1")
        assert post(server, 1).json()["offset"] == 1


def test_a_hub_tells_its_clients_what_it_could_not_keep(path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with rw.Hub(broker=f"sqlite:///{path}") as server:
        client = rw.connect(server)
        try:
            client.publish("a", 1).wait(60)
            monkeypatch.setattr(Database, "place", full)
            lost = client.publish("a", 2)
            with pytest.raises(SendFailed, match=r"could not keep a message.*disk is full"):
                lost.wait(60)
            monkeypatch.undo()
            delivery = client.publish("a", 3)
            delivery.wait(60)
            assert delivery.position is not None
            assert delivery.position.offset == 2
        finally:
            client.close()


KILLS = 20


def test_a_hub_that_is_killed_loses_nothing_that_it_acknowledged_and_publishes_nothing_twice(
    path: Path, child_env: dict[str, str]
):
    rng = random.Random(4)
    env = child_env | {cli.TOKEN: "my-own-token"}
    arguments = ["--broker", f"sqlite:///{path}", "--history", "1000000"]
    port, client, sent = "0", None, []
    done = threading.Event()
    heard: list[int] = []
    try:
        for _ in range(KILLS):
            with hub("--port", port, *arguments, env=env) as (process, url, _):
                if client is None:
                    port = url.split(":")[2].split("/")[0]
                    quick = rw.Reconnect(initial=0.05, maximum=0.2)
                    client = rw.connect(url, auth="my-own-token", subscribe=["work"], reconnect=quick)
                    stream = client.stream("work", max_points=1_000_000)
                    writer = threading.Thread(target=_publish, args=(client, sent, done))
                    writer.start()
                client.wait_until("connected", 60)
                before = sum(each.state == "acknowledged" for _, each in sent)
                wait_for(
                    lambda before=before: sum(each.state == "acknowledged" for _, each in sent) > before + 20,
                    "an acknowledgement",
                )
                threading.Event().wait(rng.uniform(0, 0.05))  # into whatever it does then
                os.kill(process.pid, signal.SIGKILL)
                process.wait(60)
        with hub("--port", port, *arguments, env=env):
            done.set()
            writer.join()
            wait_for(lambda: all(each.done for _, each in sent), "the last answer")
            acknowledged = {number: each.position for number, each in sent if each.state == "acknowledged"}
            assert {each.state for _, each in sent} <= {"acknowledged", "failed"}
            newest = max(position.offset for position in acknowledged.values() if position is not None)
            wait_for(lambda: len(stream) >= newest, "the last message")
            heard = [int(number) for number in stream.read()["n"]]
            assert not stream.gaps
    finally:
        done.set()
        if client is not None:
            client.close()
    file = Database(path, Retention(1_000_000, None))
    kept = file.read("work", 0, 10**9)
    file.close()
    numbers = [msgspec.json.decode(message.data)["n"] for message in kept]
    assert [message.offset for message in kept] == list(range(1, len(kept) + 1))
    assert len({message.epoch for message in kept}) == 1
    assert len(numbers) == len(set(numbers)), "one was published twice"
    assert {number: kept[position.offset - 1] for number, position in acknowledged.items() if position} == {
        number: message for number, message in zip(numbers, kept, strict=True) if number in acknowledged
    }
    assert set(acknowledged) <= set(numbers)
    assert heard == numbers[: len(heard)], "in one order for all, without a gap"
    assert len(acknowledged) > 20 * KILLS


def _publish(client: rw.Client, sent: list[tuple[int, Any]], done: threading.Event) -> None:
    number = 0
    while not done.wait(0.001):
        if sum(not each.done for _, each in sent[-300:]) < 100:
            number += 1
            sent.append((number, client.publish("work", {"n": number})))


@pytest.mark.parametrize("age", [NOTE_AGE, KEPT_NOTE_AGE])
def test_a_note_is_kept_for_its_age(tmp_path: Path, age: float):
    async def main() -> None:
        broker = SqliteBroker(tmp_path / "hub.db", Retention(10, None))
        await broker.open()
        await broker.amend("a", lambda note, now: b"noted", age)
        await broker.close()

    before = time.time()
    asyncio.run(main())
    with contextlib.closing(sqlite3.connect(tmp_path / "hub.db")) as file:
        (until,) = file.execute("SELECT until FROM notes").fetchone()
    assert before + age <= until <= time.time() + age

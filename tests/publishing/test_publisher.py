"""The publisher: what users do with it, in processes and at hubs as they are."""

from __future__ import annotations

import copy
import itertools
import multiprocessing
import os
import pickle
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import realtime_widgets as rw
from realtime_widgets.errors import UsageError
from realtime_widgets.publishing import outgoing
from realtime_widgets.publishing.target import TOKEN
from support import hub_process
from support.post_server import PostServer
from support.servers import LIMIT, wait_for


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[rw.Hub]:
    with rw.Hub() as hub:
        monkeypatch.setenv(TOKEN, hub.token or "")
        yield hub


@pytest.fixture
def stream(hub: rw.Hub) -> Iterator[rw.Stream]:
    """What a subscriber of the channel `run` gets."""
    client = rw.connect(hub)
    yield following(client, "run")
    client.close()


def following(client: rw.Client, channel: str) -> rw.Stream:
    found = client.stream(channel)
    client.wait_until(timeout=LIMIT)  # connected, and its channels are confirmed
    return found


def rows(stream: rw.Stream, count: int) -> list[dict[str, Any]]:
    """The records of a stream once there are so many, without times and absent fields."""
    wait_for(lambda: stream.last_seq >= count, f"record {count}")
    return [{name: value for name, value in row.items() if name != "ts"} for row in stream.read().rows()]


# What arrives


def test_a_stream_of_the_channel_has_what_was_appended(hub: rw.Hub, stream: rw.Stream):
    before = time.time()
    with rw.Publisher(hub.url, "run") as pub:
        pub.append(0.42)
        pub.append(loss=np.float32(0.5), step=5, note="half \ud83d")
        pub.append({"loss": float("nan")}, ts=1_795_456_000)
        pub.extend({"ts": [1.0, 2.0], "loss": [0.3, 0.2]})
        pub.extend([{"acc": 1}, {"loss": 2}])
    found = rows(stream, 7)
    assert found[0] == {"value": 0.42}
    assert found[1] == {"loss": 0.5, "step": 5, "note": "half \ufffd"}
    assert [each.get("loss") for each in found[3:]] == [0.3, 0.2, None, 2]
    assert found[5] == {"acc": 1}
    ts = stream.read().ts
    assert ts[2:5].tolist() == [1_795_456_000.0, 1.0, 2.0]
    assert before <= ts[0] <= ts[1] <= time.time()
    assert pub.stats.sent == pub.stats.appended == 7
    assert pub.stats.last_error is None


def test_other_channels_share_its_queue_and_its_connection(hub: rw.Hub):
    client = rw.connect(hub)
    streams = [following(client, name) for name in ("a", "b/ö ,?")]
    pub = rw.Publisher(hub.url)
    channels = [pub.channel("a"), pub.channel("b/ö ,?")]
    for i in range(100):
        for channel in channels:
            channel.append(i=i)
    channels[0].extend([{"i": 100}])
    assert pub.flush(LIMIT)
    assert [each["i"] for each in rows(streams[0], 101)] == list(range(101))
    assert [each["i"] for each in rows(streams[1], 100)] == list(range(100))
    assert pub.stats.requests < 30
    pub.close()
    client.close()


def test_the_hubs_own_channel_and_no_name_are_refused_and_the_program_goes_on(
    hub: rw.Hub, caplog: pytest.LogCaptureFixture
):
    pub = rw.Publisher(hub.url, "metrics")
    pub.append(1)
    assert pub.flush(LIMIT)
    pub.channel("").append(1)
    pub.channel(7).extend([1])  # type: ignore[arg-type]
    assert (pub.stats.refused, pub.stats.sent) == (3, 0)
    assert "'metrics' is the hub's own channel" in caplog.messages[0]
    pub.close()


def test_channels_that_the_token_gives_no_right_for_are_refused_and_hold_up_no_other(
    caplog: pytest.LogCaptureFixture,
):
    with rw.Hub(tokens={"less": rw.Rights(publish=["run"])}) as hub:
        client = rw.connect(hub)
        stream = following(client, "run")
        pub = rw.Publisher(hub.url, "run", token="less", exit_timeout="10min")
        secret, other = pub.channel("secret"), pub.channel("other")
        for number in range(20):
            secret.append(number)
            pub.append(number)
            other.append(number)
        assert pub.flush(LIMIT)
        secret.append(20)
        pub.append(20)
        pub.close()
        assert [row["value"] for row in rows(stream, 21)] == list(range(21))
        assert (pub.stats.sent, pub.stats.refused, pub.stats.waiting) == (21, 41, 0)
        client.close()
    said = [text for text in caplog.messages if text.startswith("publisher of")]
    assert len(said) == 2, "once for each channel"
    for text, channel in zip(said, ("secret", "other"), strict=True):
        assert f"forbids publishing (HTTP 403): this token may not publish on '{channel}'" in text
        assert "stats.refused counts such records" in text
        assert "tried again" not in text


def test_a_token_that_is_wrong_is_said_and_waited_out(
    hub: rw.Hub, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outgoing, "SLOWLY", rw.Reconnect(initial=0.001, maximum=0.002))
    pub = rw.Publisher(hub.url, "run", token="wrong-token")
    pub.append(1)
    wait_for(lambda: pub.stats.failed >= 3)
    said = [text for text in caplog.messages if text.startswith("publisher of")]
    assert len(said) == 1
    assert "turned the token down (HTTP 401); set REALTIME_WIDGETS_TOKEN" in said[0]
    assert "wrong-token" not in caplog.text + repr(pub)
    assert "HTTP 401" in (pub.stats.last_error or "")
    pub.close(0)
    assert pub.stats.dropped == 1


def test_nobody_waits_for_a_hub_that_turns_the_token_down(
    hub: rw.Hub, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outgoing, "SLOWLY", rw.Reconnect(initial=1e6, maximum=1e6))
    pub = rw.Publisher(hub.url, "run", token="wrong-token", max_records=10, exit_timeout="10min")
    for number in range(100):
        pub.append(number)
    assert not pub.flush(LIMIT)
    stats = pub.stats
    assert stats.dropped + stats.waiting == 100
    assert 10 <= stats.waiting <= 20, "ten, and those of the request that went before all were there"
    assert stats.failed in {1, 2}, "by the flush, and before it"
    assert not pub.flush(LIMIT), "it is asked once more"
    assert pub.stats.failed == stats.failed + 1
    pub.close()
    assert (pub.stats.dropped, pub.stats.waiting) == (100, 0)
    told = [text for text in caplog.messages if "HTTP 401" in text and "before the end" not in text]
    assert len(told) == 1


def test_a_hub_that_comes_back_with_the_token_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outgoing, "SLOWLY", rw.Reconnect(initial=0.001, maximum=0.002))
    with rw.Hub(token="the-old-one") as old:
        pub = rw.Publisher(old.url, "run", token="the-new-one")
        pub.append(1)
        wait_for(lambda: pub.stats.failed >= 3)
    monkeypatch.setattr(outgoing, "BACKOFF", rw.Reconnect(initial=0.001, maximum=0.002))
    with rw.Hub(old.port, token="the-new-one"):
        wait_for(lambda: pub.stats.sent == 1)
        pub.close()


def test_a_program_with_a_wrong_token_ends_at_once_and_says_what_to_do(
    hub: rw.Hub, child_env: dict[str, str]
):
    code = f"import realtime_widgets as rw; rw.Publisher({hub.url!r}, exit_timeout='10min').append(1)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=child_env | {TOKEN: "a-wrong-canary"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0
    told, lost = done.stderr.splitlines()
    assert "set REALTIME_WIDGETS_TOKEN to that of the hub" in told
    assert "a record was not sent before the end" in lost
    assert "canary" not in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": None},
        {"url": "localhost:8000"},
        {"url": "ftp://h"},
        {"channel": ""},
        {"token": "two\nlines"},
        {"max_records": 0},
        {"max_bytes": -1},
        {"exit_timeout": -1},
        {"exit_timeuot": 1},
    ],
)
def test_a_mistake_in_making_one_raises(wrong: dict[str, Any]):
    with pytest.raises(UsageError):
        rw.Publisher(**({"url": "http://h"} | wrong))


def test_it_says_what_it_is_without_secrets():
    pub = rw.Publisher("http://user:secret@host:8000/?token=secret", "run", token="secret")
    assert repr(pub) == "<Publisher to http://host:8000, 'run': 0 sent, 0 waiting>"
    assert "channel 'loss' of <Publisher" in repr(pub.channel("loss"))
    pub.close()
    assert "closed" in repr(pub)
    with pytest.raises(AttributeError, match="did you mean 'append'"):
        pub.apend  # noqa: B018


def test_plain_http_does_the_same(hub: rw.Hub, stream: rw.Stream):
    curl = shutil.which("curl")
    assert curl is not None, "there is no curl: .ci/system installs it"
    url = hub.url.replace("ws://", "http://").replace("/ws/dashboard", "/publish/run")
    for data in ('{"loss": 0.5}', '[{"loss": 0.25}, {"loss": 0.125}]'):
        command = [curl, "--fail", "-s", "-H", f"Authorization: Bearer {hub.token}", "-d", data, url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
        assert '"offset":' in done.stdout
    assert [each["loss"] for each in rows(stream, 3)] == [0.5, 0.25, 0.125]


# Hubs that come and go


def test_a_hub_that_is_killed_again_and_again_loses_nothing_and_gets_nothing_twice(
    tmp_path: Path, child_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(TOKEN, "a-token-of-the-test")
    monkeypatch.setattr(outgoing, "BACKOFF", rw.Reconnect(initial=0.01, maximum=0.1))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [
        "--port", str(port), "--broker", f"sqlite:///{tmp_path / 'hub.db'}", "--history", "1000000"
    ]  # fmt: skip
    env = child_env | {TOKEN: "a-token-of-the-test"}
    url = f"ws://127.0.0.1:{port}/ws/dashboard"
    pub = rw.Publisher(url, "run", max_records=500)
    client = rw.connect(url, auth="a-token-of-the-test", reconnect=rw.Reconnect(initial=0.01, maximum=0.1))
    stream = client.stream("run", max_points=None)
    stop = threading.Event()
    counts = [0] * 4

    def work(t: int) -> None:
        for i in itertools.count():
            if stop.is_set():
                break
            pub.append(t=t, i=i)
            counts[t] = i + 1
            time.sleep(0.0002)

    threads = [threading.Thread(target=work, args=(t,)) for t in range(4)]
    try:
        with hub_process.hub(*arguments, env=env) as (process, _, _):
            following(client, "run")  # from the first record on
            for thread in threads:
                thread.start()
            wait_for(lambda: pub.stats.sent >= 100)
            process.kill()  # -9, in the middle
        for _ in range(4):
            before = pub.stats.sent
            with hub_process.hub(*arguments, env=env) as (process, _, _):
                wait_for(lambda before=before: pub.stats.sent >= before + 100)
                process.kill()
        wait_for(lambda: pub.stats.dropped > 0)  # while nobody takes them
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    with hub_process.hub(*arguments, env=env):
        assert pub.flush(LIMIT)
        stats = pub.stats
        wait_for(lambda: stream.last_seq >= stats.sent, "the last record")
        pub.append(t=-1, i=0)  # what would come twice comes before this
        assert pub.flush(LIMIT)
        wait_for(lambda: stream.latest(1)["t"].tolist() == [-1], "the record after it")
        client.close()
    batch = stream.read()
    came = list(zip(batch["t"].astype(int).tolist(), batch["i"].astype(int).tolist(), strict=True))[:-1]
    assert stats.appended == sum(counts) == stats.sent + stats.dropped
    assert len(came) == len(set(came)) == stats.sent
    for t in range(4):
        numbers = [i for each, i in came if each == t]
        assert numbers == sorted(numbers)
    assert (stats.waiting, stats.refused) == (0, 0)
    pub.close()


# Processes


def test_a_copy_has_the_settings_and_a_connection_of_its_own(hub: rw.Hub, stream: rw.Stream):
    pub = rw.Publisher(hub.url, "run", max_records=7)
    pub.append(i=1)
    channel, other = pickle.loads(pickle.dumps((pub.channel("run"), pub.channel("run"))))
    assert channel.publisher is other.publisher is not pub
    channel.append(i=2)
    copied = copy.deepcopy(pub)
    copied.append(i=3)
    for each in (pub, channel.publisher, copied):
        assert each.flush(LIMIT)
        assert (each.stats.appended, each.stats.sent) == (1, 1)
        each.close()
    assert sorted(each["i"] for each in rows(stream, 3)) == [1, 2, 3]


def test_it_may_be_handed_to_other_processes(hub: rw.Hub, stream: rw.Stream):
    pub = rw.Publisher(hub.url, "run", token=hub.token)
    pub.append(i=0)
    assert pub.flush(LIMIT)
    for i, method in enumerate(multiprocessing.get_all_start_methods(), 1):
        if method == "fork" and sys.version_info >= (3, 12):
            continue  # warns in a process that has threads; the exits below have it
        # No flush: the end of the process is one.
        process = multiprocessing.get_context(method).Process(target=pub.append, kwargs={"i": i})
        process.start()
        process.join(LIMIT)
        assert process.exitcode == 0
        assert [each["i"] for each in rows(stream, i + 1)] == list(range(i + 1))
    pub.close()


PROGRAM = """
import atexit, asyncio, multiprocessing, os, signal, sys, threading, time
import realtime_widgets as rw

pub = rw.Publisher(os.environ["HUB"], "run")

def work(n=100):
    for i in range(n):
        pub.append(i=i)

"""

ENDS = {
    "the end": ("work()", 0),
    "an exception": ("work(); raise SystemError('of the program')", 1),
    "sys.exit": ("work(); sys.exit(3)", 3),
    "Ctrl-C": ("work(); os.kill(os.getpid(), signal.SIGINT); time.sleep(60)", -signal.SIGINT),
    "a thread that goes on": ("threading.Thread(target=lambda: (threading.main_thread().join(), work())).start()", 0),
    "a daemon": ("t = threading.Thread(target=work, daemon=True); t.start(); t.join()", 0),
    "atexit": ("atexit.register(work)", 0),
    "with": ("with pub:\n    work()", 0),
    "asyncio": ("async def main():\n    work()\n    await asyncio.sleep(0)\nasyncio.run(main())", 0),
    "a child that was forked": ("if os.fork():\n    os.wait()\nelse:\n    work()", 0),
    "a fork in the middle": ("work(50)\nif os.fork():\n    os.wait()\n    for i in range(50, 100): pub.append(i=i)", 0),
    "a process of multiprocessing": (
        "process = multiprocessing.get_context('fork').Process(target=work)\nprocess.start(); process.join()", 0
    ),
}  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
def test_however_a_program_ends_what_it_appended_arrives(
    end: str, hub: rw.Hub, stream: rw.Stream, child_env: dict[str, str], tmp_path: Path
):
    if "fork" in end + ENDS[end][0] and not hasattr(os, "fork"):
        pytest.skip("nothing forks here")
    code, status = ENDS[end]
    program = tmp_path / "program.py"
    program.write_text(PROGRAM + code)
    env = child_env | {"HUB": hub.url, TOKEN: hub.token or ""}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(program)], env=env, capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == status, done.stderr
    assert [each["i"] for each in rows(stream, 100)] == list(range(100))
    assert stream.last_seq == 100


def test_with_the_lines_of_the_readme_a_program_ended_by_sigterm_sends_what_waits(
    hub: rw.Hub, stream: rw.Stream, child_env: dict[str, str], tmp_path: Path
):
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (lines,) = re.findall(r"```python\n([^`]*SIGTERM[^`]*)```", readme)
    program = tmp_path / "program.py"
    program.write_text(f"{PROGRAM}{lines}\nwork()\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(60)")
    env = child_env | {"HUB": hub.url, TOKEN: hub.token or ""}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(program)], env=env, capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == 143, done.stderr
    assert [each["i"] for each in rows(stream, 100)] == list(range(100))


def test_a_program_whose_hub_is_not_there_ends_in_time_and_says_what_is_lost(child_env: dict[str, str]):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code = (
        f"import realtime_widgets as rw; rw.Publisher('http://127.0.0.1:{port}', exit_timeout=0.05).append(1)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=child_env, capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == 0
    told, lost = done.stderr.splitlines()
    assert "nothing listens there" in told
    assert "a record was not sent before the end" in lost


def test_a_program_that_is_killed_loses_only_what_was_not_sent(child_env: dict[str, str]):
    with PostServer() as server:
        code = PROGRAM + "work(); assert pub.flush(60); os.kill(os.getpid(), 9)"
        done = subprocess.run(
            [sys.executable, "-c", code], env=child_env | {"HUB": server.url}, timeout=LIMIT
        )
        assert done.returncode == -9
        assert [each["i"] for each in server.records] == list(range(100))


def test_it_works_where_no_notebook_is_installed(hub: rw.Hub, stream: rw.Stream, child_env: dict[str, str]):
    code = """
import os, sys
for name in ("ipywidgets", "anywidget", "traitlets", "comm", "IPython", "plotly", "starlette", "uvicorn", "httpx",
             "websockets", "psutil", "pandas"):
    sys.modules[name] = None  # which makes its import fail
import realtime_widgets as rw
with rw.Publisher(os.environ["HUB"], "run") as pub:
    pub.append(loss=0.5)
    pub.extend({"loss": [0.25]})
assert pub.stats.sent == 2, pub.stats
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=child_env | {"HUB": hub.url, TOKEN: hub.token or ""},
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [each["loss"] for each in rows(stream, 2)] == [0.5, 0.25]

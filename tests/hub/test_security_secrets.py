"""Security: a token, a secret or a password is seen nowhere but where it must be: in the request that carries it."""

from __future__ import annotations

import json
import pickle
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import nbformat
import psutil
import pytest

import realtime_widgets as rw
from realtime_widgets.errors import UsageError
from realtime_widgets.hub.auth import AccessPolicy
from realtime_widgets.hub.keyring import Keyring
from realtime_widgets.hub.signed import Verifier
from support.hostile import Hostile, said
from support.hub_process import hub as hub_process
from support.nats_server import nats_server
from support.redis_server import redis_server
from support.scripted_client import LIMIT, until

CANARY = "k4nary"
"""Part of every secret here; where it is seen, one is."""

OWN = "k4nary-own-token-0123456789"
STATIC = "k4nary-static-token-0123456789"
SECRET = "k4nary-secret-0123456789abcdef-0123"
WRONG = "k4nary-wrong-token-0123456789"
PASSWORD = "k4nary-password-0123456789"
ANNA = rw.Rights(subscribe=["*"], publish=["*"], name="anna")
BROKERS = [
    f"redis://:{PASSWORD}@127.0.0.1:1/0",
    f"nats://me:{PASSWORD}@127.0.0.1:1",
    f"nats://{PASSWORD}@127.0.0.1:1",
]
"""Addresses of brokers that are not there."""


def options() -> dict[str, Any]:
    return {"token": OWN, "tokens": {STATIC: ANNA}, "secret": SECRET}


@pytest.fixture
def guarded() -> Iterator[rw.Hub]:
    with rw.Hub(**options()) as hub:
        yield hub


def seen(text: str, *more: str) -> list[str]:
    """Return the lines of a text in which a secret is; signed tokens are known by how they begin."""
    return [line for line in text.splitlines() if any(each in line for each in (CANARY, "eyJ", *more))]


# What is kept: a notebook


NOTEBOOK = """
import os, realtime_widgets as rw
secrets = {name: os.environ[name] for name in ("OWN", "STATIC", "SECRET", "WRONG", "PASSWORD")}
hub = rw.Hub(token=secrets["OWN"], tokens={secrets["STATIC"]: rw.Rights(subscribe=["*"], publish=["*"])},
             secret=secrets["SECRET"]).start()
hub
---
base = hub.url.replace("ws://", "")
clients = [
    rw.connect(hub),
    rw.connect(hub.url, auth=secrets["STATIC"]),
    rw.connect(hub.url, auth=lambda: hub.token_for(rw.Rights(subscribe=["*"]))),
    rw.connect(hub.url, headers={"Authorization": "Bearer " + secrets["OWN"], "X-Api-Key": secrets["PASSWORD"]}),
    rw.connect(f"ws://user:{secrets['PASSWORD']}@{base}?token={secrets['OWN']}"),
    rw.connect(hub.address + "/sse/metrics", auth=secrets["OWN"]),
]
for each in clients:
    each.wait_until("connected", 60)
refused = rw.connect(f"ws://{base}?token={secrets['WRONG']}")
refused.wait_until("error", 60)
clients + [refused, refused.status, refused.last_error, refused.stats]
---
for each in [*clients, refused]:
    display(rw.ConnectionIndicator(each), rw.MetricCard("Load", each.stream("metrics")))
rw.LiveChart(clients[0].stream("metrics"))
---
pub = rw.Publisher(hub.url, "run", token=secrets["STATIC"])
pub.append(loss=0.5)
assert pub.flush(60)
print(pub, pub.stats)
lost = rw.Publisher(hub.url, "run", token=secrets["WRONG"])
lost.append(loss=0.5)
assert not lost.flush(60) and lost.stats.failed
print(lost, lost.stats)
lost.close()
---
refused.send("x").wait(60)
---
rw.Hub(token=secrets["OWN"], secret=secrets["SECRET"], prot=1)
---
rw.connect(f"wss://:{secrets['PASSWORD']}@/x?token={secrets['OWN']}", auth=secrets["STATIC"])
---
rw.Hub(hub.port, host="203.0.113.1", token=secrets["OWN"]).start()
---
rw.Hub(secret=secrets["SECRET"][:20])
---
for each in clients: each.close()
hub.stop()
"""


RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
NotebookClient(notebook, timeout=120, allow_errors=True, store_widget_state=True).execute()
nbformat.write(notebook, sys.argv[1])
"""


def test_a_saved_notebook_has_none(child_env: dict[str, str], tmp_path: Path):
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(code.strip()) for code in NOTEBOOK.split("---\n")]
    path = tmp_path / "saved.ipynb"
    nbformat.write(made, path)
    secrets = {"OWN": OWN, "STATIC": STATIC, "SECRET": SECRET, "WRONG": WRONG, "PASSWORD": PASSWORD}
    command = [sys.executable, "-W", "ignore", "-c", RUN, str(path)]
    subprocess.run(command, env=child_env | secrets, check=True, timeout=2 * LIMIT)
    text = path.read_text()
    notebook = nbformat.reads(text, 4)
    state = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    assert len(state) > 10
    errors = [
        output["ename"]
        for cell in notebook.cells
        for output in cell.outputs
        if output["output_type"] == "error"
    ]
    assert errors == ["SendFailed", "UnknownKeyword", "UsageError", "UsageError", "UsageError"], errors
    assert seen(text) == []


# What is said: logs


PROGRAM = """
import asyncio, logging, os, sys
logging.basicConfig(level=1, stream=sys.stderr)
import realtime_widgets as rw
own, static, secret, wrong = (os.environ[name] for name in ("OWN", "STATIC", "SECRET", "WRONG"))
with rw.Hub(token=own, tokens={static: rw.Rights(subscribe=["*"], publish=["*"], name="anna")}, secret=secret) as hub:
    ways = [
        dict(url=hub.url, auth=own),
        dict(url=hub.url, auth=lambda: hub.token_for(rw.Rights(subscribe=["*"]))),
        dict(url=hub.url, headers={"Authorization": "Bearer " + static}),
        dict(url=hub.url + "?token=" + own),
        dict(url=hub.address + "/sse/metrics", auth=static),
        dict(url=hub.address + "/sse/metrics?token=" + own),
    ]
    clients = [rw.connect(**way) for way in ways]
    for each in clients:
        each.wait_until("connected", 60)
    bad = [rw.connect(hub.url, auth=wrong), rw.connect(hub.address + "/sse/x?token=" + wrong)]
    for each in bad:
        each.wait_until("error", 60)
    clients[0].publish("x", 1).wait(60)
    for token in (own, wrong):
        with rw.Publisher(hub.url, "run", token=token, exit_timeout=1) as pub:
            pub.append(1)
            pub.flush(60)
for each in [*clients, *bad]:
    print(each, each.last_error, each.status)
raise SystemExit(0)
"""


def test_logs_of_every_library_at_their_finest_have_none(child_env: dict[str, str]):
    secrets = {"OWN": OWN, "STATIC": STATIC, "SECRET": SECRET, "WRONG": WRONG}
    env = child_env | secrets | {"PYTHONASYNCIODEBUG": "1", "WEBSOCKETS_MAX_LOG_SIZE": "10000"}
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "ignore", "-c", PROGRAM],
        env=env,
        capture_output=True,
        text=True,
        timeout=2 * LIMIT,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "DEBUG:asyncio" in done.stderr
    assert seen(done.stdout) == []
    assert seen(done.stderr) == []


# What shows itself: objects, errors, pickles


def test_no_object_shows_one(guarded: rw.Hub):
    client = rw.connect(guarded.url, auth=STATIC, headers={"X-Api-Key": PASSWORD})
    publisher = rw.Publisher(f"http://user:{PASSWORD}@127.0.0.1:{guarded.port}?token={OWN}", token=STATIC)
    client.wait_until("connected", LIMIT)
    instance: Any = guarded._instance
    shown: list[Any] = [
        guarded,
        client,
        client.stream("metrics"),
        client.status,
        client.stats,
        publisher,
        publisher.channel("x"),
        publisher.stats,
        ANNA,
        rw.Limits(),
        instance,
        instance.state,
        instance.serving,
        instance.state.channels,
        instance.state.channels._broker,
        *instance.state.sessions,
        guarded._policy,
        Keyring({STATIC: ANNA}, Verifier(secret=SECRET)),
        AccessPolicy(keyring=Keyring({OWN: ANNA}), host="127.0.0.1"),
        Verifier(secret=SECRET),
        *(rw.Hub(broker=address) for address in BROKERS),
        *(rw.Hub(broker=address)._broker for address in BROKERS),
    ]
    for each in shown:
        for text in (repr(each), str(each), f"{each}"):
            assert seen(text) == []
    publisher.close(0)
    client.close()


def on_a_taken_port() -> rw.Hub:
    with socket.create_server(("127.0.0.1", 0)) as other:
        return rw.Hub(other.getsockname()[1], **options()).start()


FAILING: dict[str, Callable[[rw.Hub], object]] = {
    "a hub with a wrong keyword": lambda _: rw.Hub(**options(), prot=1),
    "a hub on a port that is none": lambda _: rw.Hub(70_000, **options()),
    "a hub with a token that is none": lambda _: rw.Hub(token=f"{OWN} two"),
    "a hub with a secret that is short": lambda _: rw.Hub(secret="k4nary"),
    "a hub with a wrong key": lambda _: rw.Hub(public_key=SECRET),
    "a hub with tokens of a wrong kind": lambda _: rw.Hub(tokens={STATIC: "all"}),  # type: ignore[dict-item]
    "a hub with a broker that is none": lambda _: rw.Hub(broker=f"redis://:{PASSWORD}@[x"),
    "a hub on a port that is taken": lambda _: on_a_taken_port(),
    "a hub with a NATS that is none": lambda _: rw.Hub(broker=f"nats://me:{PASSWORD}@[x"),
    "a hub whose Redis is out of reach": lambda _: rw.Hub(broker=BROKERS[0]).start(),
    "a hub whose NATS is out of reach": lambda _: rw.Hub(broker=BROKERS[1]).start(),
    "a hub whose NATS is out of reach to a token": lambda _: rw.Hub(broker=BROKERS[2]).start(),
    "a client with a wrong keyword": lambda hub: rw.connect(hub.url, auht=STATIC),
    "a client of no address": lambda _: rw.connect(f"wss://:{PASSWORD}@/?token={OWN}", auth=STATIC),
    "a client with a token that is none": lambda hub: rw.connect(hub.url, auth=f"{STATIC}\n"),
    "a client with a header that is none": lambda hub: rw.connect(hub.url, headers={"X-Key": f"{STATIC}\n"}),
    "a client that is turned away": lambda hub: rw.connect(hub.url, auth=WRONG).wait_until(
        "connected", LIMIT
    ),
    "a publisher with a wrong keyword": lambda hub: rw.Publisher(hub.url, tokne=STATIC),
    "a publisher of no address": lambda _: rw.Publisher(f"ftp://:{PASSWORD}@x", token=STATIC),
    "a publisher with a token that is none": lambda hub: rw.Publisher(hub.url, token=f"{STATIC}\n"),
    "a token for no rights": lambda hub: hub.token_for("all"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("failing", FAILING.values(), ids=FAILING)
def test_no_error_has_one_not_even_in_the_variables_of_its_traceback(
    guarded: rw.Hub, failing: Callable[[rw.Hub], object]
):
    """Those of our own frames: what the caller has in a variable is the caller's."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (all of ours, and WrongType is a TypeError)
        failing(guarded)
    error: BaseException | None = caught.value
    while error is not None:
        assert seen(f"{error} {error!r} {error.args!r} {vars(error)!r}") == []
        error = error.__cause__ or error.__context__
    full = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    package = str(Path(rw.__file__).parent)
    while full is not None:
        for frame in full.stack:
            if frame.filename.startswith(package):
                assert seen(repr(frame.locals)) == [], (frame.filename, frame.lineno, frame.name)
        full = full.__cause__ or (None if full.__suppress_context__ else full.__context__)  # type: ignore[assignment]


def test_a_pickled_publisher_has_the_token_that_was_passed_and_not_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("REALTIME_WIDGETS_TOKEN", OWN)
    with rw.Publisher("http://127.0.0.1:1", "x") as pub:
        assert CANARY.encode() not in pickle.dumps(pub)
    with rw.Publisher("http://127.0.0.1:1", "x", token=STATIC) as pub:
        assert STATIC.encode() in pickle.dumps(pub), "a copy could not publish without it"


# What others are told


def test_what_a_hub_tells_anybody_has_none(guarded: rw.Hub):
    made = guarded.token_for(ANNA)
    with Hostile(guarded.port) as one:
        one.upgraded(STATIC)
        one.send(said("hello", {"version": 1, "recovery": True, "acks": True}))
        one.send(said("subscribe", {"streams": ["events", "metrics", "x"]}))
        heard = [json.dumps(one.heard("hello"))]
        for token in (OWN, STATIC, made, WRONG, f"{made}x", f"{made[:-8]}k4nary-x"):
            for path in ("/health", "/metrics", "/history/x", "/history/events", f"/{token}"):
                for way in ({"headers": {"Authorization": f"Bearer {token}"}}, {"params": {"token": token}}):
                    url = guarded.address + path
                    answer = httpx.get(url, trust_env=False, timeout=LIMIT, **way)  # type: ignore[arg-type]
                    heard += [answer.text, str(answer.headers)]
            httpx.post(
                f"{guarded.address}/publish/x",
                content="1",
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k"},
                trust_env=False,
            )
        one.send(said("publish", 1, channel="metrics", id="k"))
        one.send(said("x" * 100) + said("ping", {}, id=1))
        while True:
            opcode, payload = one.frame()
            heard.append(payload.decode())
            if opcode == 1 and '"pong"' in heard[-1]:
                break
        guarded.stop()
        while True:
            try:
                opcode, payload = one.frame()
            except ConnectionResetError:
                break
            heard.append(payload[2:].decode() if opcode == 8 else payload.decode())
    assert any("retry_after" in text for text in heard), "the reason of the end"
    assert any("was refused (token)" in text for text in heard), "an event"
    assert seen("\n".join(heard), made[:20]) == []


# What other users of the machine see: processes


def command_lines(pid: int) -> list[str]:
    process = psutil.Process(pid)
    return [" ".join(each.cmdline()) for each in [process, *process.children(recursive=True)]]


def test_no_command_has_one_in_its_arguments(child_env: dict[str, str]):
    env = child_env | {
        "REALTIME_WIDGETS_TOKEN": OWN,
        "REALTIME_WIDGETS_SECRET": SECRET,
        "REALTIME_WIDGETS_BROKER": "memory",
    }
    with hub_process("--port", "0", env=env) as (process, url, connect):
        lines = command_lines(process.pid)
        with subprocess.Popen(
            [sys.executable, "-m", "realtime_widgets", "publish", "x", "--url", url],
            stdin=subprocess.PIPE,
            env=env,
        ) as publishing:
            assert publishing.stdin is not None
            publishing.stdin.write(b"1\n")
            publishing.stdin.flush()
            lines += command_lines(publishing.pid)
            publishing.stdin.close()
            assert publishing.wait(LIMIT) == 0
    assert len(lines) >= 2
    assert seen("\n".join([*lines, connect])) == []


@pytest.mark.parametrize("argument", [*BROKERS, f"rediss://user:{PASSWORD}@h"])
def test_a_password_on_the_command_line_is_refused_without_being_repeated(
    child_env: dict[str, str], argument: str
):
    command = [sys.executable, "-m", "realtime_widgets", "hub", "--port", "0", "--broker", argument]
    done = subprocess.run(command, env=child_env, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 1
    assert "put it into $REALTIME_WIDGETS_BROKER" in done.stderr
    assert seen(done.stdout + done.stderr) == []


# What is in a broker


def test_a_redis_sees_none(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(1)
    with redis_server(tmp_path, requirepass=PASSWORD, loglevel="debug") as redis:
        address = f"redis://:{PASSWORD}@127.0.0.1:{redis.port}/0"
        monitor = Monitor(redis.port, PASSWORD)
        with rw.Hub(broker=address, **options()) as hub:
            for token in (OWN, STATIC, hub.token_for(ANNA)):
                with rw.Publisher(hub.url, "x", token=token) as pub:
                    pub.append(1)
                    assert pub.flush(LIMIT)
                with rw.connect(hub.url, auth=token) as client:
                    client.publish("x", 1).wait(LIMIT)
            shown = [repr(hub), repr(hub._broker), repr(vars(hub._broker))]
            shown += [str(redis.command("CLIENT", "LIST")), str(redis.command("INFO", "everything"))]
            for key in redis.command("KEYS", "*"):
                shown += [str(key), str(redis.command("DUMP", key))]
        shown += [monitor.stop(), (tmp_path / "redis.log").read_text()]
    assert len(shown) > 6
    assert "xadd" in shown[-2].lower() or "evalsha" in shown[-2].lower()
    assert seen("\n".join([*shown, caplog.text])) == []


def test_a_nats_sees_none_but_where_the_hub_says_who_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(1)
    config = f'authorization {{ user: "me", password: "{PASSWORD}" }}\ndebug: true\ntrace: true'
    with nats_server(tmp_path, config) as server:
        with rw.Hub(broker=f"nats://me:{PASSWORD}@127.0.0.1:{server.port}", **options()) as hub:
            for token in (OWN, STATIC, hub.token_for(ANNA)):
                with rw.Publisher(hub.url, "x", token=token) as pub:
                    pub.append(text="what is published")
                    assert pub.flush(LIMIT)
                with rw.connect(hub.url, auth=token) as client:
                    client.publish("x", 1).wait(LIMIT)
            shown = [repr(hub), repr(hub._broker), repr(vars(hub._broker))]
            connections = httpx.get(f"http://127.0.0.1:{server.monitor}/connz?subs=true", trust_env=False)
            shown.append(connections.text)
        with pytest.raises(UsageError) as refused:
            rw.Hub(broker=f"nats://me:{PASSWORD}x@127.0.0.1:{server.port}", **options()).start()
        shown += [str(refused.value), (tmp_path / "nats.log").read_text()]
        kept = [file for file in (tmp_path / "jetstream").rglob("*") if file.is_file()]
        shown += [file.read_bytes().decode("utf-8", "replace") for file in kept]
    assert "what is published" in shown[5], "it tells all that it is sent"
    assert len(shown) > 7
    assert seen("\n".join([*shown, caplog.text])) == []


class Monitor:
    """Hears every command that a Redis is given."""

    def __init__(self, port: int, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), LIMIT)
        self._socket.sendall(f"AUTH {password}\r\nMONITOR\r\n".encode())
        self._heard = bytearray()
        self._thread = threading.Thread(target=self._hear)
        self._thread.start()
        until(lambda: self._heard.count(b"+OK") >= 2)

    def _hear(self) -> None:
        try:
            while part := self._socket.recv(65536):
                self._heard += part
        except OSError:
            pass

    def stop(self) -> str:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(LIMIT)
        return self._heard.decode("utf-8", "replace")

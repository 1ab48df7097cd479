"""The site of docs/deploy.md in a real nginx, before two hubs with one Redis, or one NATS, or one hub in this process."""

from __future__ import annotations

import itertools
import json
import re
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from websockets.sync.client import connect

import realtime_widgets as rw
from realtime_widgets import cli
from realtime_widgets.hub.publication import MAX_MANY_BYTES
from realtime_widgets.protocol.limits import MAX_DATA_BYTES
from support.deployment import arguments, command_of_unit, option, shown
from support.hub_process import hub
from support.nats_server import nats_server
from support.nginx import Nginx
from support.ports import free_port
from support.redis_server import redis_server
from support.servers import LIMIT, wait_for

NAME = "hub.example.org"
TOKEN = "canary-token"


class Site:
    """What is behind the name, in this process and those that it starts.

    Args:
        folder: for the files of nginx.
        ports: of the hubs.
    """

    def __init__(self, folder: Path, ports: tuple[int, int]) -> None:
        self.folder = folder
        self.port = free_port()
        self.place = f"{NAME}:{self.port}"
        authority = trustme.CA()
        (folder / "ca.pem").write_bytes(authority.cert_pem.bytes())
        authority.issue_cert(NAME).private_key_and_cert_chain_pem.write_to_path(folder / "site.pem")
        puts = {
            "[::]:443": f"127.0.0.2:{self.port}",  # not every machine that tests has IPv6
            "443": f"127.0.0.1:{self.port}",
            "127.0.0.1:8001": f"127.0.0.1:{ports[0]}",
            "127.0.0.1:8002": f"127.0.0.1:{ports[1]}",
            f"/etc/letsencrypt/live/{NAME}/fullchain.pem": f"{folder}/site.pem",
            f"/etc/letsencrypt/live/{NAME}/privkey.pem": f"{folder}/site.pem",
            "/var/log/nginx": str(folder),
        }
        self.nginx = Nginx(folder, shown("nginx.conf", puts), self.port)

    @contextmanager
    def up(self) -> Iterator[Site]:
        """Run it, and let this process find it by its name and trust it."""
        look_up = socket.getaddrinfo

        def found(host: Any, *rest: Any, **more: Any) -> Any:
            return look_up("127.0.0.1" if host in (NAME, NAME.encode()) else host, *rest, **more)

        with pytest.MonkeyPatch.context() as patch, self.nginx:
            patch.setattr(socket, "getaddrinfo", found)
            patch.setenv("SSL_CERT_FILE", str(self.folder / "ca.pem"))
            yield self

    def web(self, **more: Any) -> httpx.Client:
        options: dict[str, Any] = {"headers": {"Authorization": f"Bearer {TOKEN}"}} | more
        trust = ssl.create_default_context(cafile=self.folder / "ca.pem")
        transport = httpx.HTTPTransport(verify=trust, local_address=options.pop("local_address", None))
        return httpx.Client(
            base_url=f"https://{self.place}", transport=transport, trust_env=False, timeout=LIMIT, **options
        )

    def client(self, **options: Any) -> rw.Client:
        pace = rw.Reconnect(initial=0.05, maximum=0.2)
        return rw.connect(f"wss://{self.place}/ws/dashboard", auth=TOKEN, reconnect=pace, **options)

    @property
    def log(self) -> str:
        return (self.folder / "realtime-widgets.log").read_text()


class Hubs:
    """Two hubs in processes of their own, with the options of the unit."""

    def __init__(self, broker: str, env: dict[str, str]) -> None:
        self.ports = (free_port(), free_port())
        self._env = env | {cli.TOKEN: TOKEN, cli.BROKER: broker}
        self._running: dict[int, ExitStack] = {}
        self._processes: dict[int, Any] = {}

    def start(self, which: int) -> None:
        words = arguments(command_of_unit(), port=str(self.ports[which]), drain="1")
        self._running[which] = ExitStack()
        process, _, _ = self._running[which].enter_context(hub(*words, env=self._env))
        self._processes[which] = process

    def kill(self, which: int) -> None:
        self._running.pop(which).close()  # kill -9

    def end(self, which: int) -> int:
        """End one in good order; returns its status."""
        self._processes[which].send_signal(signal.SIGTERM)
        status: int = self._processes[which].wait(LIMIT)
        self.kill(which)
        return status

    def clients(self, which: int) -> int:
        answer = httpx.get(f"http://127.0.0.1:{self.ports[which]}/health", trust_env=False, timeout=LIMIT)
        return int(answer.json()["clients"])

    def of_client(self) -> int:
        """Return which hub the only client is at."""
        (which,) = [which for which in self._running if self.clients(which)]
        return which

    def stop(self) -> None:
        for which in list(self._running):
            self.kill(which)


@contextmanager
def broker(engine: str, folder: Path) -> Iterator[str]:
    """An engine, and how hubs are told of it."""
    if engine == "redis":
        with redis_server(folder) as server:
            yield server.url
        return
    conf = shown("nats.conf", {"listen: 127.0.0.1:4222": "", "/var/lib/nats # ": f"{folder} # "})
    user, password = re.findall(r'authorization: { user: (\w+), password: "(\w+)" }', conf)[0]
    with nats_server(folder, conf, jetstream=False) as server:  # it is in the file
        yield server.url.replace("//", f"//{user}:{password}@")


@pytest.fixture(scope="module", params=["redis"])
def hubs(
    tmp_path_factory: pytest.TempPathFactory, child_env: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Hubs]:
    with broker(request.param, tmp_path_factory.mktemp(request.param)) as url:
        made = Hubs(url, child_env)
        try:
            made.start(0)
            made.start(1)
            yield made
        finally:
            made.stop()


@pytest.fixture(scope="module")
def site(hubs: Hubs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("nginx"), hubs.ports).up() as made:
        yield made


@pytest.fixture
def web(site: Site) -> Iterator[httpx.Client]:
    with site.web() as made:
        yield made


both = pytest.mark.parametrize("hubs", ["redis", "nats"], indirect=True)


def numbers(stream: rw.Stream) -> list[int]:
    return [int(number) for number in stream.read()["n"]] if len(stream) else []


def published(site: Site, channel: str) -> tuple[rw.Publisher, Callable[[], int]]:
    """Publish numbers on a channel, one after the other, until the second is called, which returns how many."""
    publisher = rw.Publisher(f"https://{site.place}", channel, token=TOKEN)
    done, count = threading.Event(), itertools.count()

    def work() -> None:
        while not done.wait(0.002):
            publisher.append(n=next(count))

    thread = threading.Thread(target=work)
    thread.start()

    def end() -> int:
        done.set()
        thread.join()
        assert publisher.flush(LIMIT)
        publisher.close()
        return next(count)

    return publisher, end


# What passes


def test_a_client_publishes_and_hears_through_it(site: Site):
    with site.client() as client:
        stream = client.stream("x")
        client.wait_until()
        deliveries = [client.publish("x", {"n": n}) for n in range(3)]
        wait_for(lambda: numbers(stream) == [0, 1, 2])
        wait_for(lambda: {each.state for each in deliveries} == {"acknowledged"})


def test_an_event_is_there_while_the_response_goes_on(site: Site, web: httpx.Client):
    with web.stream("GET", "/sse/events-of-x") as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        with site.web() as other:
            assert other.post("/publish/events-of-x", json={"n": 7}).status_code == 200
        body = ""
        for chunk in answer.iter_text():  # for as long as it has not ended
            body += chunk
            if '"n":7' in body:
                break
        else:
            raise AssertionError("the response ended")


@both
def test_a_post_is_answered_by_the_hub_however_large(web: httpx.Client):
    assert web.post("/publish/large", json=1).json()["offset"] >= 1
    messages = ["x" * (MAX_DATA_BYTES - 2)] * (MAX_MANY_BYTES // MAX_DATA_BYTES)
    taken = web.post("/publish/large?many=1", content=json.dumps(messages))
    assert (taken.status_code, len(taken.json().get("positions", []))) == (200, len(messages))
    refused = web.post("/publish/large?many=1", content=b" " * (MAX_MANY_BYTES + 1))
    assert refused.status_code == 413
    assert "code" in refused.json()


# What does not


def test_other_names_and_pages_are_refused(site: Site, web: httpx.Client):
    def answered(**headers: str) -> tuple[int, str | None]:
        answer = web.get("/history/x", headers=headers)
        return answer.status_code, answer.json().get("code")

    assert answered() == (200, None)
    assert answered(Origin=f"https://{site.place}") == (200, None)
    assert answered(Origin="https://evil.example") == (403, "origin")
    assert answered(Host="evil.example") == (403, "host")
    assert answered(Host="evil.example", Origin="https://evil.example") == (403, "host")
    assert answered(Authorization="Bearer other") == (401, "token")


def test_one_client_cannot_take_the_connections_of_others(tmp_path: Path):
    command = command_of_unit()
    options: Any = {"hosts": [option(command, "--hosts")], "proxies": [option(command, "--proxies")]}
    limits = rw.Limits(connections_each=1)
    with (
        rw.Hub(token=TOKEN, limits=limits, **options) as only,
        Site(tmp_path, (only.port, only.port)).up() as site,
        ExitStack() as stack,
    ):

        def status(address: str, **headers: str) -> int:
            web = stack.enter_context(site.web(local_address=address))
            return stack.enter_context(web.stream("GET", "/sse/x", headers=headers)).status_code

        assert [status("127.0.0.3"), status("127.0.0.4")] == [200, 200]
        assert [status("127.0.0.3"), status("127.0.0.3", **{"X-Forwarded-For": "198.51.100.1"})] == [503, 503]
        # The two refusals are of one client: nginx goes on asking the hub for others.
        assert status("127.0.0.5") == 200


# What stays


def test_no_token_is_in_its_logs(site: Site, hubs: Hubs, web: httpx.Client):
    del web.headers["Authorization"]
    trust = ssl.create_default_context(cafile=site.folder / "ca.pem")
    hubs.kill(0)
    try:
        for _ in range(2):  # one of two asks the hub that is gone first
            url = f"wss://{site.place}/ws/dashboard?token={TOKEN}"
            with connect(url, ssl=trust, proxy=None):
                pass
            assert web.post(f"/publish/logged?token={TOKEN}", json=1).status_code == 200
        wait_for(lambda: site.log.count('"POST /publish/logged" 200') == 2)
        assert '"GET /ws/dashboard" 101' in site.log
        assert re.search("502, (101|200)", site.log)
    finally:
        hubs.start(0)
    with web.stream("GET", f"/sse/logged?token={TOKEN}") as answer:
        assert answer.status_code == 200
    wait_for(lambda: '"GET /sse/logged" 200' in site.log)
    logs = list(site.folder.glob("*.log"))
    assert {each.name for each in logs} == {"realtime-widgets.log", "realtime-widgets.error.log", "start.log"}
    assert [each.name for each in logs if TOKEN in each.read_text()] == []


@both
def test_a_client_whose_hub_is_killed_goes_on_at_the_other_with_nothing_lost(site: Site, hubs: Hubs):
    with site.client() as client:
        stream = client.stream("killed", max_points=100_000)
        client.wait_until()
        publisher, end = published(site, "killed")
        wait_for(lambda: len(stream) > 100)
        killed = hubs.of_client()
        hubs.kill(killed)
        try:
            before = publisher.stats.sent
            wait_for(lambda: publisher.stats.sent > before + 100)
            count = end()
            wait_for(lambda: len(stream) >= count)
            assert numbers(stream) == list(range(count))
            assert hubs.of_client() != killed
        finally:
            hubs.start(killed)


@both
def test_hubs_are_renewed_one_after_the_other_and_nobody_is_turned_away(site: Site, hubs: Hubs):
    with site.client() as client, site.web() as web:
        stream = client.stream("renewed", max_points=100_000)
        client.wait_until()
        _, end = published(site, "renewed")
        wait_for(lambda: len(stream) > 100)
        statuses = []
        for which in (0, 1):
            ended: list[int] = []
            ending = threading.Thread(target=lambda which=which, ended=ended: ended.append(hubs.end(which)))
            ending.start()
            while ending.is_alive():
                ending.join(0.02)  # a hub takes in a hundred a second
                with web.stream("GET", "/sse/renewed") as answer:
                    statuses.append(answer.status_code)
            assert ended == [0]
            hubs.start(which)
        count = end()
        wait_for(lambda: len(stream) >= count)
        assert numbers(stream) == list(range(count))
        assert set(statuses) == {200}
        assert '"GET /sse/renewed" 200' in site.log
        assert "503, 200" in site.log

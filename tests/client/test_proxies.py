"""Proxies of the environment: which one, and what is said of one that cannot be used."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from realtime_widgets.client.proxies import explain_proxy, proxy_for
from realtime_widgets.errors import ConnectionLost, ConnectionRejected
from support.event_server import Events
from support.servers import Server, plain
from support.states import settled


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ws", "wss", "http", "https", "socks", "all", "no"):
        for variable in (f"{name}_proxy", f"{name}_PROXY".upper()):
            monkeypatch.delenv(variable, raising=False)


def test_without_one_it_is_direct():
    assert proxy_for("wss://example.org/") is None


@pytest.mark.parametrize(
    ("variable", "url", "used"),
    [
        ("https_proxy", "wss://example.org/", True),
        ("https_proxy", "ws://example.org/", True),
        ("http_proxy", "ws://example.org/", True),
        ("http_proxy", "wss://example.org/", False),
        ("http_proxy", "http://example.org/", True),
        ("http_proxy", "https://example.org/", False),
        ("https_proxy", "http://example.org/", False),
        ("wss_proxy", "wss://example.org/", True),
        ("all_proxy", "wss://example.org/", True),
        ("all_proxy", "https://example.org/", True),
        ("all_proxy", "ws://localhost/", False),
        ("all_proxy", "http://127.0.0.1/", False),
    ],
)
def test_the_variable_goes_by_the_scheme(
    monkeypatch: pytest.MonkeyPatch, variable: str, url: str, used: bool
):
    monkeypatch.setenv(variable, "http://proxy:3128")
    assert proxy_for(url) == ("http://proxy:3128" if used else None)


def test_hosts_that_are_excepted_are_reached_directly(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("all_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "example.org,other.org:81")
    assert proxy_for("wss://www.example.org/") is None
    assert proxy_for("ws://other.org:81/") is None
    assert proxy_for("ws://other.org/") == "http://proxy:3128"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("proxy:3128", "http://proxy:3128"),
        ("https://proxy", "https://proxy:443"),
        ("http://user@proxy/", "http://user:@proxy:80"),
        ("http://user:p%2Fw@[::1]:3128", "http://user:p%2Fw@[::1]:3128"),
    ],
)
def test_its_address_is_made_whole(monkeypatch: pytest.MonkeyPatch, given: str, used: str):
    monkeypatch.setenv("all_proxy", given)
    assert proxy_for("wss://example.org/") == used


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("ftp://user:SECRET@proxy:1", "the proxy ftp://proxy:1 cannot be used: its scheme is 'ftp'"),
        (
            "http://user:SEC/RET@proxy:1",
            "the proxy http://proxy:1 cannot be used: its address cannot be read",
        ),
        ("http://user:SECRET@proxy:port", "its address cannot be read; correct ALL_PROXY"),
        ("http://user:SECRET@pro..xy:1", "its address cannot be read"),
        ("http://user:SECRET@proxy/path", "is not of the form http://host:port"),
        ("http://user:SECRET@:1", "is not of the form http://host:port"),
    ],
)
@pytest.mark.parametrize("scheme", ["wss", "https"])
def test_one_that_cannot_be_used_ends_it_without_its_password(
    monkeypatch: pytest.MonkeyPatch, connect: Any, given: str, words: str, scheme: str
):
    monkeypatch.setenv("all_proxy", given)
    client = connect(f"{scheme}://example.invalid/?token=SECRET")
    settled(client, "error")
    assert words in str(client.last_error)
    assert not any(part in str(client.last_error) for part in ("SEC", "RET"))


@pytest.mark.parametrize(
    ("url", "proxy", "module", "words"),
    [
        (
            "wss://example.invalid/",
            "socks5h://u:SECRET@p:1080",
            "python_socks",
            "pip install 'python-socks[asyncio]'",
        ),
        ("https://example.invalid/", "socks5://u:SECRET@p:1080", "socksio", "pip install 'httpx[socks]'"),
        ("https://example.invalid/", "socks4://u:SECRET@p:1080", None, "need SOCKS 5"),
    ],
)
def test_socks_without_its_package_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, connect: Any, url: str, proxy: str, module: str | None, words: str
):
    if module is not None and importlib.util.find_spec(module) is not None:
        pytest.skip(f"{module} is installed")
    monkeypatch.setenv("all_proxy", proxy)
    client = connect(url)
    settled(client, "error")
    assert words in str(client.last_error)
    assert "SECRET" not in str(client.last_error)


@contextmanager
def proxy(answer: bytes, port: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """A proxy that answers CONNECT like this, and then leads to a port of this machine."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(answer)
        if port is None:
            await writer.drain()
            return
        there, back = await asyncio.open_connection("127.0.0.1", port)

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(4096):
                target.write(data)
            target.close()

        try:
            await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)
        finally:
            back.close()

    with plain(serve) as listening:
        yield listening, asked


def test_a_websocket_goes_through_its_tunnel(monkeypatch: pytest.MonkeyPatch, connect: Any):
    with Server() as server, proxy(b"HTTP/1.1 200 Go\r\n\r\n", server.port) as (port, asked):
        monkeypatch.setenv("http_proxy", f"http://user:w%C3%B6rd@127.0.0.1:{port}")
        settled(connect("ws://example.invalid/ws"), "connected")
        assert asked[0].startswith("CONNECT example.invalid:80 HTTP/1.1\r\n")
        assert "Proxy-Authorization: Basic dXNlcjp3w7ZyZA==" in asked[0]


@pytest.mark.parametrize(
    "url", ["ws://example.invalid/", "https://example.invalid/", "http://example.invalid/"]
)
@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (b"407 Who", "error", "wants a user name and a password, or others (HTTP 407)"),
        (b"503 Busy", "reconnecting", "503"),
        (b"429 Busy\r\nRetry-After: 7.5", "reconnecting", "429"),
    ],
)
def test_what_it_answers_is_said_without_its_password(
    monkeypatch: pytest.MonkeyPatch, connect: Any, url: str, answer: bytes, state: str, words: str
):
    with proxy(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\n\r\n") as (port, _):
        for variable in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(variable, f"http://user:SECRET@127.0.0.1:{port}")
        client = connect(url)
        settled(client, state)
        assert words in str(client.last_error)
        assert "SECRET" not in str(client.last_error)


def test_events_go_through_it_too(monkeypatch: pytest.MonkeyPatch, connect: Any):
    with Events() as server:
        monkeypatch.setenv("http_proxy", f"127.0.0.1:{server.port}")
        settled(connect("http://example.invalid/stream", decode=str), "connected")
        assert server.paths == ["http://example.invalid/stream"]


def test_it_too_may_ask_to_be_left_alone():
    told = explain_proxy(503, "wss://x", None, 7.5)
    assert "answered HTTP 503 and asks to be left alone for 7.5 s" in str(told)
    assert told.retry_after == 7.5


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (407, ConnectionRejected, "the proxy http://p:1 wants a user name"),
        (403, ConnectionRejected, "answered HTTP 403 and does not let us through"),
        (502, ConnectionLost, "answered HTTP 502; it may not reach the server"),
        (None, ConnectionLost, "gave no answer that can be read"),
    ],
)
def test_an_answer_is_for_good_or_worth_another_try(status: int | None, kind: type[Exception], words: str):
    told = explain_proxy(status, "wss://x", "http://u:SECRET@p:1")
    assert type(told) is kind
    assert words in str(told)
    assert "SECRET" not in str(told)

"""Redirects: where they lead, what follows them, and what does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from realtime_widgets.client.redirects import check_post, next_url, same_origin
from realtime_widgets.errors import ConnectionRejected
from support.event_server import Events
from support.servers import Server, plain, wait_for
from support.states import settled

PLACE = "ws://place/"


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("ws://a/x/y", "z?t=1", "ws://a/x/z?t=1"),
        ("ws://a/x", "/", "ws://a/"),
        ("ws://a/x", "//b/c", "ws://b/c"),
        ("ws://a/x", "http://b:81/c", "ws://b:81/c"),
        ("ws://a/x", "https://b/c", "wss://b/c"),
        ("ws://a/x", "WSS://b/c#part", "wss://b/c"),
        ("ws://a/x", "/a b", "ws://a/a%20b"),
        ("ws://a/x", "/ä", "ws://a/%C3%A4"),
        ("ws://a/x", "ws://user:word@b/", "ws://b/"),
        ("wss://a/x", "/z", "wss://a/z"),
        ("http://a/x", "https://b/c", "https://b/c"),
        ("https://a/x", "z", "https://a/z"),
    ],
)
def test_it_leads_to_an_address_of_the_same_kind(url: str, location: str, target: str):
    assert next_url(url, location, PLACE) == target


@pytest.mark.parametrize(
    ("url", "location", "words"),
    [
        ("ws://a/", "ftp://b/SECRET", "it redirects to something that is no address"),
        ("ws://a/", "http://[SECRET", "it redirects to something that is no address"),
        ("ws://a/", "http://a..b/?SECRET", "it redirects to something that is no address"),
        ("ws://a/", "/\x00SECRET", "it redirects to something that is no address"),
        ("ws://a/", "/\ud800SECRET", "it redirects to something that is no address"),
        ("ws://a/", "http://b:99999/SECRET", "it redirects to something that is no address"),
        ("ws://a/", "javascript:SECRET", "it redirects to something that is no address"),
        ("wss://a/", "http://b/SECRET", "it redirects to ws://b, which is not encrypted"),
        ("https://a/", "http://a/SECRET", "it redirects to http://a, which is not encrypted"),
        ("http://a/", "wss://b/SECRET", "it redirects to wss://b, which is no address of Server-Sent Events"),
    ],
)
def test_where_it_may_not_lead_is_said_without_what_the_server_wrote(url: str, location: str, words: str):
    with pytest.raises(ConnectionRejected) as raised:
        next_url(url, location, PLACE)
    assert words in str(raised.value)
    assert str(raised.value).startswith("no connection to ws://place/: ")
    assert "SECRET" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_an_origin_is_scheme_host_and_port():
    assert same_origin("ws://a/x", "ws://a:80/y?z")
    for other in ("wss://a/x", "ws://b/x", "ws://a:81/x"):
        assert not same_origin("ws://a/x", other)


@pytest.mark.parametrize("status", [307, 308])
def test_what_is_posted_follows_within_its_origin(status: int):
    check_post("http://a/x", "http://a:80/y", status, PLACE)
    for other in ("https://a/x", "http://b/x", "http://a:81/x"):
        with pytest.raises(ConnectionRejected, match="not sent to another origin than the one you named"):
            check_post("http://a/x", other, status, PLACE)


@pytest.mark.parametrize("status", [301, 302, 303])
def test_what_is_posted_becomes_no_get(status: int):
    with pytest.raises(ConnectionRejected, match=f"HTTP {status}, after which a POST would become a GET"):
        check_post("http://a/x", "http://a/y?SECRET", status, PLACE)


def redirecting(target: Callable[[], str], status: int = 302) -> Any:
    """A server's answer to a path other than /there."""

    def answer(connection: Any, request: Any) -> Any:
        if request.path == "/there":
            return None
        made = connection.respond(HTTPStatus(status), "")
        made.headers["Location"] = target()
        return made

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_to_the_same_origin_headers_and_token_follow(connect: Any, status: int):
    with Server(process_request=redirecting(lambda: "/there", status)) as server:
        settled(connect(server.url, auth="t", headers={"X-Key": "k"}), "connected")
        (headers,) = server.headers
        assert (headers["Authorization"], headers["X-Key"]) == ("Bearer t", "k")


def test_to_another_origin_neither_headers_nor_token_follow(connect: Any):
    with Server() as other, Server(process_request=redirecting(lambda: other.url)) as server:
        url = server.url.replace("ws://", "ws://user:word@")
        settled(connect(url, auth="t", headers={"X-Key": "k", "Cookie": "c"}), "connected")
        (headers,) = other.headers
        assert not {"Authorization", "X-Key", "Cookie"} & set(headers)
        assert server.connections == 0


def test_events_follow_redirects_by_the_same_rules(connect: Any):
    with Events() as other, Events() as server:
        server.status, server.head = "307 There", {"Location": other.url + "?token=SECRET"}
        client = connect(server.url, auth="t", headers={"X-Key": "k"}, decode=str)
        settled(client, "connected")
        assert other.paths == ["/stream?token=SECRET"]
        assert not {"authorization", "x-key"} & set(other.requests[0])
        assert server.requests[0]["authorization"] == "Bearer t"


def test_back_at_the_first_origin_the_token_is_not_sent_again(connect: Any):
    """Whoever it was that sent us there chose where on it."""
    with (
        Server() as server,
        Server(process_request=redirecting(lambda: server.url)) as other,
        Server(process_request=redirecting(lambda: other.url)) as first,
    ):
        settled(connect(first.url, auth="t"), "connected")
        assert "Authorization" not in server.headers[0]


def test_who_wants_the_token_elsewhere_is_named(connect: Any):
    refusing = {"process_request": lambda connection, _: connection.respond(HTTPStatus.UNAUTHORIZED, "")}
    with Server(**refusing) as other, Server(process_request=redirecting(lambda: other.url)) as server:
        client = connect(server.url, auth="t")
        settled(client, "error")
        assert f"it redirects to ws://127.0.0.1:{other.port}, which wants credentials" in str(
            client.last_error
        )


@pytest.mark.parametrize(
    ("url", "words"),
    [("?token=x", "turned the token down"), ("?page=1", "wants a token, and none was given")],
)
@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_a_token_may_be_in_the_address(connect: Any, scheme: str, url: str, words: str):
    refusing = {"process_request": lambda connection, _: connection.respond(HTTPStatus.UNAUTHORIZED, "")}
    with Server(**refusing) as server:
        client = connect(server.url.replace("ws://", f"{scheme}://") + url)
        settled(client, "error")
        assert words in str(client.last_error)


@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_a_circle_ends(connect: Any, scheme: str):
    asked: list[bytes] = []

    async def circle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /again?SECRET\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    with plain(circle) as port:
        client = connect(f"{scheme}://127.0.0.1:{port}/")
        settled(client, "error")
        assert "it sends us from one address to another without end" in str(client.last_error)
        assert "SECRET" not in str(client.last_error)
        assert len(asked) == 6


def test_a_redirect_without_an_address_is_said(connect: Any):
    with Server(process_request=lambda connection, _: connection.respond(HTTPStatus.FOUND, "")) as server:
        client = connect(server.url)
        settled(client, "error")
        assert "answered HTTP 302 instead of opening a WebSocket" in str(client.last_error)


def test_where_it_led_in_vain_is_said_by_its_origin(connect: Any):
    with Server(process_request=redirecting(lambda: "https://127.0.0.1:1/SECRET?token=SECRET")) as server:
        client = connect(server.url)
        settled(client, "reconnecting")
        wait_for(lambda: client.last_error)
        assert f"{server.url} (redirected to wss://127.0.0.1:1): nothing listens" in str(client.last_error)
        assert "SECRET" not in repr(client)

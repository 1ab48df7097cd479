"""Headers: one of each name, and none that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.client.headers import basic, bearer, checked_headers, merged, named
from realtime_widgets.errors import UsageError
from support.event_server import Events
from support.fake_clock import FakeClock
from support.servers import Server, plain, wait_for
from support.states import settled


def test_a_name_is_found_whatever_its_case():
    assert named({"X-Key": "1"}, "x-kEY") == "X-Key"
    assert named({}, "x") is None


def test_theirs_replace_ours():
    assert merged({"Accept": "a", "X": "1"}, {"ACCEPT": "b"}) == {"X": "1", "ACCEPT": "b"}


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("abc", "Bearer abc"),
        ("Bearer abc", "Bearer abc"),
        ("BEARER   abc", "BEARER abc"),
        ("Token 0123456789", "Token 0123456789"),
        ("Digest a=b, c=d", "Digest a=b, c=d"),
        ("Bearer", "Bearer Bearer"),
    ],
)
def test_a_token_with_its_scheme_keeps_it(token: str, value: str):
    assert bearer(token) == value


def test_user_name_and_password_are_utf_8():
    assert basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert basic("u", "ö") == "Basic dTrDtg=="


@pytest.mark.parametrize(
    "headers",
    [{"a b": "SECRET"}, {"a:": "SECRET"}, {"é": "SECRET"}, {"a": "SECRET\n"}, {"a": " SECRET"}, {"Content-Length": "SECRET"}],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_without_its_value(headers: Any):
    with pytest.raises(UsageError) as raised:
        checked_headers(headers)
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({"Authorization: Bearer SECRET": ""}, "the header 'Authorization' cannot be sent"),
        ({b"X-Key: SECRET": "x"}, "the header whose name is of type bytes cannot be sent"),
        ({"\nSECRET": "x"}, "the header '\\n' cannot be sent"),
    ],
)
def test_of_a_whole_line_given_for_a_name_its_first_word_is_shown(headers: Any, shown: str):
    with pytest.raises(UsageError) as raised:
        checked_headers(headers)
    assert shown in str(raised.value)
    assert "SECRET" not in str(raised.value)


def test_what_a_websocket_is_opened_with_has_each_header_once(connect: Any):
    with Server() as server:
        settled(connect(server.url, headers={"HOST": "other.example", "user-agent": "me"}), "connected")
        (headers,) = server.headers
        assert headers.get_all("Host") == ["other.example"]
        assert headers.get_all("User-Agent") == ["me"]


def test_what_a_stream_is_opened_with_has_each_header_once(connect: Any):
    heads: list[str] = []

    async def answer(reader: Any, writer: Any) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
        writer.write(b"HTTP/1.1 204 No\r\n\r\n")
        await writer.drain()

    ours = {"host": "other.example", "accept": "x/y", "ACCEPT-encoding": "br", "cache-control": "no", "User-agent": "me"}  # fmt: skip
    with plain(answer) as port:
        settled(
            connect(f"http://127.0.0.1:{port}/", headers=ours | {"authorization": "mine"}, auth="t"), "error"
        )
    names = [line.partition(":")[0] for line in heads[0].split("\r\n")[1:] if line]
    assert len(names) == len(set(names))
    for name, value in (ours | {"authorization": "mine"}).items():
        assert f"{name}: {value}".lower() in heads[0]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b" 5 ", "5"),
        (b"\x0157", None),
        (b"a\x7fb", None),
        ("é 7".encode(), "é 7"),
        (b"\t", None),
        (b"x" * 4097, None),
    ],
)
def test_an_id_is_sent_back_as_far_as_a_header_can_carry_it(
    connect: Any, fake_clock: FakeClock, sent: bytes, said: str | None
):
    with Events() as server:
        client = connect(server.url, decode=lambda raw: {"channel": "x", "data": 1})
        stream = client.stream("x")
        settled(client, "connected")
        server.send(b"retry: 1\nid: " + sent + b"\ndata: 1\n\n")
        wait_for(lambda: len(stream))
        server.end()
        wait_for(lambda: client.status.retry_at is not None)
        fake_clock.turn(3)
        wait_for(lambda: len(server.requests) > 1)
        assert server.requests[1].get("last-event-id") == said


def test_where_a_user_began_gives_way_to_where_the_stream_is(connect: Any, fake_clock: FakeClock):
    with Events() as server:
        client = connect(
            server.url, decode=lambda raw: {"channel": "x", "data": 1}, headers={"last-event-id": "42"}
        )
        stream = client.stream("x")
        settled(client, "connected")
        assert server.requests[0]["last-event-id"] == "42"
        server.send(b"retry: 1\nid: 57\ndata: 1\n\n")
        wait_for(lambda: len(stream))
        server.end()
        wait_for(lambda: client.status.retry_at is not None)
        fake_clock.turn(3)
        wait_for(lambda: len(server.requests) > 1)
        assert server.requests[1]["last-event-id"] == "57"

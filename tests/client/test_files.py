"""Files of messages: uploaded to a real hub and read back, and every server that is none, or means ill."""

from __future__ import annotations

import json
import logging
import random
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.client import files as module
from realtime_widgets.client.address import Address
from realtime_widgets.client.files import base_of, download, upload
from realtime_widgets.errors import (
    BadMessage,
    ClientError,
    ConnectionLost,
    ConnectionRejected,
    SendFailed,
    Unauthorized,
    WouldDeadlock,
    WrongType,
)
from realtime_widgets.hub import FileLimits, Hub, Rights
from realtime_widgets.runtime import get_runtime
from support.images import PNG
from support.post_server import PostServer
from support.scripted_client import LIMIT

LINK = "/files/" + "x" * 24
TOKEN = "canary-t0ken-1234"
TOLD = {"id": "x" * 24, "url": LINK, "name": "a", "type": "text/plain", "size": 1}


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    rights = Rights(subscribe=["chat:a"], publish=["chat:a"], name="anna")
    limits = FileLimits(max_size=2_000_000, per_user=3_000_000)
    with Hub(files=limits, tokens={TOKEN: rights}) as hub:
        yield hub


@pytest.fixture
def server() -> Iterator[PostServer]:
    with PostServer() as server:
        yield server


def answering(status: int, body: bytes = b"", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda posted: (status, named, body)


# A hub


@pytest.mark.parametrize(
    "where", ["{ws}", "{http}", "{http}/", "{http}/sse/a,b", "{http}/ws/chat", "{ws}?recent=10"]
)
def test_a_file_is_uploaded_and_read_back_by_its_link(hub: Hub, where: str):
    address = Address(where.format(ws=hub.url, http=hub.address), hub.token)
    told = upload(address, "a/room é?", "../my plot.png", PNG)
    assert (told["name"], told["type"], told["size"]) == ("my plot.png", "image/png", len(PNG))
    assert (told["width"], told["height"]) == (3, 5)
    assert download(address, told["url"]) == ("image/png", PNG)


def test_any_bytes_and_names_will_do(hub: Hub):
    body = random.Random(2).randbytes(1_500_000)
    for token in (hub.token, lambda: hub.token):
        address = Address(hub.url, token)
        told = upload(address, "half\ud800", "x" * 100_000 + "/\ud800.bin", memoryview(body))
        assert told["name"] == "\ufffd.bin"
        assert download(address, told["url"]) == ("application/octet-stream", body)
        hub_of = hub._instance
        assert hub_of is not None
        hub_of.runtime.run(hub_of.state.files.remove(told["id"])).result(LIMIT)


def test_a_token_of_the_url_does_as_well(hub: Hub):
    address = Address(f"{hub.url}?token={hub.token}")
    assert download(address, upload(address, "a", "a", b"x")["url"]) == ("text/plain", b"x")


def test_what_the_hub_says_is_what_the_error_says(hub: Hub):
    address = Address(hub.url, TOKEN)
    for room, body, says in (
        (
            "a",
            b"x" * 2_000_001,
            r"did not take the file \(HTTP 413\): the file has more than 2,000,000 bytes",
        ),
        ("b", b"x", r"did not take the file \(HTTP 403\): this token may not publish on 'chat:b'"),
        ("", b"x", r"did not take the file \(HTTP 400\): that is no name of a room"),
    ):
        with pytest.raises(SendFailed, match=says):
            upload(address, room, "a", body)
    elsewhere = upload(Address(hub.url, hub.token), "b", "a", b"x")["url"]
    with pytest.raises(
        BadMessage, match=r"did not give the file \(HTTP 403\): this token may not follow 'chat:b'"
    ):
        download(address, elsewhere)
    with pytest.raises(BadMessage, match="the file is there no more"):
        download(address, LINK)
    with pytest.raises(Unauthorized, match="turned the token down"):
        upload(Address(hub.url, "another-token"), "a", "a", b"x")
    with pytest.raises(Unauthorized, match="none was given"):
        download(Address(hub.url), LINK)


def test_a_room_whose_name_is_a_step_of_a_path_is_not_posted_to_another_path(server: PostServer):
    for room in (".", ".."):
        with pytest.raises(SendFailed, match=r"no room can be called '[.]+'; choose another name"):
            upload(Address(server.url), room, "a", b"x")
    assert not server.posts


@pytest.mark.parametrize("room", ["...", ".x", "a/../b", "./a", "..\\a", "a?b#c%2E"])
def test_every_other_room_keeps_its_files_under_its_own_name(hub: Hub, room: str):
    address = Address(hub.url, hub.token)
    told = upload(address, room, "a", b"x")
    instance = hub._instance
    assert instance is not None
    found = instance.runtime.run(instance.state.files.find(told["id"])).result(LIMIT)
    assert found is not None
    assert found.room == room


def test_a_hub_without_files_says_so():
    with Hub(files=None) as hub, pytest.raises(SendFailed, match="this hub takes none"):
        upload(Address(hub.url, hub.token), "a", "a", b"x")


def test_what_is_no_file_is_not_sent(server: PostServer):
    address = Address(server.url)
    for wrong in ("text", None, 3):
        with pytest.raises(WrongType, match="a file cannot be of type"):
            upload(address, "a", "a", wrong)  # type: ignore[arg-type]
    for body, says in ((b"", "it is empty"), (bytes(20 * 1024 * 1024 + 1), "it has 20,971,521 bytes")):
        with pytest.raises(SendFailed, match=says):
            upload(address, "a", "a", body)
    assert not server.posts


def test_a_worker_thread_of_the_package_waits_for_a_function_that_gives_the_url(hub: Hub):
    asked, go_on = threading.Event(), threading.Event()

    def url() -> str:
        asked.set()
        assert go_on.wait(LIMIT)
        return hub.url

    told = get_runtime().call_apart(upload, Address(url, hub.token), "a", "a.txt", b"text")
    assert asked.wait(LIMIT)
    assert not told.done()
    go_on.set()
    assert told.result(LIMIT)["size"] == 4


def test_nobody_waits_on_a_thread_that_would_have_to_answer(hub: Hub):
    async def main() -> None:
        download(Address(hub.url), LINK)

    with pytest.raises(WouldDeadlock):
        get_runtime().run(main()).result(LIMIT)


# Links


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/files/" + "x" * 24,
        "//evil.example/files/" + "x" * 24,
        "\\\\evil.example/files/" + "x" * 24,
        "files/" + "x" * 24,
        "/files/",
        "/files/short",
        "/files/" + "x" * 65,
        "/files/../health?x=" + "x" * 20,
        LINK + "/../../history/a",
        LINK + "?token=x",
        LINK + "#x",
        LINK + "\n",
        LINK + "\r\nX: 1",
        " " + LINK,
        LINK.upper(),
        "/files/" + "é" * 24,
        "/files/" + "\ud800" * 24,
        "/files/" + "%2e" * 8,
        "/history/" + "x" * 24,
        "",
        None,
        3,
        ["/files/"],
    ],
)
def test_a_link_to_anything_else_is_not_followed(server: PostServer, link: Any):
    asked: list[int] = []

    def token() -> str:
        asked.append(1)
        return TOKEN

    with pytest.raises(BadMessage, match="it is no link of a file at the hub"):
        download(Address(server.url, token), link)
    assert not asked
    assert not server.posts


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_token_goes_nowhere_else(server: PostServer, status: int):
    with PostServer() as elsewhere:
        server.answer = answering(status, Location=f"{elsewhere.url}/x?token={TOKEN}")
        address = Address(server.url, TOKEN)
        for ask in (lambda: upload(address, "a", "a", b"x"), lambda: download(address, LINK)):
            with pytest.raises(ConnectionRejected, match=f"redirects to {elsewhere.url} ") as caught:
                ask()
            assert TOKEN not in str(caught.value)
        assert not elsewhere.posts
    assert [posted.headers["authorization"] for posted in server.posts] == [f"Bearer {TOKEN}"] * 2


def test_headers_of_the_connection_go_too_and_the_path_before_the_hub(server: PostServer):
    server.answer = answering(200, json.dumps(TOLD).encode())
    address = Address(
        f"{server.url}/proxy/8000/ws/dashboard?a=1", TOKEN, {"X-Mine": "yes", "user-agent": "me"}
    )
    assert upload(address, "r/1", "é.txt", b"x") == TOLD
    (posted,) = server.posts
    assert posted.path == "/proxy/8000/files/r%2F1?a=1&name=%C3%A9.txt"
    assert (posted.headers["x-mine"], posted.headers["user-agent"], posted.body) == ("yes", "me", b"x")


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("", ""),
        ("/", ""),
        ("/ws/dashboard", ""),
        ("/ws/chat/", ""),
        ("/a/ws/notifications", "/a"),
        ("/a/b/sse/x,y/z", "/a/b"),
        ("/a", "/a"),
        ("/a/", "/a"),
        ("/ws", "/ws"),
        ("/wss/x", "/wss/x"),
    ],
)
def test_files_are_beside_the_sockets_of_a_hub(path: str, base: str):
    assert base_of(path) == base


# Servers that are no hub, or mean ill


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (answering(200, b"<html>"), ConnectionRejected, "keeps no files"),
        (answering(200, b"[]"), ConnectionRejected, "keeps no files"),
        (answering(200, b"[" * 60_000), ConnectionRejected, "keeps no files"),
        (
            answering(200, json.dumps(TOLD | {"url": "https://evil.example/x"}).encode()),
            ConnectionRejected,
            "no files",
        ),
        (answering(200, json.dumps(TOLD | {"size": "1"}).encode()), ConnectionRejected, "keeps no files"),
        (answering(404, b"nothing"), ConnectionRejected, "keeps no files"),
        (answering(405), ConnectionRejected, "it is no hub, or an older one"),
        (answering(413, b"<html>"), SendFailed, "a proxy before it may have a limit of its own"),
        (answering(418, b'{"message": 3}'), SendFailed, r"did not take the file \(HTTP 418\)$"),
        (answering(429, b"{}", Retry_After="7"), ConnectionLost, "did not take the file now"),
        (answering(503, b'{"message": "x"}'), ConnectionLost, r"\(HTTP 503\): x"),
        (answering(502), ConnectionLost, "did not take the file now"),
        (answering(0), ConnectionLost, "gave no answer that is HTTP"),
        (
            answering(200, b"{}", Content_Length="1000", Connection="close"),
            ConnectionLost,
            "in the middle of its",
        ),
    ],
)
def test_an_upload_that_is_not_taken_says_why(
    server: PostServer, answer: Any, error: type[Exception], says: str
):
    server.answer = answer
    with pytest.raises(error, match=says) as caught:
        upload(Address(server.url, TOKEN), "a", "a", b"x")
    assert type(caught.value) is error


def test_who_asks_to_be_left_alone_says_for_how_long(server: PostServer):
    server.answer = answering(429, b"{}", Retry_After="7")
    with pytest.raises(ConnectionLost) as caught:
        download(Address(server.url), LINK)
    assert caught.value.retry_after == 7.0


def raw_server(answer: bytes, *, again: bytes = b"") -> str:
    """Return the address of a server that gives one connection an answer, and then the same bytes without end."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening:
            connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(answer)
                while again:
                    connection.sendall(again)
            except OSError:
                pass

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"


@pytest.mark.parametrize(
    ("answer", "again", "error", "says"),
    [
        (
            HEAD + b"Content-Length: 10\r\n\r\nabc",
            b"",
            ConnectionLost,
            "broke off in the middle of its answer",
        ),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"", ConnectionLost, "in the middle"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"", ConnectionLost, "in the middle"),
        (HEAD + b"\r\n", b"x" * 65536, BadMessage, "has more than 20,971,520 bytes, and is not read"),
        (
            HEAD + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
            b"",
            BadMessage,
            r"packs the file \(gzip\)",
        ),
        (b"SSH-2.0-x\r\n", b"", ConnectionLost, "no answer that is HTTP"),
        (b"", b"", ConnectionLost, "no answer that is HTTP"),
        (b"HTTP/1.1 500 x\r\n\r\n", b"y" * 65536, ConnectionLost, "did not give the file now"),
    ],
)
def test_a_download_from_a_server_that_means_ill_ends(
    answer: bytes, again: bytes, error: type[Exception], says: str
):
    with pytest.raises(error, match=says):
        download(Address(raw_server(answer, again=again)), LINK)


def test_a_server_that_sends_a_byte_from_time_to_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "LONGEST", 0.0)
    with pytest.raises(ConnectionLost, match="sends the file too slowly"):
        download(Address(raw_server(HEAD + b"\r\n", again=b"x")), LINK)


def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ConnectionLost, match="no answer from"):
            download(address, LINK)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("image/png", "image/png"),
        ("Text/Plain; charset=utf-8", "text/plain"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/html", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("image/png\x0b", "application/octet-stream"),
    ],
)
def test_a_type_is_one_that_hubs_say_or_bytes(server: PostServer, said: str, kind: str):
    server.answer = answering(200, b"x", Content_Type=said)
    if said.isprintable():
        assert download(Address(server.url), LINK) == (kind, b"x")


def test_nobody_there_and_a_wrong_proxy_are_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConnectionLost, match=r"no connection to http://127\.0\.0\.1"):
        upload(Address(f"ws://127.0.0.1:{port}/ws/dashboard"), "a", "a", b"x")
    monkeypatch.setenv("http_proxy", f"http://me:s3cret-of-a-proxy@127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(ClientError) as caught:
        download(Address("ws://hub.invalid/ws/dashboard", TOKEN), LINK)
    assert "s3cret" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_request_goes_through_the_proxy_of_the_environment(
    server: PostServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.answer = answering(200, b"x", Content_Type="text/plain")
    assert download(Address("ws://hub.invalid/ws/dashboard", TOKEN), LINK) == ("text/plain", b"x")
    assert server.posts[0].path == f"http://hub.invalid{LINK}"
    server.answer = answering(407)
    with pytest.raises(ConnectionRejected, match="wants a user name and a password"):
        download(Address("ws://hub.invalid/ws/dashboard", TOKEN), LINK)


def test_secrets_are_in_no_error_and_in_no_log(server: PostServer, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    server.answer = answering(400, json.dumps({"message": f"I do not know {TOKEN}"}).encode())
    for address in (Address(server.url, TOKEN), Address(f"{server.url}?token={TOKEN}")):
        with pytest.raises(SendFailed, match=r"I do not know \*\*\*") as caught:
            upload(address, "a", "a", b"x")
        assert TOKEN not in repr(caught.value.__context__) + repr(caught.value.__cause__)
    assert TOKEN not in caplog.text


def test_functions_that_fail_are_told_as_for_a_connection():
    def token() -> str:
        raise ValueError("the vault is shut")

    with pytest.raises(
        ClientError, match="the function that gives the auth raised ValueError: the vault is shut"
    ):
        download(Address("ws://127.0.0.1:1/ws", token), LINK)


def test_the_address_of_a_client_is_of_use(hub: Hub):
    with rw.connect(hub) as client:
        client.wait_until("connected", LIMIT)
        address = client._connection.address
        assert download(address, upload(address, "a", "a", b"x")["url"]) == ("text/plain", b"x")

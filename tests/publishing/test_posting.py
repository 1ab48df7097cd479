"""Posting: one request, over real sockets, and every way in which it can go wrong."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from realtime_widgets.publishing.answers import TAKEN
from realtime_widgets.publishing.posting import Poster
from realtime_widgets.publishing.queue import Batch
from realtime_widgets.publishing.target import TOKEN, Target
from support.post_server import Posted, PostServer, taken

BATCH = Batch("a/b", (b'{"v":1}', b'{"v":2}'), 1, "key-1")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (TOKEN, "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[PostServer]:
    with PostServer() as server:
        yield server


Make = Callable[..., Poster]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes posters, which are closed at the end."""
    with contextlib.ExitStack() as stack:

        def make(url: str, token: str | None = None) -> Poster:
            poster = Poster(Target(url, token))
            stack.callback(poster.close)
            return poster

        yield make


def raw_server(*answers: bytes) -> tuple[str, list[int]]:
    """Return the address of a server that gives one connection after the other an answer and closes, and the sizes."""
    listening = socket.create_server(("127.0.0.1", 0))
    sizes: list[int] = []

    def serve() -> None:
        with listening:
            for answer in answers:
                connection, _ = listening.accept()
                with connection:
                    sizes.append(len(connection.recv(65536)))
                    connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}", sizes


def test_a_request_has_all_that_the_hub_needs(server: PostServer, make: Make):
    poster = make(server.url, "my-token")
    assert poster.post(BATCH) == TAKEN
    assert poster.post(Batch("b", (b"1",), 1)) == TAKEN
    first, second = server.posts
    assert (first.path, first.body) == ("/publish/a%2Fb", b'[{"v":1},{"v":2}]')
    assert first.headers["idempotency-key"] == "key-1"
    assert first.headers["authorization"] == "Bearer my-token"
    assert first.headers["content-type"] == "application/json"
    assert (second.path, second.body) == ("/publish/b", b"1")


def test_one_connection_carries_many_requests(server: PostServer, make: Make):
    seen = set()

    def answer(posted: Posted) -> tuple[int, dict[str, str], bytes]:
        seen.add(threading.get_ident())  # the server has a thread for each connection
        return taken(posted)

    server.answer = answer
    poster = make(server.url)
    assert [poster.post(BATCH) for _ in range(5)] == [TAKEN] * 5
    assert len(seen) == 1


def test_a_kept_connection_that_the_server_has_closed_is_no_trouble(server: PostServer, make: Make):
    poster = make(server.url)
    poster.post(BATCH)
    server.answer = lambda posted: taken(posted) if len(server.posts) > 2 else (0, {}, b"")
    assert poster.post(BATCH) == TAKEN
    assert [posted.headers["idempotency-key"] for posted in server.posts] == ["key-1"] * 3
    server.answer = lambda _: (0, {}, b"")
    assert poster.post(BATCH).verdict == "later"


def test_what_listens_nowhere_is_said(make: Make):
    with socket.create_server(("127.0.0.1", 0)) as taken_port:
        port = taken_port.getsockname()[1]
    answer = make(f"http://127.0.0.1:{port}").post(BATCH)
    assert answer.verdict == "later"
    assert "nothing listens there; start the server" in answer.why


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"x" * 70_000]
)
def test_what_does_not_speak_http_is_said(said: bytes, make: Make):
    url, _ = raw_server(said)
    answer = make(url).post(BATCH)
    assert answer.verdict == "later"
    assert "does not speak HTTP" in answer.why or "broke a request off" in answer.why


def test_a_server_that_breaks_off_is_said(make: Make):
    url, _ = raw_server(b"")
    answer = make(url).post(BATCH)
    assert "broke a request off" in answer.why


def test_a_server_that_does_not_answer_is_waited_for_in_vain(make: Make):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = make(f"http://127.0.0.1:{silent.getsockname()[1]}").post(BATCH, timeout=0.05)
    assert "has not answered in time" in answer.why


def test_an_answer_without_end_is_not_read_to_its_end(server: PostServer, make: Make):
    server.answer = lambda _: (200, {}, b"x" * 1_000_000)
    poster = make(server.url)
    assert "is no hub" in poster.post(BATCH).why
    server.answer = taken
    assert poster.post(BATCH) == TAKEN


def test_an_encrypted_address_of_a_plain_server_is_said(server: PostServer, make: Make):
    answer = make(server.url.replace("http", "https")).post(BATCH)
    assert answer.verdict == "later"
    assert "TLS failed" in answer.why or "broke" in answer.why


def test_a_servers_words_do_not_show_the_token(server: PostServer, make: Make):
    server.answer = lambda _: (403, {}, b'{"message": "my-secret-token may not"}')
    assert make(server.url, "my-secret-token").post(BATCH).why.endswith(": *** may not")


def test_a_proxy_is_gone_through_by_a_tunnel(server: PostServer, monkeypatch: pytest.MonkeyPatch, make: Make):
    monkeypatch.setenv("http_proxy", server.url.replace("://", "://user:pass-word@"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    def answer(posted: Posted) -> tuple[int, dict[str, str], bytes]:
        return (200, {}, b"") if posted.path == "hub.example:8000" else taken(posted)

    server.answer = answer
    # The server's connection goes on with HTTP after the CONNECT, as the hub behind a proxy does.
    assert make("http://hub.example:8000", "t").post(BATCH) == TAKEN
    assert [posted.path for posted in server.posts] == ["hub.example:8000", "/publish/a%2Fb"]
    assert server.posts[0].headers["proxy-authorization"] == "Basic dXNlcjpwYXNzLXdvcmQ="
    assert "authorization" not in server.posts[0].headers
    server.answer = lambda _: (407, {}, b"")
    answered = make("http://hub.example:8000", "t").post(BATCH)
    assert answered.verdict == "later"
    assert "407" in answered.why


def test_a_proxy_that_it_cannot_use_is_said(monkeypatch: pytest.MonkeyPatch, make: Make):
    for proxy in ("socks5h://localhost:1", "http://:bad"):
        monkeypatch.setenv("http_proxy", proxy)
        answer = make("http://hub.example:8000").post(BATCH)
        assert answer.verdict == "later"
        assert "NO_PROXY" in answer.why


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_gives_up_the_connection_and_the_parents_goes_on(server: PostServer, make: Make):
    poster = make(server.url)
    poster.post(BATCH)
    child = os.fork()
    if not child:
        poster.leave()
        os._exit(0 if poster.post(BATCH) == TAKEN else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert poster.post(BATCH) == TAKEN

"""Downloads over HTTP: the headers that keep a browser from running anything, and readers that are slow."""

from __future__ import annotations

import random

import httpx
import pytest

from realtime_widgets.hub import Hub, Limits, Rights
from realtime_widgets.hub.brokers.file_store import PART
from support.hostile import Hostile, request
from support.images import GIF, IMAGES, PNG
from support.scripted_client import LIMIT
from support.servers import wait_for

LARGE = random.Random(3).randbytes(10 * 1024 * 1024)


def put(web: httpx.Client, body: bytes, name: str = "", room: str = "lobby") -> str:
    answer = web.post(f"/files/{room}", params={"name": name}, content=body)
    assert answer.status_code == 200
    return str(answer.json()["url"])


@pytest.mark.parametrize(
    ("name", "body", "kind", "how"),
    [
        *(("a.html", body, kind, "inline") for kind, body in IMAGES.values()),
        ("both.html", GIF + b"<html><script>alert(1)</script>", "image/gif", "inline"),
        ("drawing.svg", b"<svg onload='alert(1)'/>", "application/octet-stream", "attachment"),
        ("page.png", b"<html><script>alert(1)</script>", "application/octet-stream", "attachment"),
        ("feed.xml", b'<?xml version="1.0"?><x/>', "application/octet-stream", "attachment"),
        ("a.txt", b"alert(1)", "text/plain; charset=utf-8", "attachment"),
        ("a.pdf", b"%PDF-1.4", "application/pdf", "attachment"),
        ("a.docx", b"PK\x03\x04", "application/zip", "attachment"),
        ("a.png", b"\0\1", "application/octet-stream", "attachment"),
    ],
)
def test_a_browser_is_told_what_it_is_and_runs_nothing(
    web: httpx.Client, name: str, body: bytes, kind: str, how: str
):
    answer = web.get(put(web, body, name))
    assert (answer.status_code, answer.content) == (200, body)
    headers = answer.headers
    assert headers["Content-Type"] == kind
    assert headers["Content-Disposition"] == f"{how}; filename=\"{name}\"; filename*=UTF-8''{name}"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"] == "private"
    assert headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ("a%0D%0ASet-Cookie:+x=1%2Fb.png", "inline; filename=\"b.png\"; filename*=UTF-8''b.png"),
        (
            "a%0D%0AX:%20%E2%80%AE%ED%A0%80%20%C3%A9%22.png",
            "inline; filename=\"a X: ___ __.png\"; filename*=UTF-8''a%20X%3A%20%EF%BF%BD%EF%BF%BD%EF%BF%BD%20%C3%A9%22.png",
        ),
    ],
)
def test_a_name_of_any_letters_comes_back_and_makes_no_header(web: httpx.Client, given: str, header: str):
    told = web.post(f"/files/lobby?name={given}", content=PNG).json()
    headers = web.get(told["url"]).headers
    assert headers["Content-Disposition"] == header
    assert not {"set-cookie", "x"} & set(headers)


def test_head_is_answered_without_the_file(web: httpx.Client):
    link = put(web, b"x" * (2 * PART))
    head, whole = web.head(link), web.get(link)
    assert (head.status_code, head.content) == (200, b"")
    left_out = {"date", "server"}
    assert {name: value for name, value in head.headers.items() if name not in left_out} == {
        name: value for name, value in whole.headers.items() if name not in left_out
    }


@pytest.mark.parametrize(
    "id", ["x" * 24, "", "x", "../lobby", "a/b", "%2e%2e", "\u00e9" * 24, "x" * 5000, "%00"]
)
def test_what_is_not_there_is_not_found(web: httpx.Client, id: str):
    answer = web.get(f"/files/{id}")
    assert (answer.status_code, answer.json()["code"]) in ((404, "file"), (404, "path"))


def test_a_file_is_for_those_who_may_follow_its_room_and_its_link_is_no_right():
    rights = {
        name: Rights(subscribe=["chat:b"] if name == "reader" else ["a"], publish=["chat:b"])
        for name in ["a", "b"]
    }
    rights["reader"] = Rights(subscribe=["chat:b"])
    with Hub(tokens={f"token-of-{name}-1234": each for name, each in rights.items()}) as hub:

        def ask(name: str, method: str, path: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer token-of-{name}-1234"}
            return httpx.request(
                method,
                hub.address + path,
                headers=headers,
                content=b"x" if method == "POST" else None,
                trust_env=False,
                timeout=LIMIT,
            )

        link = ask("a", "POST", "/files/b").json()["url"]
        assert ask("reader", "POST", "/files/b").status_code == 403
        assert ask("reader", "GET", link).content == b"x"
        refused = ask("a", "GET", link)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert "may not follow 'chat:b'" in refused.json()["message"]
        assert ask("a", "POST", "/files/c").status_code == 403


def test_a_large_file_comes_back_as_it_was(web: httpx.Client):
    assert web.get(put(web, LARGE, "large.bin")).content == LARGE


def test_who_reads_slowly_holds_nobody_up_and_counts_as_a_connection():
    with Hub(limits=Limits(connections_each=1)) as hub, Hostile(hub.port) as slow:
        headers = {"Authorization": f"Bearer {hub.token}"}
        with httpx.Client(base_url=hub.address, headers=headers, trust_env=False, timeout=LIMIT) as web:
            link = put(web, LARGE)
            slow.send(request(f"GET {link}", hub.port, hub.token, "Connection: close"))
            wait_for(lambda: web.get("/history/x").status_code == 503, "the file on its way")
            assert web.get("/health").status_code == 200
            answer = slow.answer()
            assert answer.partition(b"\r\n\r\n")[2] == LARGE
            wait_for(lambda: web.get("/history/x").status_code == 200, "the end of it")


def test_a_file_that_is_forgotten_while_it_is_sent_is_cut_off_and_not_filled_up():
    with Hub() as hub, Hostile(hub.port) as slow:
        headers = {"Authorization": f"Bearer {hub.token}"}
        with httpx.Client(base_url=hub.address, headers=headers, trust_env=False, timeout=LIMIT) as web:
            link = put(web, LARGE)
            slow.send(request(f"GET {link}", hub.port, hub.token, "Connection: close"))
            first = slow.socket.recv(1000)
            instance = hub._instance
            assert instance is not None
            removed = instance.runtime.run(instance.state.files.remove(link.rpartition("/")[2]))
            removed.result(LIMIT)
            rest = slow.answer()
            assert (first + rest).startswith(b"HTTP/1.1 200 ")
            assert len(first + rest) < len(LARGE)
            assert web.get(link).status_code == 404

"""Uploads over HTTP: what is taken, what is refused in which words, and senders that are slow, or lie about the length."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from realtime_widgets.hub import ChannelPolicy, FileLimits, Hub, Limits, Rights, protocols, receiving, uploads
from realtime_widgets.hub.file_limits import MIB
from support.hostile import Hostile, request
from support.images import AVIF, GIF, JPEG, PNG, WEBP
from support.scripted_client import LIMIT
from support.servers import wait_for

SMALL = FileLimits(max_size=100_000, per_user=150_000, total=250_000)
TOKENS = {
    f"token-of-{who}-1234": Rights(subscribe=["*"], publish=["*"], name=who)
    for who in ("anna", "bert", "carl")
}


@contextlib.contextmanager
def browsing(hub: Hub, token: str | None = None) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token or hub.token}"}
    with httpx.Client(base_url=hub.address, headers=headers, trust_env=False, timeout=LIMIT) as web:
        yield web


def until(one: Hostile, end: bytes) -> bytes:
    """Return what comes up to a byte."""
    answer = b""
    while end not in answer:
        part = one.socket.recv(65536)
        assert part, answer
        answer += part
    return answer


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    said = answer.json()
    return answer.status_code, said["code"], said["message"]


def test_a_file_is_taken_and_its_uploader_is_told_what_it_is(web: httpx.Client):
    answer = web.post("/files/lobby?name=..%2Fmy%20plot.png", content=PNG)
    assert answer.status_code == 200
    told = answer.json()
    id = told.pop("id")
    assert len(id) == 24
    assert told == {
        "url": f"/files/{id}",
        "name": "my plot.png",
        "type": "image/png",
        "size": len(PNG),
        "width": 3,
        "height": 5,
    }
    assert web.get(told["url"]).content == PNG
    text = web.post("/files/a/room/with/slashes", content="é".encode()).json()
    assert (text["name"], text["type"], text["size"]) == ("file", "text/plain", 2)
    assert "width" not in text


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("drawing.png", b"<svg onload=alert(1)>", "application/octet-stream"),
        ("page.jpg", b"<!DOCTYPE html><script>alert(1)</script>", "application/octet-stream"),
        ("page.html", GIF + b"<script>alert(1)</script>", "image/gif"),
        ("a.svg", AVIF, "image/avif"),
        ("a.png", JPEG, "image/jpeg"),
        ("a.gif", WEBP, "image/webp"),
        ("a.png", b"words", "text/plain"),
        ("a.txt", b"\0", "application/octet-stream"),
    ],
)
def test_neither_a_name_nor_a_header_says_what_a_file_is(
    web: httpx.Client, name: str, body: bytes, kind: str
):
    for said in ("text/html", "image/svg+xml", "image/png", "nonsense"):
        answer = web.post("/files/lobby", params={"name": name}, content=body, headers={"Content-Type": said})
        assert (answer.json()["type"], answer.json()["name"]) == (kind, name)


@pytest.mark.parametrize("room", ["", "x" * 196])
def test_what_is_no_name_of_a_room_is_refused(web: httpx.Client, room: str):
    status, code, text = refusal(web.post(f"/files/{room}", content=b"x"))
    assert (status, code) == (400, "room")
    assert text == "that is no name of a room: those have 1 to 195 characters"


@pytest.mark.parametrize("room", ["%2E", "%2e%2E"])
def test_no_room_is_called_as_a_step_of_a_path(web: httpx.Client, room: str):
    status, code, text = refusal(web.post(f"/files/{room}", content=b"x"))
    assert (status, code) == (400, "room")
    assert text == "no room can be called '.' or '..'; choose another name"


def test_an_empty_file_and_a_packed_one_are_refused(web: httpx.Client):
    assert refusal(web.post("/files/lobby", content=b""))[:2] == (400, "body")
    packed = web.post("/files/lobby", content=b"x", headers={"Content-Encoding": "gzip"})
    assert refusal(packed)[:2] == (415, "encoding")


def test_a_file_may_have_as_many_bytes_as_the_limit_says_and_no_more():
    with Hub(files=SMALL) as hub, browsing(hub) as web:
        assert web.post("/files/lobby", content=b"x" * 100_001).json() == {
            "code": "size",
            "message": "the file has more than 100,000 bytes; send a smaller one",
        }
        chunked = web.post("/files/lobby", content=iter([b"x" * 50_000] * 3))
        assert refusal(chunked)[:2] == (413, "size")
        assert web.post("/files/lobby", content=iter([b"x" * 50_000] * 2)).status_code == 200


def test_what_has_no_room_is_refused_before_it_is_sent():
    with Hub(files=SMALL) as hub:
        for length, code in ((100_001, "size"), (10**19, "size"), (60_000, "full")):
            with browsing(hub) as web, Hostile(hub.port) as one:
                if code == "full":
                    assert web.post("/files/lobby", content=b"x" * 100_000).status_code == 200
                one.send(request("POST /files/lobby", hub.port, hub.token, f"Content-Length: {length}"))
                answer = until(one, b"}")
                assert answer.startswith(b"HTTP/1.1 413 ")
                assert f'"{code}"'.encode() in answer


def test_who_has_too_much_is_told_how_much_and_others_have_room_of_their_own():
    with Hub(files=SMALL, tokens=TOKENS) as hub, contextlib.ExitStack() as stack:
        anna, bert, carl = (stack.enter_context(browsing(hub, token)) for token in TOKENS)
        first = anna.post("/files/lobby", content=b"x" * 90_000).json()
        status, code, text = refusal(anna.post("/files/other", content=b"y" * 70_000))
        assert (status, code) == (413, "full")
        assert text == (
            "the hub keeps up to 150,000 bytes of files of each client, and has 90,000 of yours: one of 70,000 does "
            "not fit; delete messages with files, or wait until they are forgotten"
        )
        second = anna.post("/files/lobby", content=b"z" * 60_000).json()
        of_bert = bert.post("/files/lobby", content=b"x" * 100_000).json()
        of_carl = carl.post("/files/lobby", content=b"x" * 10_000).json()
        found = [anna.get(each["url"]).status_code for each in (first, second, of_bert, of_carl)]
        assert found == [404, 200, 200, 200], "the oldest of who has most gave way"
        with browsing(hub) as web:
            figures = web.get("/metrics").text
        assert "\nrw_hub_file_bytes 170000\n" in figures
        assert '\nrw_hub_refused_total{reason="full"} 1\n' in figures


def test_a_file_ends_with_the_messages_of_its_room():
    with Hub(channels={"chat:short": ChannelPolicy(history_age=0.3)}) as hub, browsing(hub) as web:
        short, long = (web.post(f"/files/{room}", content=b"x").json()["url"] for room in ("short", "long"))
        wait_for(lambda: web.get(short).status_code == 404, "the end of the file")
        assert web.get(long).status_code == 200


def test_a_hub_without_files_and_a_broker_without_say_so():
    with Hub(files=None) as hub, browsing(hub) as web:
        assert refusal(web.post("/files/lobby", content=b"x"))[:2] == (501, "files")
        assert refusal(web.get("/files/" + "x" * 24))[:2] == (404, "file")
        assert "file_bytes" not in web.get("/metrics").text
        assert web.get("/health").json()["status"] == "ok"


def test_an_upload_counts_as_messages_do():
    limits = Limits(messages=1, burst=20)
    with Hub(limits=limits) as hub, browsing(hub) as web:
        assert web.post("/files/lobby", content=b"x" * 100_000).status_code == 200
        answer = web.post("/files/lobby", content=b"x")
        assert refusal(answer)[:2] == (429, "too_fast")
        assert int(answer.headers["Retry-After"]) >= 1


def test_more_uploads_than_there_are_connections_are_told_to_come_again():
    with Hub(limits=Limits(connections_each=1)) as hub, browsing(hub) as web, Hostile(hub.port) as one:
        head = ("Content-Length: 10", "Connection: close")
        one.send(request("POST /files/lobby", hub.port, hub.token, *head, body=b"x"))
        instance = hub._instance
        assert instance is not None
        wait_for(lambda: instance.state.receiving.size == 1, "its first byte")
        answer = web.post("/files/lobby", content=b"x")
        assert refusal(answer)[:2] == (503, "full")
        one.send(b"x" * 9)
        assert one.answer().startswith(b"HTTP/1.1 200 ")


def test_files_on_their_way_have_a_bound_and_leave_it_however_they_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(receiving, "ROOM", 40_000)
    limits = FileLimits(max_size=10_000)
    with Hub(files=limits, tokens=TOKENS) as hub, browsing(hub) as web:
        instance = hub._instance
        assert instance is not None
        state = instance.state
        anna, bert, _ = TOKENS
        with Hostile(hub.port) as one:
            one.send(request("POST /files/lobby", hub.port, anna, "Content-Length: 10000", body=b"x" * 9_000))
            wait_for(lambda: state.receiving.size == 9_000, "what came")
            with browsing(hub, anna) as same:
                answer = same.post("/files/lobby", content=b"x" * 2_000)
            assert refusal(answer)[:2] == (503, "busy")
            assert answer.headers["Retry-After"] == "10"
            assert web.post("/files/lobby", content=b"x" * 2_000).status_code == 200
        wait_for(lambda: state.receiving.size == 0, "the end of what broke off")
        with browsing(hub, bert) as other:
            assert other.post("/files/lobby", content=b"x" * 10_000).status_code == 200
            assert other.post("/files/lobby", content=iter([b"x" * 9_000] * 2)).status_code == 413
        assert state.receiving.size == 0
        assert not state.receiving._of


def test_a_body_that_does_not_come_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocols, "BODY_TIMEOUT", 0.05)
    with Hub() as hub:
        with Hostile(hub.port) as one:
            one.send(request("POST /files/lobby", hub.port, hub.token, "Content-Length: 100", body=b"x"))
            assert one.answer() == b""
        with browsing(hub) as web:
            assert web.post("/files/lobby", content=b"x").status_code == 200


@pytest.mark.parametrize("said", ["-1", "1e3", "0x10", "１０", "", "5, 6"])
def test_a_length_that_is_none_is_refused(said: str, shared: Hub):
    with Hostile(shared.port) as one:
        head = request("POST /files/lobby", shared.port, shared.token, "Connection: close", body=b"")
        one.send(head.replace(b"\r\n\r\n", f"\r\nContent-Length: {said}\r\n\r\n".encode(), 1) + b"x" * 10)
        answer = one.answer()
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_more_bytes_than_the_length_says_are_no_part_of_the_file(shared: Hub, web: httpx.Client):
    with Hostile(shared.port) as one:
        one.send(request("POST /files/lobby", shared.port, shared.token, "Content-Length: 3", body=b"abcdef"))
        answer = until(one, b"}")
    told = json.loads(answer.partition(b"\r\n\r\n")[2].partition(b"}")[0] + b"}")
    assert web.get(told["url"]).content == b"abc"


def test_a_token_that_runs_out_while_the_body_comes_keeps_nothing(monkeypatch: pytest.MonkeyPatch):
    with Hub(secret="s" * 32) as hub:
        token = hub.token_for(Rights(publish=["chat:*"]), expires="1h")
        monkeypatch.setattr(uploads, "time", SimpleNamespace(time=lambda: 1e11, monotonic=time.monotonic))
        with browsing(hub, token) as web:
            assert refusal(web.post("/files/lobby", content=b"x"))[:2] == (401, "expired")


def test_others_have_their_turn_while_large_files_come():
    with Hub() as hub, browsing(hub) as web:
        done = threading.Event()
        failed: list[Any] = []

        def upload() -> None:
            with browsing(hub) as own:
                for _ in range(2):
                    answer = own.post("/files/lobby", content="é".encode() * (4 * MIB))
                    if answer.status_code != 200:
                        failed.append(answer.text)
            done.set()

        uploading = threading.Thread(target=upload)
        uploading.start()
        answered = 0
        while not done.is_set():
            assert web.post("/publish/x", json=1).status_code == 200
            answered += 1
        uploading.join()
        assert not failed
        assert answered > 2


def test_a_page_may_upload(shared: Hub):
    headers = {"Origin": "http://app.example", "Authorization": f"Bearer {shared.token}"}
    asked = {"Origin": "http://app.example", "Access-Control-Request-Method": "POST"}
    with httpx.Client(base_url=shared.address, trust_env=False, timeout=LIMIT) as page:
        before = page.options("/files/lobby", headers=asked)
        assert (before.status_code, before.headers["Access-Control-Allow-Origin"]) == (
            204,
            "http://app.example",
        )
        answer = page.post("/files/lobby", content=PNG, headers=headers)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (
            200,
            "http://app.example",
        )


def test_the_socket_of_who_broke_off_costs_nothing(shared: Hub, web: httpx.Client):
    with socket.create_connection(("127.0.0.1", shared.port), LIMIT) as one:
        one.sendall(request("POST /files/lobby", shared.port, shared.token, "Content-Length: 100", body=b"x"))
    instance = shared._instance
    assert instance is not None
    wait_for(lambda: instance.state.receiving.size == 0, "the end of it")
    assert web.post("/files/lobby", content=b"x").status_code == 200

"""Addresses: what is none, what is secret, and which are the same."""

from __future__ import annotations

import asyncio
import functools
import sys
from typing import Any

import pytest

from realtime_widgets.client.address import Address, check_url, identity, is_loopback_url, label_of
from realtime_widgets.errors import CallbackFailed, ConnectionRejected, UsageError, WrongType
from realtime_widgets.runtime import get_runtime

URL = "ws://localhost:8000/ws"


def resolved(address: Address) -> tuple[str, dict[str, str]]:
    runtime = get_runtime()
    return runtime.run(address.resolve(runtime)).result(10)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "ftp://user:secret@host:80/a?token=secret",
            "cannot connect to 'ftp://host:80/a': its scheme is 'ftp'; pass ws:// or wss:// for a WebSocket, http://",
        ),
        ("ftp://host/", "pass ws:// or wss://"),
        ("host:8000", "its scheme is 'host'"),
        ("ws://", "names no host"),
        ("ws://host/#part", "it has a '#'"),
        ("ws://host:port/", "check it"),
    ],
)
def test_what_is_no_address_is_said_to_be_none_without_its_secrets(url: str, words: str):
    with pytest.raises(UsageError) as raised:
        check_url(url)
    assert words in str(raised.value)
    assert "secret" not in str(raised.value)


def test_people_see_no_credentials_and_no_query():
    assert label_of("wss://user:secret@host:1/path?token=secret") == "wss://host:1/path"
    assert Address(lambda: URL).label == "the address that a function gives"


def test_what_is_on_this_machine_is_known():
    assert all(
        map(is_loopback_url, ("ws://localhost/", "ws://127.0.0.1:1/", "ws://[::1]:1/", "ws://127.9.9.9/"))
    )
    assert not any(map(is_loopback_url, ("ws://example.org/", "ws://128.0.0.1/", "ws://127.evil.example/")))


def test_the_same_address_has_the_same_key():
    one = Address(URL, "t", {"A": "1", "b": "2"}, ["x"])
    assert one.key == Address(URL, "t", {"B": "2", "a": "1"}, ("x",)).key
    for other in (
        Address(URL + "/", "t", {"A": "1", "b": "2"}, ["x"]),
        Address(URL, "u", {"A": "1", "b": "2"}, ["x"]),
        Address(URL, "t", {"A": "1"}, ["x"]),
        Address(URL, "t", {"A": "1", "b": "2"}, []),
    ):
        assert one.key != other.key


def run_twice(source: str, name: str) -> tuple[Any, Any]:
    """A cell, run twice in one notebook."""
    space: dict[str, Any] = {}
    exec(source, space)
    first = space[name]
    exec(source, space)
    assert space[name] is not first
    return first, space[name]


def test_a_function_that_is_made_anew_by_the_same_cell_is_the_same():
    for source in ("f = lambda: token", "def f(x=None, *, y=None): return x", "async def f(): return 1"):
        first, second = run_twice(source, "f")
        assert identity(first) == identity(second)


def test_a_function_with_other_code_or_other_variables_is_another():
    def closing_over(value: Any) -> Any:
        return lambda: value

    one, two = object(), object()
    assert identity(closing_over(one)) == identity(closing_over(one))
    assert identity(closing_over(one)) != identity(closing_over(two))
    assert identity(lambda: 1) != identity(lambda: 2)
    (first, _), (second, _) = run_twice("f = lambda: x", "f"), run_twice("f = lambda: x", "f")
    assert identity(first) != identity(second)  # other notebooks, other globals


def test_methods_are_told_apart_by_their_objects():
    class Tokens:
        def get(self) -> str:
            return "t"

    one, two = Tokens(), Tokens()
    assert identity(one.get) == identity(one.get)
    assert identity(one.get) != identity(two.get)
    partial = functools.partial(one.get)
    assert identity(partial) == identity(partial)
    assert identity(partial) != identity(functools.partial(one.get))


def test_values_are_used_as_they_are():
    assert resolved(Address(URL, "t", {"X": "1"})) == (URL, {"X": "1", "Authorization": "Bearer t"})
    assert resolved(Address(URL)) == (URL, {})


def test_functions_are_asked_every_time():
    tokens = iter(("one", "two"))

    async def headers() -> dict[str, str]:
        return {"X": "1"}

    address = Address(lambda: URL, lambda: next(tokens), headers)
    assert resolved(address) == (URL, {"X": "1", "Authorization": "Bearer one"})
    assert resolved(address)[1]["Authorization"] == "Bearer two"


def test_a_function_that_raises_is_told_in_one_line(caplog: pytest.LogCaptureFixture):
    def broken() -> str:
        raise ValueError("no token today")

    with pytest.raises(
        CallbackFailed,
        match=r"^the function that gives the auth raised ValueError: no token today; it is asked again$",
    ):
        resolved(Address(URL, broken))
    assert "no token today" in caplog.text


@pytest.mark.parametrize("ends", [sys.exit, asyncio.CancelledError])
def test_a_function_that_ends_its_thread_is_one_that_raised(ends: Any):
    """It runs, or is awaited, where everything else does."""

    def at_once() -> str:
        raise ends() if ends is not sys.exit else SystemExit

    async def later() -> str:
        return at_once()

    for token in (at_once, later):
        with pytest.raises(CallbackFailed, match=r"^the function that gives the auth raised"):
            resolved(Address(URL, token))


def test_a_function_that_gives_no_address_ends_it():
    with pytest.raises(ConnectionRejected, match="gave a wrong one: cannot connect to 'ftp://host/'"):
        resolved(Address(lambda: "ftp://host/"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": 8000}, "cannot connect to 8000"),
        ({"url": URL, "auth": 7}, "auth is a int"),
        ({"url": URL, "headers": "X: 1"}, "headers are a str"),
        ({"url": URL, "protocols": "v1"}, "pass a list"),
    ],
)
def test_what_is_of_the_wrong_kind_is_refused(wrong: dict[str, Any], words: str):
    with pytest.raises(WrongType, match=words):
        Address(**wrong)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"auth": "SECRET\n"}, "the token cannot be sent: it has a line end"),
        ({"auth": lambda: "SECRET\r\nX: 1"}, "the token cannot be sent"),
        ({"auth": "SECRÉT"}, "the token cannot be sent"),
        ({"headers": {"X-Key": "SECRET\x00"}}, "the header 'X-Key' cannot be sent"),
        ({"headers": {"X-Key": b"SECRET"}}, "the header 'X-Key' cannot be sent: it is no text"),
    ],
)
def test_a_header_that_cannot_be_is_refused_without_its_value(given: dict[str, Any], words: str):
    with pytest.raises(ConnectionRejected) as raised:
        resolved(Address(URL, **given))
    assert words in str(raised.value)
    assert "SECR" not in str(raised.value)

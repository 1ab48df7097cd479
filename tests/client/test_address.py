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
        (
            "host:8000",
            "cannot connect to 'host:8000': it has no scheme; pass 'ws://host:8000' for a WebSocket",
        ),
        ("//host/a?token=secret", "pass 'ws://host/a' for a WebSocket"),
        ("", "it is empty; pass an address such as"),
        ("http:/host/a", "pass 'ws://host/a'"),
        ("ws://", "names no host"),
        ("ws://:80/", "names no host"),
        ("ws://host/a#secret", "it has a fragment ('#' and what follows), which no server is told"),
        ("ws://host/#", "it has a fragment"),
        ("ws://host:port/", "its port is no number"),
        ("ws://host:99999/", "its port is out of range; pass one from 1 to 65535"),
        ("ws://host:0/", "its port is out of range"),
        ("ws://host:" + "9" * 5000, "its port is out of range"),
        ("ws://a..example.org/", "'a..example.org' is no host name"),
        ("ws://" + "a" * 64 + ".org/", "is no host name"),
        ("ws://" + "a." * 130 + "org/", "is no host name"),
        ("ws://a%20b/", "'a%20b' is no host name"),
        ("ws://[::1/", "its host cannot be read"),
        ("ws://[::zz]/", "its host cannot be read" if sys.version_info >= (3, 11, 4) else "no IPv6 address"),
        (" ws://host/", "strip it"),
        ("ws://host/a b", "write %20 for a space"),
        ("ws://host/\r\nX: 1", "strip it"),
        ("ws://host/\ud800", "another character that no address has"),
        ("ws://user:sec/ret@host/", "write '/', '?', '#' and '@' as %2F"),
        ("ws://user:1/secret@host/", "write '/', '?', '#' and '@' as %2F"),
        ("ws://user:sec?ret@host/", "write '/', '?', '#' and '@' as %2F"),
        ("ws://user:sec#ret@host/", "write '/', '?', '#' and '@' as %2F"),
        ("ws://user:sec\\ret@host/", "write '/', '?', '#' and '@' as %2F"),
    ],
)
def test_what_is_no_address_is_said_to_be_none_without_its_secrets(url: str, words: str):
    with pytest.raises(UsageError) as raised:
        check_url(url)
    assert words in str(raised.value)
    assert not any(part in str(raised.value) for part in ("secret", "sec/", "ret@", "user:"))


@pytest.mark.parametrize("url", [b"ws://user:secret@host/", ("ws://host/", "secret"), {"url": "secret"}])
def test_what_is_no_text_is_named_by_its_type_only(url: Any):
    for given in (url, lambda: url):
        with pytest.raises((UsageError, ConnectionRejected)) as raised:
            resolved(Address(given))
        assert f"cannot connect to something of type {type(url).__name__}" in str(raised.value)
        assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (URL, URL),
        ("WSS://Example.org:443", "wss://example.org:443"),
        ("ws://[::1]:80/a?b=c@d", "ws://[::1]:80/a?b=c@d"),
        ("http://bücher.example/ä?ö=ü&x=%20", "http://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%BC&x=%20"),
        ("ws://a_b.example./%2F@?", None),
    ],
)
def test_what_goes_into_a_request_is_ascii(url: str, sent: str | None):
    if sent is None:
        with pytest.raises(UsageError):
            Address(url)
    else:
        assert resolved(Address(url)) == (sent, {})


def test_people_see_no_credentials_and_no_query():
    assert label_of("wss://user:secret@host:1/path?token=secret") == "wss://host:1/path"
    assert Address(lambda: URL).label == "the address that a function gives"
    shown = repr(Address("ws://user:secret@host/?secret", "secret", {"X": "secret"}))
    assert shown == "<Address ws://host/>"


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
    assert "in broken" in caplog.text


def test_what_a_function_raises_is_told_without_the_addresses_in_it(caplog: pytest.LogCaptureFixture):
    def broken() -> str:
        raise ValueError(
            "401 for https://me:SECRET@host/token?key=SECRET\nfor more see https://example.org/a"
        )

    with pytest.raises(CallbackFailed) as raised:
        resolved(Address(URL, broken))
    assert "ValueError: 401 for https://host/token for more see https://example.org/a;" in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert "https://host/token" in caplog.text
    assert "me:" not in caplog.text + str(raised.value)


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


def test_user_name_and_password_leave_the_url_and_go_into_a_header():
    said = {"Authorization": "Basic dXNlcjpwL3NAczo="}
    assert resolved(Address("ws://user:p%2Fs%40s%3A@host/a")) == ("ws://host/a", said)
    assert resolved(Address("ws://key@host/"))[1] == {"Authorization": "Basic a2V5Og=="}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"auth": "abc"}, {"Authorization": "Bearer abc"}),
        ({"auth": "Bearer abc"}, {"Authorization": "Bearer abc"}),
        ({"auth": "bearer  abc"}, {"Authorization": "bearer abc"}),
        ({"auth": lambda: "Basic dTpw"}, {"Authorization": "Basic dTpw"}),
        ({"auth": "t", "url": "ws://u:p@host/"}, {"Authorization": "Bearer t"}),
        ({"auth": "t", "headers": {"authorization": "Digest x"}}, {"authorization": "Digest x"}),
        ({"headers": {"X": "1", "x": "2"}}, {"x": "2"}),
    ],
)
def test_of_headers_of_one_name_there_is_one_and_the_users_goes_first(
    given: dict[str, Any], sent: dict[str, str]
):
    assert resolved(Address(**{"url": URL, **given}))[1] == sent


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": 8000}, "cannot connect to 8000"),
        ({"url": URL, "auth": 7}, "auth= cannot be of type int"),
        ({"url": URL, "headers": "X: 1"}, "headers= cannot be of type str"),
        ({"url": URL, "protocols": "v1"}, "pass a list"),
        ({"url": URL, "protocols": 7}, "pass a list of texts"),
        ({"url": URL, "protocols": ["a b"]}, "the subprotocol 'a b' cannot be offered"),
        ({"url": URL, "protocols": [b"v1"]}, "cannot be offered"),
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
        ({"headers": {"X Key": "SECRET"}}, "its name is no word"),
        ({"headers": {"X\r\nY": "SECRET"}}, "its name is no word"),
        ({"headers": {"": "SECRET"}}, "its name is no word"),
        ({"headers": {"Upgrade": "SECRET"}}, "it belongs to the connection itself"),
        ({"headers": {"sec-websocket-protocol": "SECRET"}}, "pass protocols="),
        ({"headers": lambda: "SECRET"}, "the headers are of type str"),
        ({"headers": lambda: {"X-Key": "SECRET\n"}}, "the header 'X-Key' cannot be sent"),
        ({"auth": lambda: b"SECRET"}, "the token cannot be sent: it is of type bytes"),
        ({"auth": ""}, "the token cannot be sent: it is empty"),
    ],
)
def test_a_header_that_cannot_be_is_refused_without_its_value(given: dict[str, Any], words: str):
    """At once, or at the attempt for which a function gave it."""
    later = any(map(callable, given.values()))
    with pytest.raises(ConnectionRejected if later else UsageError) as raised:
        resolved(Address(URL, **given))
    assert words in str(raised.value)
    assert "SECR" not in str(raised.value)

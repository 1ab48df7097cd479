"""What is secret of what a client connects with."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from realtime_widgets.client.credentials import (
    NAMES,
    has_credentials,
    of_headers,
    of_protocols,
    of_token,
    of_url,
)

JWT = f"{'h' * 36}.{'p' * 80}.{'s' * 43}"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Authorization",
            "Proxy-Authorization",
            "auth",
            "X-Auth-Token",
            "Cookie",
            "Set-Cookie2",
            "X-API-Key",
        ),
        *("apikey", "listenKey", "PRIVATE-TOKEN", "access_token", "password", "pass", "user_pass", "passwd"),
        *(
            "client_secret",
            "X-Amz-Signature",
            "sig",
            "sign",
            "JSESSIONID",
            "sid",
            "ticket",
            "jwt",
            "X-Credential",
        ),
    ],
)
def test_names_that_carry_credentials_are_known(name: str):
    assert NAMES.search(name)


@pytest.mark.parametrize(
    "name",
    [
        *("author", "X-Author", "keyword", "keyboard", "passenger", "passive", "signal", "design", "side"),
        *("Accept", "User-Agent", "channel", "streams", "ticker", "interval", "symbol"),
    ],
)
def test_other_names_are_none_of_them(name: str):
    assert not NAMES.search(name)


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("ws://host/a?b=c&channel=metrics", set()),
        ("ws://user:pass%2Fword@host/", {"pass%2Fword", "pass/word"}),
        ("ws://tok%65n@host/", {"tok%65n", "token"}),
        ("ws://host/?token=a%2Bb+c&x=1&api_key=k", {"a%2Bb+c", "a+b+c", "a+b c", "k"}),
        ("ws://host/?a%70ikey=abc", {"abc"}),
        ("ws://host/?0123456789abcdef", {"0123456789abcdef"}),
        ("ws://host/?compact", set()),
        ("ws://[::1", set()),
        (None, set()),
        (b"ws://user:word@host/", set()),
        (7, set()),
    ],
)
def test_of_an_address_it_is_the_password_and_what_the_query_names(url: Any, secrets: set[str]):
    found = set(of_url(url))
    assert found - {"", "dXNlcjpwYXNzL3dvcmQ="} == secrets


def test_user_name_and_password_are_secret_together_too():
    assert base64.b64encode(b"user:pass/word").decode() in set(of_url("ws://user:pass%2Fword@host/"))


def test_credentials_in_a_query_are_seen_by_their_names():
    assert has_credentials("a=1&access_token=x")
    assert not has_credentials("a=1&channel=token&token")


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        ({"Authorization": "Bearer abcdef"}, {"abcdef"}),
        ({"authorization": "abcdef"}, {"abcdef"}),
        ({"X-Api-Key": "k7"}, {"k7"}),
        ({"User-Agent": "a long name of a program", "Origin": "https://example.org"}, set()),
        ({"X-Tenant": "north", "X-Opaque": "0123456789abcdef"}, {"0123456789abcdef"}),
        ({"X-Key": b"x", 7: "x"}, set()),
        (None, set()),
        ("Authorization: x", set()),
    ],
)
def test_of_headers_it_is_what_their_names_say_and_what_is_long(headers: Any, secrets: set[str]):
    assert set(of_headers(headers)) == secrets


def test_of_a_cookie_it_is_each_value_that_is_long_or_named_so():
    found = set(of_headers({"Cookie": "theme=dark; sid=s7; other=0123456789"}))
    assert {"s7", "0123456789"} <= found
    assert "dark" not in found


def test_of_credentials_with_parameters_it_is_each_long_value():
    found = set(
        of_headers({"Authorization": 'Digest username="me", nonce="0123456789", response="abcdefgh"'})
    )
    assert {"0123456789", "abcdefgh"} <= found
    assert "me" not in found


def test_of_basic_it_is_the_password_too():
    coded = base64.b64encode(b"me:open sesame").decode()
    assert set(of_headers({"Authorization": f"Basic {coded}"})) >= {coded, "open sesame"}
    assert set(of_headers({"Authorization": "Basic no!"})) == {"no!"}


def test_of_a_token_it_is_what_follows_its_scheme():
    assert set(of_token("Token 12|abcdefgh")) == {"12|abcdefgh"}
    assert set(of_token("abc")) == {"abc"}
    assert set(of_token(b"abc")) == set(of_token(None)) == set()


def test_of_subprotocols_it_is_what_is_too_long_for_a_name():
    assert list(of_protocols(["graphql-transport-ws", "base64url.bearer.authorization"])) == []
    found = set(of_protocols(["v1", f"base64url.bearer.authorization.k8s.io.{JWT}"]))
    assert {"p" * 80, "s" * 43} <= found
    assert JWT in set(of_protocols([JWT]))

"""Access: tokens, hosts and origins, by values."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.hub.auth import (
    AccessPolicy,
    Refusal,
    check_hosts,
    check_origins,
    is_loopback,
    split_token,
)
from realtime_widgets.hub.keyring import Keyring
from realtime_widgets.hub.rights import ALL, Access

TOKEN = "s3cret-token"


def policy(**options: Any) -> AccessPolicy:
    return AccessPolicy(**({"keyring": Keyring({TOKEN: ALL}), "host": "127.0.0.1"} | options))


# The token


@pytest.mark.parametrize(
    ("authorization", "in_query"),
    [
        (f"Bearer {TOKEN}", None),
        (f"bearer  {TOKEN} ", None),
        (None, TOKEN),
        ("Basic dXNlcjpwYXNz", TOKEN),
        (f"Bearer {TOKEN}", "another"),
    ],
)
def test_the_right_token_comes_in_by_header_or_query(authorization: str | None, in_query: str | None):
    assert policy().check_token(authorization, in_query) == Access(ALL)


@pytest.mark.parametrize(
    ("authorization", "in_query"),
    [
        (None, None),
        ("", ""),
        ("Bearer", None),
        ("Bearer wrong", None),
        (f"Bearer {TOKEN}x", None),
        (f"Bearer {TOKEN[:-1]}", None),
        (f"Bearer {TOKEN.upper()}", None),
        (TOKEN, None),
        (f"Basic {TOKEN}", None),
        ("Bearer wrong", TOKEN),
        ("Bearer ümläut", None),
    ],
)
def test_any_other_token_is_turned_down_without_being_repeated(
    authorization: str | None, in_query: str | None
):
    refusal = policy().check_token(authorization, in_query)
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (401, "token")
    assert TOKEN not in refusal.message
    assert "wrong" not in refusal.message


def test_a_hub_without_a_token_asks_for_none():
    assert policy(keyring=None).check_token(None, None) == Access(ALL)


@pytest.mark.parametrize(
    ("query", "token", "rest"),
    [
        ("", None, ""),
        ("a=1&b=%20", None, "a=1&b=%20"),
        ("token=abc", "abc", ""),
        ("a=1&token=a%2Bb&token=c&b=", "a+b", "a=1&b="),
        ("tokens=abc", None, "tokens=abc"),
    ],
)
def test_the_token_is_taken_out_of_the_query(query: str, token: str | None, rest: str):
    assert split_token(query) == (token, rest)


# The host


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "127.0.0.1", "localhost:1", "LocalHost", "[::1]:8000", "[::1]"]
)
def test_the_names_of_this_machine_are_let_in(host: str):
    assert policy().check_sender(host, None) is None


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8000",
        "evil.example:127.0.0.1",
        "localhost:8000:8000",
        "localhost@evil.example",
        "192.168.1.5:8000",
        "[::2]",
        "::1",
    ],
)
def test_any_other_host_is_turned_down(host: str | None):
    refusal = policy().check_sender(host, None)
    assert refusal is not None
    assert (refusal.status, refusal.code) == (403, "host")


def test_a_hub_answers_to_the_host_it_was_given():
    hub = policy(host="Lab.example")
    assert hub.check_sender("lab.example:8000", None) is None
    assert hub.check_sender("localhost:8000", None) is None
    assert hub.check_sender("other.example:8000", None) is not None


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::", ""])
def test_a_hub_on_every_address_answers_to_numbers_and_to_the_machines_own_name(everywhere: str):
    hub = policy(host=everywhere, machine="Lab-PC")
    for host in ("192.168.1.5:8000", "[fe80::1]:8000", "lab-pc:8000", "localhost"):
        assert hub.check_sender(host, None) is None
    assert hub.check_sender("evil.example:8000", None) is not None


def test_a_hub_answers_to_its_other_names_and_to_no_name_around_them():
    hub = policy(hosts=check_hosts(["Hub.Example.org", "hüb.example", "10.0.0.5:80", "::2", "lab:8000"]))
    for host in (
        "hub.example.org",
        "HUB.example.org:8443",
        "hub.example.org.",
        "xn--hb-xka.example",
        "10.0.0.5:81",
        "[::2]:80",
        "lab",
        "localhost",
    ):
        assert hub.check_sender(host, None) is None, host
    for host in (
        "example.org",
        "a.hub.example.org",
        "hub.example.org.evil.example",
        "hub.example.orgx",
        "[::3]",
    ):
        refusal = hub.check_sender(host, None)
        assert refusal is not None
        assert f"hosts=[{host!r}]" in refusal.message


def test_its_other_names_are_its_own_origin_too_whether_or_not_a_proxy_speaks_tls():
    hub = policy(hosts=["hub.example.org"])
    for origin in ("http://hub.example.org:8443", "https://hub.example.org:8443"):
        assert hub.check_sender("hub.example.org:8443", origin) is None
    for origin in ("https://hub.example.org", "https://other.example.org:8443", "null"):
        assert hub.check_sender("hub.example.org:8443", origin) is not None
    assert hub.check_sender("127.0.0.1:8000", "https://hub.example.org") is not None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "*",
        "*.example.org",
        "http://hub.example.org",
        "a..b",
        "a b",
        "-a",
        "hub/x",
        "a:b",
        5,
        None,
        "x" * 64,
    ],
)
def test_a_name_that_no_request_would_have_is_refused(host: Any):
    with pytest.raises(UsageError, match="is no host"):
        check_hosts([host])


@pytest.mark.parametrize("hosts", ["hub.example.org", 5, None, b"x"])
def test_hosts_are_a_list(hosts: Any):
    with pytest.raises(UsageError, match="it must be a list"):
        check_hosts(hosts)


# The origin


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "http://app.example", "null"])
def test_the_hubs_own_origin_and_those_allowed_come_in(origin: str):
    hub = policy(origins=["http://app.example", "null"])
    assert hub.check_sender("127.0.0.1:8000", origin) is None


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://evil.example",
        "http://127.0.0.1:8001",
        "https://127.0.0.1:8000",
        "http://app.example.evil.example",
        "http://app.example/",
        "http://app.exampl",
    ],
)
def test_other_origins_are_turned_down_and_told_how_to_be_allowed(origin: str):
    refusal = policy(origins=["http://app.example"]).check_sender("127.0.0.1:8000", origin)
    assert refusal is not None
    assert (refusal.status, refusal.code) == (403, "origin")
    assert f"origins=[{origin!r}]" in refusal.message


def test_a_refusal_quotes_no_more_than_the_beginning_of_a_header():
    refusal = policy().check_sender("127.0.0.1", "http://" + "x" * 10_000)
    assert refusal is not None
    assert len(refusal.message) < 400


@pytest.mark.parametrize("origin", ["http://localhost:3000/", "localhost:3000", "http://a b", "", "*", 5])
def test_an_origin_that_no_browser_would_send_is_refused(origin: Any):
    with pytest.raises(UsageError, match="is no origin"):
        check_origins([origin])


def test_origins_are_a_list():
    assert check_origins(o for o in ["http://localhost:3000", "null"]) == ("http://localhost:3000", "null")
    with pytest.raises(UsageError, match=r"pass \['http://a'\]"):
        check_origins("http://a")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("example.org", False),
        ("192.168.1.5", False),
    ],
)
def test_what_only_this_machine_can_reach_is_known(host: str, expected: bool):
    assert is_loopback(host) is expected

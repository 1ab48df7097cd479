"""Forwarded: the client's address, by the word of the proxies that the hub was told of, and of nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.hub import Hub, Limits
from realtime_widgets.hub.forwarded import check_proxies, client_of
from support.scripted_client import LIMIT

PROXIES = check_proxies(["10.0.0.0/8", "127.0.0.1", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        # Nothing was written, or its writer is nobody whose word is taken.
        ("127.0.0.1", "", "127.0.0.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("127.0.0.2", "198.51.100.7", "127.0.0.2"),
        ("", "198.51.100.7", ""),
        # One proxy, and several.
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("fd00::1", " 198.51.100.7 ,10.1.2.3,  127.0.0.1", "198.51.100.7"),
        # What a client has written itself stands before what the proxies wrote.
        ("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "10.9.9.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("127.0.0.1", "nonsense, 198.51.100.7", "198.51.100.7"),
        # Who is on the network of the proxies themselves.
        ("127.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1"),
        # What is no address ends it: the request is of the proxy that wrote that.
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7, unknown, 10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "198.51.100.7, , 10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "1.2.3", "127.0.0.1"),
        ("127.0.0.1", "\xff\x00", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7:", "127.0.0.1"),
        # The ways to write one.
        ("127.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("127.0.0.1", "[2001:DB8::7]:4711", "2001:db8::7"),
        ("127.0.0.1", "2001:db8:0::7", "2001:db8::7"),
        ("127.0.0.1", "[2001:db8::7]", "2001:db8::7"),
        ("::ffff:127.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", "198.51.100.7", "fe80::1%eth0"),
    ],
)
def test_the_client_is_the_last_that_is_no_proxy(peer: str, forwarded: str, client: str):
    assert client_of(peer, forwarded, PROXIES) == client


def test_without_proxies_nothing_is_read():
    assert client_of("127.0.0.1", "198.51.100.7", ()) == "127.0.0.1"


@pytest.mark.parametrize("proxy", ["nginx", "10.1.2.3/8", "*", "", "127.0.0.1:80", None, 1])
def test_what_is_no_address_is_refused(proxy: Any):
    with pytest.raises(UsageError, match="is no proxy: "):
        Hub(proxies=[proxy])


def test_they_are_a_list():
    with pytest.raises(UsageError, match=r"pass \['127\.0\.0\.1'\]"):
        Hub(proxies="127.0.0.1")
    with pytest.raises(WrongType, match="it must be a list"):
        Hub(proxies=7)  # type: ignore[arg-type]


@contextmanager
def following(hub: Hub, *forwarded: str) -> Iterator[int]:
    """The status of a stream of events, for as long as the context lasts."""
    headers = [("Authorization", f"Bearer {hub.token}"), *(("X-Forwarded-For", one) for one in forwarded)]
    with httpx.stream(
        "GET", f"{hub.address}/sse/x", headers=headers, trust_env=False, timeout=LIMIT
    ) as answer:
        yield answer.status_code


@pytest.mark.parametrize(("proxies", "second"), [((), 503), (("192.0.2.1",), 503), (("127.0.0.1",), 200)])
def test_clients_behind_a_proxy_are_told_apart_by_its_word_alone(proxies: tuple[str, ...], second: int):
    with Hub(proxies=proxies, limits=Limits(connections_each=1)) as hub, ExitStack() as stack:
        assert stack.enter_context(following(hub, "198.51.100.1")) == 200
        assert stack.enter_context(following(hub, "198.51.100.2")) == second
        # The same one again, whatever it claims to be, in as many lines as it likes.
        for claimed in (["198.51.100.1"], ["198.51.100.3, 198.51.100.1"], ["198.51.100.3", "198.51.100.1"]):
            with following(hub, *claimed) as status:
                assert status == 503

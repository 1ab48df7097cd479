"""What an answer that nobody wanted means."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import Any

import pytest

from realtime_widgets.client.failures import MAX_RETRY_AFTER, explain_os, explain_status, retry_after
from realtime_widgets.errors import ConnectionLost, ConnectionRejected, Unauthorized

NOW = 1_795_000_000.0  # Wed, 18 Nov 2026 11:06:40 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("9" * 400, MAX_RETRY_AFTER),
        ("Wed, 18 Nov 2026 11:07:40 GMT", 60.0),
        ("Wed, 18 Nov 2026 11:00:00 GMT", 0.0),
        ("Wed, 18 Nov 2099 11:00:00 GMT", MAX_RETRY_AFTER),
        ("-5", None),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", None),
        ("nan", None),
        ("Wednesday, 18-Nov-26 11:07:40 GMT", 60.0),
        ("Wed Nov 18 11:07:40 2026", 60.0),
        ("Wed, 18 Nov 2026 12:07:40 +0100", 60.0),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Wed, 99 Nov 2026 11:07:40 GMT", None),
    ],
)
def test_how_long_a_server_wants_to_be_left_alone(value: str | None, seconds: float | None):
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, Unauthorized),
        (403, ConnectionRejected),
        (404, ConnectionRejected),
        (410, ConnectionRejected),
        (200, ConnectionRejected),
        (301, ConnectionRejected),
        (407, ConnectionRejected),
        (408, ConnectionLost),
        (425, ConnectionLost),
        (426, ConnectionRejected),
        (429, ConnectionLost),
        (503, ConnectionLost),
        (500, ConnectionLost),
    ],
)
def test_a_status_is_for_good_or_worth_another_try(code: int, kind: type[Exception]):
    error = explain_status(code, {}, "ws://place/", "opening a WebSocket")
    assert type(error) is kind
    assert f"HTTP {code}" in str(error)
    assert getattr(error, "retry_after", None) is None
    assert getattr(error, "may_heal", True) is (code not in (401, 403))


def test_who_names_no_path_hears_that_a_hub_has_one():
    for place, instead, path in (
        ("ws://hub:8000", "opening a WebSocket", "/ws/dashboard"),
        ("https://hub/", "a stream of events", "/sse/<channels>"),
    ):
        said = str(explain_status(404, {}, place, instead))
        assert said.endswith(f"; it has none, and a hub of ours has {path}")
        assert "of ours" not in str(explain_status(404, {}, f"{place.rstrip('/')}/feed", instead))


@pytest.mark.parametrize("code", [301, 403, 404, 408, 429, 500, 502, 503])
def test_who_says_when_to_come_again_is_tried_again_then(code: int):
    error = explain_status(code, {"retry-after": "1.5"}, "ws://place/", "opening a WebSocket")
    assert isinstance(error, ConnectionLost)
    assert error.retry_after == 1.5
    assert f"(HTTP {code}) and asks to be left alone for 1.5 s" in str(error)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 422, 426, 429, 500, 503])
@pytest.mark.parametrize(
    "headers", [{}, {"retry-after": "2"}, {"www-authenticate": 'error_description="no"'}]
)
def test_what_a_server_says_is_passed_on_and_changes_nothing_else(code: int, headers: dict[str, str]):
    error = explain_status(code, headers, "http://place/", "a stream of events", said="the words")
    assert f"{code}" in str(error)
    assert str(error).count("the words") == 1
    plain = explain_status(code, headers, "http://place/", "a stream of events")
    for name in ("retry_after", "may_heal"):
        assert getattr(error, name, None) == getattr(plain, name, None)
    assert type(error) is type(plain)


@pytest.mark.parametrize(
    ("code", "given", "words"),
    [
        (401, {"authorized": True}, "turned the token down (HTTP 401); pass a valid one as auth="),
        (401, {"authorized": False}, "wants a token, and none was given (HTTP 401); pass one as auth="),
        (403, {"authorized": False}, "pass a token as auth=, if you have one"),
        (
            401,
            {"dropped": "wss://other"},
            "redirects to wss://other, which wants credentials (HTTP 401), and yours",
        ),
        (403, {"dropped": "wss://other"}, "connect to that address"),
    ],
)
def test_who_is_not_let_in_is_told_what_was_the_case(code: int, given: dict[str, Any], words: str):
    assert words in str(explain_status(code, {}, "ws://place/", "opening a WebSocket", **given))


@pytest.mark.parametrize(
    ("challenge", "words"),
    [
        (
            'Bearer error="invalid_token", error_description="the token has expired"',
            ": the token has expired",
        ),
        ('Negotiate, Bearer realm="x", ERROR_DESCRIPTION="no (more)", a=b', ": no (more)"),
        ("Bearer", ""),
        ('Bearer error_description=""', ""),
        (f'Bearer error_description="{"x" * 101}"', ""),
        ('Bearer error_description="\x1b[31m"', ""),
        ('Bearer error_description="see https://h/?token=canary"', ": see https://h/"),
    ],
)
def test_why_a_token_is_no_good_is_passed_on(challenge: str, words: str):
    error = explain_status(401, {"www-authenticate": challenge}, "ws://place/", "opening a WebSocket")
    assert str(error) == f"ws://place/ turned the token down (HTTP 401{words}); pass a valid one as auth="


@pytest.mark.parametrize(
    ("headers", "instead", "words"),
    [
        (
            {"sec-websocket-version": "8"},
            "opening a WebSocket",
            "wants another version of the protocol (8) than",
        ),
        ({"upgrade": "HTTP/2.0"}, "opening a WebSocket", "(HTTP/2.0) than we speak (HTTP 426)"),
        ({"upgrade": "<b>\ud800"}, "opening a WebSocket", "of the protocol than we speak"),
        (
            {},
            "a stream of events",
            "is the address of a WebSocket (HTTP 426), not of events; connect with ws://",
        ),
    ],
)
def test_another_protocol_that_is_wanted_is_named(headers: dict[str, str], instead: str, words: str):
    assert words in str(explain_status(426, headers, "x", instead))


@pytest.mark.parametrize(
    ("error", "url", "kind", "words"),
    [
        (
            ssl.SSLCertVerificationError(1, "no"),
            "wss://x/",
            ConnectionRejected,
            "its certificate is not trusted",
        ),
        (ssl.SSLError(1, "no"), "https://x/", ConnectionLost, "is it a http:// server?"),
        (ssl.SSLError(1, "no"), "wss://x/", ConnectionLost, "is it a ws:// server?"),
        (socket.gaierror(-2, "unknown"), "ws://x/", ConnectionLost, "its host name is not known (unknown)"),
        (OSError(errno.ECONNREFUSED, "no"), "ws://x/", ConnectionLost, "nothing listens there"),
        (ConnectionResetError(), "ws://x/", ConnectionLost, "does it want wss://?"),
        (ConnectionResetError(), "https://x/", ConnectionLost, "does it want http://?"),
        (
            OSError(errno.ENETUNREACH, "no network"),
            "ws://x/",
            ConnectionLost,
            "no connection to x: no network",
        ),
    ],
)
def test_an_error_of_the_system_is_one_line(error: OSError, url: str, kind: type[Exception], words: str):
    if isinstance(error, ssl.SSLError):
        error.reason = error.verify_message = "no"  # type: ignore[attr-defined]
    explained = explain_os(error, url, "x")
    assert type(explained) is kind
    assert words in str(explained)

"""What an answer that nobody wanted means."""

from __future__ import annotations

import errno
import socket
import ssl

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
        ("1.5", None),
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
        (404, ConnectionLost),
        (429, ConnectionLost),
        (503, ConnectionLost),
        (500, ConnectionLost),
    ],
)
def test_a_status_is_for_good_or_worth_another_try(code: int, kind: type[Exception]):
    error = explain_status(code, {"retry-after": "9"}, "ws://place/", "opening a WebSocket")
    assert type(error) is kind
    assert f"HTTP {code}" in str(error)
    assert getattr(error, "retry_after", None) == (9.0 if code in (429, 503) else None)


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

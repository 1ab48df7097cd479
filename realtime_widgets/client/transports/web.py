"""Web: what all requests of ours over HTTP have in common: whom they trust, their name, and that nothing logs them."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import metadata
from typing import Final

_ours: Final[ContextVar[bool]] = ContextVar("ours", default=False)
"""Whether a request made in this context is ours."""


def keep_out_of_the_log() -> None:
    """Have the library log no request that this task makes: urls and headers, of answers too, may have a token."""
    _filter_logs()
    _ours.set(True)


@contextmanager
def unlogged() -> Iterator[None]:
    """Have it log no request that is made within."""
    _filter_logs()
    before = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(before)


@cache
def _filter_logs() -> None:
    for name in (
        "httpx",
        *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
    ):
        logging.getLogger(name).addFilter(lambda _: not _ours.get())


@cache
def agent() -> str:
    """Return what we are called; some servers reject the names of libraries."""
    try:
        return f"realtime-widgets/{metadata.version('realtime-widgets')}"
    except metadata.PackageNotFoundError:  # a source tree that was never installed
        return "realtime-widgets"


@cache
def trust() -> ssl.SSLContext:
    """Return the certificates that this machine trusts; loaded once, because that is slow."""
    return ssl.create_default_context()

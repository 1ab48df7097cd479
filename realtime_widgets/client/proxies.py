"""Proxies: which one of the environment a connection goes through, the same for all transports.

The libraries read the environment too, each with other rules, and quote the address of a proxy with its password in
their errors. So the choice is made and checked here, and they are told.
"""

from __future__ import annotations

import importlib.util
import urllib.parse
import urllib.request
from typing import Final

from ..errors import ConnectionLost, ConnectionRejected
from .address import is_loopback_url, is_one_way
from .masking import label_of

_SCHEMES: Final = ("http", "https", "socks5", "socks5h", "socks4", "socks4a")

_SOCKS_OF_HTTP: Final = ("socks5", "socks5h")
"""What `httpx` can do with SOCKS."""

_PORTS: Final = {"http": 80, "https": 443}

_VARIABLES: Final = {
    "ws": ("ws", "socks", "https", "http", "all"),
    "wss": ("wss", "socks", "https", "all"),
    "http": ("http", "all"),
    "https": ("https", "all"),
}
"""By the scheme of an address: the variables (`HTTPS_PROXY` …) that are asked, in this order. A WebSocket goes through
a tunnel, which is what proxies for HTTPS are for (RFC 6455, 4.1)."""


def proxy_for(url: str) -> str | None:
    """Return the proxy of the environment for an address; None: connect directly, always so on this machine.

    Raises:
        ConnectionRejected: it cannot be used.
    """
    parts = urllib.parse.urlsplit(url)
    port = parts.port or (443 if parts.scheme in ("wss", "https") else 80)
    if is_loopback_url(url) or urllib.request.proxy_bypass(f"{parts.hostname}:{port}"):
        return None
    known = urllib.request.getproxies()
    name = next((each for each in _VARIABLES[parts.scheme] if known.get(each)), None)
    return None if name is None else _checked(known[name].strip(), name, url)


def _checked(proxy: str, name: str, url: str) -> str:
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if name == "socks" and proxy.startswith("http://"):  # as macOS and Windows say it
        proxy = f"socks5h://{proxy.removeprefix('http://')}"
    wrong = f"no connection to {label_of(url)}: the proxy {label_of(proxy)} cannot be used:"
    advice = f"correct {name.upper()}_PROXY, or name this host in NO_PROXY"
    try:
        parts = urllib.parse.urlsplit(proxy)
        host, port = parts.hostname, parts.port
        ascii_host = "" if host is None else host if ":" in host else host.encode("idna").decode()
    except ValueError:  # also UnicodeError
        raise ConnectionRejected(f"{wrong} its address cannot be read; {advice}") from None
    if parts.scheme not in _SCHEMES:
        raise ConnectionRejected(f"{wrong} its scheme is {parts.scheme!r}, not http or socks5; {advice}")
    if not ascii_host or parts.path.strip("/") or parts.query or parts.fragment:
        raise ConnectionRejected(f"{wrong} its address is not of the form http://host:port; {advice}")
    if parts.scheme.startswith("socks"):
        _check_socks(parts.scheme, wrong, url)
    at = "" if parts.username is None else f"{parts.username}:{parts.password or ''}@"
    shown_host = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    default = _PORTS.get(parts.scheme, 1080)
    return f"{parts.scheme}://{at}{shown_host}:{port or default}"


def _check_socks(scheme: str, wrong: str, url: str) -> None:
    """Raise when the library that speaks SOCKS is not there."""
    if is_one_way(url) and scheme not in _SOCKS_OF_HTTP:
        raise ConnectionRejected(f"{wrong} Server-Sent Events need SOCKS 5; write socks5h:// if it has that")
    module, package = (
        ("socksio", "httpx[socks]") if is_one_way(url) else ("python_socks", "python-socks[asyncio]")
    )
    if importlib.util.find_spec(module) is None:
        raise ConnectionRejected(
            f"{wrong} it speaks SOCKS, and the package for that is not installed; run pip install '{package}', "
            "or name this host in NO_PROXY"
        )


def explain_proxy(
    status: int | None, place: str, proxy: str | None, wait: float | None = None
) -> ConnectionLost | ConnectionRejected:
    """Return the error for what a proxy answered.

    Args:
        status: of its answer; None: it had none that could be read.
        place: where we wanted to go, for display.
        proxy: its address; None: not known, which is a server that acts as one.
        wait: seconds for which it asks to be left alone; None: it does not.
    """
    shown = "the proxy" if proxy is None else f"the proxy {label_of(proxy)}"
    if status == 407:
        return ConnectionRejected(
            f"no connection to {place}: {shown} wants a user name and a password, or others (HTTP 407); "
            "put them into its address, as in HTTPS_PROXY=http://user:password@host:port",
            may_heal=True,
        )
    if status is None:
        return ConnectionLost(
            f"no connection to {place}: {shown} gave no answer that can be read; check its address"
        )
    said = f"no connection to {place}: {shown} answered HTTP {status}"
    if wait is not None:
        return ConnectionLost(f"{said} and asks to be left alone for {round(wait, 1):g} s", retry_after=wait)
    if status in (403, 405):
        return ConnectionRejected(f"{said} and does not let us through; ask who runs it", may_heal=True)
    return ConnectionLost(f"{said}; it may not reach the server")

"""The address of a server: its url, and the token, headers and subprotocols that a client connects with.

Url, headers and token may be given as values, or as functions that are called at every attempt, because tokens expire.
Nothing here shows a secret: what is shown is the `label`.
"""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import types
import urllib.parse
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from ..errors import CallbackFailed, ConnectionRejected, UsageError, WrongType
from ..runtime import Runtime

T = TypeVar("T")

Given: TypeAlias = T | Callable[[], T | Awaitable[T]]
"""A value, or a function that returns it."""

SCHEMES = ("ws", "wss", "http", "https")

ONE_WAY = ("http", "https")
"""The schemes of Server-Sent Events."""


@dataclass(frozen=True)
class Address:
    """Where to connect, and with which credentials.

    Attributes:
        url: `ws://`, `wss://`, or `http://`, `https://` for Server-Sent Events.
        auth: a token, sent as `Authorization: Bearer …`; None: none.
        headers: further headers of the opening handshake.
        protocols: the WebSocket subprotocols to offer.
    """

    url: Given[str]
    auth: Given[str | None] = None
    headers: Given[Mapping[str, str]] | None = None
    protocols: Iterable[str] = ()

    def __post_init__(self) -> None:
        url: Any = self.url
        auth: Any = self.auth
        headers: Any = self.headers
        protocols: Any = self.protocols
        if not callable(url):
            check_url(url)
        if not (auth is None or isinstance(auth, str) or callable(auth)):
            raise WrongType(f"auth is a {type(auth).__name__}: pass a token or a function that returns one")
        if not (headers is None or isinstance(headers, Mapping) or callable(headers)):
            raise WrongType(
                f"headers are a {type(headers).__name__}: pass a dict or a function that returns one"
            )
        if isinstance(protocols, str):
            raise WrongType(f"protocols={protocols!r} is one text: pass a list, [{protocols!r}]")
        object.__setattr__(self, "protocols", tuple(protocols))

    @property
    def key(self) -> Hashable:
        """What two clients must have in common to share a connection."""
        headers: Any = self.headers
        if isinstance(headers, Mapping):
            headers = tuple(sorted((name.lower(), value) for name, value in headers.items()))
        return tuple(map(identity, (self.url, self.auth, headers, self.protocols)))

    @property
    def label(self) -> str:
        """The url for display: no credentials, no query."""
        return label_of(self.url) if isinstance(self.url, str) else "the address that a function gives"

    @property
    def may_change(self) -> bool:
        """Whether another attempt may have another url, token or headers."""
        return callable(self.url) or callable(self.auth) or callable(self.headers)

    async def resolve(self, runtime: Runtime) -> tuple[str, dict[str, str]]:
        """Return the url and the headers of one attempt (on the I/O thread; functions run on the callback thread).

        Raises:
            CallbackFailed: when a function raised.
            ConnectionRejected: when what it returned cannot be used.
        """
        url = await _ask(self.url, "url", runtime)
        try:
            check_url(url)
        except UsageError as error:
            raise ConnectionRejected(f"the function that gives the url gave a wrong one: {error}") from error
        headers: dict[str, str] = dict(await _ask(self.headers, "headers", runtime) or {})
        token = await _ask(self.auth, "auth", runtime)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        for name, value in headers.items():
            _check_header(name, value)
        return url, headers


def check_url(url: Any) -> None:
    """Raise when this is no url of a WebSocket or of Server-Sent Events.

    Raises:
        UsageError: naming what is wrong, without the url's credentials and query.
    """
    if not isinstance(url, str):
        raise WrongType(f"cannot connect to {url!r}: pass an address such as 'ws://localhost:8000/ws'")
    try:
        parts = urllib.parse.urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"cannot connect to this address: {error}; check it") from error
    shown = label_of(url)
    if parts.scheme not in SCHEMES:
        raise UsageError(
            f"cannot connect to {shown!r}: its scheme is {parts.scheme!r}; pass ws:// or wss:// for a WebSocket, "
            "http:// or https:// for Server-Sent Events"
        )
    if not parts.hostname:
        raise UsageError(f"cannot connect to {shown!r}: it names no host; pass ws://host:port/path")
    if parts.fragment:
        raise UsageError(
            f"cannot connect to {shown!r}: it has a '#', which no server is told; leave that part out"
        )


def label_of(url: str) -> str:
    """Return a url without credentials and query."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _check_header(name: Any, value: Any) -> None:
    """Raise when this cannot be a header; the error of a library would quote its value, which may be a secret."""
    if not isinstance(name, str) or not isinstance(value, str):
        raise ConnectionRejected(
            f"the header {name!r} cannot be sent: it is no text; pass names and values as text"
        )
    if not value.isprintable() or not value.isascii() or value != value.strip() or not name.isascii():
        which = "the token" if name == "Authorization" else f"the header {name!r}"
        raise ConnectionRejected(
            f"{which} cannot be sent: it has a line end, a space at an end or a character beyond ASCII; strip it"
        )


def is_one_way(url: str) -> bool:
    """Whether a url is one that can only be received from."""
    return urllib.parse.urlsplit(url).scheme in ONE_WAY


def is_loopback_url(url: str) -> bool:
    """Whether a url is on this machine."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def identity(value: Any) -> Hashable:
    """Return what a value is compared by when connections are compared.

    A cell that is run again creates its functions anew. They count as the same when they have the same code and see the
    same variables, so such a run shares the connection of the run before.
    """
    if isinstance(value, types.MethodType):
        return (identity(value.__func__), id(value.__self__))
    if isinstance(value, types.FunctionType):
        seen = [cell.cell_contents for cell in value.__closure__ or () if _filled(cell)]
        seen += [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
        return (value.__code__, id(value.__globals__), tuple(id(each) for each in seen))
    return id(value) if callable(value) else value


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


async def _ask(given: Any, what: str, runtime: Runtime) -> Any:
    if not callable(given):
        return given
    try:
        value = await asyncio.wrap_future(runtime.submit(given))
        return await value if inspect.isawaitable(value) else value
    except BaseException as error:  # sys.exit() in it must not end the I/O thread
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise  # our own task was cancelled, not the function
        raise CallbackFailed(
            f"the function that gives the {what} raised {type(error).__name__}: {error}; it is asked again"
        ) from error

"""The address of a server: its url, and the token, headers and subprotocols that a client connects with.

Url, headers and token may be given as values, or as functions that are called at every attempt, because tokens expire.
All is checked before it goes into a request: values when they are given, what functions return at every attempt.
Nothing here shows a secret: what is shown is the `label`.
"""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import logging
import re
import string
import types
import urllib.parse
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from ..errors import CallbackFailed, ConnectionRejected, UsageError, WrongType
from ..runtime import Runtime
from .credentials import of_headers, of_protocols, of_token, of_url
from .headers import TOKEN, basic, bearer, checked_headers, named
from .masking import Mask, label_of

T = TypeVar("T")

logger = logging.getLogger(__name__)

Given: TypeAlias = T | Callable[[], T | Awaitable[T]]
"""A value, or a function that returns it."""

SCHEMES = ("ws", "wss", "http", "https")

ONE_WAY = ("http", "https")
"""The schemes of Server-Sent Events."""

MAX_HOST_LENGTH: Final = 253
"""Characters of a host name (RFC 1035)."""

_HOST: Final = re.compile(r"[A-Za-z0-9._\-]+")


@dataclass(frozen=True, repr=False)
class Address:
    """Where to connect, and with which credentials.

    Attributes:
        url: `ws://`, `wss://`, or `http://`, `https://` for Server-Sent Events.
        auth: a token, sent as `Authorization: Bearer …`; None: none.
        headers: further headers of the opening handshake.
        protocols: the WebSocket subprotocols to offer.
        body: what is posted there; None: nothing, it is a GET. Whoever posts shares a connection with nobody.
        mask: knows the secrets of all these, as far as they were given or asked for.
    """

    url: Given[str]
    auth: Given[str | None] = None
    headers: Given[Mapping[str, str]] | None = None
    protocols: Iterable[str] = ()
    body: bytes | None = None
    mask: Mask = field(init=False, compare=False, default_factory=Mask)

    def __post_init__(self) -> None:
        url: Any = self.url
        auth: Any = self.auth
        headers: Any = self.headers
        if not callable(url):
            check_url(url)
        if isinstance(auth, str):
            bearer(auth)
        elif not (auth is None or callable(auth)):
            raise WrongType(
                f"auth= cannot be of type {type(auth).__name__}: pass a token, or a function that returns one"
            )
        if isinstance(headers, Mapping):
            checked_headers(headers)
        elif not (headers is None or callable(headers)):
            raise WrongType(
                f"headers= cannot be of type {type(headers).__name__}: pass a dict, or a function that returns one"
            )
        object.__setattr__(self, "protocols", _checked_protocols(self.protocols))
        for secrets in (of_url(url), of_token(auth), of_headers(headers), of_protocols(self.protocols)):
            self.mask.learn(secrets)

    @property
    def key(self) -> Hashable:
        """What two clients must have in common to share a connection, where nothing is posted."""
        headers: Any = self.headers
        if isinstance(headers, Mapping):
            headers = tuple(sorted((name.lower(), value) for name, value in headers.items()))
        return tuple(map(identity, (self.url, self.auth, headers, self.protocols)))

    @property
    def label(self) -> str:
        """The url for display: no credentials, no query."""
        return label_of(self.url) if isinstance(self.url, str) else "the address that a function gives"

    def __repr__(self) -> str:
        return f"<Address {self.label}>"

    @property
    def may_change(self) -> bool:
        """Whether another attempt may have another url, token or headers."""
        return callable(self.url) or callable(self.auth) or callable(self.headers)

    async def resolve(self, runtime: Runtime) -> tuple[str, dict[str, str]]:
        """Return the url, in ASCII and without credentials, and the headers of one attempt (on the I/O thread;
        functions run on threads of their own).

        A header of the user's goes before ours of the same name, whatever its case: `Authorization` before the token,
        and the token before the user name and password of the url.

        Raises:
            CallbackFailed: when a function raised.
            ConnectionRejected: when what it returned cannot be used.
        """
        given = await _ask(self.url, "url", runtime, self.mask)
        self.mask.learn(of_url(given))  # at once: the next function may say it in an error
        token = await _ask(self.auth, "auth", runtime, self.mask)
        self.mask.learn(of_token(token))
        headers = await _ask(self.headers, "headers", runtime, self.mask)
        self.mask.learn(of_headers(headers))
        try:
            check_url(given)
        except UsageError as error:
            raise ConnectionRejected(f"the function that gives the url gave a wrong one: {error}") from error
        url, user = plain_url(given)
        if self.body is not None and not is_one_way(url):
            raise ConnectionRejected(
                f"no connection to {label_of(url)}: post= cannot be sent over a WebSocket; give an address of http:// "
                "or https://"
            )
        try:
            said = {} if headers is None else checked_headers(headers)
            if named(said, "authorization") is None:
                credentials = bearer(token) if token is not None else user and basic(*user)
                if credentials is not None:
                    said["Authorization"] = credentials
        except UsageError as error:
            raise ConnectionRejected(f"no connection to {label_of(url)}: {error}") from error
        return url, said


def check_url(url: Any) -> None:
    """Raise when this is no url of a WebSocket or of Server-Sent Events.

    Raises:
        UsageError: naming what is wrong, without the url's credentials and query.
    """
    if not isinstance(url, str):
        what = repr(url) if url is None or isinstance(url, int) else f"something of type {type(url).__name__}"
        raise WrongType(f"cannot connect to {what}: pass an address such as 'ws://localhost:8000/ws'")
    if not url.strip():
        raise UsageError(
            f"cannot connect to {url!r}: it is empty; pass an address such as 'ws://localhost:8000/ws', or none at all "
            "for the hub of this process"
        )
    shown = repr(label_of(url))
    if any(char <= " " or char == "\x7f" or "\ud800" <= char <= "\udfff" for char in url):
        raise UsageError(
            f"cannot connect to {shown}: it has a space, a line end or another character that no address has; "
            "strip it, or write %20 for a space"
        )
    scheme, found, rest = url.partition("://")
    if found and scheme.lower() not in SCHEMES:
        raise UsageError(
            f"cannot connect to {shown}: its scheme is {scheme!r}; pass ws:// or wss:// for a WebSocket, "
            "http:// or https:// for Server-Sent Events"
        )
    if not found:
        rest = re.sub(r"(?i)^(wss?|https?):", "", label_of(url)).lstrip("/")
        raise UsageError(
            f"cannot connect to {shown}: it has no scheme; pass 'ws://{rest}' for a WebSocket, or "
            "http:// for Server-Sent Events (wss:// or https:// where it is encrypted)"
        )
    authority, _, path = re.sub(r"[/?#\\]", "\0", rest, count=1).partition("\0")
    at_fault = (
        re.split("[?#]", path, maxsplit=1)[0] if rest[len(authority) :].startswith(("/", "\\")) else path
    )
    if "@" not in authority and "@" in at_fault:
        raise UsageError(
            f"cannot connect to an address on {shown}: it has an '@' after its host, so that a password may have been "
            "cut; write '/', '?', '#' and '@' as %2F, %3F, %23 and %40 in user name, password and path"
        )
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise UsageError(
            f"cannot connect to {shown}: its host cannot be read; IPv6 addresses are written in brackets, ws://[::1]:80/"
        ) from error
    if not host:
        raise UsageError(f"cannot connect to {shown}: it names no host; pass ws://host:port/path")
    _check_host(host, shown)
    _check_port(parts.netloc.rpartition("@")[2], shown)
    if "#" in url:
        raise UsageError(
            f"cannot connect to {shown}: it has a fragment ('#' and what follows), which no server is told; leave it "
            "out, or write %23 for a '#' that belongs to the path"
        )


def _check_host(host: str, shown: str) -> None:
    if ":" in host:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise UsageError(
                f"cannot connect to {shown}: {host!r} is no IPv6 address; write it as in ws://[::1]:80/"
            ) from None
        return
    try:
        name = _ascii_host(host)
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name) or len(name) > MAX_HOST_LENGTH:
        raise UsageError(
            f"cannot connect to {shown}: {host!r:.300} is no host name; that has labels of 1 to 63 letters, digits "
            "and '-', with one '.' between them"
        )


def _check_port(authority: str, shown: str) -> None:
    _, colon, port = authority.rpartition("]")[2].rpartition(":")
    if not colon or not port:
        return
    if not (port.isascii() and port.isdigit()):  # which may be the start of a password, so it is not shown
        raise UsageError(
            "cannot connect to this address: its port is no number; check it, and write '/', '?', '#' and '@' in a "
            "password as %2F, %3F, %23 and %40"
        )
    if not 1 <= int(port[:9]) <= 65535 or len(port) > 9:
        raise UsageError(f"cannot connect to {shown}: its port is out of range; pass one from 1 to 65535")


def _ascii_host(host: str) -> str:
    """Return a host name as it is looked up; raises UnicodeError for one with an empty or too long label."""
    return host.encode("idna").decode("ascii")


def plain_url(url: str) -> tuple[str, tuple[str, str] | None]:
    """Return a checked url in ASCII and without credentials, and these: user name and password; None: it has none."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else _ascii_host(host)
    user = None
    if parts.username is not None:
        user = urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or "")
    port = "" if parts.port is None else f":{parts.port}"
    path, query = (urllib.parse.quote(part, safe=string.punctuation) for part in (parts.path, parts.query))
    return urllib.parse.urlunsplit((parts.scheme, host + port, path, query, "")), user


def _checked_protocols(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        raise WrongType(f"protocols={given!r} is one text: pass a list, [{given!r}]")
    try:
        protocols = tuple(given)
    except TypeError:
        raise WrongType(f"protocols={given!r} cannot be offered: pass a list of texts") from None
    for protocol in protocols:
        if not isinstance(protocol, str) or not TOKEN.fullmatch(protocol):
            raise WrongType(
                f"the subprotocol {protocol!r:.100} cannot be offered: it is no word of letters, digits and '-'; "
                "pass a list of such, ['v1']"
            )
    return tuple(dict.fromkeys(protocols))


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


async def _ask(given: Any, what: str, runtime: Runtime, mask: Mask) -> Any:
    if not callable(given):
        return given
    try:
        value = await asyncio.wrap_future(runtime.call_apart(given))
        return await value if inspect.isawaitable(value) else value
    except BaseException as error:  # sys.exit() in it must not end the I/O thread
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise  # our own task was cancelled, not the function
        logger.warning("the function that gives the %s raised:\n%s", what, mask.traceback(error))
        # Not `from error`: it may be one of a library, and quote an address with a secret where it is shown.
        raise CallbackFailed(
            f"the function that gives the {what} raised {mask.error(error)}; it is asked again"
        ) from None

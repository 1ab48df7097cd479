"""Files: uploads a file of a chat message to a hub, and downloads one by its link; blocking, for worker threads.

The way there is that of the connection: its address, token, headers, proxies and certificates. A link of a message is
written by others, so only a file of the hub itself is fetched, and the token goes nowhere else: redirects end it.
ConnectionLost is worth another try; of all other errors none is.
"""

from __future__ import annotations

import re
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..errors import (
    BadMessage,
    ClientError,
    ConnectionLost,
    ConnectionRejected,
    RuntimeStopped,
    SendFailed,
    TimedOut,
    WrongType,
    shown,
)
from ..protocol.chat import NO_ROOMS
from ..runtime import get_runtime
from ..streams.text import well_formed
from .address import Address
from .credentials import has_credentials, of_url
from .failures import explain_status, retry_after
from .headers import merged, named
from .masking import label_of, origin_of
from .proxies import explain_proxy, proxy_for
from .redirects import STATUSES
from .transports.event_request import OPEN_TIMEOUT, explain
from .transports.web import agent, trust, unlogged

if TYPE_CHECKING:
    from httpx import Client, Response

MAX_BYTES: Final = 20 * 1024 * 1024
"""Bytes of a file that is sent or read."""

TIMEOUT: Final = 30.0
"""Seconds for each step of a request, and for a function that gives the token."""

LONGEST: Final = 120.0
"""Seconds after which a download ends, whatever comes: a server may send a byte from time to time."""

MAX_ANSWER: Final = 64 * 1024
MAX_NAME: Final = 500
MAX_QUOTED: Final = 300
"""Bytes that are read of an answer which is no file; characters of a name, and of a server's text that is shown."""

BYTES: Final = "application/octet-stream"

TYPES: Final = frozenset(
    [
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "text/plain",
        "application/pdf",
        "application/zip",
    ]
)
"""What hubs say of files; whatever else a server says, it is bytes."""

_LINK: Final = re.compile(r"/files/[A-Za-z0-9_-]{16,64}", re.ASCII)

_ENDPOINT: Final = re.compile(r"(/ws/[^/]*|/sse/.*)?/*")

_SCHEMES: Final = {"ws": "http", "wss": "https"}

_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class _Hub:
    """Where the hub of an address is, for one request."""

    address: Address
    url: str
    """Without path and query."""
    path: str
    query: str
    headers: Mapping[str, str]

    @property
    def place(self) -> str:
        return label_of(self.url)

    def to(self, path: str, query: str = "") -> str:
        both = "&".join(filter(None, (self.query, query)))
        return f"{self.url}{self.path}{path}{f'?{both}' if both else ''}"

    @property
    def authorized(self) -> bool:
        return named(self.headers, "authorization") is not None or has_credentials(self.query)


def upload(address: Address, room: str, name: str, body: bytes) -> dict[str, Any]:
    """Upload a file for a message; returns what the hub says of it: `id`, `url` (the link for the message), `name`,
    `type`, `size`, and `width`, `height` of an image.

    Args:
        address: of a connection to the hub, `connection.address`.
        room: of the chat.
        name: of the file; the hub cleans it.
        body: its bytes, 1 to 20 MiB; the hub may take fewer.

    Raises:
        ClientError: it was not taken; ConnectionLost: it may be, if it is tried again.
        WrongType: these are no bytes.
        WouldDeadlock: on the I/O thread, or in a callback.
    """
    if not isinstance(body, bytes | bytearray | memoryview):
        raise WrongType(f"a file cannot be of type {type(body).__name__}; pass its bytes")
    body = bytes(body)
    if not 1 <= len(body) <= MAX_BYTES:
        what = f"it has {len(body):,} bytes; send one of up to {MAX_BYTES:,}" if body else "it is empty"
        raise SendFailed(f"the file was not sent: {what}")
    if room in NO_ROOMS:  # its path would be another one
        raise SendFailed(f"the file was not sent: no room can be called {room!r}; choose another name")
    hub = _found(address)
    path = f"/files/{urllib.parse.quote(well_formed(room), safe='')}"
    query = f"name={urllib.parse.quote(well_formed(name[-MAX_NAME:]), safe='')}"
    with _asked(hub, "POST", hub.to(path, query), body) as response:
        status, headers, said = response.status_code, response.headers, _beginning(response)
    if status != 200:
        raise _refused(hub, status, headers, said, "take the file")
    told = _object(said)
    if not _is_file(told):
        raise ConnectionRejected(
            f"what listens at {hub.place} keeps no files (it answered HTTP 200, without a link); check the address"
        )
    return told


def download(address: Address, link: str) -> tuple[str, bytes]:
    """Return the type and the bytes of a file of a message.

    The type is one of `TYPES`, or `application/octet-stream`.

    Args:
        address: as for `upload`.
        link: of the message, `/files/` and an id. Nothing else is fetched.

    Raises:
        ClientError: it cannot be had; ConnectionLost: it may be, if it is tried again.
        WouldDeadlock: on the I/O thread, or in a callback.
    """
    given: object = link
    if not (isinstance(given, str) and _LINK.fullmatch(given)):
        raise BadMessage(
            f"{shown(link)} is not fetched: it is no link of a file at the hub; those are /files/ and an id"
        )
    hub = _found(address)
    until = time.monotonic() + LONGEST
    with _asked(hub, "GET", hub.to(link)) as response:
        if response.status_code != 200:
            raise _refused(hub, response.status_code, response.headers, _beginning(response), "give the file")
        if (coding := response.headers.get("content-encoding", "identity").strip().lower()) != "identity":
            raise BadMessage(f"{hub.place} packs the file ({coding:.40}), though we asked it not to")
        body = bytearray()
        for part in response.iter_raw():
            body += part
            if len(body) > MAX_BYTES:
                raise BadMessage(
                    f"the file at {hub.place} has more than {MAX_BYTES:,} bytes, and is not read"
                )
            if time.monotonic() > until:
                raise ConnectionLost(f"{hub.place} sends the file too slowly: it takes over {LONGEST:g} s")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind if kind in TYPES else BYTES, bytes(body)


def _found(address: Address) -> _Hub:
    runtime = get_runtime()
    try:
        # On a worker thread of this package, too: functions that give a url or token have each a thread of its own.
        url, headers = runtime.wait(runtime.run(address.resolve(runtime)), TIMEOUT, apart=True)
    except TimedOut:
        raise ConnectionLost(
            f"no connection to {address.label}: the functions that give its url or token took over {TIMEOUT:g} s"
        ) from None
    except RuntimeStopped as error:
        raise ConnectionLost(f"no connection to {address.label}: {error}") from None
    address.mask.learn(of_url(url))
    parts = urllib.parse.urlsplit(url)
    scheme = _SCHEMES.get(parts.scheme, parts.scheme)
    return _Hub(address, f"{scheme}://{parts.netloc}", base_of(parts.path), parts.query, headers)


def base_of(path: str) -> str:
    """Return what stands before the paths of a hub, in the path of one of its WebSockets or streams of events."""
    for begin in (place.start() for place in re.finditer("/", path)):
        if _ENDPOINT.fullmatch(path, begin):
            return path[:begin]
    return path


@contextmanager
def _asked(hub: _Hub, method: str, url: str, body: bytes | None = None) -> Iterator[Response]:
    """Yield an answer whose body is not read yet; raises nothing but errors of ours."""
    import httpx

    mask, client, answered = hub.address.mask, None, False
    try:
        proxy = proxy_for(url)
        mask.learn(of_url(proxy))
        client = httpx.Client(
            verify=trust(), trust_env=False, proxy=proxy, timeout=httpx.Timeout(TIMEOUT, connect=OPEN_TIMEOUT)
        )
        ours = {"Accept-Encoding": "identity", "User-Agent": agent()}
        if body is not None:
            ours["Content-Type"] = BYTES
        with unlogged(), _stream(client, method, url, merged(ours, hub.headers), body) as response:
            answered = True
            if response.status_code == 407 and proxy is not None:
                raise explain_proxy(407, hub.place, proxy)
            yield response
    except ClientError as error:
        raise mask.cleaned(error) from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        if answered:
            raise ConnectionLost(
                f"{hub.place} broke off in the middle of its answer; see whether it is well"
            ) from None
        raise mask.cleaned(
            explain(error, url, place=hub.place, proxy=proxy, opening=True, mask=mask)
        ) from None
    finally:
        if client is not None:
            client.close()


def _stream(client: Client, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Any:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return client.stream(method, url, headers=pairs, content=body)


def _beginning(response: Response) -> bytes:
    said = bytearray()
    for part in response.iter_raw():
        said += part
        if len(said) >= MAX_ANSWER:
            break
    return bytes(said[:MAX_ANSWER])


def _refused(hub: _Hub, status: int, headers: Mapping[str, str], said: bytes, what: str) -> ClientError:
    """Return the error for an answer that has not what was asked for."""
    place, told = hub.place, _object(said)
    if status in STATUSES:
        location = headers.get("location", "").strip()
        where = f" to {origin_of(location)}" if "://" in location else ""
        return ConnectionRejected(
            f"{place} redirects{where} (HTTP {status}), where no token of yours is sent; connect to that address"
        )
    if status == 401:
        return explain_status(status, headers, place, "an answer", authorized=hub.authorized)
    message = told.get("message")
    text = " ".join(message.split())[:MAX_QUOTED] if isinstance(message, str) else ""
    quoted = hub.address.mask.text(f": {text}" if text else "")
    wait = retry_after(headers.get("retry-after"), time.time())
    if status in _LATER or wait is not None:
        return ConnectionLost(f"{place} did not {what} now (HTTP {status}){quoted}", retry_after=wait)
    if status == 404 and told.get("code") == "file":
        return BadMessage("the file is there no more: files go with the messages of their room")
    if status in (404, 405):
        return ConnectionRejected(
            f"{place} keeps no files (HTTP {status}): it is no hub, or an older one; check the address"
        )
    kind = SendFailed if what.startswith("take") else BadMessage
    limit = "; a proxy before it may have a limit of its own" if status == 413 and not quoted else ""
    return kind(f"{place} did not {what} (HTTP {status}){quoted}{limit}")


def _object(said: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(said)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_file(told: Mapping[str, Any]) -> bool:
    texts = (told.get(name) for name in ("id", "name", "type"))
    link, size = told.get("url"), told.get("size")
    return (
        all(isinstance(text, str) for text in texts)
        and isinstance(link, str)
        and _LINK.fullmatch(link) is not None
        and isinstance(size, int)
        and not isinstance(size, bool)
    )

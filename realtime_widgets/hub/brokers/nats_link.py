"""The link to NATS: one connection, over which requests are answered and news are heard.

The library is nats-py; no other module knows it. It is told not to connect anew by itself: whoever has a link makes
another when it is lost. That a task was cancelled it keeps to itself now and then, see `_heeding`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from ...errors import MissingDependency, UsageError
from .engine import LinkLost, place_of

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

OPEN_TIMEOUT: Final = 3.0
"""Seconds that a connection may take until it is of use."""

ANSWER_TIMEOUT: Final = 2.0
"""Seconds that NATS may take for each of its answers."""

MAX_NEWS_BYTES: Final = 64 * 1024 * 1024
"""Bytes of news that wait to be heard; with more the link is given up, and what they said is read from the history."""

SCHEMES: Final = ("nats://", "tls://")

NAME: Final = "realtime-widgets"
"""What NATS calls our connections in its list of connections."""

PORT: Final = 4222

_FILES: Final = ("tls_ca", "tls_cert", "tls_key")
_OPTIONS: Final = {"replicas", *_FILES}
"""What an address may say after its "?"."""

MAX_REPLICAS: Final = 5


T = TypeVar("T")


async def _heeding(call: Awaitable[T]) -> T:
    """Await the library, and raise CancelledError when it was cancelled meanwhile, which it may have swallowed.

    In Python 3.11 `asyncio.wait_for` swallows that when what it waits for is done in the same moment, and so does what
    makes room for writing (https://github.com/python/cpython/issues/86296). The task would go on, and whoever has
    cancelled it would wait for its end for ever.
    """
    task = asyncio.current_task()
    before = 0 if task is None else task.cancelling()
    try:
        return await call
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError


class Answer(NamedTuple):
    """An answer to a request."""

    data: bytes
    nobody: bool
    """Whether nobody was there to answer."""


class Address:
    """Where a NATS is, and what is needed to get in.

    Args:
        url: `nats://[[user:]password@]host[:port][,host[:port]…]`, or `tls://…`; what stands alone before the @ is a
            token. After a "?": `replicas=3`, of each stream that is made; `tls_ca=`, `tls_cert=`, `tls_key=` with
            the paths of files.

    Raises:
        UsageError: it is no such address; MissingDependency: nats-py is not installed.
    """

    def __init__(self, url: str) -> None:
        self.place = place_of(url)
        """The address without its secrets."""
        cannot = f"the hub cannot have broker={self.place!r}"
        try:
            import nats.aio.client  # noqa: F401  # to say at once that it is missing
        except ImportError as error:
            raise MissingDependency(
                f'{cannot}: nats-py is not installed; run pip install "realtime-widgets[nats]"'
            ) from error
        try:
            self._read(url)
        except ValueError as error:
            why = f" ({error})" if "@" not in url else ""  # it may quote a password
            raise UsageError(
                f"{cannot}: that is no address of a NATS{why}; pass 'nats://host:4222', and escape what is special in "
                "a password, such as a slash by %2F"
            ) from None

    def _read(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.path.strip("/") or parts.fragment:
            raise ValueError("nothing but a '?' follows the host")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        for name in options:
            if name not in _OPTIONS:
                raise ValueError(f"it has {name!r} after its '?'")
        replicas = options.get("replicas", "1")
        if not (replicas.isascii() and replicas.isdecimal() and 0 < int(replicas) <= MAX_REPLICAS):
            raise ValueError(f"replicas are 1 to {MAX_REPLICAS}")
        self.replicas = int(replicas)
        """Of each stream that is made."""
        secrets, _, hosts = parts.netloc.rpartition("@")
        self.servers = [self._server(host) for host in hosts.split(",")]
        """The addresses of the servers, without secrets."""
        user, has_password, password = secrets.partition(":")
        spelled = password if has_password else user
        self._credentials: dict[str, str] = {}
        if has_password:
            self._credentials = {"user": unquote(user), "password": unquote(password)}
        elif user:
            self._credentials = {"token": unquote(user)}
        self._secrets = [spelled, unquote(spelled)] if spelled else []
        self.secure = parts.scheme == "tls"
        """Whether it takes a server only over TLS."""
        self._files = {name: options[name] for name in _FILES if name in options}

    def _server(self, host: str) -> str:
        parts = urlsplit(f"nats://{host}")
        if not parts.hostname:
            raise ValueError("it has a host")
        name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return f"nats://{name}:{parts.port or PORT}"

    def credentials(self, client: Client) -> dict[str, Any]:
        """Return what gets a client in; it is not told to a server without TLS where that was asked for."""

        def told(text: str) -> Any:
            def tell() -> str:
                if self.secure and not client._server_info.get("tls_required"):
                    raise OSError("it does not talk TLS, which tls:// asks for")
                return text

            return tell

        if self.secure and not self._credentials:
            return {"token": told("")}  # to be asked
        return {name: told(text) for name, text in self._credentials.items()}

    def context(self) -> ssl.SSLContext | None:
        """Return what TLS is to trust; None: what the system does. Raises OSError."""
        if not self._files:
            return None
        context = ssl.create_default_context(cafile=self._files.get("tls_ca"))
        if "tls_cert" in self._files:
            context.load_cert_chain(self._files["tls_cert"], self._files.get("tls_key"))
        return context

    def explain(self, error: BaseException) -> str:
        """Return the text of an error, without secrets, in one line."""
        if (
            isinstance(error, OSError)
            and error.errno
            and not isinstance(error, ssl.SSLError | socket.gaierror)
        ):
            # asyncio puts the system's words into its own
            return os.strerror(error.errno).lower()
        said = (
            " ".join(str(error).split()).removeprefix("nats: ").strip("'").rstrip(".") or type(error).__name__
        )
        for secret in self._secrets:
            said = said.replace(secret, "***")
        return said[:200]

    def __repr__(self) -> str:
        return f"<Address {self.place}>"


class Connection:
    """An open connection.

    Args:
        address: where it leads to.
    """

    def __init__(self, address: Address) -> None:
        from nats.aio.client import Client

        self._address = address
        self._client = Client()
        self._numbers = itertools.count()
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._topics: dict[bytes, Subscription] = {}
        self._news: deque[tuple[bytes, bytes, bytes]] = deque()
        self._news_bytes = 0
        self._there = asyncio.Event()
        self._why: str | None = None  # why it is lost
        self._said = ""  # the newest error
        self._inbox = ""
        self._patience: asyncio.Timeout | None = None
        self.heard = 0
        """How often something was heard."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the server says of itself."""
        return self._client._server_info

    async def connect(self) -> None:
        """Connect.

        Raises:
            LinkLost: it failed.
        """
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                await _heeding(
                    self._client.connect(
                        servers=list(self._address.servers),
                        tls=self._address.context(),
                        name=NAME,
                        allow_reconnect=False,
                        max_reconnect_attempts=1,  # of each server, before it is taken for out of reach
                        reconnect_time_wait=0,
                        error_cb=self._err,
                        closed_cb=self._closed,
                        **self._address.credentials(self._client),
                    )
                )
                self._inbox = self._client.new_inbox()
                await _heeding(self._client.subscribe(f"{self._inbox}.*", cb=self._answered))
        except TimeoutError:
            raise LinkLost(self._said or f"no answer within {OPEN_TIMEOUT:g} s") from None
        except Exception as error:
            lost = LinkLost(self._said or self._address.explain(error))
            lost.shut_out = "authorization" in str(lost).lower()
            raise lost from None

    async def close(self) -> None:
        """End at once; twice is fine."""
        self._lose("the hub has closed it")
        writer = getattr(self._client._transport, "_bare_io_writer", None)
        if writer is not None:
            # What waits to be sent into a dead network would keep the socket open for many minutes.
            writer.transport.abort()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(OPEN_TIMEOUT):
                await _heeding(self._client.close())

    # Requests

    async def ask(
        self, subject: str, data: bytes = b"", headers: dict[str, str] | None = None
    ) -> asyncio.Future[Answer]:
        """Send a request; requests reach NATS in the order of these calls.

        Raises:
            LinkLost: it is; also out of the future.
        """
        self._check()
        reply = f"{self._inbox}.{next(self._numbers)}"
        answer = self._waiting[reply] = asyncio.get_running_loop().create_future()
        await self._publish(subject, data, reply, headers)
        return answer

    async def say(self, subject: str, data: bytes = b"") -> None:
        """Send something that nobody answers. Raises LinkLost."""
        self._check()
        await self._publish(subject, data, "", None)

    async def listen(self, subject: str, hear: Callable[[bytes], Awaitable[object]]) -> None:
        """Have a function called with all that is sent on a subject, from now on. Raises LinkLost."""

        async def told(message: Msg) -> None:
            with contextlib.suppress(LinkLost):
                await hear(message.data)

        self._check()
        await _heeding(self._client.subscribe(subject, cb=told))
        await self._flush()

    async def _publish(self, subject: str, data: bytes, reply: str, headers: dict[str, str] | None) -> None:
        try:
            await _heeding(self._client.publish(subject, data, reply, headers))
        except Exception as error:
            self._lose(self._address.explain(error))
            self._check()

    async def _answered(self, message: Msg) -> None:
        answer = self._waiting.pop(message.subject, None)
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time() + ANSWER_TIMEOUT)
        if answer is not None and not answer.done():
            status = None if message.headers is None else message.headers.get("Status")
            answer.set_result(Answer(message.data, status == "503"))

    @contextlib.asynccontextmanager
    async def patience(self) -> Any:
        """Wait for answers within, but for none longer than `ANSWER_TIMEOUT`; beyond it raise LinkLost."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT) as self._patience:
                yield
        except TimeoutError:
            self._check()
            raise LinkLost(f"no answer within {ANSWER_TIMEOUT:g} s") from None
        finally:
            self._patience = None

    # News

    async def follow(self, names: Sequence[bytes]) -> None:
        """See `engine.Link.follow`; a name is a subject."""
        for name in names:
            self._check()
            await self._drop(name)
            self._topics[name] = await _heeding(self._client.subscribe(name.decode(), cb=self._hears(name)))
        await self._flush()
        for name in names:
            self._put(b"subscribe", name, b"")

    async def leave(self, names: Sequence[bytes]) -> None:
        """See `engine.Link.leave`."""
        for name in names:
            await self._drop(name)

    async def _drop(self, name: bytes) -> None:
        topic = self._topics.pop(name, None)
        if topic is not None and self._why is None:
            with contextlib.suppress(Exception):  # it is closed, then its end is told elsewhere
                await _heeding(topic.unsubscribe())

    async def _flush(self) -> None:
        """Wait until NATS has all that was sent."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                if (writing := self._client._flush_queue) is not None:
                    written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    await writing.put(written)
                    await written  # the ping of `flush` overtakes what waits to be written
                await _heeding(self._client.flush(timeout=60))
        except TimeoutError:
            raise LinkLost(f"no answer within {ANSWER_TIMEOUT:g} s") from None
        except Exception as error:
            self._lose(self._address.explain(error))
        self._check()

    def _hears(self, name: bytes) -> Any:
        async def hear(message: Msg) -> None:
            offset = (message.headers or {}).get("Nats-Sequence", "0")
            epoch = message.subject.rpartition(".")[2]
            self._put(b"message", name, b" ".join((epoch.encode(), offset.encode(), message.data)))

        return hear

    def _put(self, kind: bytes, name: bytes, data: bytes) -> None:
        self._news.append((kind, name, data))
        self._news_bytes += len(data)
        self._there.set()
        if self._news_bytes > MAX_NEWS_BYTES:
            self._lose("the hub is too slow for its news")

    async def hear(self) -> tuple[bytes, bytes, Any]:
        """See `engine.Link.hear`."""
        while not self._news or self._why is not None:
            self._check()
            self._there.clear()
            await self._there.wait()
        kind, name, data = self._news.popleft()
        self._news_bytes -= len(data)
        self.heard += 1
        return kind, name, data

    # The end

    async def _err(self, error: Exception) -> None:
        self._said = self._address.explain(error)
        if self._client.is_connected:  # news were thrown away, or may not be heard at all
            self._lose(self._said)

    async def _closed(self) -> None:
        self._lose(self._said or "the connection was closed")

    def _lose(self, why: str) -> None:
        if self._why is not None:
            return
        self._why = why
        self._there.set()
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(LinkLost(why))
                answer.exception()  # whether somebody waits for it or not

    def _check(self) -> None:
        if self._why is not None:
            raise LinkLost(self._why)

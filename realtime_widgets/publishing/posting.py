"""Posting: one request after the other to a hub, over one connection that is kept open, with the standard library.

Synchronous, for a thread of its own: no event loop has to be there, which at the end of a program may not be.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import ssl
import time
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from ..client.failures import explain_os
from ..client.proxies import proxy_for
from ..errors import ClientError
from .answers import Answer, judge
from .queue import Batch
from .target import Target

TIMEOUT: Final = 10.0
"""Seconds that the hub may take to answer; then the request is repeated, which its key makes harmless."""

MAX_ANSWER: Final = 64 * 1024
"""Bytes of an answer that are read."""

KEPT_FOR: Final = 4.0
"""Seconds for which an idle connection is used again: servers close them, uvicorn after five."""


_BROKEN: Final = (
    http.client.RemoteDisconnected,
    ConnectionResetError,
    BrokenPipeError,
    ConnectionAbortedError,
)

_inherited: list[http.client.HTTPConnection] = []


class Poster:
    """Posts batches; one thread at a time.

    Args:
        target: where to.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    def post(self, batch: Batch, timeout: float = TIMEOUT) -> Answer:
        """Send a batch and return what became of it; raises nothing that the network or the server can cause.

        Args:
            batch: what to send.
            timeout: seconds for each step of it.
        """
        timeout = min(timeout, TIMEOUT)
        kept = self._connection is not None
        try:
            try:
                return self._post(batch, timeout)
            except _BROKEN:
                if not kept:
                    raise
                self.close()  # the server had closed it, as it may at any time
                return self._post(batch, timeout)
        except (OSError, http.client.HTTPException, ClientError, ValueError) as error:
            self.close()
            return Answer("later", self._target.mask.text(self._explain(error)), type(error).__name__)

    def _explain(self, error: Exception) -> str:
        place = self._target.label
        match error:
            case ClientError():  # of the proxy
                return str(error)
            case TimeoutError():
                return f"the hub at {place} has not answered in time; see whether it is well"
            case ssl.SSLError():
                return str(explain_os(error, self._target.url, place))
            case ConnectionRefusedError():
                return str(explain_os(error, self._target.url, place))
            case http.client.RemoteDisconnected() | ConnectionError():
                return f"the hub at {place} broke a request off; see whether it is well"
            case OSError():  # also what a proxy answered
                return str(explain_os(error, self._target.url, place))
        return f"what listens at {place} does not speak HTTP; check the address"

    def close(self) -> None:
        """Close the connection, if there is one; the next post opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def leave(self) -> None:
        """Give up a connection that a forked child has inherited: it is the parent's, and only closed here."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.sock is not None:
            _inherited.append(connection)  # its buffer may be locked by a thread that stayed behind
            with contextlib.suppress(OSError):
                os.close(connection.sock.detach())

    def _post(self, batch: Batch, timeout: float) -> Answer:
        if time.monotonic() - self._used > KEPT_FOR:
            self.close()
        target = self._target
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": batch.key,
            "User-Agent": "realtime-widgets",
        }
        if target.authorization is not None:
            headers["Authorization"] = target.authorization
        connection = self._connected(timeout)
        with contextlib.suppress(
            BrokenPipeError, ConnectionResetError
        ):  # it may have answered without reading all
            connection.request("POST", target.path_of(batch.channel), batch.body(), headers)
        response = connection.getresponse()
        body = response.read(MAX_ANSWER)
        if not response.isclosed():  # there is more
            self.close()
        self._used = time.monotonic()
        answer = judge(
            response.status,
            dict(_lowered(response.getheaders())),
            body,
            target.label,
            authorized=target.authorization is not None,
            now=time.time(),
        )
        return answer if not answer.why else replace(answer, why=target.mask.text(answer.why))

    def _connected(self, timeout: float) -> http.client.HTTPConnection:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._open(timeout)
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        return connection

    def _open(self, timeout: float) -> http.client.HTTPConnection:
        target = self._target
        secure = target.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        proxy = proxy_for(target.url)
        if proxy is None:
            return kind(target.host, target.port, timeout=timeout)
        parts = urllib.parse.urlsplit(proxy)
        if parts.scheme != "http":
            raise ClientError(
                f"no connection to {target.label}: a publisher does not go through a proxy of the kind "
                f"{parts.scheme}://; name this host in NO_PROXY"
            )
        authorization = {}
        if parts.username is not None:
            user = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            authorization = {"Proxy-Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
            target.mask.learn([parts.password or "", *authorization.values()])
        connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        # A tunnel for http:// too: then all that the proxy sees of a request is where it goes.
        connection.set_tunnel(target.host, target.port, headers=authorization)
        return connection


def _lowered(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((name.lower(), value) for name, value in headers)

"""The link to Redis: two connections, one for commands and one that hears news, which live and end together.

The library is redis-py; no other module knows it. Of it only single connections are used: its clients connect anew by
themselves, and say nothing of what they have missed meanwhile. Whoever has a link makes another when it is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from ...errors import MissingDependency, UsageError
from .engine import LinkLost, Refused, place_of
from .redis_groups import Groups
from .redis_scripts import Publication, Script, trial

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection

OPEN_TIMEOUT: Final = 3.0
"""Seconds that a connection may take until it is of use."""

ANSWER_TIMEOUT: Final = 2.0
"""Seconds that Redis may take for each of its answers. No keepalive of TCP is needed beside it: each second we ask."""

SCHEMES: Final = ("redis://", "rediss://", "unix://")

OLDEST: Final = 7
"""The major version of Redis that it takes: older ones number no streams by two numbers as we do."""

_PASSING: Final = ("BUSY", "MISCONF", "NOREPLICAS")
"""Errors of a Redis that runs a long script, cannot write to its disk, or has not as many replicas as it should."""

NAME: Final = "realtime-widgets"
"""What Redis calls our connections in its CLIENT LIST."""

_SHUT_OUT: Final = ("WRONGPASS", "NOAUTH", "Authentication required")

_OPTIONS: Final = {
    "db",
    "ssl_ca_certs",
    "ssl_ca_path",
    "ssl_cert_reqs",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_keyfile",
    "ssl_min_version",
}
"""What an address may say after its "?"."""


class Address:
    """Where a Redis is, and what is needed to get in.

    Args:
        url: `redis://[[user]:password@]host[:port][/database]`, `rediss://…` for TLS, `unix:///path/of/a/socket[?db=1]`.

    Raises:
        UsageError: it is no such address; MissingDependency: redis-py is not installed.
    """

    def __init__(self, url: str) -> None:
        self.place = place_of(url)
        """The address without its secrets."""
        cannot = f"the hub cannot have broker={self.place!r}"
        try:
            from redis.asyncio.connection import Connection, parse_url
        except ImportError as error:
            raise MissingDependency(
                f'{cannot}: redis-py is not installed; run pip install "realtime-widgets[redis]"'
            ) from error
        try:
            password = _check(url)
            self._options: dict[str, Any] = dict(parse_url(url))
        except ValueError as error:
            why = f" ({error})" if "@" not in url else ""  # it may quote a password
            raise UsageError(
                f"{cannot}: that is no address of a Redis{why}; pass 'redis://host:6379/0', and escape what is special "
                "in a password, such as a slash by %2F"
            ) from None
        self.database = int(self._options.setdefault("db", 0))
        self._kind = self._options.pop("connection_class", Connection)
        self._secrets = [password, unquote(password)] if password else []

    def connection(self) -> AbstractConnection:
        """Return a connection, which is not open yet."""
        made: AbstractConnection = self._kind(
            **self._options,
            protocol=2,  # the news and the answers come over connections of their own
            socket_timeout=None,  # we say how long something may take
            socket_connect_timeout=OPEN_TIMEOUT,
            client_name=NAME,
        )
        return made

    def explain(self, error: BaseException) -> str:
        """Return the text of an error, without secrets, in one line."""
        cause = error.__context__  # the system's own error, which the library puts into words of its own
        if isinstance(cause, ssl.SSLError | socket.gaierror):
            error = cause
        elif isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
        said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        for secret in self._secrets:
            said = said.replace(secret, "***")
        return said[:200]

    def __repr__(self) -> str:
        return f"<Address {self.place}>"


def _check(url: str) -> str | None:
    """Check an address; returns the password in it. Raises ValueError."""
    parts = urlsplit(url)
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _OPTIONS:
            raise ValueError(f"it has {name!r} after its '?'")
    path = parts.path.strip("/")
    if parts.scheme == "unix":
        if not path or parts.hostname:
            raise ValueError("three slashes and the path of a socket follow 'unix:'")
    elif not parts.hostname or (path and not path.isdecimal()):
        raise ValueError("it has a host, and after it at most the number of a database")
    return parts.password


class RedisLink:
    """Two open connections.

    Args:
        address: where they lead to.
        commands, news: the connections.
    """

    def __init__(self, address: Address, commands: AbstractConnection, news: AbstractConnection) -> None:
        self._address = address
        self._commands = commands
        self._news = news
        self._known: set[str] = set()  # scripts that Redis has
        self.heard = 0
        """How often something was heard."""

    @classmethod
    async def open(cls, address: Address) -> RedisLink:
        """Connect.

        Raises:
            LinkLost: it failed.
        """
        link = cls(address, address.connection(), address.connection())
        try:
            with link._explained(OPEN_TIMEOUT):
                async with asyncio.timeout(OPEN_TIMEOUT):
                    await link._commands.connect()  # type: ignore[no-untyped-call]
                    await link._news.connect()  # type: ignore[no-untyped-call]
                await link.run([("PING",)])
        except BaseException:
            await link.close()
            raise
        return link

    async def close(self) -> None:
        """End both connections at once; twice is fine."""
        for connection in (self._commands, self._news):
            writer = getattr(connection, "_writer", None)
            if writer is not None:
                # What waits to be sent into a dead network would keep the socket open for many minutes.
                writer.transport.abort()
            await connection.disconnect(nowait=True)

    async def run(self, commands: Sequence[tuple[Any, ...] | Publication]) -> list[Any]:
        """Return the answers to commands; where Redis refuses one, a `Refused` is its answer.

        Args:
            commands: each its name, or a `Script`, and the arguments; or a publication, whose answer is a `Placed`.

        Raises:
            LinkLost: there may be answers that did not arrive.
        """
        from redis.exceptions import NoScriptError, OutOfMemoryError, ReadOnlyError, ResponseError

        groups = Groups(commands)
        with self._explained():
            answers: list[Any] = []
            async with asyncio.timeout(ANSWER_TIMEOUT) as patience:
                packed = self._commands.pack_commands([self._spelled(each) for each in groups.commands])
                await self._commands.send_packed_command(packed, check_health=False)
                for _ in groups.commands:
                    patience.reschedule(asyncio.get_running_loop().time() + ANSWER_TIMEOUT)
                    try:
                        answers.append(await self._commands.read_response())
                    except (
                        NoScriptError,
                        ReadOnlyError,
                    ):  # flushed; a replica by now: another link may do better
                        raise
                    except ResponseError as error:
                        refused = Refused(str(error))
                        refused.__cause__, refused.full = error, isinstance(error, OutOfMemoryError)
                        answers.append(refused)
        return groups.answers(answers)

    def _spelled(self, command: tuple[Any, ...]) -> tuple[Any, ...]:
        first, *rest = command
        if not isinstance(first, Script):
            return command
        if first.sha in self._known:
            return ("EVALSHA", first.sha, *rest)
        self._known.add(first.sha)
        return ("EVAL", first.text, *rest)

    async def follow(self, names: Sequence[bytes]) -> None:
        """Have the news of these Pub/Sub channels come; each is confirmed by a `subscribe`."""
        await self._tell("SUBSCRIBE", names)

    async def leave(self, names: Sequence[bytes]) -> None:
        """Have them come no more."""
        await self._tell("UNSUBSCRIBE", names)

    async def _tell(self, command: str, names: Sequence[bytes]) -> None:
        with self._explained():
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._news.send_command(command, *names, check_health=False)

    async def hear(self) -> tuple[bytes, bytes, Any]:
        """Return the next of the news: its kind, its Pub/Sub channel, and its data; waits for as long as it takes.

        Raises:
            LinkLost: none will come.
        """
        with self._explained():
            kind, name, data = await self._news.read_response(disconnect_on_error=False)
        self.heard += 1
        return kind, name, data

    @contextlib.contextmanager
    def _explained(self, patience: float = ANSWER_TIMEOUT) -> Iterator[None]:
        from redis.exceptions import AuthenticationError, RedisError

        try:
            yield
        except TimeoutError:
            raise LinkLost(f"no answer within {patience:g} s") from None
        except (RedisError, OSError) as error:
            lost = LinkLost(self._address.explain(error))
            lost.shut_out = isinstance(error, AuthenticationError) or str(error).startswith(_SHUT_OUT)
            raise lost from None

    async def check(self) -> str | None:
        """See `engine.Link.check`."""
        (said,) = await self.run([("INFO",)])
        lines = (
            said.decode(errors="replace").splitlines() if isinstance(said, bytes) else []
        )  # we may not ask
        facts = dict(line.split(":", 1) for line in lines if ":" in line)
        if facts.get("redis_mode") == "cluster":
            raise UsageError(
                "it is a Redis Cluster, each server of which takes some channels only; name a Redis that has them all, "
                "with replicas if it must not be missed"
            )
        if facts.get("role") == "slave":
            primary = f"{facts.get('master_host')}:{facts.get('master_port')}"
            raise UsageError(
                f"it is a replica, on which nothing can be published; name its primary, {primary}"
            )
        version = facts.get("redis_version", "")
        if version.partition(".")[0].isdecimal() and int(version.partition(".")[0]) < OLDEST:
            raise UsageError(f"it has version {version}; the hub takes Redis {OLDEST} or newer, or Valkey")
        taken = await self._try()
        if facts.get("maxmemory", "0") != "0" and facts.get("maxmemory_policy") != "noeviction":
            policy = facts.get("maxmemory_policy")
            return f"it may throw messages away when its memory is full (maxmemory-policy {policy}); set noeviction"
        return taken

    async def _try(self) -> str | None:
        """Do what hubs do; returns and raises as `check`."""
        refusals = [
            each for each in await self.run(trial(self._address.database)) if isinstance(each, Refused)
        ]
        for refusal in refusals:
            if not _passes(refusal):
                raise UsageError(
                    f"it does not do what hubs ask of it ({refusal}); a user for hubs has '~rw:* &rw:* +@all -@admin "
                    "-@dangerous +info'"
                )
        return f"it takes no messages at present ({refusals[0]})" if refusals else None


def _passes(refusal: Refused) -> bool:
    """Return whether something is refused for the state that Redis is in."""
    return refusal.full or str(refusal).startswith(_PASSING)

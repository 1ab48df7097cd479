"""The hub: a server of the protocol inside this process, on its I/O thread.

`Hub` checks its settings, starts and stops; `serving` runs the web server, `state` holds what its clients share.
"""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import Any, Final, Literal

from ..errors import RuntimeStopped, TimedOut, UsageError, WrongType, named_keywords
from ..runtime import Runtime, get_runtime
from ..streams.amounts import Duration
from ..streams.intake import MISSING, data_or_record
from .app import DASHBOARD, make_app
from .auth import (
    EVERYWHERE,
    AccessPolicy,
    bracketed,
    check_hosts,
    check_origins,
    is_loopback,
)
from .brokers import Broker, make_broker
from .channels import complaint_about_publishing, encode_publication
from .drain import checked_drain
from .file_limits import FileLimits, checked_file_limits
from .forwarded import Behind, Network, check_proxies
from .keyring import Keyring, check_token_text, checked_tokens
from .limits import Limits, checked_limits
from .policies import ChannelPolicy, HistoryAge, Policies
from .rights import ALL, Rights
from .running import find_running, note_running
from .serving import Serving, find, listen
from .signed import Verifier, sign
from .state import USUAL_FILES, HubState

logger = logging.getLogger(__name__)

STOP_PATIENCE: Final = 5.0
"""Seconds after which a `stop()` that still waits says in the log what for."""


class Hub:
    """A server on whose channels programs and web pages can subscribe and publish.

    It delivers whatever is published, and publishes six metrics of itself on the channel `metrics` once a second and
    what happens to it on `events`. Clients need its token, or one that gives them less.

    Example:
        hub = rw.Hub(port=8000).start()
        client = rw.connect(hub)
        hub.publish("loss", 0.42)

    Args:
        port: to listen on; 0: any free one, kept from the first start on. Where an earlier hub of this process listens
            on it, as when a cell is run again, `start` stops that one and takes its place.
        host: to listen on; the default can only be reached from this machine.
        broker: what keeps the channels: "memory"; or "sqlite:///hub.db", a file, with which messages, their numbers and
            what was sent already survive the hub and the machine, and which has one hub at a time; or a Redis (7 or
            newer, or Valkey), "redis://:password@host:6379/0", "rediss://…" for TLS, "unix:///path/of/a/socket": any
            number of hubs with the same one are one hub together, behind any load balancer, and none has anything to
            lose. They should have the same `history`. Needs `pip install "realtime-widgets[redis]"`. So does the
            JetStream of a NATS (2.9 or newer), "nats://user:password@host:4222", "tls://…", several with commas; with
            `?replicas=3` its cluster keeps each message three times. Needs `pip install "realtime-widgets[nats]"`.
        token: that clients send who may do everything; None: that of the earlier hub on this port, whose clients then
            go on, or else a random one.
        tokens: further ones with what each gives, `{"a token": rw.Rights(subscribe=["team:*"], name="anna")}`.
        secret: with which other tokens are signed (JWT, HS256), 32 bytes or more; see `token_for`. None: none are.
        public_key: the key, in PEM, of who signs tokens elsewhere: RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA).
            Signed tokens have `exp`, and, where they give any rights, `subscribe` and `publish`, lists of channels as
            `rw.Rights` takes them; `sub` is who has them. They need `pip install "realtime-widgets[jwt]"`.
        audience, issuer: that signed tokens must name (`aud`, `iss`); None: no audience, and any issuer.
        auth: "token"; None: no token is needed, which only a hub on a loopback address allows.
        origins: of pages that may connect besides the hub's own, for example `["http://localhost:3000"]`. Programs
            other than browsers need none.
        hosts: other names that clients reach the hub by, for example `["hub.example.org"]` behind a reverse proxy, or
            a name of this machine in its network. Requests for any other `Host` are refused: a web page whose name
            was made to point here (DNS rebinding) sends its own.
        proxies: addresses and networks of the reverse proxies before the hub, for example `["127.0.0.1"]`. What they
            write into `X-Forwarded-For` tells clients apart that have no name, for `limits`; of anybody else it is not
            read, since anybody can write it.
        metrics: "token": `/metrics`, for Prometheus, needs one that may follow the channel `metrics`; "open": none.
        limits: of what clients may ask; None: the usual ones, see `rw.Limits`.
        history: messages of each channel that are kept for clients that lost their connection; 0: none.
        history_age: how long they are kept; None: for as long as there is room (for all channels 64 MiB of memory,
            or 1 GiB of a file); "auto": five minutes in memory, 30 days in a file, a day in Redis or NATS.
        channels: policies of single ones, or of all whose names begin alike, `{"chat:*": rw.ChannelPolicy(…)}`.
        files: how much is kept of the images and files of chat messages, see `rw.FileLimits`; None: none are taken.

    Raises:
        UsageError: for an argument out of its range; WrongType for one of another type.
        MissingDependency: the broker is a Redis or a NATS, whose library is not installed.
    """

    @named_keywords
    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        broker: str = "memory",
        token: str | None = None,
        tokens: Mapping[str, Rights] | None = None,
        secret: str | None = None,
        public_key: str | bytes | None = None,
        audience: str | None = None,
        issuer: str | None = None,
        auth: Literal["token"] | None = "token",
        origins: Iterable[str] = (),
        hosts: Iterable[str] = (),
        proxies: Iterable[str] = (),
        metrics: Literal["token", "open"] = "token",
        limits: Limits | None = None,
        history: int = 1000,
        history_age: HistoryAge = "auto",
        channels: Mapping[str, ChannelPolicy] | None = None,
        files: FileLimits | None = USUAL_FILES,
    ) -> None:
        if not _is_integer(port) or not 0 <= port <= 65535:
            raise UsageError(
                f"the hub cannot listen on port {port!r}; pass 1 to 65535, or 0 for any free one"
            )
        _check_text("host", host, "an address of this machine, such as '127.0.0.1'")
        if auth not in ("token", None):
            raise UsageError(f"auth={auth!r} is not known; pass 'token', or None for a hub without one")
        if auth is None and not is_loopback(host):
            raise UsageError(
                f"a hub on {host!r} cannot do without a token: other machines can reach it; "
                "leave auth=None out, or listen on 127.0.0.1"
            )
        signed = secret is not None or public_key is not None
        if auth is None and (signed or token is not None or tokens is not None):
            raise UsageError("a hub has either tokens or auth=None, and both were given; leave one out")
        if not signed and (audience is not None or issuer is not None):
            raise UsageError(
                "audience= and issuer= are of signed tokens, and this hub takes none; pass secret= or public_key= too"
            )
        for option, named in {"audience": audience, "issuer": issuer}.items():
            if named is not None:
                _check_text(option, named, "what signed tokens name")
        if token is not None:
            check_token_text(token)
        known = checked_tokens({} if tokens is None else tokens)
        if token is None and port:
            earlier = find_running(get_runtime(), host, port)
            if earlier is not None and earlier.token not in known:  # where it may give less
                token = earlier.token
        self._token = (token or secrets.token_urlsafe(24)) if auth is not None else None
        if metrics not in ("token", "open"):
            raise UsageError(
                f"metrics={metrics!r} is not known; pass 'token', or 'open' for figures without one"
            )
        self._limits = checked_limits(limits)
        self._files = checked_file_limits(files)
        self._secret, self._audience, self._issuer = secret, audience, issuer
        self._host = host
        self._port = port
        self._policies = Policies(channels, history=history, history_age=history_age)
        self._broker = make_broker(broker, self._policies)
        keyring = None
        if self._token is not None:
            known |= {self._token: ALL}
            verifier = None
            if signed:
                verifier = Verifier(secret=secret, public_key=public_key, audience=audience, issuer=issuer)
            keyring = Keyring(known, verifier)
        self._policy = AccessPolicy(
            keyring=keyring,
            host=host,
            machine=socket.gethostname(),
            origins=check_origins(origins),
            hosts=check_hosts(hosts),
            open_paths=("/health", "/metrics") if metrics == "open" else ("/health",),
        )
        self._proxies = check_proxies(proxies)
        self._instance: _Instance | None = None

    def start(self, timeout: float = 10.0) -> Hub:
        """Listen, and return when clients can connect; does nothing while it runs.

        After `stop()` it starts again on the same port with the same token.

        Raises:
            UsageError: another program has the port, or the broker cannot begin.
            TimedOut: it did not listen within `timeout` seconds.
            WouldDeadlock: on a thread of this package.
        """
        if self.running:
            return self
        runtime = get_runtime()
        _may_wait(runtime)
        address = find(self._host)
        # On this thread: it imports large libraries.
        given = self._broker, self._policy, self._limits, self._proxies, self._policies, self._files
        instance = _Instance(runtime, *given, self._token)  # which is in no variable, for a traceback to show
        starting = runtime.run(self._start(instance, address))
        try:
            runtime.wait(starting, timeout)
        finally:
            starting.cancel()  # when the wait ended early
        return self

    def stop(self, timeout: float = 60.0, *, drain: Duration = 0.0) -> None:
        """Close every connection and stop listening, within 1.5 s; twice is fine.

        Clients are asked to come again (close code 1012, `retry` of a stream of events), each at another time, so that
        the next run is not overrun. On a machine that is busy with other things it may take longer. What has begun to
        stop goes on to the end.

        Args:
            timeout: seconds to wait for the end, besides `drain`.
            drain: time over which clients are sent away first, one after the other; who comes meanwhile is told to
                come later (503), and what is published by HTTP is taken. Another `stop()` ends that at once.

        Raises:
            TimedOut: it has not ended within `timeout` seconds; it goes on stopping.
            WouldDeadlock: on a thread of this package.
        """
        if not _is_above_zero(timeout):
            raise UsageError(f"the hub cannot stop within timeout={timeout!r}; pass seconds above 0")
        leaving = checked_drain(drain)
        instance = self._instance
        if instance is None or instance.serving.over:
            return
        _may_wait(instance.runtime)
        patience = min(timeout, STOP_PATIENCE)
        for seconds in (leaving + patience, timeout - patience):
            ended = instance.runtime.run(instance.serving.stopped(leaving))
            try:
                return instance.runtime.wait(ended, seconds)
            except TimedOut:
                still = instance.serving.remaining()
                if seconds == leaving + patience < leaving + timeout:
                    logger.warning("the hub has not stopped after %g s: %s; we wait on", seconds, still)
        raise TimedOut(
            f"the hub has not stopped: after {leaving + timeout:g} s {still}; it goes on stopping, and another stop() "
            "waits on"
        )

    def __enter__(self) -> Hub:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def publish(self, channel: str, data: Any = MISSING, *, type: str | None = None, **fields: Any) -> None:
        """Publish on a channel; from any thread, returns at once.

        Args:
            channel: a name of 1 to 200 characters.
            data: what JSON can express, values of numpy and pandas too, up to almost 1 MiB.
            type: of the message; None: the channel's own.
            **fields: a record, instead of `data`: `hub.publish("training", loss=0.42, step=5)`.

        Raises:
            UsageError: the hub does not run, an argument is invalid, or the channel is the hub's own (`metrics`,
                `events`); WrongType for the data.
            SendFailed: too much waits to be published already.
        """
        complaint = complaint_about_publishing(channel, type)
        if complaint is not None:
            raise UsageError(f"cannot publish: {complaint}; choose another")
        message = encode_publication(channel, data_or_record(data, fields, ("type",)), type)
        instance = self._instance
        if instance is None or not instance.serving.up:
            raise UsageError(f"cannot publish on {channel!r}: the hub does not run; call start() first")
        instance.state.post(message)

    def token_for(self, rights: Rights, *, expires: Duration = "1h") -> str:
        """Return a signed token that gives some rights for a while; the hub need not run, nor remember it.

        Example:
            hub.token_for(rw.Rights(subscribe=["team:*"], publish=["team:anna"], name="anna"), expires="8h")

        Args:
            rights: that its holder has.
            expires: after which time, in seconds or as "8h", "30d".

        Raises:
            UsageError: the hub has no `secret=`; WrongType: these are no rights.
        """
        if not isinstance(rights, Rights):
            raise WrongType(
                f"no token can be made for {type(rights).__name__}; pass rw.Rights(subscribe=[…])"
            )
        if self._secret is None:
            raise UsageError(
                "no token can be made: this hub has no secret to sign it with; start it with secret="
            )
        return sign(rights, self._secret, expires, audience=self._audience, issuer=self._issuer)

    @property
    def running(self) -> bool:
        """Whether clients can connect."""
        return self._instance is not None and self._instance.serving.up

    @property
    def port(self) -> int:
        """The port; 0 before the first start of a hub that takes any."""
        return self._port

    @property
    def token(self) -> str | None:
        """What clients send that may do everything; None: nobody needs one."""
        return self._token

    @property
    def url(self) -> str:
        """Where clients connect, `ws://host:port/ws/dashboard`.

        Raises:
            UsageError: the port is not known before the first start.
        """
        return f"ws://{self._place()}{DASHBOARD}"

    @property
    def address(self) -> str:
        """Where HTTP is served, `http://host:port`; raises as `url` does."""
        return f"http://{self._place()}"

    def __repr__(self) -> str:
        if not self.running or self._instance is None:
            return "<Hub: stopped>"
        return f"<Hub: {self.url}, {len(self._instance.state.sessions)} connected>"

    def _place(self) -> str:
        if not self._port:
            raise UsageError("the hub has no address yet: it takes any free port; call start() first")
        host = "127.0.0.1" if self._host in EVERYWHERE else self._host
        return f"{bracketed(host)}:{self._port}"

    async def _start(self, instance: _Instance, address: tuple[socket.AddressFamily, str]) -> None:
        """Start a new run of the server, unless another thread was first (on the I/O thread)."""
        while (before := self._instance) is not None and before.goes_on_in(instance.runtime):
            if before.serving.stopping:
                await before.serving.stopped()
            else:
                await before.serving.answering()
                return
        while (earlier := find_running(instance.runtime, address[1], self._port)) is not None:
            if repr(instance.broker) != repr(
                earlier.broker
            ):  # otherwise it is the earlier one's till that has stopped
                await instance.broker.open()
                await instance.broker.close()
            await earlier.serving.stopped()
            kept = "the same token" if earlier.token == instance.token else "another token"
            logger.warning(
                "the hub that this process had on port %d was stopped: another one, with %s, takes its place",
                self._port,
                kept,
            )
        listener = listen(*address, self._port)
        self._port = listener.getsockname()[1]
        self._instance = instance
        note_running(instance.runtime, instance, address[1], self._port)
        instance.serving.begin(listener)
        try:
            await instance.serving.answering()
        except BaseException:  # nobody waits any more
            instance.serving.stop()
            raise
        if not instance.serving.up:
            raise RuntimeStopped("the hub did not start: it ended at once, as the runtime does; see the log")


class _Instance:
    """One run of a hub, from a start to the next stop."""

    def __init__(
        self,
        runtime: Runtime,
        broker: Broker,
        access: AccessPolicy,
        limits: Limits,
        proxies: tuple[Network, ...],
        policies: Policies,
        files: FileLimits | None,
        token: str | None,
    ) -> None:
        self.runtime = runtime
        self.token = token
        self.broker = broker
        self.state = HubState(runtime, broker, limits, policies, files)
        app = Behind(proxies, make_app(self.state, access))
        self.serving = Serving(app, self._beside, broker, self.state.turns, limits, self.state.streams)
        self.state.turn_away = lambda: self.serving.drain.turn_away()

    def goes_on_in(self, runtime: Runtime) -> bool:
        return self.runtime is runtime and not self.serving.over

    async def _beside(self) -> None:
        forget = self.runtime.on_stop(lambda: self.runtime.call_soon(self.serving.leave))
        try:
            await self.state.run()
        finally:
            forget()


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_above_zero(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _check_text(option: str, value: object, what: str) -> None:
    if not isinstance(value, str):
        raise WrongType(f"{option}={value!r:.200} cannot be used: it must be text; pass {what}")


def _may_wait(runtime: Runtime) -> None:
    """Raise WouldDeadlock where a wait would, before anything is started."""
    try:
        runtime.wait(Future(), 0)
    except TimedOut:
        pass

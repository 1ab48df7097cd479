"""The `realtime-widgets` command.

    realtime-widgets demo [NOTEBOOK or FOLDER] [--port N] [--no-browser]
    realtime-widgets hub [--port N] [--host HOST] [--hosts NAME...] [--origin ORIGIN]... [--proxies ADDRESS...]
                         [--no-token] [--broker BROKER] [--history N] [--history-age TIME] [--config FILE]
                         [--public-key FILE] [--audience NAME] [--issuer NAME] [--open-metrics]
                         [--drain TIME]
    realtime-widgets publish CHANNEL [RECORD...] [--url URL] [--timeout TIME]
    realtime-widgets token [--subscribe CHANNEL...] [--publish CHANNEL...] [--name NAME] [--expires TIME]
                         [--audience NAME] [--issuer NAME]
    realtime-widgets backup FILE COPY
    realtime-widgets --version

`demo` runs copies of the notebooks in a JupyterLab of its own: on this machine only, behind a random token, ended by
Ctrl-C.
`hub` runs a hub of its own, with the token of REALTIME_WIDGETS_TOKEN or a random one, until Ctrl-C. The broker may be
that of REALTIME_WIDGETS_BROKER.
`publish` sends what it reads to a hub, whose token is that of REALTIME_WIDGETS_TOKEN; its status is 0 when the hub has
all of it.
`token` prints one for somebody else, signed with REALTIME_WIDGETS_SECRET, which the hub must have too.
`backup` copies the file of a hub (`--broker sqlite:///hub.db`) while the hub has it.
Each of these variables may have `_FILE` after its name, and the path of a file with the secret in it.
A user's mistake is reported in one sentence on stderr and by a status other than 0, never by a traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, Literal

from . import __version__
from .demo.notebooks import COPIES
from .errors import RealtimeWidgetsError, UsageError, did_you_mean
from .runtime.environment import secret_of
from .runtime.service_manager import tell

if TYPE_CHECKING:
    from .hub import Hub
    from .hub.config import Config
    from .hub.policies import HistoryAge

COMMANDS = ("demo", "hub", "publish", "token", "backup")

MAX_WAITING = 10_000
"""Records that `publish` reads ahead of the hub: unlike a training script it can wait, and then nothing is dropped."""

MAX_LINE_BYTES = 16 * 1024 * 1024
"""Bytes of a line that `publish` reads: what is longer may have no end."""

TOKEN = "REALTIME_WIDGETS_TOKEN"
BROKER = "REALTIME_WIDGETS_BROKER"
"""The environment variables with the hub's token, and with a broker that has a password in its address: every user of
the machine can read a command line."""

SECRET = "REALTIME_WIDGETS_SECRET"
"""That with the secret by which tokens are signed."""

_OPTIONS: Final = {
    "port": "--port",
    "host": "--host",
    "hosts": "--hosts",
    "origins": "--origin",
    "proxies": "--proxies",
    "broker": "--broker",
    "history": "--history",
    "history_age": "--history-age",
    "public_key": "--public-key",
    "audience": "--audience",
    "issuer": "--issuer",
    "drain": "--drain",
    "token": f"${TOKEN}",
    "secret": f"${SECRET}",
}
"""What a shell has instead of arguments of the package."""

_ARGUMENT: Final = re.compile(rf"(?<![\w.(])({'|'.join(_OPTIONS)})=(?! of a channel)(?=(\w|['\"\[])?)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status.

    Args:
        argv: the arguments after the program's name; None: those of this process.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        hint = did_you_mean(arguments[0], COMMANDS) or f"; it has {', '.join(COMMANDS)}"
        print(f"realtime-widgets has no command {arguments[0]!r}{hint}", file=sys.stderr)
        return 2
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if options.command == "publish" and not any(_is_option(text) for text in rest):
        options.record += rest  # argparse takes positionals before an option only
    elif rest:
        named = re.findall(r"--[\w-]+", options.parser.format_usage())
        unknown = next((text.partition("=")[0] for text in rest if _is_option(text)), "")
        options.parser.error(f"unrecognized arguments: {' '.join(rest)}{did_you_mean(unknown, named)}")
    if options.command is None:
        parser.print_help()
        return 0
    try:
        if options.command == "hub":
            hub(
                options.port,
                host=options.host,
                hosts=options.hosts,
                origins=options.origin,
                proxies=options.proxies,
                token=not options.no_token,
                broker=options.broker,
                history=options.history,
                history_age=options.history_age,
                config=options.config,
                public_key=options.public_key,
                audience=options.audience,
                issuer=options.issuer,
                open_metrics=options.open_metrics,
                drain=options.drain,
            )
        elif options.command == "token":
            token(
                options.subscribe,
                options.publish,
                name=options.name,
                expires=options.expires,
                audience=options.audience,
                issuer=options.issuer,
            )
        elif options.command == "backup":
            from .hub.brokers.backup import back_up

            back_up(options.file, options.copy)
        elif options.command == "publish":
            return publish(options.channel, options.record, url=options.url, timeout=options.timeout)
        else:
            demo(options.target, port=options.port, browser=not options.no_browser)
    except RealtimeWidgetsError as error:
        print(_in_options(str(error)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before there was anything to end
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="realtime-widgets", description="Live charts, metric cards and streams for Jupyter notebooks."
    )
    parser.add_argument("--version", action="version", version=f"realtime-widgets {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    command = commands.add_parser("demo", help="show the live dashboard of the examples in JupyterLab")
    command.add_argument(
        "target",
        nargs="?",
        type=Path,
        help=f"a notebook, or a folder with some (default: the examples); copied to ./{COPIES}, and run there",
    )
    command.add_argument("--port", type=int, help="port to listen on (default: any free one)")
    command.add_argument("--no-browser", action="store_true", help="do not open a browser")
    command = commands.add_parser(
        "hub",
        help="run a hub that clients connect to",
        description=f"The token is that of ${TOKEN}, or random. Tokens that were signed with ${SECRET} are taken, too. "
        f"A broker with a password in it comes in ${BROKER}. Each may be in a file instead, named by ${TOKEN}_FILE …",
    )
    command.add_argument(
        "--port", type=int, default=8000, help="port to listen on, 0 for any free one (default: 8000)"
    )
    command.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    command.add_argument(
        "--origin",
        action="append",
        default=[],
        help="a page that may connect, such as http://localhost:3000; repeatable",
    )
    command.add_argument(
        "--hosts",
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME",
        help="other names that clients reach it by, such as hub.example.org behind a reverse proxy; repeatable",
    )
    command.add_argument(
        "--proxies",
        action="extend",
        nargs="+",
        default=[],
        metavar="ADDRESS",
        help="reverse proxies before it, such as 127.0.0.1 or 10.0.0.0/8, whose X-Forwarded-For says who a client is; "
        "repeatable",
    )
    command.add_argument("--no-token", action="store_true", help="let in everybody on this machine")
    command.add_argument(
        "--broker",
        help="what keeps the messages: memory; sqlite:///hub.db, which survives the hub; redis://host:6379/0 or "
        f"nats://host:4222, with which many hubs are one (default: that of ${BROKER}, or memory)",
    )
    command.add_argument(
        "--history",
        type=int,
        default=1000,
        metavar="N",
        help="messages of each channel that are kept (default: 1000)",
    )
    command.add_argument(
        "--history-age",
        type=_history_age,
        default="auto",
        metavar="TIME",
        help="how long they are kept, such as 90, 2h or 30d, or 'forever' (default: 5 minutes in memory, 30 days in a "
        "file, else a day)",
    )
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help='policies of channels, limits of clients and of files, in TOML: tables such as [channels."chat:*"] with '
        'history = 10000, history_age = "30d", presence = true, conflate = true, publish = "hub", as rw.ChannelPolicy '
        "takes them; and [limits] with messages = 5000, burst, connections, connections_each, connects, channels, "
        'frame_bytes, handshake, as rw.Limits does, or "unlimited"; and [files] with max_size, per_user, total, age, '
        'as rw.FileLimits does, or files = "off"',
    )
    command.add_argument(
        "--public-key",
        type=Path,
        metavar="FILE",
        help="the public key, in PEM, of who signs tokens elsewhere (RS256, ES256 or EdDSA)",
    )
    _add_names(command, "that signed tokens must have")
    command.add_argument(
        "--open-metrics", action="store_true", help="answer /metrics, figures for Prometheus, without a token"
    )
    command.add_argument(
        "--drain",
        type=_duration,
        default=0.0,
        metavar="TIME",
        help="when it is told to end, send clients away over such a time first, such as 30 or 2min (default: 0, at "
        "once)",
    )
    command = commands.add_parser(
        "publish",
        help="publish records on a channel of a hub",
        description=f"The hub's token is that of ${TOKEN}. The status is 0 when the hub has all records, 1 when not "
        "or where something cannot be used, and 2 for a wrong option.",
    )
    command.add_argument("channel", help="name of the channel")
    command.add_argument(
        "record",
        nargs="*",
        help="JSON, a number, or key=value (all of those make one record); default: each line of stdin, as it comes",
    )
    command.add_argument(
        "--url", default="http://127.0.0.1:8000", help="address of the hub (default: http://127.0.0.1:8000)"
    )
    command.add_argument(
        "--timeout",
        type=_duration,
        default=10.0,
        metavar="TIME",
        help="how long to wait for the hub at the end, such as 30 or 2min (default: 10)",
    )
    command = commands.add_parser(
        "token",
        help="print a token that gives somebody some rights for a while",
        description=f"The token (JWT, HS256) is signed with the secret of ${SECRET}, which the hub must have too.",
    )
    for action, what in {"subscribe": "they may follow", "publish": "they may publish on"}.items():
        command.add_argument(
            f"--{action}",
            action="extend",
            nargs="+",
            default=[],
            metavar="CHANNEL",
            help=f"channels that {what}, such as metrics or 'team:*'; repeatable (default: none)",
        )
    command.add_argument("--name", help="who they are")
    command.add_argument(
        "--expires", default="1h", metavar="TIME", help="until when, such as 90min, 8h or 30d (default: 1h)"
    )
    _add_names(command, "to name in it, where the hub wants one")
    command = commands.add_parser("backup", help="copy the file of a hub, which may run")
    command.add_argument("file", type=Path, help="that the hub has, as in --broker sqlite:///FILE")
    command.add_argument("copy", type=Path, help="where to; what is there is replaced")
    for each in (parser, *commands.choices.values()):
        each.set_defaults(parser=each)
    return parser


def _add_names(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--audience", metavar="NAME", help=f"the audience ('aud') {what}")
    command.add_argument("--issuer", metavar="NAME", help=f"the issuer ('iss') {what}")


def _history_age(text: str) -> HistoryAge:
    return None if text == "forever" else _duration(text)


def _duration(text: str) -> float | str:
    """Return a time as the package takes it: seconds, or a text with units."""
    try:
        return float(text)
    except ValueError:
        return text


def _in_options(said: str) -> str:
    """Return an error of the package in the terms of the shell: `--port 0` for `port=0`."""
    said = said.replace("auth=None", "--no-token").replace("exit_timeout", "--timeout")
    return _ARGUMENT.sub(lambda found: _OPTIONS[found[1]] + (" " if found[2] else ""), said)


def demo(target: Path | None, *, port: int | None, browser: bool) -> None:
    """Show a notebook with its cells running and wait until Ctrl-C or SIGTERM; see `demo.live`."""
    from .demo.live import demo as show

    with _interruptible(), contextlib.suppress(KeyboardInterrupt):
        show(target, port=port, browser=browser)


def hub(
    port: int,
    *,
    host: str,
    hosts: Sequence[str],
    origins: Sequence[str],
    proxies: Sequence[str],
    token: bool,
    broker: str | None,
    history: int,
    history_age: HistoryAge,
    config: Path | None,
    public_key: Path | None,
    audience: str | None,
    issuer: str | None,
    open_metrics: bool,
    drain: float | str,
) -> None:
    """Run a hub and wait until Ctrl-C or SIGTERM.

    Args:
        port: to listen on; 0: any free one.
        host: to listen on.
        hosts: other names that clients reach it by.
        origins: pages that may connect.
        proxies: as for `Hub`.
        token: ask for one: that of the environment, or a random one, or one signed with the secret of the environment.
        broker: as for `Hub`; None: that of the environment, or memory.
        history, history_age, audience, issuer: as for `Hub`.
        config: the file with policies of channels and limits of clients.
        public_key: the file with that of who signs tokens.
        open_metrics: answer `/metrics` without a token.
        drain: time over which clients are sent away at the end; a second Ctrl-C ends that.

    Raises:
        UsageError: the port is taken, the file cannot be read, or one of these is out of its range.
    """
    if broker is not None and "@" in broker and not broker.startswith("sqlite:"):
        raise UsageError(
            "the hub does not take this --broker: every user of the machine can read its password; "
            f"put it into ${BROKER}"
        )
    from .hub import FileLimits, Hub
    from .hub.drain import checked_drain

    leaving = checked_drain(drain)
    try:
        key = None if public_key is None else public_key.read_bytes()
    except OSError as error:
        raise UsageError(f"the public key cannot be read: {error.strerror}: {str(public_key)!r}") from error
    read = None if config is None else _read_config(config)
    broker = broker or secret_of(BROKER) or "memory"
    secret = secret_of(SECRET) if token else None
    given = secret_of(TOKEN) if token else None
    auth: Literal["token"] | None = "token" if token else None
    server = Hub(
        port,
        host=host,
        broker=broker,
        token=given,
        secret=secret,
        public_key=key,
        audience=audience,
        issuer=issuer,
        auth=auth,
        origins=origins,
        hosts=hosts,
        proxies=proxies,
        metrics="open" if open_metrics else "token",
        history=history,
        history_age=history_age,
        channels=None if read is None else read.channels,
        limits=None if read is None else read.limits,
        files=FileLimits() if read is None else read.files,
    )
    try:
        with _interruptible(), server, _drained(server, leaving):
            shown = f'os.environ["{TOKEN}"]' if given else f'"{server.token}"'
            given_as = f", auth={shown}" if token else ""
            gc.collect()
            gc.freeze()  # so that what was imported need not be looked through again and again: pauses of 0.1 s
            gc.set_threshold(700, 2, 50)  # as much work in more and shorter pauses: of 0.5 ms and not of 2 ms
            _say(f"The hub listens on {server.url}")
            _say(f'Connect with rw.connect("{server.url}"{given_as}). Ctrl-C stops it.')
            for name in _mute(read, broker):
                print(
                    f'Nobody can publish on {name!r}: its publish = "hub" is for a program that has the hub, rw.Hub(…)',
                    file=sys.stderr,
                )
            tell("READY=1")
            # A signal that the system gives to another thread does not wake this one, which has to act on it.
            while not threading.Event().wait(1.0):
                pass
    except KeyboardInterrupt:
        _say("\nThe hub has stopped.")


def _say(text: str) -> None:
    """Print for as long as somebody reads: a hub whose output goes to a program that has ended goes on."""
    try:
        print(text, flush=True)
    except OSError:
        with contextlib.suppress(OSError), open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())  # else what is left of it fails again at the exit


def _mute(config: Config | None, broker: str) -> list[str]:
    """Return the channels on which nobody can publish: with a broker that many hubs share, another one may."""
    if config is None or broker.startswith(("redis", "nats")):
        return []
    return [name for name, policy in config.channels.items() if policy.publish == "hub"]


def _read_config(path: Path) -> Config:
    from .hub.config import read_config

    try:
        return read_config(path.read_text(encoding="utf-8"))
    except OSError as error:
        why = error.strerror
    except UnicodeDecodeError as error:
        why = f"it is no UTF-8: {error}"
    except UsageError as error:
        why = str(error)
    raise UsageError(f"the configuration in {str(path)!r} cannot be used: {why}")


def _is_option(text: str) -> bool:
    return text.startswith("-") and not text[1:2].isdigit() and text[1:2] != "."


def publish(channel: str, given: Sequence[str], *, url: str, timeout: float | str) -> int:
    """Publish records, and wait until the hub has them; returns the exit status.

    Args:
        channel: to publish on.
        given: records; none: those of stdin, line by line.
        url: of the hub.
        timeout: time to wait at the end.

    Raises:
        UsageError: an argument cannot be used.
    """
    from .publishing.lines import record_of_pairs, records_of
    from .publishing.publisher import Publisher

    pairs = record_of_pairs(given)
    records = [pairs] if pairs is not None else [each for text in given for each in records_of(text)]
    publisher = Publisher(url, channel, exit_timeout=timeout)
    unread = interrupted = 0
    try:
        with _interruptible():
            for record in records:
                publisher.append(record)
            for number, line in enumerate(() if given else _lines_of_stdin(), 1):
                try:
                    if len(line) > MAX_LINE_BYTES:
                        raise UsageError(f"it has more than {MAX_LINE_BYTES:,} bytes; send less at once")
                    for record in records_of(line.decode(errors="replace")):
                        publisher.append(record)
                except UsageError as error:
                    unread += 1
                    print(f"line {number}: {error}", file=sys.stderr)
                if publisher.stats.waiting >= MAX_WAITING and not publisher.flush(None):
                    break  # it would wait for ever
    except KeyboardInterrupt:  # the usual end of `tail -f … | realtime-widgets publish …`
        interrupted = 128 + signal.SIGINT
    try:
        with _interruptible():
            publisher.close()
    except KeyboardInterrupt:  # the hub is not there, and nobody waits for it any more
        interrupted = 128 + signal.SIGINT
    stats = publisher.stats
    if stats.sent < stats.appended:
        print(f"{stats.sent:,} of {stats.appended:,} records were published", file=sys.stderr)
    return interrupted or int(unread > 0 or stats.sent < stats.appended)


def _lines_of_stdin() -> Iterator[bytes]:
    """Yield the lines; of one that is too long the beginning only."""
    whole = True
    while line := sys.stdin.buffer.readline(MAX_LINE_BYTES + 1):
        if whole:
            yield line
        whole = line.endswith(b"\n")


@contextlib.contextmanager
def _drained(server: Hub, drain: float) -> Iterator[None]:
    """Send the clients of a hub away in good order after what is done within."""
    try:
        yield
    finally:
        tell("STOPPING=1")
        if drain:
            server.stop(drain=drain)


def token(
    subscribe: Sequence[str],
    publish: Sequence[str],
    *,
    name: str | None,
    expires: str,
    audience: str | None,
    issuer: str | None,
) -> None:
    """Print a signed token.

    Args:
        subscribe, publish, name: the rights that it gives.
        expires: after which time.
        audience, issuer: as the hub wants them.

    Raises:
        UsageError: there is no secret in the environment, or one of these cannot be.
    """
    from .hub import Rights
    from .hub.signed import sign

    rights = Rights(subscribe=subscribe, publish=publish, name=name)
    secret = secret_of(SECRET)
    if secret is None:
        raise UsageError(
            f"no token can be signed: {SECRET} is not set; set it to the secret that the hub has, 32 characters or more"
        )
    print(sign(rights, secret, _duration(expires), audience=audience, issuer=issuer))
    if not (subscribe or publish):
        print("the token gives no rights; pass --subscribe or --publish", file=sys.stderr)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM (and a closed terminal) end the process the way Ctrl-C does."""

    def interrupt(_signum: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP"):
        numbers.append(signal.SIGHUP)
    # SIGINT too: a process started in the background by a shell ignores it otherwise.
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

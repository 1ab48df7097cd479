"""A real Redis on a free loopback port, in a process of its own."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.ports import free_port
from support.servers import wait_for


class RedisServer:
    """A redis-server.

    Args:
        folder: for its files.
        options: of its command line, such as `appendonly="yes"`.
    """

    def __init__(self, folder: Path, **options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None

    engine = "redis"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, with the files that it has, on the same port."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        assert program is not None, "there is no redis-server: .ci/system installs it"
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "save": "",
            "loglevel": "warning",
        } | {name.replace("_", "-"): value for name, value in self.options.items()}
        arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([program, *arguments], stdout=log, stderr=log)
        wait_for(self._answers, "the start of redis-server")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it: with SIGTERM it writes what it has first."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.send_signal(signal.SIGCONT)
            self.process.wait(60)
            self.process = None

    def pause(self) -> None:
        """Have it do nothing, with all connections open."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def command(self, *arguments: Any) -> Any:
        """Run one command, and return its answer."""
        from redis import Redis

        with Redis(
            port=self.port, protocol=2, password=self.options.get("requirepass"), client_name="test"
        ) as client:
            return client.execute_command(*arguments)

    def clear(self) -> None:
        """Have it forget all."""
        self.command("FLUSHALL")

    def _answers(self) -> bool:
        from redis.exceptions import AuthenticationError, RedisError

        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "redis.log").read_text()
        try:
            return bool(self.command("PING"))
        except AuthenticationError:
            return True
        except (RedisError, OSError):
            return False


@contextlib.contextmanager
def redis_server(folder: Path, **options: str) -> Iterator[RedisServer]:
    """A Redis for as long as the context lasts."""
    server = RedisServer(folder, **options)
    try:
        server.start()
        yield server
    finally:
        server.stop(signal.SIGKILL)

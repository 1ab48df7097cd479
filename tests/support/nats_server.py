"""A real NATS with JetStream on a free loopback port, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.ports import free_port
from support.servers import wait_for


class NatsServer:
    """A nats-server.

    Args:
        folder: for its files.
        config: more of its configuration.
        jetstream: whether it has any.
    """

    def __init__(self, folder: Path, config: str = "", *, jetstream: bool = True) -> None:
        self.folder = folder
        self.port = free_port()
        self.monitor = free_port()
        self.config = config
        self.jetstream = jetstream
        self.process: subprocess.Popen[bytes] | None = None

    engine = "nats"

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, with the files that it has, on the same port."""
        program = shutil.which("nats-server")
        assert program is not None, "there is no nats-server: .ci/system installs it"
        store = f'jetstream {{ store_dir: "{self.folder}" }}\n' if self.jetstream else ""
        file = self.folder / "nats.conf"
        file.write_text(
            f"listen: 127.0.0.1:{self.port}\nhttp: 127.0.0.1:{self.monitor}\n{store}{self.config}\n"
        )
        with (self.folder / "nats.log").open("ab") as log:
            self.process = subprocess.Popen([program, "-c", str(file)], stdout=log, stderr=log)
        wait_for(self._answers, "the start of nats-server")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it."""
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

    def api(self, what: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the API of JetStream, and return its answer."""

        async def ask() -> Any:
            import nats

            client = await nats.connect(self.url, allow_reconnect=False)
            try:
                data = b"" if body is None else json.dumps(body).encode()
                return json.loads((await client.request(f"$JS.API.{what}", data, timeout=30)).data)
            finally:
                await client.close()

        return asyncio.run(ask())

    def streams(self) -> list[str]:
        """The names of its streams."""
        return list(self.api("STREAM.NAMES")["streams"] or [])

    def clear(self) -> None:
        """Delete all streams."""
        for name in self.streams():
            self.api(f"STREAM.DELETE.{name}")

    def save(self) -> None:
        """Keep a copy of what a server that was stopped has."""
        shutil.copytree(self.folder / "jetstream", self.folder / "saved")

    def restore(self) -> None:
        """Have a server that was stopped come back with that copy: without what came after it."""
        shutil.rmtree(self.folder / "jetstream")
        shutil.move(self.folder / "saved", self.folder / "jetstream")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "nats.log").read_text()
        try:
            with socket.create_connection(("127.0.0.1", self.port)) as one:
                return one.recv(4) == b"INFO"
        except OSError:
            return False


@contextlib.contextmanager
def nats_server(folder: Path, config: str = "", *, jetstream: bool = True) -> Iterator[NatsServer]:
    """A NATS for as long as the context lasts."""
    server = NatsServer(folder, config, jetstream=jetstream)
    try:
        server.start()
        yield server
    finally:
        server.stop(signal.SIGKILL)

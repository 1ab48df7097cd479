"""A real nginx with one site, as a child of this process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

from support.servers import wait_for

MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
{user}
events {{ worker_connections 512; }}
http {{
    {temporary}
    include {folder}/site.conf;
}}
"""
"""What Debian's /etc/nginx/nginx.conf is beside the sites, with all files in one folder."""


class Nginx:
    """An nginx, for as long as the context lasts.

    Args:
        folder: for its files.
        site: the text of its site.
        port: that the site listens on.
    """

    def __init__(self, folder: Path, site: str, port: int) -> None:
        self.folder = folder
        self._port = port
        (folder / "site.conf").write_text(site)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
        # Its workers have another user otherwise, who may not use this folder.
        user = "user root;" if os.getuid() == 0 else ""
        main = MAIN.format(folder=folder, user=user, temporary=temporary)
        (folder / "nginx.conf").write_text(main)

    def __enter__(self) -> Nginx:
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program is not None, "there is no nginx: .ci/system installs it"
        log = self.folder / "start.log"
        command = [program, "-c", str(self.folder / "nginx.conf"), "-e", str(log)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_for(self._answers, "the start of nginx")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self.folder / "start.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self._port)).close()
        except ConnectionRefusedError:
            return False
        return True

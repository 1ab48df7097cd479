"""The service manager that started this process, such as systemd, is told how far it is.

https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

from __future__ import annotations

import contextlib
import os
import socket


def tell(state: str) -> None:
    """Tell the service manager, if there is one that wants to know: `READY=1`, `STOPPING=1`.

    It cannot fail: a service that runs is worth more than one that is known to run.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.sendto(state.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)

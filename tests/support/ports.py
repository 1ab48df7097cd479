"""Ports for servers in processes of their own, kept free for them."""

from __future__ import annotations

import socket
from collections import deque
from typing import Final

_kept: Final[deque[socket.socket]] = deque(maxlen=200)


def free_port() -> int:
    """Return a loopback port that nobody listens on, and nobody else is given, also while its server is away.

    Where it was only looked up, a test in another process could get it, and what was meant for a server that was killed
    came to one that never answers. A socket that is bound and does not listen refuses connections, and servers that set
    SO_REUSEADDR, as all do here, may listen beside it.
    """
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("127.0.0.1", 0))
    if len(_kept) == _kept.maxlen:
        _kept.popleft().close()
    _kept.append(one)
    return int(one.getsockname()[1])

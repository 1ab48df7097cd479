"""Racing: connects to the first address of a host that answers (Happy Eyeballs, RFC 8305).

`asyncio.staggered` does the same, but before Python 3.13 it leaves sockets open when it is cancelled.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections import deque
from itertools import chain, zip_longest
from typing import Any, Final

RACE_DELAY: Final = 0.25
"""Seconds until the next address is tried beside the one before."""

Found = tuple[Any, Any, int, str, Any]
"""An address as `socket.getaddrinfo` gives it: family, type, protocol, name, address."""


async def connect_socket(host: str, port: int) -> socket.socket:
    """Return a socket that is connected to the first address of a host that answers.

    Raises:
        OSError: none did.
    """
    waiting = deque(_by_turns(await _addresses(host, port)))
    running: set[asyncio.Task[socket.socket]] = set()
    errors: list[BaseException] = []
    winner = None
    try:
        while winner is None and (waiting or running):
            if waiting:
                running.add(asyncio.create_task(_connect(waiting.popleft())))
            done, _ = await asyncio.wait(
                running, timeout=RACE_DELAY if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                if (error := task.exception()) is not None:
                    running.discard(task)
                    errors.append(error)
                elif winner is None:
                    running.discard(task)
                    winner = task.result()
    finally:
        for task in running:
            task.cancel()
            task.add_done_callback(_close)
    if winner is None:
        raise _error_of(errors, host)
    return winner


async def _addresses(host: str, port: int) -> list[Found]:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:  # a name
        return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if version == 4:
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]
    # With its zone, which only the system can read; nothing is looked up.
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))


def _by_turns(found: list[Found]) -> list[Found]:
    """Return addresses with those of two families by turns, beginning with that of the first."""
    first = [each for each in found if each[0] == found[0][0]]
    others = [each for each in found if each[0] != found[0][0]]
    return [each for each in chain(*zip_longest(first, others)) if each is not None]


async def _connect(found: Found) -> socket.socket:
    family, kind, protocol, _, address = found
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, address)
    except BaseException:
        made.close()
        raise
    return made


def _close(task: asyncio.Task[socket.socket]) -> None:
    """Close what came second."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _error_of(errors: list[BaseException], host: str) -> BaseException:
    """Return one error for those of all addresses."""
    if not errors:
        return socket.gaierror(socket.EAI_NONAME, f"{host!r} has no address")
    if len({str(error) for error in errors}) == 1 or not all(isinstance(error, OSError) for error in errors):
        return errors[0]
    return OSError(f"no address answered: {', '.join(map(str, errors))}")

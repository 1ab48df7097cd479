"""Remote images: from which other hosts pages load what messages show."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from ..errors import UsageError, WrongType, shown

MAX_HOSTS: Final = 100

_LABEL: Final = r"(?:[a-z0-9_-]|[^\x00-\x9f\s\ud800-\udfff]){1,63}"
_HOST: Final = re.compile(rf"(?!.{{255}})(?:(?:\*\.)?{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]+\])")
_NUMBER_LAST: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")


def remote_images_of(value: Any) -> bool | list[str]:
    """Return hosts as they are written, in lower case where they are ASCII; True and False stay as they are.

    Pages make ASCII of other letters, for browsers do it otherwise than Python: `straße.de` is not `strasse.de` there.

    Args:
        value: True, False, a host, or several; `*.` before one stands for all whose names end so.

    Raises:
        UsageError: one of them is no host.
        WrongType: it is something else.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, Iterable) or isinstance(value, bytes):
        raise WrongType(
            f"remote_images={shown(value)} cannot be used: pass True, False, or hosts such as ['img.example.org']"
        )
    hosts = list(dict.fromkeys(_host_of(each) for each in value))
    if len(hosts) > MAX_HOSTS:
        raise UsageError(f"remote_images= takes up to {MAX_HOSTS} hosts, and these are {len(hosts)}")
    return hosts


def _host_of(value: Any) -> str:
    host = _lower(value.strip()) if isinstance(value, str) else ""
    if _is_host(host):
        return host
    hint = ": pass a name such as 'img.example.org' or '*.example.org'"
    if isinstance(value, str) and (meant := _meant(value)):
        hint = f": pass the host alone, {meant!r}"
    raise UsageError(f"remote_images has {shown(value)}, which is no host{hint}")


def _lower(name: str) -> str:
    """Return a name in lower case; one of other letters as it is, for which of them are one is for browsers to say."""
    return name.lower() if name.isascii() else name


def _is_host(host: str) -> bool:
    if not _HOST.fullmatch(host):
        return False
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
        elif _NUMBER_LAST.fullmatch(host):  # for browsers it is an address of IPv4, or nothing
            socket.inet_aton(host.removesuffix("."))
    except (ValueError, OSError):
        return False
    return True


def _meant(address: str) -> str:
    """Return the host that an address has, or a host with a port; empty: there is none."""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return host if _is_host(host) else ""

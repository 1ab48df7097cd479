"""Remote images: from which other hosts pages load what messages show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from ..errors import UsageError, WrongType, shown

MAX_HOSTS: Final = 100

_HOST: Final = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]{0,250}[a-z0-9_])?|\[[0-9a-f:.]+\]")


def remote_images_of(value: Any) -> bool | list[str]:
    """Return hosts as pages compare them: in lower case, in ASCII; True and False stay as they are.

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
    host = _in_ascii(value.strip()) if isinstance(value, str) else ""
    if _HOST.fullmatch(host):
        return host
    hint = ": pass a name such as 'img.example.org' or '*.example.org'"
    if isinstance(value, str) and (meant := _meant(value)):
        hint = f": pass the host alone, {meant!r}"
    raise UsageError(f"remote_images has {shown(value)}, which is no host{hint}")


def _in_ascii(name: str) -> str:
    wild, rest = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    try:
        return wild + (rest if rest.isascii() else rest.encode("idna").decode()).lower()
    except UnicodeError:
        return ""


def _meant(address: str) -> str:
    """Return the host that an address has, or a host with a port; empty: there is none."""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    host = _in_ascii(f"[{host}]" if ":" in host else host)
    return host if _HOST.fullmatch(host) else ""

"""The files that docs/deploy.md shows, with what differs from machine to machine put in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "docs" / "deploy"

UNIT = "realtime-widgets-hub@.service"


def shown(name: str, puts: Mapping[str, str] | None = None) -> str:
    """Return the text of one of them, with some words of it, each of which it must have, replaced by others."""
    text = (DEPLOY / name).read_text()
    puts = puts or {}
    for word in puts:
        assert word in text, f"{name} has no {word!r}"
    # All at once: what is put in, such as a port, may have another of the words in it.
    words = sorted(puts, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, words)), lambda found: puts[found[0]], text) if words else text


def settings_of_unit() -> dict[str, list[str]]:
    """Return what the unit says: setting → its values."""
    found: dict[str, list[str]] = {}
    for line in re.sub(r"\\\n\s*", "", shown(UNIT)).splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def command_of_unit() -> list[str]:
    """Return the words of the command that the unit runs."""
    (command,) = settings_of_unit()["ExecStart"]
    return shlex.split(command)


def option(command: list[str], name: str) -> str:
    """Return the value of an option of a command."""
    return command[command.index(name) + 1]


def arguments(command: list[str], **options: str) -> list[str]:
    """Return what a command that runs a hub has after `hub`, with other values for some of its options."""
    words = command[command.index("hub") + 1 :]
    for name, value in options.items():
        words[words.index(f"--{name}") + 1] = value
    return words

"""What the environment says: who works here, and secrets, in a variable or in a file that another variable names.

What starts a service hands it secrets as files (systemd's `LoadCredential=`, Docker's secrets) more safely than as
variables, which every child process inherits; the name of the second variable is that of the first with `_FILE`.
"""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from ..errors import UsageError


def secret_of(name: str) -> str | None:
    """Return the secret of a variable, or of the file whose path is in `{name}_FILE`; None: neither variable is set.

    Of a file, line ends after the secret are none of it. A variable that is empty is not set.

    Raises:
        UsageError: both are set, or the file cannot be read or has no text.
    """
    value, path = os.environ.get(name) or None, os.environ.get(f"{name}_FILE") or None
    if path is None:
        return value
    if value is not None:
        raise UsageError(f"{name} cannot be used: {name}_FILE is set, too; set one of them")
    try:
        text = Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(
            f"{name}_FILE cannot be used: {what}: {path!r}; name a file with the secret"
        ) from None
    if not text:
        raise UsageError(f"{name}_FILE cannot be used: there is nothing in {path!r}; put the secret into it")
    return text


def user_name() -> str:
    """Return who works here: the user of a JupyterHub, or else of this computer; "me" where nobody says."""
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser() or "me"
    except (OSError, KeyError):  # a container whose user has no name
        return "me"

"""The target: the hub that a publisher posts to, and its token, checked when they are given."""

from __future__ import annotations

import urllib.parse
from typing import Any, Final

from ..client.address import check_url, plain_url
from ..client.credentials import of_token, of_url
from ..client.headers import basic, bearer
from ..client.masking import Mask, label_of
from ..errors import UsageError, WrongType
from ..protocol.limits import MAX_NAME_LENGTH
from ..runtime.environment import secret_of
from ..streams.text import well_formed

TOKEN: Final = "REALTIME_WIDGETS_TOKEN"
"""The environment variable with the hub's token; that with `_FILE` after it has the path of a file with the token."""

_PLAIN_SCHEME: Final = {"ws": "http", "wss": "https"}

_ENDPOINTS: Final = ("/ws/dashboard", "/ws/notifications")
"""Paths of a hub that may be named in its place, as in `hub.url`."""


class Target:
    """Where to post, and with what.

    Args:
        url: of the hub: `http://host:8000`, or what `hub.url` says.
        token: of the hub; None: that of the environment, if there is one.

    Attributes:
        scheme: `http` or `https`.
        host, port: of the hub.
        url: without credentials and query.
        label: the same for display.
        authorization: the header; None: there is none.
        mask: knows the secrets.

    Raises:
        UsageError: for an invalid url or token.
    """

    def __init__(self, url: Any, token: Any = None) -> None:
        if url is None or url == "":
            raise UsageError(
                "a publisher cannot be made: no address is given; pass that of a hub, "
                "rw.Publisher('http://localhost:8000')"
            )
        if isinstance(url, str) and url.strip() and "://" not in url:
            place = label_of(url)
            raise UsageError(
                f"a publisher cannot be made: {place!r} has no scheme; pass 'http://{place.lstrip('/')}', "
                "or https:// where it is encrypted"
            )
        check_url(url)
        if token is None:
            token = secret_of(TOKEN)
        elif not isinstance(token, str):
            raise WrongType(
                f"token= cannot be of type {type(token).__name__}: pass text, or None for ${TOKEN}"
            )
        plain, user = plain_url(url)
        parts = urllib.parse.urlsplit(plain)
        self.scheme = _PLAIN_SCHEME.get(parts.scheme, parts.scheme)
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if self.scheme == "https" else 80)
        self._path = _base_of(parts.path)
        self._query = parts.query
        self.url = f"{self.scheme}://{parts.netloc}{self._path}"
        self.label = label_of(self.url)
        self.authorization = (
            bearer(token) if token is not None else basic(*user) if user is not None else None
        )
        self.mask = Mask()
        for secrets in (of_url(url), of_token(token)):
            self.mask.learn(secrets)

    def path_of(self, channel: str) -> str:
        """Return path and query to post to for a channel."""
        query = f"?{self._query}" if self._query else ""
        return f"{self._path}/publish/{urllib.parse.quote(channel, safe='')}{query}"


def _base_of(path: str) -> str:
    path = path.rstrip("/")
    for endpoint in _ENDPOINTS:
        if path.endswith(endpoint):
            return path.removesuffix(endpoint)
    return path


def checked_channel(channel: Any) -> str:
    """Return the name of a channel as it can be sent; whether the hub takes it, that says.

    Raises:
        UsageError: it is no name.
    """
    if not isinstance(channel, str):
        raise WrongType(f"channel={channel!r:.100} is no name: pass text")
    if not 1 <= len(channel) <= MAX_NAME_LENGTH:
        raise UsageError(f"channel={channel!r:.100} is no name: those have 1 to {MAX_NAME_LENGTH} characters")
    return well_formed(channel)

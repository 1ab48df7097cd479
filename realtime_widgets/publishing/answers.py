"""Answers: what the answer to a publication means, and in one line what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from ..client.failures import retry_after
from ..client.masking import origin_of

Verdict = Literal["taken", "later", "refused", "divide"]
"""`taken`: the hub has it. `later`: it may come again, as it is. `refused`: never, whatever is sent there. `divide`:
something in it is refused; the rest is not."""

_DIVIDE: Final = frozenset({400, 409, 413, 415, 422})

_REFUSED: Final = frozenset({"channel"})
"""Codes of the hub for what is wrong with the request, whatever the records are."""

MAX_QUOTED: Final = 300
"""Characters of a server's text that are shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request.

    Attributes:
        verdict: see there.
        why: one sentence with what to do; empty: it was taken.
        topic: what is the same in trouble that is told once.
        wait: seconds that the server asks to be left alone.
        stuck: whether only a person can mend it, so that nobody should wait for it.
    """

    verdict: Verdict
    why: str = ""
    topic: str = ""
    wait: float = 0.0
    stuck: bool = False


TAKEN: Final = Answer("taken")


def judge(
    status: int, headers: Mapping[str, str], body: bytes, place: str, *, authorized: bool, now: float
) -> Answer:
    """Return what an answer means.

    Args:
        status: of HTTP.
        headers: names in small letters.
        body: the beginning of it.
        place: the hub's address for display.
        authorized: whether the request had credentials.
        now: seconds since the epoch.
    """
    said = _object(body)
    if 200 <= status < 300:
        if "offset" in said:
            return TAKEN
        return Answer(
            "later",
            f"what listens at {place} is no hub (it answered HTTP {status}, without a position); check the address",
            "no hub",
        )
    message = said.get("message")
    quoted = f": {' '.join(message.split())[:MAX_QUOTED]}" if isinstance(message, str) and message else ""
    if 300 <= status < 400:
        return Answer("later", _redirected(status, headers, place), "redirect")
    if status == 401:
        what = "turned the token down" if authorized else "wants a token, and there is none"
        if authorized and said.get("code") == "expired":
            what = "says that the token has expired"
        return Answer(
            "later",
            f"the hub at {place} {what} (HTTP 401); set REALTIME_WIDGETS_TOKEN to that of the hub, or pass token=",
            "token",
            stuck=True,
        )
    if status == 403:
        why = f"{place} forbids publishing (HTTP 403){quoted}"
        if said.get("code") == "forbidden":  # that channel, for the token, which stays what it is
            return Answer("refused", why, f"forbidden{quoted}")
        return Answer("later", why, "forbidden")
    if status in (404, 405, 410):
        return Answer(
            "later",
            f"there is no hub at {place} (HTTP {status}); check the address: pass what hub.url says",
            "no hub",
        )
    if status in _DIVIDE:
        code = said.get("code")
        verdict: Verdict = "refused" if code in _REFUSED else "divide"
        return Answer(
            verdict,
            f"{place} refused a record (HTTP {status}){quoted or '; its server may have a limit of its own'}",
            f"refused {status} {code}",
        )
    wait = retry_after(headers.get("retry-after"), now) or 0.0
    return Answer(
        "later", f"{place} did not take a record now (HTTP {status}){quoted}", f"HTTP {status}", wait
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _redirected(status: int, headers: Mapping[str, str], place: str) -> str:
    location = headers.get("location", "").strip()
    where = f" to {origin_of(location)}" if "://" in location else ""
    return f"{place} redirects{where} (HTTP {status}), where no token of yours is sent; pass that address instead"

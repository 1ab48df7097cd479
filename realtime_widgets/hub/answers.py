"""Answers: what somebody is told over HTTP whose request is not met, as JSON: `{"code": …, "message": …}`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.responses import JSONResponse

EXPIRED: Final = 'Bearer error="invalid_token", error_description="the token has expired"'
"""To whom a token is no good any more (RFC 6750, 3): a WebSocket's client may see the headers only."""


def complaint(status: int, code: str, message: str) -> JSONResponse:
    """Return an answer that says why a request is not met.

    Args:
        status: the HTTP status.
        code: the reason for programs.
        message: one sentence, without secrets.
    """
    from starlette.responses import JSONResponse

    headers = {"WWW-Authenticate": EXPIRED if code == "expired" else "Bearer"} if status == 401 else None
    return JSONResponse({"code": code, "message": message}, status, headers)


def later(status: int, code: str, why: str, wait: float) -> JSONResponse:
    """Return an answer that says when to try again.

    Args:
        status, code: as for `complaint`.
        why: the beginning of a sentence.
        wait: seconds.
    """
    seconds = math.ceil(wait)
    answer = complaint(status, code, f"{why}; try again in {seconds} s")
    answer.headers["Retry-After"] = str(seconds)
    return answer

"""Answers: what somebody is told over HTTP whose request is not met, as JSON: `{"code": …, "message": …}`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.responses import JSONResponse


def complaint(status: int, code: str, message: str) -> JSONResponse:
    """Return an answer that says why a request is not met.

    Args:
        status: the HTTP status.
        code: the reason for programs.
        message: one sentence, without secrets.
    """
    from starlette.responses import JSONResponse

    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
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

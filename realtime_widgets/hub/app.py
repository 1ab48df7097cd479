"""The hub's ASGI application: its HTTP endpoints and its WebSockets.

    WebSocket  /ws/dashboard        the protocol; without a hello: metrics, alerts, events
    WebSocket  /ws/notifications    the same; without a hello: notifications
    GET        /health              liveness, and whether the broker can be reached; needs no token
    POST       /publish/{channel}   the body, JSON, is the data; returns the position in the channel
    GET        /sse/{channels}      the same messages one way, as Server-Sent Events: names with commas between

HEAD is answered where GET is, and pages of allowed origins may read every answer (`cors`).
Starlette is imported with the first hub that starts.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from .auth import AccessPolicy, Refusal, split_token
from .channels import complaint_about
from .cors import answer_headers, is_preflight, preflight_headers
from .publication import PublishingFailed, publish
from .session import MAX_CHANNELS, HubSession
from .sse import HEADERS, RETRY, EventStream
from .state import HubState

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from starlette.websockets import WebSocket

logger = logging.getLogger(__name__)

DASHBOARD: Final = "/ws/dashboard"

EVENTS: Final = "/sse/"

PATHS: Final = {DASHBOARD: ("metrics", "alerts", "events"), "/ws/notifications": ("notifications",)}
"""Path → the channels of a client that sends no hello."""

ABORT: Final = "realtime_widgets.abort"
"""The ASGI extension by which our server lets an endpoint abort a connection: `{"call": function}`."""

CREDENTIALS: Final = "realtime_widgets.credentials"
"""The key of the scope with what a request came with; None: nothing."""

OUR_AGENT: Final = "realtime-widgets"
"""How the User-Agent of our own client begins."""


def make_app(state: HubState, policy: AccessPolicy) -> ASGIApp:
    """Return the ASGI application of one running hub."""
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse
    from starlette.routing import Route, WebSocketRoute

    async def session(socket: WebSocket) -> None:
        if (busy := _busy(state)) is not None:
            await socket.send_denial_response(busy)
            return
        transport = _Socket(socket)
        await transport.accept()
        await HubSession(state, transport, PATHS[socket.url.path]).run()

    async def nowhere(socket: WebSocket) -> None:
        await socket.send_denial_response(
            _complaint(404, "path", f"there is nothing at this path; connect to {' or '.join(PATHS)}")
        )

    async def health(_: Request) -> JSONResponse:
        uptime = round(time.monotonic() - state.since, 3)
        broker = "ok" if state.channels.trouble is None else "unreachable"
        return JSONResponse(
            {"status": "ok", "broker": broker, "clients": len(state.sessions), "uptime": uptime}
        )

    async def events(request: Request) -> ASGIApp:
        return _events(state, request)

    async def post(request: Request) -> JSONResponse:
        arrived = time.monotonic()
        try:
            answer = JSONResponse(await publish(state.channels, request, request.scope[CREDENTIALS]))
        except PublishingFailed as failure:
            answer = _complaint(failure.status, failure.code, str(failure))
        except ClientDisconnect:
            answer = _complaint(400, "body", "the request broke off")
        state.traffic.note(now := time.monotonic(), now - arrived, failed=answer.status_code != 200)
        return answer

    def wrong(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = {404: "path", 405: "method"}.get(error.status_code, "request")
        answer = _complaint(error.status_code, code, error.detail)
        answer.headers.update(error.headers or {})
        return answer

    app = Starlette(
        routes=[
            *(WebSocketRoute(path, session) for path in PATHS),
            WebSocketRoute("/{path:path}", nowhere),
            Route("/health", health),
            Route(f"{EVENTS}{{channels:path}}", events, methods=["GET"]),
            Route("/publish/{channel:path}", post, methods=["POST"]),
        ],
        exception_handlers={HTTPException: wrong},
    )
    return _AuthMiddleware(app, state, policy)


def _events(state: HubState, request: Request) -> ASGIApp:
    """Return the application that answers with a stream of events, or the response that says why it cannot."""
    from starlette.responses import Response

    # The raw path: an encoded comma belongs to a name, a plain one separates names.
    path = request.scope["raw_path"].decode("latin-1")
    channels = [unquote(name) for name in path.partition(EVENTS)[2].split(",")]
    for channel in channels:
        if (wrong := complaint_about(channel)) is not None:
            return _complaint(400, "channel", wrong)
    if len(set(channels)) < len(channels) or len(channels) > MAX_CHANNELS:
        return _complaint(400, "channel", f"name each channel once, and {MAX_CHANNELS} at most")
    if request.method == "HEAD":
        head = Response(headers=_as_text(HEADERS))
        del head.headers["content-length"]  # a stream has none
        return head
    stops_at_errors = _stops_at_errors(request.headers)
    if (busy := _busy(state, come_back=stops_at_errors)) is not None:
        return busy

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        abort = scope["extensions"][ABORT]["call"]
        last_id = request.headers.get("last-event-id")
        retry = RETRY if stops_at_errors else None
        transport = EventStream(channels, last_id, receive, send, abort, retry=retry)
        await transport.run(lambda: HubSession(state, transport, ()).run())

    return stream


def _stops_at_errors(headers: Mapping[str, str]) -> bool:
    """Return whether a request is that of an `EventSource`, which never tries again after a status that is an error.

    Our own client asks for events too, but reads why it is turned away, and when to come again.
    """
    return "text/event-stream" in headers.get("accept", "") and not headers.get("user-agent", "").startswith(
        OUR_AGENT
    )


def _busy(state: HubState, *, come_back: bool = False) -> Response | None:
    """Return a response when too many connect in this second; None: the client may connect.

    Args:
        state: of the hub.
        come_back: answer with an empty stream of events, which says when to try again, instead of status 503.
    """
    from starlette.responses import Response

    wait = state.rate_limiter.ask(time.monotonic())
    if not wait:
        return None
    if come_back:
        return Response(f"retry: {math.ceil(1000 * wait)}\n\n", headers=_as_text(HEADERS))
    answer = _complaint(503, "busy", f"too many connect at once; try again in {math.ceil(wait)} s")
    answer.headers["Retry-After"] = str(math.ceil(wait))
    return answer


def _as_text(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in headers}


def _complaint(status: int, code: str, message: str) -> JSONResponse:
    from starlette.responses import JSONResponse

    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"code": code, "message": message}, status, headers)


class _AuthMiddleware:
    """Applies the access policy to every request, and logs the exceptions of the application behind it."""

    def __init__(self, inside: ASGIApp, state: HubState, policy: AccessPolicy) -> None:
        self._inside = inside
        self._state = state
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.requests import HTTPConnection

        token, rest = split_token(scope["query_string"].decode("latin-1"))
        # Remove the token, so that neither an endpoint nor the server, which has this very dict, can log it.
        scope["query_string"] = rest.encode("latin-1")
        headers = HTTPConnection(scope).headers
        scope[CREDENTIALS] = headers.get("authorization") or token
        if scope["type"] == "http":
            send = self._for_pages(headers, send)
        try:
            if (refusal := self._refusal(scope, headers, token)) is not None:
                text = f"a connection was refused ({refusal.code})"
                self._state.events.say("refused", "warning", text, refusal.message)
                await self._refuse(refusal, scope, receive, send)
            elif _is_preflight(scope, headers):
                head = {"status": 204, "headers": preflight_headers(headers)}
                await send({"type": "http.response.start"} | head)
                await send({"type": "http.response.body", "body": b""})
            else:
                await self._inside(scope, receive, send)
        except OSError:
            pass  # the peer has disconnected
        except Exception:
            logger.exception("a request for %r failed", scope["path"])

    def _refusal(self, scope: Scope, headers: Mapping[str, str], token: str | None) -> Refusal | None:
        refusal = self._policy.check_sender(headers.get("host"), headers.get("origin"))
        if refusal is not None or scope["path"] == "/health":
            return refusal
        if _is_preflight(scope, headers):
            return None  # it never has a token
        return self._policy.check_token(headers.get("authorization"), token)

    def _for_pages(self, headers: Mapping[str, str], send: Send) -> Send:
        """Return a `send` that lets pages of allowed origins read the answer, whatever it is."""
        origin = headers.get("origin")
        allowed = origin is not None and self._policy.allows_page(headers.get("host"), origin)
        more = answer_headers(origin if allowed else None)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        return sending

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.websockets import WebSocket

        answer = _complaint(refusal.status, refusal.code, refusal.message)
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(answer)
        else:
            await answer(scope, receive, send)


def _is_preflight(scope: Scope, headers: Mapping[str, str]) -> bool:
    return scope["type"] == "http" and is_preflight(scope["method"], headers)


class _Socket:
    """An accepted WebSocket as a `session.ClientTransport`."""

    def __init__(self, socket: WebSocket) -> None:
        from starlette.websockets import WebSocketDisconnect

        self._socket = socket
        self._ended = (WebSocketDisconnect, RuntimeError, OSError)
        self.abort: Callable[[], None] = socket.scope["extensions"][ABORT]["call"]

    async def accept(self) -> None:
        await self._or_ended(self._socket.accept())

    async def receive(self) -> str | bytes | None:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        return message["bytes"] if text is None else text

    async def send(self, frame: str) -> None:
        await self._or_ended(self._socket.send_text(frame))

    async def close(self, code: int, reason: str) -> None:
        await self._or_ended(self._socket.close(code, reason))

    async def _or_ended(self, sending: Coroutine[Any, Any, None]) -> None:
        try:
            await sending
        except self._ended as error:
            raise ConnectionResetError("the WebSocket has ended") from error

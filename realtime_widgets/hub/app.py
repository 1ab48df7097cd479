"""The hub's ASGI application: its HTTP endpoints and its WebSocket.

    WebSocket  /ws/dashboard        the protocol; without a hello: metrics, alerts, events
    GET        /health              liveness; needs no token
    POST       /publish/{channel}   the body, JSON, is the data; returns the position in the channel
    GET        /sse/{channels}      the same messages one way, as Server-Sent Events: names with commas between

Starlette is imported with the first hub that starts.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import msgspec

from ..errors import UsageError, WrongType
from ..protocol.limits import MAX_DATA_BYTES, MAX_NAME_LENGTH
from .auth import AccessPolicy, Refusal, split_token
from .brokers.dedup import HTTP_SENDER, Key
from .channels import complaint_about, encode_publication
from .session import MAX_CHANNELS, HubSession
from .sse import EventStream
from .state import HubState

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.types import ASGIApp, Receive, Scope, Send
    from starlette.websockets import WebSocket

logger = logging.getLogger(__name__)

DASHBOARD: Final = "/ws/dashboard"

EVENTS: Final = "/sse/"

PATHS: Final = {DASHBOARD: ("metrics", "alerts", "events")}
"""Path → the channels of a client that sends no hello."""

ABORT: Final = "realtime_widgets.abort"
"""The ASGI extension by which our server lets an endpoint abort a connection: `{"call": function}`."""

_decode = msgspec.json.Decoder().decode


def make_app(state: HubState, policy: AccessPolicy) -> ASGIApp:
    """Return the ASGI application of one running hub."""
    from starlette.applications import Starlette
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse
    from starlette.routing import Route, WebSocketRoute

    async def dashboard(socket: WebSocket) -> None:
        if (busy := _busy(state)) is not None:
            await socket.send_denial_response(busy)
            return
        transport = _Socket(socket)
        await transport.accept()
        await HubSession(state, transport, PATHS[DASHBOARD]).run()

    async def nowhere(socket: WebSocket) -> None:
        await socket.send_denial_response(
            _complaint(404, "path", f"there is nothing at this path; connect to {DASHBOARD}")
        )

    async def health(_: Request) -> JSONResponse:
        uptime = round(time.monotonic() - state.since, 3)
        return JSONResponse({"status": "ok", "clients": len(state.sessions), "uptime": uptime})

    async def events(request: Request) -> ASGIApp:
        return _events(state, request)

    async def publish(request: Request) -> JSONResponse:
        arrived = time.monotonic()
        try:
            answer = await _publish(state, request)
        except ClientDisconnect:
            answer = _complaint(400, "body", "the request broke off")
        state.traffic.note(now := time.monotonic(), now - arrived, failed=answer.status_code != 200)
        return answer

    app = Starlette(
        routes=[
            WebSocketRoute(DASHBOARD, dashboard),
            WebSocketRoute("/{path:path}", nowhere),
            Route("/health", health),
            Route(f"{EVENTS}{{channels:path}}", events, methods=["GET"]),
            Route("/publish/{channel:path}", publish, methods=["POST"]),
        ]
    )
    return _AuthMiddleware(app, state, policy)


def _events(state: HubState, request: Request) -> ASGIApp:
    """Return the application that answers with a stream of events, or the response that says why it cannot."""
    if (busy := _busy(state)) is not None:
        return busy
    # The raw path: an encoded comma belongs to a name, a plain one separates names.
    path = request.scope["raw_path"].decode("latin-1")
    channels = [unquote(name) for name in path.partition(EVENTS)[2].split(",")]
    for channel in channels:
        if (wrong := complaint_about(channel)) is not None:
            return _complaint(400, "channel", wrong)
    if len(set(channels)) < len(channels) or len(channels) > MAX_CHANNELS:
        return _complaint(400, "channel", f"name each channel once, and {MAX_CHANNELS} at most")

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        abort = scope["extensions"][ABORT]["call"]
        transport = EventStream(channels, request.headers.get("last-event-id"), receive, send, abort)
        await transport.run(lambda: HubSession(state, transport, ()).run())

    return stream


async def _publish(state: HubState, request: Request) -> JSONResponse:
    from starlette.responses import JSONResponse

    channel = request.path_params["channel"]
    if (wrong := complaint_about(channel)) is not None:
        return _complaint(400, "channel", wrong)
    too_large = _complaint(
        413, "size", f"the data have more than {MAX_DATA_BYTES:,} bytes; send less at once"
    )
    body = await _body(request)
    if body is None:
        return too_large
    try:
        data = _decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return _complaint(400, "json", f"the body is no JSON: {error}; send the data alone, as JSON")
    try:
        message = encode_publication(channel, data)
    except WrongType as error:  # nested so deeply that it can be decoded, but not encoded
        return _complaint(400, "json", str(error))
    except UsageError:  # larger once we have encoded it
        return too_large
    key = request.headers.get("idempotency-key")
    if key is not None and len(key) > MAX_NAME_LENGTH:
        return _complaint(
            400, "key", f"the Idempotency-Key is too long; send up to {MAX_NAME_LENGTH} characters"
        )
    position = await state.channels.publish(message, None if key is None else Key(HTTP_SENDER, channel, key))
    return JSONResponse({"channel": channel, **position._asdict()})


async def _body(request: Request) -> bytes | None:
    """Return the body; None: it is too large, and was discarded."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_DATA_BYTES:
            return None
    return bytes(body)


def _busy(state: HubState) -> JSONResponse | None:
    """Return a 503 response when too many connect in this second; None: the client may connect."""
    wait = state.rate_limiter.ask(time.monotonic())
    if not wait:
        return None
    answer = _complaint(503, "busy", f"too many connect at once; try again in {math.ceil(wait)} s")
    answer.headers["Retry-After"] = str(math.ceil(wait))
    return answer


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
        try:
            refusal = self._refusal(scope)
            if refusal is None:
                await self._inside(scope, receive, send)
            else:
                self._state.events.say("refused", "warning", f"a connection was refused: {refusal.message}")
                await self._refuse(refusal, scope, receive, send)
        except OSError:
            pass  # the peer has disconnected
        except Exception:
            logger.exception("a request for %s failed", scope["path"])

    def _refusal(self, scope: Scope) -> Refusal | None:
        from starlette.requests import HTTPConnection

        token, rest = split_token(scope["query_string"].decode("latin-1"))
        # Remove the token, so that neither an endpoint nor the server, which has this very dict, can log it.
        scope["query_string"] = rest.encode("latin-1")
        headers = HTTPConnection(scope).headers
        refusal = self._policy.check_sender(headers.get("host"), headers.get("origin"))
        if refusal is not None or scope["path"] == "/health":
            return refusal
        return self._policy.check_token(headers.get("authorization"), token)

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.websockets import WebSocket

        answer = _complaint(refusal.status, refusal.code, refusal.message)
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(answer)
        else:
            await answer(scope, receive, send)


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

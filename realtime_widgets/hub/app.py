"""The hub's ASGI application: its HTTP endpoints and its WebSockets.

    WebSocket  /ws/dashboard        the protocol; without a hello: metrics, alerts, events
    WebSocket  /ws/notifications    the same; without a hello: notifications
    WebSocket  /ws/chat             the same; without a hello: the rooms that it joins, see `chat_requests`
    GET        /health              liveness, and whether the broker can be reached; needs no token
    GET        /metrics             figures for Prometheus; needs the right to follow the channel `metrics`
    POST       /publish/{channel}   the body, JSON, is the data; returns the position in the channel; see `publication`
    GET        /history/{channel}   a page of what is kept; see `history`
    GET        /presence/{channel}  who follows it, where its policy says that others may know; see `presence`
    POST       /files/{room}        the body is a file for a message of that room of the chat; see `uploads`
    GET        /files/{id}          that file; see `downloads`
    GET        /sse/{channels}      the same messages one way, as Server-Sent Events: names with commas between; with
                                    ?recent=100 after the last 100 of each that are kept

HEAD is answered where GET is, and pages of allowed origins may read every answer (`cors`).
Starlette is imported with the first hub that starts.
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, unquote_to_bytes

import msgspec

from ..protocol.limits import MAX_RECENT
from ..protocol.sse import encode_retry
from ..streams.text import well_formed
from .answers import complaint, later
from .auth import AccessPolicy, Refusal, split_token
from .brokers import OutOfReach
from .channels import METRICS, complaint_about
from .cors import answer_headers, is_preflight, preflight_headers
from .downloads import download
from .exposition import MEDIA_TYPE, exposition
from .files import FileRefused, channel_of
from .flush import Outlet, Parcel, text_frame
from .history import BadQuery, page_of, read_query
from .limits import COME_BACK
from .publication import PublishingFailed, publish
from .rights import NOTHING, Access
from .send_buffer import bytes_of
from .session import HubSession
from .sse import HEADERS, RETRY, EventStream
from .state import HubState
from .tally import Tally, Transport
from .turns import Turn
from .uploads import upload

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from starlette.websockets import WebSocket

logger = logging.getLogger(__name__)

DASHBOARD: Final = "/ws/dashboard"

EVENTS: Final = "/sse/"

_PLACES: Final = (
    "there are POST /publish/<channel> and /files/<room>, GET /history/<channel>, /presence/<channel>, "
    "/sse/<channels>, /files/<id>, /metrics, and /health"
)

CHAT: Final = "/ws/chat"

PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    DASHBOARD: ("metrics", "alerts", "events"),
    "/ws/notifications": ("notifications",),
    CHAT: (),
}
"""Path → the channels of a client that sends no hello."""

ABORT: Final = "realtime_widgets.abort"
"""The ASGI extension by which our server lets an endpoint abort a connection: `{"call": function}`."""

DIRECT: Final = "realtime_widgets.direct"
"""The ASGI extension by which it lets a WebSocket be written to without waiting, by frames that are whole:
`{"free": function, "write": function, "listen": function}`, see `session.ClientTransport`."""

OWNER: Final = "realtime_widgets.owner"
"""That by which an endpoint says whose a connection is, and asks whether it has ended: `{"call": function, "gone":
function}`, see `intake`."""

NOBODY: Final[Any] = {"call": lambda who: None, "gone": lambda: False}
"""What stands for it where the server is not ours."""

ACCESS: Final = "realtime_widgets.access"
"""The key of the scope with what a request was let in with, an `Access`."""

CREDENTIALS: Final = "realtime_widgets.credentials"
"""The key of the scope with what a request came with; None: nothing."""

A_REQUEST: Final = 0.0005
"""Seconds that any request takes, about."""

OUR_AGENT: Final = "realtime-widgets"
"""How the User-Agent of our own client begins."""


def make_app(state: HubState, policy: AccessPolicy) -> ASGIApp:
    """Return the ASGI application of one running hub."""
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route, WebSocketRoute

    async def session(socket: WebSocket) -> None:
        who = _who(socket.scope)
        if (busy := _busy(state, who)) is not None:
            await socket.send_denial_response(busy)
            return
        transport = _Socket(socket, state.tally)
        rate = state.senders.of(who, time.monotonic())
        with _counted(state, "websocket", who):
            await transport.accept()
            path, access = socket.url.path, socket.scope[ACCESS]
            await HubSession(state, transport, PATHS[path], access, who, rate, chats=path == CHAT).run()

    async def nowhere(socket: WebSocket) -> None:
        await socket.send_denial_response(
            complaint(404, "path", f"there is nothing at this path; connect to {' or '.join(PATHS)}")
        )

    async def health(_: Request) -> JSONResponse:
        uptime = round(time.monotonic() - state.since, 3)
        trouble = state.channels.trouble
        broker = "ok" if trouble is None else trouble.kind
        return JSONResponse(
            {"status": "ok", "broker": broker, "clients": len(state.sessions), "uptime": uptime}
        )

    async def metrics(request: Request) -> Response:
        if request.scope["path"] not in policy.open_paths and (no := _forbidden(state, request, METRICS)):
            return no
        return Response(exposition(state), headers={"Cache-Control": "no-store"}, media_type=MEDIA_TYPE)

    async def events(request: Request) -> ASGIApp:
        return _events(state, request)

    async def post(request: Request) -> Response:
        return await _asked(state, request, _post)

    async def history(request: Request) -> Response:
        return await _asked(state, request, _history)

    async def presence(request: Request) -> Response:
        return await _asked(state, request, _presence)

    async def put_file(request: Request) -> Response:
        return await _asked(state, request, _put_file)

    async def get_file(request: Request) -> Response:
        return await _asked(state, request, _get_file)

    def wrong(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code, text = "request", error.detail
        if error.status_code == 404:
            code, text = "path", f"there is nothing at this path; {_PLACES}"
        elif error.status_code == 405:
            code, text = "method", f"this path has no {request.method}; {_PLACES}"
        answer = complaint(error.status_code, code, text)
        answer.headers.update(error.headers or {})
        return answer

    app = Starlette(
        routes=[
            *(WebSocketRoute(path, session) for path in PATHS),
            WebSocketRoute("/{path:path}", nowhere),
            Route("/health", health),
            Route("/metrics", metrics, methods=["GET"]),
            Route(f"{EVENTS}{{channels:path}}", events, methods=["GET"]),
            Route("/publish/{channel:path}", post, methods=["POST"]),
            Route("/history/{channel:path}", history, methods=["GET"]),
            Route("/presence/{channel:path}", presence, methods=["GET"]),
            Route("/files/{room:path}", put_file, methods=["POST"]),
            Route("/files/{id:path}", get_file, methods=["GET"]),
        ],
        exception_handlers={HTTPException: wrong},
    )
    return _AuthMiddleware(app, state, policy)


async def _asked(
    state: HubState, request: Request, answered: Callable[[HubState, Request], Awaitable[Response]]
) -> Response:
    """Answer a request, unless its sender asks too much, or too much at once."""
    arrived, who = time.monotonic(), _who(request.scope)
    rate = state.senders.of(who, arrived)
    if wait := rate.wait(arrived):
        state.tally.refused["too_fast"] += 1
        return later(429, "too_fast", "this client sends too much", wait)
    if (full := state.connections.complaint_about(who)) is not None:
        state.tally.refused["full"] += 1
        return later(503, "full", full, COME_BACK)
    rate.take(1, arrived)
    state.connections.enter(who)
    try:
        answer = await answered(state, request)
    finally:
        state.connections.leave(who)
    state.traffic.note(now := time.monotonic(), now - arrived, failed=answer.status_code != 200)
    return answer


async def _post(state: HubState, request: Request) -> Response:
    from starlette.requests import ClientDisconnect
    from starlette.responses import Response

    arrived = time.monotonic()
    access, credentials = request.scope[ACCESS], request.scope[CREDENTIALS]
    try:
        turn = Turn(state.turns, _who(request.scope))
        rate = state.senders.of(_who(request.scope), arrived)
        found = await publish(state.channels, request, access, credentials, turn, rate)
    except PublishingFailed as failure:
        state.tally.refused[failure.code] += 1
        return complaint(failure.status, failure.code, str(failure))
    except ClientDisconnect:
        return complaint(400, "body", "the request broke off")
    count = len(found.get("positions", "1"))
    if count:
        state.tally.publish("http", time.monotonic() - arrived, count=count)
    return Response(msgspec.json.encode(found), media_type="application/json")


async def _put_file(state: HubState, request: Request) -> Response:
    from starlette.requests import ClientDisconnect
    from starlette.responses import Response

    who = _who(request.scope)
    turn, rate = Turn(state.turns, who), state.senders.of(who, time.monotonic())
    try:
        found = await upload(state.files, state.receiving, request, request.scope[ACCESS], who, turn, rate)
    except FileRefused as refusal:
        state.tally.refused[refusal.code] += 1
        if refusal.code == "busy":
            return later(503, "busy", str(refusal), COME_BACK)
        return complaint(refusal.status, refusal.code, str(refusal))
    except ClientDisconnect:
        return complaint(400, "body", "the request broke off")
    return Response(msgspec.json.encode(found), media_type="application/json")


async def _get_file(state: HubState, request: Request) -> Response:
    try:
        file = await state.files.find(request.path_params["id"])
    except OutOfReach as error:
        return later(503, "broker", f"the file cannot be read: {error}", COME_BACK)
    if file is None:
        return complaint(
            404, "file", "there is no such file, or no more: files go with the messages of their room"
        )
    if (forbidden := _forbidden(state, request, channel_of(file.room))) is not None:
        return forbidden
    who = _who(request.scope)
    return download(state.files, file, Turn(state.turns, who), _held(state, who))


@contextlib.contextmanager
def _held(state: HubState, who: str) -> Iterator[None]:
    """Count a connection for as long as its answer is sent."""
    state.connections.enter(who)
    try:
        yield
    finally:
        state.connections.leave(who)


async def _history(state: HubState, request: Request) -> Response:
    channel = request.path_params["channel"]
    if (wrong := state.channels.complaint_about_following(channel)) is not None:
        return complaint(400, "channel", wrong)
    if (forbidden := _forbidden(state, request, channel)) is not None:
        return forbidden
    try:
        query = read_query(request.query_params)
    except BadQuery as error:
        return complaint(400, "query", str(error))
    try:
        turn = Turn(state.turns, _who(request.scope))
        page = await page_of(state.channels, well_formed(channel), query, turn)
    except OutOfReach as error:
        return later(503, "broker", f"the history cannot be read: {error}", COME_BACK)
    return _in_parts(page, turn)


def _in_parts(parts: list[bytes], turn: Turn) -> Response:
    """Return an answer of JSON that is sent by turns with what others are sent."""
    from starlette.responses import Response

    class InParts(Response):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            for part in parts:
                if turn.over:
                    await turn.give()
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    headers = {"Content-Length": str(sum(map(len, parts))), "Cache-Control": "no-store"}
    return InParts(headers=headers, media_type="application/json")


async def _presence(state: HubState, request: Request) -> Response:
    from starlette.responses import JSONResponse

    channel = request.path_params["channel"]
    wrong = complaint_about(channel) or state.channels.policies.complaint_about_presence(channel)
    if wrong is not None:
        return complaint(400, "channel", wrong)
    if (forbidden := _forbidden(state, request, channel)) is not None:
        return forbidden
    try:
        found = await state.presence.members(channel)
    except OutOfReach as error:
        return later(503, "broker", f"who follows it cannot be known: {error}", COME_BACK)
    return JSONResponse({"channel": channel, **found}, headers={"Cache-Control": "no-store"})


def _forbidden(state: HubState, request: Request, *channels: str) -> Response | None:
    """Return the answer to a request that may not read one of these channels; None: it may."""
    access: Access = request.scope[ACCESS]
    for channel in channels:
        if (wrong := access.complaint_about("subscribe", channel)) is not None:
            state.tally.refused["forbidden"] += 1
            return complaint(403, "forbidden", wrong)
    return None


def _events(state: HubState, request: Request) -> ASGIApp:
    """Return the application that answers with a stream of events, or the response that says why it cannot."""
    from starlette.responses import Response

    # The raw path: an encoded comma belongs to a name, a plain one separates names.
    path = request.scope["raw_path"].decode("latin-1")
    channels = [unquote(name) for name in path.partition(EVENTS)[2].split(",")]
    for channel in channels:
        if (wrong := state.channels.complaint_about_following(channel)) is not None:
            return complaint(400, "channel", wrong)
    most = math.inf if state.limits.channels is None else state.limits.channels
    if len(set(channels)) < len(channels) or len(channels) > most:
        return complaint(400, "channel", f"name each channel once, and {most:g} at most")
    if (forbidden := _forbidden(state, request, *channels)) is not None:
        return forbidden
    recent = request.query_params.get("recent", "0")
    if not (recent.isascii() and recent.isdigit() and len(recent) < 10 and int(recent) <= MAX_RECENT):
        return complaint(400, "query", f"recent= must be a number of messages, 0 to {MAX_RECENT:,}")
    if request.method == "HEAD":
        head = Response(headers=_as_text(HEADERS))
        del head.headers["content-length"]  # a stream has none
        return head
    stops_at_errors = _stops_at_errors(request.headers)
    who = _who(request.scope)
    if (busy := _busy(state, who, come_back=stops_at_errors)) is not None:
        return busy

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        abort = scope["extensions"][ABORT]["call"]
        last_id = request.headers.get("last-event-id")
        retry = RETRY if stops_at_errors else 0 if _is_ours(request.headers) else None
        sent = partial(_add, state.tally.sent_bytes, "sse")
        transport = EventStream(
            channels,
            last_id,
            receive,
            send,
            abort,
            state.streams,
            sent=sent,
            recent=int(recent[:10]),
            retry=retry,
        )
        with _counted(state, "sse", who):
            await transport.run(lambda: HubSession(state, transport, (), request.scope[ACCESS], who).run())

    return stream


def _who(scope: Scope) -> str:
    """Return whom a request is of, for the limits: whom its token names, or its address."""
    access: Access = scope[ACCESS]
    address = scope["client"][0] if scope.get("client") else ""
    return f"at {address}" if access.name is None else f"as {access.name}"


@contextlib.contextmanager
def _counted(state: HubState, transport: Transport, who: str) -> Iterator[None]:
    state.tally.join(transport)
    state.connections.enter(who)
    try:
        yield
    finally:
        state.connections.leave(who)
        state.tally.leave(transport)


def _add(counter: Counter[Transport], transport: Transport, count: int) -> None:
    counter[transport] += count


def _stops_at_errors(headers: Mapping[str, str]) -> bool:
    """Return whether a request is that of an `EventSource`, which never tries again after a status that is an error.

    Our own client asks for events too, but reads why it is turned away, and when to come again.
    """
    return "text/event-stream" in headers.get("accept", "") and not _is_ours(headers)


def _is_ours(headers: Mapping[str, str]) -> bool:
    return headers.get("user-agent", "").startswith(OUR_AGENT)


def _busy(state: HubState, who: str, *, come_back: bool = False) -> Response | None:
    """Return a response when the hub stops, or too many connect or have connected; None: the client may.

    Args:
        state: of the hub.
        who: connects.
        come_back: answer with an empty stream of events, which says when to try again, instead of an error.
    """
    from starlette.responses import Response

    if (wait := state.turn_away()) is not None:
        code, text = "drain", "the hub is about to stop"
    elif (full := state.connections.complaint_about(who)) is not None:
        wait, code, text = COME_BACK, "full", full
    elif wait := state.rate_limiter.ask(time.monotonic()):
        code, text = "busy", "too many connect at once"
    else:
        return None
    state.tally.refused[code] += 1
    if come_back:
        return Response(encode_retry(math.ceil(1000 * wait)), headers=_as_text(HEADERS))
    return later(503, code, text, wait)


def _as_text(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in headers}


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
            found = self._check(scope, headers, token)
            scope[ACCESS] = Access(NOTHING) if isinstance(found, Refusal) else found
            who = _who(scope)
            owner = scope.get("extensions", {}).get(OWNER, NOBODY)
            owner["call"](who)
            await Turn(self._state.turns, who).come(owner["gone"])
            if owner["gone"]():
                return
            self._state.turns.use(who, A_REQUEST)
            if isinstance(found, Refusal):
                self._state.tally.refused[found.code] += 1
                text = f"a connection was refused ({found.code})"
                self._state.events.say("refused", "warning", text, found.message)
                await self._refuse(found, scope, receive, send)
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

    def _check(self, scope: Scope, headers: Mapping[str, str], token: str | None) -> Access | Refusal:
        if scope["type"] == "http" and "content-length" in headers and "transfer-encoding" in headers:
            text = "the request says how long it is in two ways, of which a proxy may take the other; send one of them"
            return Refusal(400, "length", text)
        if not _is_text(scope):
            return Refusal(400, "path", "the path is not UTF-8; send it percent-encoded as UTF-8")
        refusal = self._policy.check_sender(headers.get("host"), headers.get("origin"))
        if refusal is not None:
            return refusal
        if scope["path"] in self._policy.open_paths or _is_preflight(
            scope, headers
        ):  # a preflight never has a token
            return Access(NOTHING)
        return self._policy.check_token(headers.get("authorization"), token)

    def _for_pages(self, headers: Mapping[str, str], send: Send) -> Send:
        """Return a `send` that lets pages of allowed origins read the answer, whatever it is."""
        origin = headers.get("origin")
        allowed = origin is not None and self._policy.allows_page(headers.get("host"), origin)
        more = answer_headers(origin if allowed else None)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._state.tally.responses[message["status"]] += 1
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        return sending

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.websockets import WebSocket

        answer = complaint(refusal.status, refusal.code, refusal.message)
        if refusal.status == 400:
            answer.headers["Connection"] = "close"  # what comes next may be no request
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(answer)
        else:
            await answer(scope, receive, send)


def _is_text(scope: Scope) -> bool:
    """Return whether a path is UTF-8: what is not reads as if it were another channel's."""
    try:
        unquote_to_bytes(scope.get("raw_path") or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_preflight(scope: Scope, headers: Mapping[str, str]) -> bool:
    return scope["type"] == "http" and is_preflight(scope["method"], headers)


class _Socket:
    """An accepted WebSocket as a `session.ClientTransport`."""

    def __init__(self, socket: WebSocket, tally: Tally) -> None:
        from starlette.websockets import WebSocketDisconnect

        self._socket = socket
        self._tally = tally
        self._ended = (WebSocketDisconnect, RuntimeError, OSError)
        self.abort: Callable[[], None] = socket.scope["extensions"][ABORT]["call"]
        direct = socket.scope["extensions"][DIRECT]
        self._listen: Callable[[Callable[[bytes], bool]], None] = direct["listen"]
        self.free: Callable[[], bool] = direct["free"]
        self.write: Callable[[bytes], None] = direct["write"]
        self.outlet: Outlet = self

    def pack(self, parcel: Parcel) -> bytes:
        parcel.wire = b"".join(map(text_frame, parcel.texts))
        return parcel.wire

    async def accept(self) -> None:
        await self._or_ended(self._socket.accept())

    async def receive(self) -> str | bytes | None:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        frame: str | bytes = message["bytes"] if text is None else text
        size = len(frame) if isinstance(frame, bytes) else bytes_of(frame)
        _add(self._tally.received_bytes, "websocket", size)
        return frame

    def listen(self, take: Callable[[bytes], bool]) -> None:
        def offered(frame: bytes) -> bool:
            taken = take(frame)
            if taken:
                _add(self._tally.received_bytes, "websocket", len(frame))
            return taken

        self._listen(offered)

    async def send(self, frame: str) -> None:
        _add(self._tally.sent_bytes, "websocket", bytes_of(frame))
        await self._or_ended(self._socket.send_text(frame))

    async def close(self, code: int, reason: str) -> None:
        await self._or_ended(self._socket.close(code, reason))

    async def _or_ended(self, sending: Coroutine[Any, Any, None]) -> None:
        try:
            await sending
        except self._ended as error:
            raise ConnectionResetError("the WebSocket has ended") from error

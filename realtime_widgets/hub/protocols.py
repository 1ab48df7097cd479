"""Protocols: uvicorn's for HTTP and WebSocket, as the hub has them: in time, in turn, and without their logging.

They would log headers and queries, which contain tokens, through a logger of the whole process, whose level is not ours
to set. Each connection is behind an `intake`. Whoever has not asked for anything yet may be one of a thousand who never
will: their time is limited, and so is their number.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from ..protocol.goodbye import CLOSE_RESTART, to_reason
from .app import ABORT, DIRECT, OWNER
from .drain import spread
from .intake import Intake
from .turns import Turns

BODY_TIMEOUT: Final = 60.0
"""Seconds in which the body of a request must have come."""

MAX_SILENT: Final = 500
"""Connections that have no request under way; beyond it the one that is silent for longest is cut off."""

MAX_FRAGMENTS: Final = 1024
"""Frames that one message may come in: they cost memory beside their bytes, of which they may have none."""


def protocols(line: Turns, handshake: float) -> tuple[Any, type[asyncio.Protocol]]:
    """Return what makes the protocol of a new connection, for HTTP, and that of a WebSocket.

    uvicorn's older WebSocket implementation is not an option: it raises DeprecationWarnings.

    Args:
        line: in which what comes waits for its turn.
        handshake: seconds in which the head of a request must have come: who trickles it would hold a connection for
            nothing.
    """
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    quiet = logging.getLogger(f"{__name__}.protocol")
    quiet.setLevel(logging.CRITICAL)
    silent: OrderedDict[Any, None] = OrderedDict()

    class Http(H11Protocol):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.logger = self.access_logger = quiet
            self.awaited: Any = None  # the state of h11 that the peer is in
            self.deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.await_peer(h11.IDLE)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.transport.get_protocol() is self:
                self.await_peer(self.conn.their_state)

        def handle_websocket_upgrade(self, event: Any) -> None:
            self.await_peer(None)
            super().handle_websocket_upgrade(event)

        def connection_lost(self, exc: Exception | None) -> None:
            self.await_peer(None)
            super().connection_lost(exc)

        def await_peer(self, state: Any) -> None:
            """Close the connection when its peer takes too long in a state of h11; None: nothing is awaited."""
            if state is self.awaited:
                return
            if self.deadline is not None:
                self.deadline.cancel()
                self.deadline = None
            self.awaited = state
            limit = {h11.IDLE: handshake, h11.SEND_BODY: BODY_TIMEOUT}.get(state)
            if limit is not None:
                self.deadline = self.loop.call_later(limit, self.transport.abort)
            silent.pop(self, None)
            if state is h11.IDLE:
                silent[self] = None
                if len(silent) > MAX_SILENT:
                    next(iter(silent)).transport.abort()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if not self.transport.is_closing():
                self.await_peer(self.conn.their_state)

        def handle_events(self) -> None:
            super().handle_events()
            if self.scope is not None:  # a request has arrived, and its task has not started
                self.scope.setdefault("extensions", {}).update(_extensions(self.transport))

    class WebSocket(WebSocketsSansIOProtocol):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.logger = self.conn.logger = quiet
            self.conn.debug = False
            self.takes = True  # as `writable` says, which is a call more; never again once it is closing
            self.closing = False
            self.take: Callable[[bytes], bool] | None = None

        def handle_connect(self, event: Any) -> None:
            super().handle_connect(event)
            if hasattr(self, "scope"):  # otherwise it was no handshake

                def free() -> bool:
                    return self.takes and not self.close_sent

                self.scope["extensions"] |= _extensions(self.transport) | {
                    DIRECT: {"free": free, "write": self.transport.write, "listen": self.listen}
                }

        def listen(self, take: Callable[[bytes], bool]) -> None:
            self.take = take

        def send_receive_event_to_app(self) -> None:
            if (
                self.take is not None
                and self.curr_msg_data_type == "text"
                and len(self.frames) == 1
                and not (self.read_paused or self.close_sent)
                and self.queue.empty()
                and self.take(self.frames[0])
            ):
                self.frames = []  # without the queue, a pause at each, and a task's switch
            else:
                super().send_receive_event_to_app()

        async def receive(self) -> Any:
            # uvicorn reads on when a message is taken, which is too early: the next would find its task at work.
            if self.read_paused and self.queue.empty():
                self.read_paused = False
                self.transport.resume_reading()
            return await self.queue.get()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.handshake_exc is not None and not self.handshake_initiated:
                # uvicorn neither sends what `websockets` answers to a handshake that it cannot read, nor closes.
                self.handshake_initiated = True
                self.transport.write(b"".join(self.conn.data_to_send()))
                self.transport.close()

        def handle_cont(self, event: Any) -> None:
            super().handle_cont(event)
            if len(self.frames) > MAX_FRAGMENTS:
                self.conn.fail(1008, f"a message in more than {MAX_FRAGMENTS} frames")
                self.handle_parser_exception()
                self.frames = []

        def handle_close(self, event: Any) -> None:
            self.takes, self.closing = False, True
            super().handle_close(event)

        def handle_ping(self) -> None:
            if self.writable.is_set():
                super().handle_ping()
            else:
                self.conn.data_to_send()  # who does not read gets no more pongs

        def shutdown(self) -> None:
            wait = spread(len(self.connections))
            conn: Any = self.conn
            conn.send_close = lambda code: self.say_goodbye(code, to_reason(wait))  # uvicorn gives no reason
            super().shutdown()

        def say_goodbye(self, code: int, reason: str) -> None:
            # A peer that has closed is still here while the last bytes go out, and a second goodbye is an error.
            if self.conn.state.name == "OPEN":
                type(self.conn).send_close(self.conn, code, reason)

        def go(self, retry_after: float) -> None:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": CLOSE_RESTART})
            self.say_goodbye(CLOSE_RESTART, to_reason(retry_after))
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()

        # Before uvicorn 0.52.1 writers were not paused: https://github.com/Kludex/uvicorn/pull/3048

        def pause_writing(self) -> None:
            self.takes = False
            self.writable.clear()

        def resume_writing(self) -> None:
            self.takes = not self.closing
            self.writable.set()

        def connection_lost(self, exc: Exception | None) -> None:
            self.takes, self.closing = False, True
            super().connection_lost(exc)
            self.writable.set()

    def connection(**options: Any) -> Intake:
        return Intake(Http(**options), line)

    return connection, WebSocket


def _extensions(transport: Any) -> dict[str, Any]:
    return {
        ABORT: {"call": transport.abort},
        OWNER: {"call": transport.belongs_to, "gone": transport.is_closing},
    }

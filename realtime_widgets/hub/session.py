"""The hub session: one connected client, from its first message to its last. All of it runs on the I/O thread.

What a client gets depends on its first message:

| first message | channels | frames | requests that cannot be met |
|---|---|---|---|
| `hello` | those it subscribes to | arrays, if it said that it reads them | are answered by an `error` |
| another, or none within a second | those of its path | single envelopes | are only counted |

What it is sent, and in which order, is `outgoing`. A client that reads too slowly for that is closed, and so is one
that a broker out of reach leaves without what it asked for, to try again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from asyncio import CancelledError, Future
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from ..errors import RealtimeWidgetsError
from ..protocol.chat import channel_of_room, typing_of_room
from ..protocol.chat_requests import REQUESTS
from ..protocol.envelope import new_envelope, new_id, write
from ..protocol.heartbeat import Heartbeat
from ..protocol.limits import MAX_NAME_LENGTH
from ..protocol.positions import to_wire
from ..streams.gaps import Position, Reason
from .brokers.base import NotKept, OutOfReach, TooLarge
from .brokers.dedup import Key, KeyReused
from .catch_up import CatchUp, head
from .channels import encode_publication
from .chat_requests import ChatRequests
from .expiry import Expiry
from .in_flight import InFlight
from .limits import MessageRate
from .outgoing import MAX_BATCH_BYTES, ClientTransport, Outgoing
from .policies import about
from .presence import member_of
from .requests import NOTHING, Complaint, Named, Request, data_of, hello_of, named_in, read_frame
from .rights import Access
from .state import HubState
from .turns import Turn, whole

logger = logging.getLogger(__name__)

VERSION: Final = 1
"""Version of the protocol, as `hello` says it."""

HEARTBEAT_INTERVAL: Final[float] = 25
"""Seconds between two of our pings."""

HELLO_TIMEOUT: Final = 1.0
"""Seconds that a client has to send its hello before its path decides."""


CLOSE_TIMEOUT: Final = 5.0
"""Seconds that a client has to read what it was sent before its connection is aborted."""

TELL_AGAIN: Final = 60.0
"""Seconds until a client is told again that it sends too much."""

SMALL: Final = 4096
"""Bytes of a frame that is published in the very turn in which it came."""

CLOSE_EXPIRED: Final = 3005
CLOSE_SLOW: Final = 3008
CLOSE_NO_BROKER: Final = 3010
CLOSE_NO_PONG: Final = 3012
"""Close codes; below 3500 they mean: reconnect (the convention of Centrifugo)."""


EVERYTHING: Final = Access()


class HubSession:
    """One client.

    Args:
        state: what it shares with the others.
        transport: its connection.
        path: the channels of a client that sends no hello.
        chats: whether a client that sends no hello is in the chat, as that of others is.
        access: what it may do, and until when.
        who: it is, with whom all its connections take turns; None: only this one.
        rate: by which its messages are counted with those of its other connections; None: by themselves.
    """

    def __init__(
        self,
        state: HubState,
        transport: ClientTransport,
        path: Sequence[str],
        access: Access = EVERYTHING,
        who: str | None = None,
        rate: MessageRate | None = None,
        *,
        chats: bool = False,
    ) -> None:
        self.id = new_id()
        self._state = state
        self._transport = transport
        self._outgoing = Outgoing(
            transport,
            state.channels,
            state.tally,
            state.flush,
            Turn(state.turns, who or self),
            conflates=lambda channel: state.channels.policies.of(channel).conflate,
            too_slow=self._give_up,
            out_of_reach=self._lose_broker,
        )
        self._path = path
        self._chats = chats
        self._access = access
        self.said_hello = False
        """Whether its first message was a hello."""
        self._acks = False
        self._sender = self.id  # part of the key of a message that may be sent again
        self._decided = False  # that its hello, or its path, says what it gets
        self._announced = False
        self._following: dict[str, Callable[[], None]] = {}
        self._in_flight = InFlight()
        self._waits = False  # that it waits for a frame, and is doing nothing
        self._rate = rate or MessageRate(state.limits, time.monotonic())
        self._excess = 0.0  # seconds' worth of messages that were sent too much
        self._told_to_slow_down = -math.inf
        self._slowed = False  # that it is not read now
        self._reading = Turn(state.turns, who or self)
        self._chat = ChatRequests(state.chat, state.channels, access, self._reading, self, who or "")
        self._ending = asyncio.Event()
        self._leaving = False
        self._loop = asyncio.get_running_loop()
        self._heartbeat = Heartbeat(HEARTBEAT_INTERVAL, self._loop.time())
        self._heartbeat_timer: asyncio.TimerHandle = self._loop.call_at(self._heartbeat.due, self._check)
        self._expiry = Expiry(access.expires, self._expire, self._loop)

    async def run(self) -> None:
        """Serve the client until one side ends it."""
        self._state.sessions.add(self)
        hello_timer = self._loop.call_later(HELLO_TIMEOUT, self._give_up_on_hello)
        writer = self._loop.create_task(self._outgoing.run())
        self._transport.listen(self._take_at_once)
        try:
            while (frame := await self._next_frame()) is not None:
                if not self._leaving:
                    await self._take(frame)
                    if self._excess:
                        await self._slow_down()
        finally:
            hello_timer.cancel()
            self._heartbeat_timer.cancel()
            self._expiry.cancel()
            self._chat.end()
            self._unfollow(list(self._following))
            self._state.sessions.discard(self)
            if self._announced:
                self._state.events.say("clients", "info", f"a client left, {self._connected()}")
            writer.cancel()
            await asyncio.wait({writer})

    # Incoming

    async def _next_frame(self) -> str | bytes | None:
        self._waits = True
        try:
            return await self._transport.receive()
        finally:
            self._waits = False

    def _take_at_once(self, frame: bytes) -> bool:
        """Publish what a frame has if nothing of it has to wait, as it hardly ever has to; returns whether it did.

        Otherwise the frame is `receive`d; to go that way, and back, costs as much as to publish.
        """
        if (
            len(frame) > SMALL
            or not (self._waits and self._decided)
            or (self._leaving or self._excess or self._in_flight.full)
        ):
            return False
        try:
            frame.decode()
        except UnicodeDecodeError:  # a text frame must be UTF-8, whatever JSON may be
            return False
        messages, complaint = whole(read_frame(frame))
        if complaint is not None or not all(message.type == "publish" for message in messages):
            return False
        if self._expiry.check():
            return True
        arrived = time.monotonic()
        self._heartbeat.heard = self._loop.time()
        self._excess = self._rate.take(len(messages) or 1, arrived)
        for message in messages:
            try:
                self._note(message, arrived, self._publish(message))
            except Complaint as failure:
                self._done_with(message, arrived, failure)
        if self._following:
            self._announce()
        return True

    async def _take(self, frame: str | bytes) -> None:
        arrived = time.monotonic()
        if self._expiry.check():
            return
        self._heartbeat.heard = self._loop.time()
        await self._reading.come()
        messages, complaint = await self._reading.through(read_frame(frame))
        self._excess = self._rate.take(len(messages) or 1, arrived, len(frame))
        if not (messages and messages[0].type == "hello"):
            self._follow_path()
        for message in messages:
            if self._reading.over:
                await self._reading.give()
            try:
                placed = await self._handle(message)
            except Complaint as failure:
                self._done_with(message, arrived, failure)
            except OutOfReach as why:
                self._lose_broker(why)
                return
            else:
                if placed is None:
                    self._done_with(message, arrived, None)
                else:
                    self._note(message, arrived, placed)
                    await self._in_flight.room()
        if complaint is not None:
            self._state.traffic.note(now := time.monotonic(), now - arrived, failed=True)
            self._complain(complaint, None)
        self._reading.end()
        if self._following:
            self._announce()

    async def _slow_down(self) -> None:
        """Read no more until the client has not sent too much any more; meanwhile what it sends waits at its end."""
        wait = self._rate.wait(now := time.monotonic())
        if wait and now - self._told_to_slow_down >= TELL_AGAIN:
            self._told_to_slow_down = now
            most = f"{self._state.limits.messages:,.0f}"
            text = f"more than {most} messages a second of one client are read later; send fewer"
            self._complain(Complaint("too_fast", text, retry_after=wait), None)
        if wait:
            self._slowed = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._ending.wait()
            self._slowed = False
            self._heartbeat.heard = self._loop.time()  # it could not be heard
            await self._reading.give()  # others of the same client may be due now, too

    async def _handle(self, message: Request) -> Future[Position] | Future[None] | None:
        """Handle a message, unless it raises why its request is not met; returns what it waits for."""
        match message.type:
            case "hello":
                self._hello(message)
            case "ping":
                self.say("pong", await self._current_positions(), message.id)
            case "subscribe" if self.said_hello:
                await self._subscribe(message)
            case "unsubscribe" if self.said_hello:
                self._unfollow(self._named_in(message).channels)
                self._acknowledge(message)
            case "publish":
                placed = self._publish(message)
                await self._state.channels.rest()
                return placed
            case "history" if self._outgoing.recovers:
                self._go_back(message)
            case kind if kind in REQUESTS and (self.said_hello or self._chats):
                met = await self._chat.handle(message)
                await self._state.channels.rest()
                return met
            case "pong" | "subscribe" | "unsubscribe" | "error":
                pass  # without a hello the path decides; answering an error could go on for ever
            case other:
                raise Complaint("unknown_type", f"this hub does not know messages of type {other[:80]!r}")
        return None

    def _done_with(self, message: Request, arrived: float, failure: Complaint | None) -> None:
        if message.type != "pong":  # an answer, not a request
            self._state.traffic.note(now := time.monotonic(), now - arrived, failed=failure is not None)
        if failure is not None:
            self._complain(failure, message)

    def _hello(self, message: Request) -> None:
        asked = hello_of(message)
        if not self.said_hello:
            self._unfollow(list(self._following))  # those of its path, if the hello came late
        self._decided = self.said_hello = True
        self._outgoing.batch = min(MAX_BATCH_BYTES, asked.max_size or MAX_BATCH_BYTES) if asked.batch else 0
        self._outgoing.recovers = asked.recovery
        self._acks = asked.acks
        self._sender = asked.client or self.id
        can = {"version": VERSION, "batch": True, "recovery": True, "acks": True}
        self.say("hello", {**can, "heartbeat": HEARTBEAT_INTERVAL, "client": self.id}, message.id)

    def _acknowledge(self, message: Request, position: Position | None = None) -> None:
        if self._acks and message.id is not None:
            self.say("ack", {} if position is None else position._asdict(), message.id)

    async def _current_positions(self) -> dict[str, Any]:
        """Return the positions of channels that are not behind: all up to them is sent, or queued before the answer."""
        if not self._outgoing.recovers:
            return {}
        # Those that are behind may have no position yet.
        is_behind = self._outgoing.is_behind
        here = [channel for channel in self._following if not is_behind(channel)]
        positions = await self._state.channels.positions(here)
        return {
            "positions": to_wire(
                {channel: each for channel, each in positions.items() if not is_behind(channel)}
            )
        }

    async def _subscribe(self, message: Request) -> None:
        named = self._named_in(message)
        new, complaint = self._new_of(named.channels)
        begin: dict[str, CatchUp] = {}
        kept = [channel for channel in new if self._state.channels.policies.of(channel).history != 0]
        if self._outgoing.recovers:
            known, recent = named.positions, named.recent
            # Now, and not when the catch-up begins: what is published in between counts as new.
            unknown = [channel for channel in kept if channel not in known]
            begin = {channel: CatchUp(channel, known[channel]) for channel in kept if channel in known}
            for channel, there in (await self._state.channels.positions(unknown)).items():
                newest = int(about(channel) is not None)  # which says all about who is there
                begin[channel] = CatchUp.of_recent(channel, there, max(newest, recent.get(channel, 0)))
        self._follow(new, begin)
        if complaint is not None:
            raise complaint
        places = await self._state.channels.positions(new)  # then nothing is missed, without recovery too
        if self._outgoing.recovers:
            self._say_heads({each: places[each] for each in new if each not in kept}, named.positions)
        self._acknowledge(message)

    def _say_heads(self, there: Mapping[str, Position], known: Mapping[str, Position]) -> None:
        """Say where channels are of which nothing is kept: what comes is new, and cannot be sent from a history."""
        for channel, position in there.items():
            before = known.get(channel, position)
            reason: Reason | None = None
            if before.epoch != position.epoch:
                reason = "epoch_changed"
            elif before.offset < position.offset:
                reason = "trimmed"
            self._outgoing.say(head(channel, position, position.offset, reason))

    def _named_in(self, message: Request) -> Named:
        """Return what a request names; each channel counts like a message."""
        named = named_in(message)
        self._excess = self._rate.take(len(named.channels), time.monotonic())
        return named

    def _new_of(self, channels: Sequence[str]) -> tuple[list[str], Complaint | None]:
        """Return the channels that it may follow and does not yet, and why it may not follow the others."""
        new, bad = [], None
        for channel in dict.fromkeys(channels):
            if (wrong := self._state.channels.complaint_about_following(channel)) is not None:
                bad = bad or ("bad_channel", wrong)
            elif (wrong := self._access.complaint_about("subscribe", channel)) is not None:
                bad = bad or ("forbidden", wrong)
            elif channel not in self._following:
                new.append(channel)
        most, count = self._state.limits.channels, len(self._following) + len(new)
        over = 0 if most is None else max(0, count - most)
        new, left_out = new[: len(new) - over], new[len(new) - over :]
        if bad is not None:
            return new, Complaint(*bad, left_out)
        if left_out:
            text = (
                f"a client may follow {most:,} channels, and these would make {count}: {left_out[0]!r}"
                f"{f' and {over - 1:,} more' if over > 1 else ''} not followed; unsubscribe from others first"
            )
            return new, Complaint("too_many_channels", text, left_out)
        return new, None

    def _follow(self, channels: Sequence[str], begin: Mapping[str, CatchUp]) -> None:
        member = member_of(self._access.name, self._sender)
        for channel in channels:
            if channel in begin:
                self._outgoing.fall_behind(channel, begin[channel])
            self._following[channel] = self._state.subscribe(channel, self._outgoing.hear, member)

    def _unfollow(self, channels: Sequence[str]) -> None:
        for channel in channels:
            self._outgoing.leave(channel)
            if (undo := self._following.pop(channel, None)) is not None:
                undo()

    def _go_back(self, message: Request) -> None:
        """Send the messages after a position again."""
        if message.channel not in self._following or message.epoch is None or message.offset is None:
            raise Complaint(
                "bad_request", "the history of which channel, from where? Send channel, epoch and offset"
            )
        self._outgoing.fall_behind(
            message.channel,
            CatchUp(message.channel, Position(message.epoch, message.offset)),
        )

    def _publish(self, message: Request) -> Future[Position]:
        if (wrong := self._state.channels.complaint_about_publishing(message.channel)) is not None:
            raise Complaint("bad_channel", wrong)
        if len(str(message.id)) > MAX_NAME_LENGTH:
            raise Complaint(
                "bad_request", f"the id is too long; send one of up to {MAX_NAME_LENGTH} characters"
            )
        assert message.channel is not None
        if (forbidden := self._access.complaint_about("publish", message.channel)) is not None:
            raise Complaint("forbidden", forbidden)
        try:
            publication = encode_publication(message.channel, data_of(message))
            message.data = NOTHING  # or all of its frame would be kept for as long as it is on its way
        except RealtimeWidgetsError as error:
            raise Complaint("bad_data", str(error)) from error
        if message.id is not None:
            publication.id = message.id  # so that its publisher recognizes it
        return self._state.channels.publish(publication, self.key_for(message, message.channel))

    def key_for(self, message: Request, channel: str, asked: bytes | None = None) -> Key | None:
        """Return the key by which a request is recognized when it comes again; None: it never does.

        Args:
            message: it.
            channel: on which something is published for it.
            asked: as for `Key`.
        """
        if not self._acks or message.id is None:
            return None
        return Key(f"ws {self._access.name!r} {self._sender}", channel, message.id, asked)

    async def follow_by_itself(self, rooms: Sequence[str]) -> None:
        """Follow chat rooms, if the client cannot say itself what it follows, as far as it may."""
        if not self.said_hello:
            channels = [each for room in rooms for each in (channel_of_room(room), typing_of_room(room))]
            new, complaint = self._new_of(channels)
            self._follow(new, {})
            await self._state.channels.positions(new)  # then nothing is missed
            if complaint is not None:
                raise complaint

    def unfollow_by_itself(self, room: str) -> None:
        """Follow a chat room no more, likewise."""
        if not self.said_hello:
            self._unfollow([channel_of_room(room), typing_of_room(room)])

    def _note(self, message: Request, arrived: float, placed: Future[Position] | Future[None]) -> None:
        """Tell the client where a message is as soon as that is known."""
        if placed.done():
            self._published(message, arrived, placed)
        else:
            placed.add_done_callback(partial(self._published, message, arrived))
            self._in_flight.note(placed)

    def _published(self, message: Request, arrived: float, placed: Future[Position] | Future[None]) -> None:
        failure = position = None
        try:
            self._acknowledge(message, position := placed.result())
        except KeyReused:
            text = "a message with this id had other data; give each message an id of its own"
            failure = Complaint("id_reused", text)
        except TooLarge as error:
            failure = Complaint("bad_data", f"the hub cannot keep a message this large: {error}")
        except NotKept as error:
            failure = Complaint("not_kept", f"the hub could not keep a message: {error}")
        except CancelledError:
            return
        except Exception:  # one message must not end the client
            logger.exception("a message of channel %r was not published", message.channel)
            failure = Complaint("not_kept", "the hub could not keep a message; its log says why")
        if position is not None:
            self._state.tally.publish("websocket", time.monotonic() - arrived)
        self._done_with(message, arrived, failure)

    # Hello and path

    def _give_up_on_hello(self) -> None:
        """Fall back to the channels of the path: no hello came in time."""
        if not self._leaving:
            self._follow_path()
            self._announce()

    def _follow_path(self) -> None:
        if not self._decided:
            self._decided = True
            may = self._access.rights.may
            self._follow([channel for channel in self._path if may("subscribe", channel)], {})

    def _announce(self) -> None:
        """Publish once that a client joined; after it has subscribed, so that it can receive that itself."""
        if not self._announced:
            self._announced = True
            self._state.events.say("clients", "info", f"a client joined, {self._connected()}")

    def _connected(self) -> str:
        return f"{len(self._state.sessions)} connected"

    # Outgoing

    def say(self, type: str, data: Any, id: str | int | None = None) -> None:
        """Send something of the hub itself."""
        self._outgoing.say(write(new_envelope(type, data, id=id)))

    def _complain(self, complaint: Complaint, message: Request | None) -> None:
        """Say why a message, or a frame that is none (None), was not met; others hear it without its words."""
        self._state.tally.refused[complaint.code] += 1
        about_channels = message is not None and message.type in ("subscribe", "unsubscribe")
        tell = self._state.events.log if about_channels else self._state.events.say
        tell("complaints", "warning", f"a client was not understood ({complaint.code})", str(complaint))
        if self.said_hello:
            which: dict[str, Any] = {"streams": complaint.channels} if complaint.channels else {}
            if complaint.retry_after is not None:
                which["retry_after"] = math.ceil(1000 * complaint.retry_after) / 1000
            id = None if message is None else message.id
            self.say("error", {"code": complaint.code, "message": str(complaint), "id": id} | which)

    def _give_up(self) -> None:
        self._state.events.say("slow", "warning", "a client that did not read fast enough was closed")
        self._hang_up(CLOSE_SLOW, "slow")

    def _lose_broker(self, why: OutOfReach) -> None:
        self._state.events.log("unserved", "warning", "a client was closed, to try again", str(why))
        self._hang_up(CLOSE_NO_BROKER, "the hub cannot reach its broker")

    def _expire(self) -> None:
        """Close the connection: its token has expired, and the client may come again with another."""
        if not self._leaving:
            text = "the token has expired; connect with a new one"
            self._hang_up(CLOSE_EXPIRED, "expired", Complaint("expired", text))

    def _hang_up(self, code: int, reason: str, why: Complaint | None = None) -> None:
        """Close the connection after the frames being sent, and abort it if they are not read in time."""
        self._state.tally.closed[reason] += 1
        self._leaving = True
        self._ending.set()
        last_words = None
        if why is not None and self.said_hello:
            data = {"code": why.code, "message": str(why), "id": None}
            last_words = write(new_envelope("error", data))
        self._unfollow(list(self._following))
        self._outgoing.close(code, reason, last_words)
        self._loop.call_later(CLOSE_TIMEOUT, self._transport.abort)

    # Heartbeat

    def _check(self) -> None:
        if self._slowed:
            self._heartbeat.heard = self._loop.time()  # what it says is not heard
        ping_due, gone = self._heartbeat.check(self._loop.time())
        if gone and self.said_hello and not self._leaving:
            # Clients without a hello need not answer these pings; those of the WebSocket protocol judge them.
            self._state.events.say("silent", "warning", "a client that fell silent was closed")
            self._hang_up(CLOSE_NO_PONG, "no pong")
        if not self._leaving:
            if ping_due:
                self.say("ping", {})
            self._heartbeat_timer = self._loop.call_at(self._heartbeat.due, self._check)

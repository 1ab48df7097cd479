"""ChatOutbox: what a chat has said, and what it asks for, until its server has it: in one order, each with one id.

What is said while there is no connection waits here, for as long as that takes; the client's own outbox has bounds, and
what finds no room in it waits here, too, with all that comes after. The id is that by which the server knows what it is
sent again after a cut. Servers that know only the convention of existing ones acknowledge nothing, and give messages
ids of their own: theirs are known by who says what.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..chat.conversation import Conversation
from ..client import Client
from ..client.sansio.delivery import Delivery
from ..errors import RealtimeWidgetsError, RuntimeStopped
from ..runtime import get_runtime
from ..runtime.forksafe import renew_after_fork

logger = logging.getLogger(__name__)

MESSAGE: Final = "send_message"
"""The type of what is said; of any other type is what is asked for."""

LIST: Final = "join_rooms"
PAST: Final = "load_messages"
"""The types of requests for the rooms, and for older messages: questions, for which no chat is kept that was closed."""

NOT_KEPT: Final = (LIST, PAST, "join_room")
"""What is no reason to wait for a connection, where nothing else does."""

MAX_REQUESTS: Final = 10_000
"""Requests that wait, besides messages."""

MAX_UNDERWAY: Final = 100
"""What may be on its way at a time: over a cut it has a place in the client's outbox, where others need some, too."""

MAX_UNANSWERED: Final = 1_000
"""Messages of which it is remembered that they were sent to a server that acknowledges nothing."""

AGAIN: Final = 1.0
"""Seconds until what found no room, or was lost, is sent again."""

CLIENT_CLOSED: Final = "its client was closed before the server said that it has it"
"""Why what waited has failed, when there will be no connection any more."""

CUT: Final = "the connection was lost before it came back; it may have arrived"
"""Why what was sent has failed, where the server acknowledges nothing."""

ECHO: Final = 5.0
"""Seconds that a message may take to come back once the server has it: some tokens may publish, but not follow, and
some servers send it to the others only."""


LATE_ECHO: Final = 30.0
"""Seconds after that in which it is known when it comes back all the same."""


@dataclass(slots=True)
class _Waiting:
    """A message, or a request, until the server has it."""

    room: str
    type: str
    data: Mapping[str, Any]
    tells: bool  # of a request: whether it is said that it was turned down
    delivery: Delivery | None = None  # while it is on its way
    link: int = 0  # on which it was sent last; 0: it was not
    failed: bool = False  # kept, to be sent again when somebody asks for it
    settled: bool = False  # it counts as sent, though it has not come back


class ChatOutbox:
    """What one chat's server does not have yet; any thread.

    Args:
        client: that sends it.
        conversation: is told what becomes of messages.
        turned_down: is called with the room, the type and the reason of a request that was turned down.
        ended: is called when something does not wait any more.
    """

    def __init__(
        self,
        client: Client,
        conversation: Conversation,
        turned_down: Callable[[str, str, str], object],
        ended: Callable[[], object],
    ) -> None:
        self._client = client
        self._conversation = conversation
        self._turned_down = turned_down
        self._ended = ended
        self._up = False
        self._links = 0  # that there were
        self._generation = client.generation  # of the client, when something was sent last
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()  # by their ids
        self._turns: deque[str] = deque()  # ids of those that are to be sent, in their order
        self._requests = 0  # among those that wait
        self._underway = 0  # likewise
        self._tries_again = False
        self._unanswered: OrderedDict[str, _Waiting] = OrderedDict()  # sent, where nothing is acknowledged
        self._lock = threading.Lock()
        renew_after_fork(self, ChatOutbox._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    @property
    def waits(self) -> bool:
        """Whether there is something that the server does not have, and may still have."""
        with self._lock:
            return any(not each.failed and each.type not in NOT_KEPT for each in self._waiting.values())

    def waits_for(self, type: str, room: str) -> bool:
        """Whether a request about a room is on its way, or waits to be."""
        with self._lock:
            return any((each.type, each.room) == (type, room) for each in self._waiting.values())

    @property
    def rooms(self) -> set[str]:
        """The rooms of the messages that wait."""
        with self._lock:
            return {each.room for each in self._waiting.values() if each.type == MESSAGE and not each.failed}

    def holds(self, type: str, room: str) -> bool:
        """Whether a request about a room waits, and is not on its way."""
        with self._lock:
            return bool(self._of_type(type, room))

    def put(self, key: str, room: str, type: str, data: Mapping[str, Any], *, tells: bool = True) -> bool:
        """Send something in its turn: now, if there is a connection, and nothing waits for room.

        Args:
            key: its id; what waits with this one already is not sent twice.
            room: whose it is.
            type: of the message to the server.
            data: what it says.
            tells: of a request, whether it is said that it was turned down.

        Returns:
            Whether it could be taken: too many requests may wait already.

        Raises:
            RealtimeWidgetsError: a request cannot be sent at all.
        """
        if type != MESSAGE and self._client.closed:
            self._client.send(type, data)  # which says so
        with self._lock:
            if key in self._waiting:
                return True
            if type == "mark_read":  # the newest says it all
                self._drop(*self._of_type(type, room))
            if type != MESSAGE and self._requests >= MAX_REQUESTS:
                return False
            self._waiting[key] = _Waiting(room, type, data, tells)
            self._requests += type != MESSAGE
            self._turns.append(key)
            failed = self._send_all()
        if self._client.closed:
            self._end()
        self._tell_failed(failed, besides=key)
        if type != MESSAGE and (error := failed.get(key)) is not None:
            raise error[1]
        return True

    def begin(self, requests: Iterable[tuple[str, str, str, Mapping[str, Any], bool]]) -> None:
        """Have requests go out before all that waits, when there is a connection: what a new one begins with.

        Args:
            requests: what `put` takes of each, in their order.
        """
        with self._lock:
            self._drop(*self._of_type(LIST))
            first = []
            for key, room, type, data, tells in requests:
                self._waiting[key] = _Waiting(room, type, data, tells)
                self._requests += 1
                first.append(key)
            for key in reversed(first):
                self._waiting.move_to_end(key, last=False)
            self._turns.extendleft(reversed(first))

    def _of_type(self, type: str, room: str | None = None) -> list[str]:
        """Return the ids of what is not on its way of a type; of one room, or of all."""
        return [
            key
            for key, each in self._waiting.items()
            if each.type == type and room in (None, each.room) and each.delivery is None
        ]

    def _drop(self, *keys: str) -> None:
        for key in keys:
            if (each := self._waiting.pop(key, None)) is not None:
                self._requests -= each.type != MESSAGE
                self._release(each)

    def _release(self, each: _Waiting) -> None:
        """Have something not be on its way any more."""
        self._underway -= each.delivery is not None
        each.delivery = None

    def retry(self, key: str) -> bool:
        """Send again what has failed, in its old turn; returns whether there was such a message."""
        shown: bool | None = None
        while True:  # until what is shown is so at the moment from which on `look` tells of it
            with self._lock:
                each = self._waiting.get(key)
                if each is None or not each.failed:
                    return shown is not None
                if shown is self._up:
                    each.failed = False
                    self._turns = self._those_to_send()
                    break
                shown = self._up
            self._conversation.settle(each.room, key, "sending" if shown else "queued")
        if self._client.closed:
            self._end()
        else:
            self.send()
        return True

    def forget(self, key: str) -> bool:
        """Do not send something; returns whether it can be held back: it is not on its way."""
        with self._lock:
            each = self._waiting.get(key)
            if each is None or each.delivery is not None:
                return False
            self._drop(key)
        with contextlib.suppress(RuntimeStopped):  # at exit
            get_runtime().call_soon(self._ended)
        return True

    # The connection

    def look(self, *, up: bool) -> None:
        """Follow the connection: what waits goes out when there is one."""
        if self._client.closed:
            self._end()
            return
        with self._lock:
            self._links += up and not self._up
            self._up = up
            messages = [(key, each.room) for key, each in self._waiting.items() if not each.failed]
            cut = [] if up else self._take_cut()
        for key, room in messages:
            self._conversation.settle(room, key, "sending" if up else "queued")
        for key, each in cut:
            self._conversation.settle(each.room, key, "failed", CUT)
        if up:
            self.send()

    def _take_cut(self) -> list[tuple[str, _Waiting]]:
        """Have those fail that were sent, and did not come back, where nothing is acknowledged; returns them."""
        cut = [(key, each) for key, each in self._unanswered.items() if not each.settled]
        for key, each in cut:
            each.failed = True
            self._waiting[key] = self._unanswered.pop(key)
        return cut

    def _end(self) -> None:
        """Have all fail that is not on its way: there will be no connection any more."""
        with self._lock:
            self._up = False
            held = [
                (key, each)
                for key, each in self._waiting.items()
                if each.delivery is None and not each.failed
            ]
            for key, each in held:
                self._fail(key, each)
            self._turns.clear()
            cut = self._take_cut()
        for key, each in cut:
            self._conversation.settle(each.room, key, "failed", CUT)
        for key, each in held:
            self._tell(key, each, CLIENT_CLOSED + "; it may have arrived" * bool(each.link))
        if messages := sum(each.type == MESSAGE for _, each in held):
            logger.warning(
                "%d messages of a chat were not sent: %s was closed before", messages, self._client.label
            )
        self._ended()

    def send(self) -> None:
        """Send what waits, in its order, as far as there is room for it."""
        with self._lock:
            failed = self._send_all()
        self._tell_failed(failed)

    def _send_all(self) -> dict[str, tuple[_Waiting, RealtimeWidgetsError]]:
        """Send what waits; with the lock held. Returns what cannot be sent, by ids."""
        failed: dict[str, tuple[_Waiting, RealtimeWidgetsError]] = {}
        while self._up and self._turns and self._underway < MAX_UNDERWAY and self._may_follow():
            key = self._turns[0]
            each = self._waiting.get(key)
            if each is not None and each.delivery is None and not each.failed:
                try:
                    delivery = self._client.send(each.type, each.data, id=key, expires=False)
                except RealtimeWidgetsError as error:
                    self._fail(key, each)
                    failed[key] = each, error
                else:
                    if delivery.state == "failed" and not delivery.refused:
                        self._try_again()  # it found no room: the others must not be before it
                        break
                    each.delivery, each.link = delivery, self._links
                    self._underway += 1
                    delivery.on_done(lambda key=key, delivery=delivery: self._soon(key, delivery))  # type: ignore[misc]
            self._turns.popleft()
        return failed

    def _may_follow(self) -> bool:
        """Whether what is sent now cannot come before what is on its way.

        Where the client was told to disconnect, and to connect again, that may have to go out once more.
        """
        if self._generation != self._client.generation and not self._underway:
            self._generation = self._client.generation
        return self._generation == self._client.generation

    def _fail(self, key: str, each: _Waiting) -> None:
        each.failed = True
        self._release(each)
        if each.type != MESSAGE:
            self._drop(key)

    def _those_to_send(self) -> deque[str]:
        for each in self._waiting.values():
            if each.delivery is not None and self._is_lost(each.delivery):
                self._release(each)  # whether that was said already or not
        return deque(key for key, each in self._waiting.items() if each.delivery is None and not each.failed)

    def _is_lost(self, delivery: Delivery) -> bool:
        """Whether something has to go out again: the connection was let go of before the server had said a word."""
        unanswered = delivery.done and delivery.state == "sent" and self._client.acknowledges is True
        return unanswered or (delivery.state == "failed" and not delivery.refused)

    def _try_again(self) -> None:
        if not self._tries_again:
            self._tries_again = True
            with contextlib.suppress(RuntimeStopped):  # at exit
                get_runtime().call_later(AGAIN, self._again)

    def _again(self) -> None:
        self._tries_again = False
        self.send()

    def _tell_failed(
        self, failed: Mapping[str, tuple[_Waiting, RealtimeWidgetsError]], besides: str = ""
    ) -> None:
        """Say what cannot be sent; `besides`: a request whose caller is told."""
        for key, (each, error) in failed.items():
            if each.type == MESSAGE or key != besides:
                self._tell(key, each, str(error))

    def _tell(self, key: str, each: _Waiting, why: str) -> None:
        if each.type == MESSAGE:
            self._conversation.settle(each.room, key, "failed", why)
        elif each.tells:
            self._turned_down(each.room, each.type, why)

    # What becomes of it

    def _soon(self, key: str, delivery: Delivery) -> None:
        with contextlib.suppress(RuntimeStopped):  # at exit
            get_runtime().call_soon(self._done, key, delivery)

    def _done(self, key: str, delivery: Delivery) -> None:
        """Note what became of something; on the I/O thread."""
        there = cut = False
        with self._lock:
            each = self._waiting.get(key)
            if each is None or delivery is not each.delivery:
                each = None
            elif delivery.refused:
                self._fail(key, each)
            elif self._is_lost(delivery):  # it goes out again, before those that have not
                self._turns = self._those_to_send()
                self._try_again()
            elif (
                each.type == MESSAGE
                and delivery.state == "sent"
                and not (self._up and each.link == self._links)
            ):
                self._fail(key, each)  # no word of it came on a link that is no more
                cut = True
            else:
                self._drop(key)
                there = each.type == MESSAGE
                if there and delivery.state == "sent":
                    self._unanswered[key] = each
                    if len(self._unanswered) > MAX_UNANSWERED:
                        self._unanswered.popitem(last=False)
        if each is not None and delivery.refused:
            self._tell(key, each, _why(delivery))
        if each is not None and cut:
            self._tell(key, each, CUT)
        if each is not None and there:
            get_runtime().call_later(ECHO, self._settle, key, each)
        if self._client.closed:
            self._end()
            return
        self.send()  # there may be room now
        self._ended()

    def _settle(self, key: str, each: _Waiting) -> None:
        """Have a message count as sent, though it has not come back; unless the connection was lost meanwhile."""
        with self._lock:
            each.settled = not each.failed
        if each.settled:
            self._conversation.settle(each.room, key, "sent")
            # Later the same words are others', of a server that sends them to the others only.
            get_runtime().call_later(LATE_ECHO, self._await_no_more, key)

    def _await_no_more(self, key: str) -> None:
        with self._lock:
            self._unanswered.pop(key, None)

    def arrived(self, key: str) -> None:
        """Note that a message has come back, whatever becomes of its acknowledgement."""
        with self._lock:
            self._drop(key)

    def echoed(self, room: str, user: Any, text: Any) -> str | None:
        """Return the id with which a message was sent that has come back with another, the oldest; None: there is none.

        Args:
            room: where it came.
            user: the id of its author, as it was sent.
            text: what it says.
        """
        with self._lock:  # it may come before it is known that the server acknowledges nothing
            for those in (self._unanswered, self._waiting):
                for key, each in those.items():
                    same = (each.type, each.room, each.data.get("content")) == (MESSAGE, room, text)
                    if same and each.link and self._is_by(each, user):
                        self._unanswered.pop(key, None)
                        self._drop(key)
                        return key
        return None

    def _is_by(self, each: _Waiting, user: Any) -> bool:
        """Whether a message is by a user, who may have been given another id than they had."""
        by_program = bool(each.data["metadata"].get("bot"))
        return each.data["userId"] == user or (user == self._conversation.me.id and not by_program)


def _why(delivery: Delivery) -> str:
    return str(delivery.error or "").rpartition("the server turned it down: ")[2]

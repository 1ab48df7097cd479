"""ChatReader: what the readers of a chat do in its pages; none of it is believed before it was looked at.

Everything may come twice, late (a cell was running), or from a page that knows less than the kernel. On the I/O thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..chat.conversation import Conversation
from ..chat.message import MAX_ID, MAX_TEXT, ChatMessage
from ..errors import RealtimeWidgetsError, UsageError
from ..feeds.chat import ChatFeed
from ..runtime import get_runtime
from ..runtime.references import Part
from .chat_attachments import MAX_BYTES, Attachment
from .chat_files import SLICE, ChatFiles, Incoming
from .chat_link import ChatLink
from .chat_talk import Talk, checked_reaction

logger = logging.getLogger(__name__)

LEAST_ID: Final = 8
"""Characters of the ids that pages make."""


class ChatReader(Part):
    """The words of pages about one chat.

    Args:
        conversation: that they are about.
        talk: does what they want.
        link: fetches what is not here.
        feed: takes the answers.
        files: those that are here.
        wake: has the pages told.
    """

    def __init__(
        self,
        conversation: Conversation,
        talk: Talk,
        link: ChatLink,
        feed: ChatFeed,
        files: ChatFiles,
        wake: Callable[[], object],
    ) -> None:
        self._conversation = conversation
        self._talk = talk
        self._link = link
        self._feed = feed
        self._files = files
        self._wake = wake
        self._incoming = Incoming(MAX_BYTES)
        self._fetching: set[str] = set()

    def asked(self, what: str, about: Any) -> bool:
        """Do what a reader wants; returns whether that was understood."""
        if not isinstance(about, dict):
            return False
        room, key = about.get("room"), about.get("key")
        try:
            if isinstance(key, str):
                return self._asked_of_message(what, key, about)
            if isinstance(room, str) and self._conversation.has_room(room):
                return self._asked_of_room(what, room, about)
        except UsageError as error:
            logger.debug("what a reader wants cannot be done: %s", error)
        return False

    def _asked_of_room(self, what: str, room: str, about: Mapping[str, Any]) -> bool:
        match what, about:
            case "send", {"id": str(id), "text": str(text)} if _is_id(id) and text.strip():
                if not self._conversation.touch(room, id):
                    self._talk.say(text.strip()[:MAX_TEXT], room=room, key=id)
            case "attach", {"id": str(id), "name": str(name), "size": int(size), "at": int(at)} if _is_id(id):
                body = self._incoming.take(id, size, at, about.get("data"))
                if body is not None and not self._conversation.touch(room, id):
                    text = str(about.get("text") or "").strip()[:MAX_TEXT]
                    self._talk.attach(Attachment(name[:1000], body), room=room, image=True, text=text, key=id)
            case "room", _:
                self._talk.join(room)
            case "read", {"place": int(place) | float(place)}:
                self._talk.read(room, float(place))
            case "typing", {"on": bool(on)}:
                self._talk.set_typing(room, on)
            case "older", {"before": None | int() | float() as before}:
                self._older(room, before)
            case _:
                return False
        return True

    def _asked_of_message(self, what: str, key: str, about: Mapping[str, Any]) -> bool:
        if what == "file" and not self._is_here(key):
            self._feed.answer_file(key, error="this message is not here any more")
            self._wake()
            return True
        found = self._conversation.of_key(key)
        if found is None:
            return False
        match what, about:
            case "retry", _:
                self._talk.retry(found.room, key)
            case "discard", _:
                self._talk.discard(found.room, key)
            case "react", {"reaction": str(reaction), "on": bool(on)}:
                self._talk.react(found, checked_reaction(reaction), on=on)
            case "edit", {"text": str(text)} if found.own and text.strip():
                self._talk.edit(found, text.strip()[:MAX_TEXT])
            case "delete", _ if found.own:
                self._talk.delete(found, key)
            case "stop", _:
                self._talk.stop(key)
            case "file", {"at": int(at)} if at >= 0:
                self._file(found, key, at)
            case _:
                return False
        return True

    def read_file(self, message: ChatMessage) -> bytes:
        """Return the file of a message, from here or else from where it is; waits.

        Raises:
            UsageError: it has none.
            RealtimeWidgetsError: it cannot be had.
        """
        of = message.file
        if of is None:
            raise UsageError(f"this message has no file: {message!r}")
        if of.data:
            return of.data
        if not of.url and message.state == "failed":
            raise UsageError(f"this file was not sent: {message.error}")
        if not of.url:
            raise UsageError(
                "this file is on its way: it can be read once the state of its message is 'sent'"
            )
        body = self._files.get(of.url)
        if body is None:
            body = self._link.download(of.url)
            self._files.put(of.url, body)
        return body

    def _is_here(self, key: str) -> bool:
        return self._conversation.of_key(key) is not None

    # Answers

    def _older(self, room: str, before: float | None) -> None:
        """Answer with older messages, from here or else from the server."""
        with self._conversation.lock:
            there = self._conversation.rooms[room]
            first = there.timeline.first
            here = first is not None and (before is None or first.place < before)
            more = there.has_older

        def answer(more: bool) -> None:
            self._feed.answer(room, before, more=more)
            self._wake()

        if here or not more:
            answer(more)
        else:
            self._link.older(room, 0.0 if before is None else before, answer)

    def _file(self, message: ChatMessage, key: str, at: int) -> None:
        """Answer with a piece of the file of a message, from here or else from where it is."""
        if message.file is None:
            return
        url = message.file.url
        body = self._files.get(url)
        if body is not None:
            self._answer_file(key, url, at)
        elif url not in self._fetching:
            self._fetching.add(url)
            get_runtime().call_apart(self._fetch, key, url, at)

    def _fetch(self, key: str, url: str, at: int) -> None:
        try:
            self._files.put(url, self._link.download(url))
        except RealtimeWidgetsError as error:
            self._feed.answer_file(key, error=str(error))
            self._wake()
        else:
            self._answer_file(key, url, at)
        finally:
            self._fetching.discard(url)

    def _answer_file(self, key: str, url: str, at: int) -> None:
        body = self._files.get(url)
        if body is not None:
            self._feed.answer_file(key, size=len(body), at=at, data=body[at : at + SLICE])
            self._wake()


def _is_id(id: str) -> bool:
    return LEAST_ID <= len(id) <= MAX_ID and id.isprintable()

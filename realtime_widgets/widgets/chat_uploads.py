"""ChatUploads: the files of messages on their way to a hub, each with its message behind it.

One file goes out at a time, in the order they were sent in, when there is a connection: on a thread of its own, and
again after a cut. What the hub does not take has failed, and can be sent again. What becomes of a file is noted on the
I/O thread, like what becomes of the connection.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..chat.conversation import Conversation
from ..chat.message import ChatMessage, Said
from ..client import Client
from ..errors import ConnectionLost
from ..runtime import get_runtime
from ..runtime.forksafe import renew_after_fork
from .chat_attachments import Attachment
from .chat_files import ChatFiles
from .chat_link import described, with_file
from .chat_outbox import CLIENT_CLOSED


@dataclass(slots=True)
class _Upload:
    """A file until the hub has it."""

    room: str
    said: Said
    attachment: Attachment
    failed: bool = False


class ChatUploads:
    """The files of a chat that its hub does not have yet; any thread.

    Args:
        client: that sends them.
        conversation: where their messages are seen meanwhile.
        files: keeps what was sent from here.
        say: sends a message, by its room and key.
        ended: is called when a file does not wait any more.
    """

    def __init__(
        self,
        client: Client,
        conversation: Conversation,
        files: ChatFiles,
        say: Callable[[str, str, Said], object],
        ended: Callable[[], object],
    ) -> None:
        self._client = client
        self._conversation = conversation
        self._files = files
        self._say = say
        self._ended = ended
        self._connected = False
        self._going = False
        self._uploads: OrderedDict[str, _Upload] = OrderedDict()
        self._lock = threading.Lock()
        renew_after_fork(self, ChatUploads._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()
        self._going = False  # the thread is the parent's

    @property
    def waits(self) -> bool:
        """Whether there are files that the hub has not been asked to keep, or has not kept yet."""
        with self._lock:
            return any(not each.failed for each in self._uploads.values())

    def waits_in(self, room: str) -> bool:
        """Whether there are such files for a room."""
        with self._lock:
            return any(not each.failed and each.room == room for each in self._uploads.values())

    @property
    def _state(self) -> Literal["sending", "queued"]:
        """Of what is to go out now."""
        return "sending" if self._connected else "queued"

    def add(
        self, room: str, key: str, said: Said, attachment: Attachment, *, by_program: bool
    ) -> ChatMessage:
        """Send a file and its message, see `ChatLink.attach`; one with a key that is known is not sent twice."""
        said = with_file(said, described(attachment))
        known = self._conversation.find(room, key)
        found = self._conversation.say(room, key, said, self._state, by_program=by_program)
        if known is None:
            with self._lock:
                self._uploads[key] = _Upload(room, said, attachment)
            get_runtime().call_soon(self._start)
            if self._client.closed:
                self.look(up=False)
        return found

    def look(self, *, up: bool) -> None:
        """Follow the connection: what waits goes out when there is one."""
        self._connected = up
        with self._lock:
            uploads = [(key, each) for key, each in self._uploads.items() if not each.failed]
        for key, each in uploads:
            if self._client.closed:
                each.failed = True
                self._conversation.settle(each.room, key, "failed", CLIENT_CLOSED)
            else:
                self._conversation.settle(each.room, key, self._state)
        self._start()

    def retry(self, key: str) -> bool:
        """Send again what has failed; returns whether there was such a file."""
        with self._lock:
            upload = self._uploads.get(key)
            if upload is None or not upload.failed:
                return False
            upload.failed = False
        self.look(up=self._connected)
        return True

    def forget(self, key: str) -> bool:
        """Do not send a file, or not its message; returns whether that has not happened yet."""
        with self._lock:
            found = self._uploads.pop(key, None) is not None
        if found:
            get_runtime().call_soon(self._ended)
        return found

    def _start(self) -> None:
        """Have the next file go out, if none does."""
        with self._lock:
            left = [(key, each) for key, each in self._uploads.items() if not each.failed]
            if self._going or not left or not self._connected:
                return
            self._going = True
        key, upload = left[0]
        self._conversation.settle(upload.room, key, "sending")
        get_runtime().call_apart(self._upload, key, upload)

    def _upload(self, key: str, upload: _Upload) -> None:
        """Have the hub keep a file; on a thread of its own."""
        try:
            about = self._client.upload_file(upload.room, upload.attachment.name, upload.attachment.body)
        except Exception as error:  # whatever it is, its message must not wait for ever
            get_runtime().call_soon(self._fail, key, upload, error)
        else:
            get_runtime().call_soon(self._succeed, key, upload, about)

    def _fail(self, key: str, upload: _Upload, error: Exception) -> None:
        self._going = False
        if isinstance(error, ConnectionLost):
            get_runtime().call_later(1.0, self._start)
            return
        upload.failed = True
        self._conversation.settle(upload.room, key, "failed", str(error))
        self._start()
        self._ended()

    def _succeed(self, key: str, upload: _Upload, about: Mapping[str, Any]) -> None:
        """Send the message of a file that the hub has."""
        self._going = False
        with self._lock:
            wanted = self._uploads.pop(key, None) is not None  # else it was discarded
        if wanted and self._conversation.has_room(upload.room):
            self._files.put(str(about.get("url")), upload.attachment.body)
            self._say(upload.room, key, with_file(upload.said, about))
        self._start()
        self._ended()

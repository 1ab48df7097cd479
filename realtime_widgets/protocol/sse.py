"""Server-Sent Events: decoder and encoder of the text/event-stream format.

    id: c4f1:17              a line is a field; one that starts with ":" is a comment
    event: metrics_update
    data: {"value": 1}       several data lines make one text
                             a blank line ends the event

Decoded as the WHATWG HTML standard says (9.2.5 and 9.2.6), from chunks of any size, in linear time and bounded memory.
Opening the stream, noticing its silence and reopening it are left to the client's transport.
"""

from __future__ import annotations

import codecs
from typing import Final, Self

from ..errors import UsageError

MAX_LINE: Final = 1024 * 1024
"""Bytes of a line, without its line ending."""

MAX_EVENT: Final = 1024 * 1024
"""Bytes of an event's data."""

MAX_RETRY: Final = 10**15 - 1
"""Milliseconds that a server may ask for, 30,000 years: exact in a float, and far below the digit limit of int()."""

COMMENT: Final = b":\n\n"
"""A keepalive between two events: a comment and a blank line, which dispatch no event at the receiver."""


class Data(str):
    """The data of one event: a str with the event's type and id. `str(data)` is the plain text, for msgspec.

    Attributes:
        event: its type; "message" when the server gave none.
        event_id: the last event id at that time, its own or that of an earlier event; "": none.
    """

    __slots__ = ("event", "event_id")

    event: str
    event_id: str

    def __new__(cls, text: str = "", *, event: str = "message", event_id: str = "") -> Self:
        """Return plain text as the data of an event."""
        self = super().__new__(cls, text)
        self.event, self.event_id = event, event_id
        return self


class Decoder:
    """Decodes the events of one stream from its bytes; an event that the stream ends in is not dispatched.

    A line or event above its limit drops that event and no other: its data are skipped up to the blank line, while its
    `id` and `retry` still count, so that the stream that continues this one does not begin with it again.

    Args:
        last_id: the last event id of the stream that this one continues; "": none.
        max_line: bytes of a line, without its line ending.
        max_event: bytes of an event's data.
    """

    def __init__(self, last_id: str = "", *, max_line: int = MAX_LINE, max_event: int = MAX_EVENT) -> None:
        self.max_line = max_line
        self.max_event = max_event
        self.last_id = last_id
        """The id at the last blank line: where the next stream is to continue; "": none."""
        self.retry: int | None = None
        """Milliseconds to wait before the stream is reopened, `MAX_RETRY` at most; None: the server did not say."""
        self.oversized = 0
        """Number of events that were too large, counted as soon as that is known."""
        self._begun = False  # past a possible byte order mark
        self._after_cr = False  # a LF at the start of the next chunk belongs to the last line ending
        self._line = bytearray()  # the start of a line that has not ended yet
        self._skipping = False  # that line was too long, and its end has not arrived
        self._data: bytearray | None = None  # None: no data line yet, which is not the same as an empty one
        self._event = ""
        self._id = last_id
        self._lost = False  # the event was too large, and its blank line has not arrived

    def feed(self, chunk: bytes) -> list[Data]:
        """Return the events that end in a chunk; chunks may be of any size and cut anywhere."""
        if not self._begun:
            chunk = self._begin(chunk)
        if not chunk:
            return []
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        lines = chunk.splitlines()  # of bytes: at CR, LF and CRLF, and nowhere else
        rest = lines.pop() if lines and not chunk.endswith((b"\r", b"\n")) else b""
        if lines and self._skipping:
            del lines[0]
            self._skipping = False
        elif lines and self._line:
            lines[0] = bytes(self._line) + lines[0]
            self._line.clear()
        events = []
        for line in lines:
            if line:
                self._read(line)
            elif (event := self._dispatch()) is not None:
                events.append(event)
        if rest and not self._skipping:
            self._keep(rest)
        return events

    def _begin(self, chunk: bytes) -> bytes:
        """Keep the first bytes back while they may be a byte order mark, and remove it: it is not text."""
        chunk = bytes(self._line) + chunk
        self._line.clear()
        if len(chunk) < len(codecs.BOM_UTF8) and codecs.BOM_UTF8.startswith(chunk):
            self._line += chunk
            return b""
        self._begun = True
        return chunk.removeprefix(codecs.BOM_UTF8)

    def _keep(self, rest: bytes) -> None:
        self._line += rest
        if len(self._line) > self.max_line:
            self._read(bytes(self._line))
            self._line.clear()
            self._skipping = True

    def _read(self, line: bytes) -> None:
        if len(line) > self.max_line:
            return None if line.startswith(b":") else self._lose()  # a comment carries no data
        name, _, value = line.partition(b":")  # a comment has no name
        if value.startswith(b" "):
            value = value[1:]
        if name == b"data" and not self._lost:
            self._append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit():  # of bytes: 0 to 9
            digits = value.lstrip(b"0") or b"0"
            self.retry = int(digits) if len(digits) <= len(str(MAX_RETRY)) else MAX_RETRY

    def _append(self, value: bytes) -> None:
        if self._data is None:
            self._data = bytearray(value)
        else:
            self._data += b"\n" + value
        if len(self._data) > self.max_event:
            self._lose()

    def _lose(self) -> None:
        self.oversized += not self._lost
        self._lost, self._data = True, None

    def _dispatch(self) -> Data | None:
        self.last_id = self._id  # whether or not there are data
        data, event = self._data, self._event
        self._data, self._event, self._lost = None, "", False
        if data is None:
            return None
        return Data(data.decode("utf-8", "replace"), event=event or "message", event_id=self.last_id)


def encode(data: str, *, id: str | None = None, event: str | None = None, retry: int | None = None) -> bytes:
    """Return one event in wire format.

    Args:
        data: its text; CR and CRLF arrive as LF.
        id: where the stream can be continued after it, "" to reset it; None: that of the event before.
        event: its type; None: "message".
        retry: milliseconds that the client shall wait before it reconnects; None: the client's own choice.

    Raises:
        UsageError: when `id` or `event` has a line ending or a NUL, or `retry` is negative.
        UnicodeEncodeError: for a lone surrogate, which UTF-8 cannot encode.
    """
    if retry is not None and retry < 0:
        raise UsageError(f"an event cannot be written: retry={retry!r} is negative; pass milliseconds")
    head = "" if retry is None else f"retry: {retry}\n"
    for name, value in (("id", id), ("event", event)):
        if value is not None and any(bad in value for bad in "\r\n\0"):
            raise UsageError(
                f"an event cannot be written: {name}={value!r:.80} has a line end or a NUL; pass {name}= without"
            )
        head += "" if value is None else f"{name}: {value}\n"
    lines = data.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\ndata: ")
    return f"{head}data: {lines}\n\n".encode()


def encode_retry(milliseconds: int) -> bytes:
    """Return what asks a client to wait before it reconnects, in wire format; it is no event."""
    return f"retry: {milliseconds}\n\n".encode()

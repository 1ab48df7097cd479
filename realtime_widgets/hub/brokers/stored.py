"""Stored messages: read back as they were written, with their data encoded. Pure."""

from __future__ import annotations

import msgspec

from ...protocol.envelope import Message


class _Stored(Message, omit_defaults=True, gc=False):
    data: msgspec.Raw = msgspec.Raw(b"null")
    timestamp: int | float | None = None  # as it was written: one is written again as 1, not as 1.0


_decode = msgspec.json.Decoder(_Stored).decode


def read_stored(body: bytes) -> Message:
    """Return the message of an envelope that `protocol.envelope.write` wrote; its data stay encoded.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return _decode(body)

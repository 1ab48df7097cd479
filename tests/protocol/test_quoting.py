"""What error messages show of frames."""

from __future__ import annotations

from realtime_widgets.protocol.quoting import quote


def test_a_frame_is_quoted_from_its_beginning():
    assert quote("x" * 1000) == repr("x" * 80 + "…")
    assert quote(b"short") == "'short'"
    assert quote(b"\xff") == "'\ufffd'"

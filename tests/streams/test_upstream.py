"""The upstream of a stream: what fills it lives as long as it does."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

from realtime_widgets.client.sansio.state import Status
from realtime_widgets.streams import Stream
from realtime_widgets.streams.upstream import Upstream


class Faucet:
    """Something that fills streams."""

    status = Status("connected", 0.0)

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        return lambda: None


def filled() -> tuple[Stream, weakref.ref[Faucet]]:
    stream, faucet = Stream("x"), Faucet()
    upstream: Upstream[Status] = faucet
    stream.source = upstream
    return stream, weakref.ref(faucet)


def test_a_stream_of_ones_own_has_none():
    assert Stream("x").source is None


def test_a_stream_keeps_its_source_alive():
    stream, faucet = filled()
    gc.collect()
    assert stream.source is faucet()
    assert faucet() is not None


def test_the_source_goes_with_its_last_stream():
    stream, faucet = filled()
    del stream
    gc.collect()
    assert faucet() is None

"""Streams whose clock stands still, and what is in them as plain lists; for the tests of the pure layer."""

import math

from hypothesis import settings

from realtime_widgets.streams import Stream

NOW = 1_795_000_000.0

settings.register_profile("fast", max_examples=60, deadline=None)
settings.load_profile("fast")


def stream(**options):
    return Stream("cpu", clock=lambda: NOW, **options)


def values(batch, name="value"):
    """A column as a list that can be compared: NaN as None."""
    return [None if isinstance(v, float) and math.isnan(v) else v for v in batch[name].tolist()]


def everything(s):
    batch = s.read()
    return (
        s.first_seq,
        s.last_seq,
        s.fields,
        s.stats,
        batch.ts.tolist(),
        {n: values(batch, n) for n in s.fields},
    )

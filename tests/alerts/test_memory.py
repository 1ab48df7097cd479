"""What an alert remembers of streams."""

import gc

from realtime_widgets.alerts.memory import Memories
from realtime_widgets.streams import Stream


def test_each_stream_has_a_number_and_what_is_known_of_it_and_is_not_kept_for_it():
    memories, one, other = Memories(), Stream(), Stream()
    memories.of(one).fields["cpu"] = 1
    assert (memories.of(one).number, memories.of(other).number) == (1, 2)
    assert (memories.of(one).fields, memories.of(other).fields) == ({"cpu": 1}, {})
    del one
    gc.collect()
    assert len(memories._of) == 1
    assert memories.of(Stream()).number == 3

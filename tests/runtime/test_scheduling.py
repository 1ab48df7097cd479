"""Scheduling: the runtime of this process is the scheduler of those without one of their own."""

from realtime_widgets.runtime import get_runtime
from realtime_widgets.runtime.scheduling import Scheduler
from realtime_widgets.streams import Stream
from realtime_widgets.streams.buffer import DataBuffer


def scheduler_of(buffer: DataBuffer) -> Scheduler:
    return buffer._scheduler()


def test_it_is_the_runtime_of_this_process_asked_for_anew_each_time():
    buffer = Stream().on_batch(print)
    first = get_runtime()
    assert scheduler_of(buffer) is first
    first.stop()
    assert scheduler_of(buffer) is get_runtime() is not first


def test_the_runtime_has_what_a_scheduler_has():
    missing = [
        name for name in vars(Scheduler) if not name.startswith("_") and not hasattr(get_runtime(), name)
    ]
    assert missing == []

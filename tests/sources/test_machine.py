from __future__ import annotations

import gc
import logging
import math
import sys
import threading
from collections import namedtuple
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from realtime_widgets.errors import MissingDependency, UsageError
from realtime_widgets.sources import machine as machine_module
from realtime_widgets.sources.machine import FIELDS, Machine, Reader, Reading, next_due, to_record

CpuTimes = namedtuple("CpuTimes", "user system idle iowait guest guest_nice")


def reading(at: float, **values: float) -> Reading:
    return Reading(at, **values)


# Two readings -> one record


def test_the_first_record_has_no_rates():
    record = to_record(None, reading(1.0, cpu_busy=5, cpu_total=9, memory=0.5, net_in=100, processes=7))
    assert tuple(record) == FIELDS
    assert (record["memory"], record["processes"]) == (0.5, 7)
    assert all(math.isnan(record[name]) for name in ("cpu", "disk_read", "disk_write", "net_in", "net_out"))


def test_cpu_is_the_share_of_the_time_that_was_busy():
    record = to_record(
        reading(1.0, cpu_busy=100.0, cpu_total=1000.0), reading(1.5, cpu_busy=100.5, cpu_total=1002.0)
    )
    assert record["cpu"] == 0.25


def test_cpu_stays_a_ratio_when_a_counter_slips_back():
    before = reading(1.0, cpu_busy=100.0, cpu_total=1000.0)
    assert to_record(before, reading(2.0, cpu_busy=99.9, cpu_total=1001.0))["cpu"] == 0.0
    assert to_record(before, reading(2.0, cpu_busy=101.1, cpu_total=1001.0))["cpu"] == 1.0
    assert math.isnan(to_record(before, reading(2.0, cpu_busy=100.0, cpu_total=1000.0))["cpu"])


def test_rates_are_bytes_per_second():
    before = reading(10.0, disk_read=0, disk_write=500, net_in=1000, net_out=7)
    record = to_record(before, reading(12.0, disk_read=4096, disk_write=500, net_in=1001, net_out=7))
    assert [record[name] for name in ("disk_read", "disk_write", "net_in", "net_out")] == [2048, 0, 0.5, 0]


def test_a_counter_that_ran_backwards_gives_no_rate():
    assert math.isnan(to_record(reading(1.0, net_in=900), reading(2.0, net_in=10))["net_in"])


def test_two_readings_at_one_moment_give_no_rate():
    assert math.isnan(to_record(reading(1.0, net_in=1), reading(1.0, net_in=2))["net_in"])


# The interval


@pytest.mark.parametrize(
    ("now", "expected"),
    [(10.0, 10.5), (10.1, 10.5), (10.49, 10.5), (10.51, 11.0), (25.2, 25.5)],
)
def test_the_next_reading_keeps_the_interval_and_makes_up_for_nothing(now: float, expected: float):
    assert next_due(10.0, now, 0.5) == pytest.approx(expected)


class ManualRuntime:
    """Stands in for the runtime and for `time.monotonic`: calls are made when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.calls: list[tuple[float, Any]] = []
        self.stops: list[Any] = []

    def monotonic(self) -> float:
        return self.now

    def call_later(self, delay: float, fn: Any) -> Any:
        call = (self.now + delay, fn)
        self.calls.append(call)
        return SimpleNamespace(cancel=lambda: self.calls.remove(call) if call in self.calls else None)

    def on_stop(self, fn: Any) -> Any:
        self.stops.append(fn)
        return lambda: self.stops.remove(fn) if fn in self.stops else None

    def run_next(self, late: float = 0.0) -> None:
        due, fn = self.calls.pop(0)
        self.now = max(self.now, due) + late
        fn()


def fake_psutil(**parts: Any) -> ModuleType:
    module = ModuleType("psutil")
    good: dict[str, Any] = {
        "cpu_times": lambda: CpuTimes(2.0, 1.0, 6.0, 1.0, 0.5, 0.0),
        "virtual_memory": lambda: SimpleNamespace(percent=25.0),
        "getloadavg": lambda: (2.0, 0.0, 0.0),
        "cpu_count": lambda: 4,
        "disk_usage": lambda path: SimpleNamespace(percent=50.0),
        "disk_io_counters": lambda: SimpleNamespace(read_bytes=10, write_bytes=20),
        "net_io_counters": lambda pernic: {
            "lo": SimpleNamespace(bytes_recv=10**9, bytes_sent=10**9),
            "eth0": SimpleNamespace(bytes_recv=3, bytes_sent=4),
        },
        "pids": lambda: [1, 2, 3],
    }
    module.__dict__.update(good | parts)
    return module


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> ManualRuntime:
    runtime = ManualRuntime()
    monkeypatch.setattr(machine_module, "get_runtime", lambda: runtime)
    monkeypatch.setattr(machine_module, "time", runtime)
    monkeypatch.setitem(sys.modules, "psutil", fake_psutil())
    return runtime


def test_it_measures_at_once_and_then_at_its_interval(runtime: ManualRuntime):
    machine = Machine(every="500ms")
    runtime.run_next(late=0.02)
    assert len(machine.stream) == 1
    assert [due for due, _ in runtime.calls] == [pytest.approx(100.5)]
    runtime.run_next()
    assert len(machine.stream) == 2


def test_a_reading_has_what_the_machine_says(runtime: ManualRuntime):
    machine = Machine()
    runtime.run_next()
    batch = machine.stream.latest(1)
    assert batch["memory"][0] == 0.25
    assert batch["load"][0] == 0.5
    assert batch["disk"][0] == 0.5
    assert batch["processes"][0] == 3
    taken = machine._read()
    assert (taken.cpu_busy, taken.cpu_total) == (3.0, 10.0)  # guest time is in user time
    assert (taken.net_in, taken.net_out) == (3, 4)


def test_every_field_is_a_number_from_the_start(runtime: ManualRuntime):
    assert Machine().stream.fields == dict.fromkeys(FIELDS, "number")


def test_closing_ends_it_and_starting_goes_on(runtime: ManualRuntime):
    with Machine() as machine:
        runtime.run_next()
        assert machine.running
        assert repr(machine) == "<Machine: every 0.5 s, 1 records>"
    assert not machine.running
    assert (runtime.calls, runtime.stops) == ([], [])
    assert repr(machine) == "<Machine: closed, 1 records>"
    machine.close()
    machine.start()
    machine.start()
    assert len(runtime.calls) == 1
    runtime.run_next()
    assert len(machine.stream) == 2


def test_it_ends_with_the_runtime(runtime: ManualRuntime):
    machine = Machine()
    runtime.stops[0]()
    assert not machine.running


def test_it_ends_when_nobody_holds_its_stream(runtime: ManualRuntime):
    machine = Machine()
    stream = machine.stream
    del machine
    gc.collect()
    runtime.run_next()
    assert len(stream) == 1
    del stream
    gc.collect()
    assert (runtime.calls, runtime.stops) == ([], [])


def test_a_failing_append_does_not_end_it(runtime: ManualRuntime, monkeypatch: pytest.MonkeyPatch):
    machine = Machine()

    def fail(*_: object) -> None:
        raise OSError("broken")

    monkeypatch.setattr(machine.stream, "append", fail)
    with pytest.raises(OSError, match="broken"):
        runtime.run_next()
    assert len(runtime.calls) == 1


def test_a_missing_counter_reads_nan_and_is_logged_once(
    runtime: ManualRuntime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setitem(sys.modules, "psutil", fake_psutil(disk_io_counters=lambda: None))
    with caplog.at_level(logging.WARNING, logger="realtime_widgets.sources"):
        machine = Machine()
        runtime.run_next()
        runtime.run_next()
    batch = machine.stream.latest(1)
    assert math.isnan(batch["disk_read"][0])
    assert batch["memory"][0] == 0.25
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "this machine does not tell its disk counters"
    ]


def test_a_reader_reads_only_the_parts_it_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    module = fake_psutil()
    for name, part in list(vars(module).items()):
        if callable(part):
            monkeypatch.setattr(
                module, name, lambda *a, _n=name, _p=part, **k: (asked.append(_n), _p(*a, **k))[1]
            )
    monkeypatch.setitem(sys.modules, "psutil", module)
    taken = Reader("cpu", "memory")()
    assert sorted(asked) == ["cpu_times", "virtual_memory"]
    assert (taken.cpu_busy, taken.memory) == (3.0, 0.25)
    assert math.isnan(taken.processes)
    assert Reader()().processes == 3


# The real thing


def test_this_machine_is_measured():
    seen = threading.Event()
    with Machine(every=0.05) as machine:
        undo = machine.stream.listen(lambda: seen.set() if len(machine.stream) >= 2 else None)
        assert seen.wait(30)
        undo()
    batch = machine.stream.latest(1)
    for name in ("memory", "disk"):
        assert 0 < batch[name][0] <= 1
    assert batch["processes"][0] >= 1


def test_without_psutil_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(MissingDependency, match="run pip install psutil"):
        Machine()


@pytest.mark.parametrize("every", [0, 0.01, -1, math.nan, math.inf, True, "x", None, [1]])
def test_a_pace_that_cannot_be_kept_is_refused(every: Any):
    with pytest.raises(UsageError, match=r"^every= of a Machine cannot be"):
        Machine(every)


def test_a_misspelled_keyword_names_the_nearest():
    with pytest.raises(TypeError, match="did you mean 'every'"):
        Machine(evry=1)  # type: ignore[call-arg]

"""Runs: where they begin, and what readers see of them."""

import pytest

from realtime_widgets.errors import WrongType
from realtime_widgets.streams.runs import MAX_RUNS, Run
from support.records import NOW, stream


def test_a_run_begins_after_the_last_record_and_every_reader_sees_where():
    s = stream()
    s.append(1.0)
    assert s.mark_run("second") == Run("second", NOW, 1)
    assert s.read().runs == s.runs == (Run("second", NOW, 1),)
    s.append(2.0)
    assert s.read(after=1).runs == s.runs
    s.append(3.0)
    assert s.read(after=2).runs == ()


def test_a_run_that_was_marked_twice_begins_once():
    s = stream()
    s.mark_run("a")
    s.mark_run("b")
    assert [run.name for run in s.runs] == ["b"]


def test_runs_go_with_their_records_and_the_newest_are_kept():
    s = stream(max_points=3)
    for i in range(MAX_RUNS + 5):
        s.append(float(i))
        s.mark_run(str(i))
    assert len(s.runs) <= 4
    s.clear()
    assert s.runs == ()


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(WrongType, match="its name is 5; pass a str"):
        stream().mark_run(5)

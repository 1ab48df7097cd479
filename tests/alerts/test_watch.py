"""What is watched on one stream, and for whom."""

import pytest

from realtime_widgets.alerts.absence import Absence
from realtime_widgets.alerts.threshold import Threshold
from realtime_widgets.alerts.watch import OneField
from realtime_widgets.errors import UsageError
from realtime_widgets.streams import Stream


def test_one_field_is_decided_once():
    stream = Stream()
    names = OneField(stream, None)
    assert names() == ()
    stream.append(load=1.0)
    assert names() == ("load",)
    stream.append(load=1.0, value=2.0)
    assert names() == ("load",)
    assert OneField(stream, "cpu")() == ("cpu",)
    with pytest.raises(UsageError, match="several fields"):
        OneField(Stream(fields=["a", "b"]), None)()


def test_nothing_is_read_once_the_last_watch_is_removed(hand):
    stream, t = Stream(), Threshold(1)
    one, other = t.attach(stream, ["a"].copy), t.attach(stream, ["b"].copy)
    one.remove()
    assert t.watches == [other]
    other.remove()
    assert stream._listeners.fns == {}
    stream.append(a=2.0)
    assert (t.events, one.state, one.removed) == ([], "normal", True)


def test_a_removed_watch_says_nothing_and_its_end_is_a_change(hand):
    stream, t, woken = Stream(), Threshold(1), []
    other, watch = t.attach(stream, "a"), t.attach(stream, "a", lambda: woken.append(1))
    stream.append(a=2.0)
    assert watch.verdict()[0] == "warning"
    told, changes = len(woken), watch.changes
    watch.remove()
    watch.remove()
    assert (watch.state, watch.verdict(), len(woken)) == ("normal", ("normal", None), told + 1)
    assert watch.changes > changes
    assert other.state == "raised"


def test_fields_that_are_wanted_no_more_are_forgotten(hand):
    stream, t, fields = Stream(), Threshold(1), ["a"]
    watch = t.attach(stream, lambda: list(fields))
    stream.append(a=2.0, b=0.0)
    assert watch.state == "raised"
    fields[:] = ["b"]
    assert (watch.state, t.state) == ("normal", "normal")


@pytest.mark.parametrize("made", [Threshold, Absence])
def test_a_field_that_is_misspelled_or_never_comes_is_said(hand, caplog, made):
    stream, alert = Stream("m"), made(5)
    near, late = alert.watch(stream, "cpuu"), alert.watch(stream, "val_loss")
    stream.append(cpu=2.0)
    assert (near.state, late.state) == ("normal", "normal")
    assert alert.error == "stream 'm' has no field 'cpuu': it has 'cpu'; did you mean 'cpu'?"
    near.remove()
    stream.extend({"cpu": [2.0] * 10})
    assert (late.state, alert.error) == ("normal", None), "it may come later"
    stream.extend({"cpu": [2.0] * 200})
    assert late.state == "normal"
    assert "no field 'val_loss'" in alert.error
    stream.append(val_loss=0.0)
    assert (late.state, alert.error) == ("normal", None)
    assert len(caplog.records) == 2
    wrong = alert.attach(Stream("n", fields=["cpu"]), "cpus")
    assert wrong.state == "normal"
    assert "did you mean 'cpu'" in alert.error
    wrong.remove()
    assert alert._errors == {}


def test_who_is_woken_is_woken_once_for_each_change(hand):
    stream, t, woken = Stream(), Threshold(1), []

    def wake():
        woken.append(1)

    t.attach(stream, None, wake)
    t.attach(stream, None, wake)
    stream.append(0.0)
    hand.turn(1)
    assert woken == [1], "from nothing to normal"
    stream.append(2.0)
    stream.append(3.0)
    hand.turn(1)
    assert woken == [1, 1]

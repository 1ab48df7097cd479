"""What is watched on one stream, and for whom."""

import pytest

from realtime_widgets.alerts.absence import Absence
from realtime_widgets.alerts.alert import Alert
from realtime_widgets.alerts.threshold import Threshold
from realtime_widgets.alerts.watch import OneField
from realtime_widgets.errors import UnknownField, UsageError
from realtime_widgets.streams import Stream
from support.hand_scheduler import HandScheduler


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
    assert alert.error == "stream 'm' cannot be watched: no field 'cpuu': did you mean 'cpu'?"
    near.remove()
    stream.extend({"cpu": [2.0] * 10})
    assert (late.state, alert.error) == ("normal", None), "it may come later"
    stream.extend({"cpu": [2.0] * 200})
    assert late.state == "normal"
    assert "no record so far has the field 'val_loss'" in alert.error
    stream.append(val_loss=0.0)
    assert (late.state, alert.error) == ("normal", None)
    assert len(caplog.records) == 2
    wrong = alert.attach(Stream("n", fields=["cpu"]), "cpus")
    assert wrong.state == "normal"
    assert "did you mean 'cpu'" in alert.error
    wrong.remove()
    drawn = alert.attach(Stream("n", fields=["cpu"]), lambda: ["cpus"])
    assert (drawn.state, alert.error) == ("normal", None), "a chart says that itself"
    drawn.remove()
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


def test_watching_the_same_again_does_nothing_and_a_removed_watch_can_be_begun_again(hand):
    stream, t = Stream("m"), Threshold(0.9)
    watch = t.watch(stream, None)
    assert t.watch(stream) is watch
    stream.append(1.0)
    assert len(t.events) == 1
    watch.remove()
    watch.remove()
    stream.append(0.0)
    assert (len(t.events), t.watches, t.state) == (1, [], "normal")
    again = t.watch(stream)
    assert again is not watch
    assert not again.removed
    stream.append(1.0)
    assert [event.state for event in t.events] == ["raised", "cleared", "raised"], "each once"


def test_the_field_of_none_is_decided_with_the_first_record(hand):
    stream, t = Stream("m"), Threshold(0.9)
    t.watch(stream)
    stream.append(load=1.0)
    assert [event.field for event in t.events] == ["load"]
    stream.append(load=0.0, value=1.0)
    assert [event.state for event in t.events] == ["raised", "cleared"], "what comes later changes nothing"


def test_several_fields_and_none_named_are_an_error_on_the_threshold_said_once(hand, caplog):
    stream, t = Stream("m"), Threshold(0.9)
    t.watch(stream)
    stream.append(cpu=1.0, mem=1.0)
    hand.turn(1)
    stream.append(cpu=1.0, mem=1.0)
    hand.turn(1)
    assert "has several fields ('cpu', 'mem')" in t.error
    assert len(caplog.records) == 1
    with pytest.raises(UsageError, match="several fields"):
        Threshold(1).watch(stream)
    with pytest.raises(UnknownField, match="did you mean 'cpu'"):
        t.watch(stream, "cpuu")


def test_the_watch_says_what_a_card_shows(hand):
    stream, t, woken = Stream("m"), Threshold((0.2, 0.8), severity="error", for_=1, name="cold"), []
    watch = t.attach(stream, None, lambda: woken.append(1))
    assert watch.verdict() == ("normal", None)
    changes = watch.changes
    stream.append(0.9, ts=1)
    stream.append(0.9, ts=2)
    level, reason = watch.verdict()
    assert level == "error"
    assert reason.pop("text") == "< {0} / > {1}"
    assert reason == {
        "kind": "outside",
        "bounds": [0.2, 0.8],
        "for": 1.0,
        "severity": "error",
        "name": "cold",
    }
    assert watch.changes == changes + 1
    assert woken == [1]


def test_a_cell_that_is_run_again_leaves_no_second_watcher(hand, monkeypatch):
    from support.notebooks import make_shell

    shell = make_shell(monkeypatch)
    scheduler = HandScheduler()  # made in a notebook
    monkeypatch.setattr(Alert, "_scheduler", staticmethod(lambda: scheduler))
    stream, heard, made = Stream("m"), [], []

    def cell():
        made.append(Threshold(0.9))
        made[-1].watch(stream)
        made[-1].on_change(heard.append)

    shell.run(cell)
    shell.run(cell)
    stream.append(1.0)
    scheduler.turn(1)
    scheduler.work()
    assert (len(heard), made[0].closed, made[1].closed) == (1, True, False)


def test_cells_that_watch_and_register_anew_do_so_once(hand, monkeypatch):
    from support.notebooks import make_shell

    shell = make_shell(monkeypatch)
    scheduler = HandScheduler()
    monkeypatch.setattr(Alert, "_scheduler", staticmethod(lambda: scheduler))
    heard = []
    t = shell.run(lambda: Threshold(0.9), "one")
    streams = []

    def watching():
        streams.append(Stream("m"))
        t.watch(streams[-1])

    for _ in range(2):
        shell.run(watching, "two")
        shell.run(lambda: t.on_change(heard.append), "three")
    for stream in streams:
        stream.append(1.0)
    scheduler.turn(1)
    scheduler.work()
    assert len(heard) == 1
    assert [watch.stream for watch in t.watches] == streams[1:]


def test_a_watch_ends_with_the_last_cell_that_asked_for_it(hand, monkeypatch):
    from support.notebooks import make_shell

    shell = make_shell(monkeypatch)
    scheduler = HandScheduler()
    monkeypatch.setattr(Alert, "_scheduler", staticmethod(lambda: scheduler))
    stream = Stream("m")
    t = shell.run(lambda: Threshold(0.9), "one")
    for _ in range(2):
        watch = shell.run(lambda: [t.watch(stream), t.watch(stream)][0], "two")
        assert shell.run(lambda: t.watch(stream), "three") is watch
    shell.run(lambda: None, "two")
    assert t.watches == [watch], "the third cell wants it still"
    shell.run(lambda: None, "three")
    assert (t.watches, watch.removed) == ([], True)


def test_what_is_wrong_with_a_watch_is_forgotten_with_it(hand):
    stream, t, fields = Stream("m"), Threshold(0.9), ["cpu"]
    several = t.watch(stream)
    stream.append(cpu="high", mem=1.0)
    assert t.state == "normal"
    assert "several fields" in t.error
    several.remove()
    assert t.error is None
    shown = t.attach(stream, lambda: list(fields))
    assert t.state == "normal"
    assert "cannot be compared" in t.error
    fields[:] = ["mem"]
    assert (t.state, t.error) == ("raised", None)
    fields[:] = ["cpu"]
    stream.append(cpu="higher")
    assert (t.state, t.error is None) == ("normal", False)
    shown.remove()
    assert (t.error, t._errors) == (None, {})

"""The alerts of a widget, and what is watched for it."""

from __future__ import annotations

import pytest

from realtime_widgets import Absence, Stream, Threshold
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.widgets.watching import Watching, checked_alerts


def test_alerts_come_alone_in_a_list_or_not_at_all() -> None:
    t, gone = Threshold(1), Absence(5)
    assert checked_alerts(None) == ()
    assert checked_alerts(t) == (t,)
    assert checked_alerts([t, gone, t]) == (t, gone)
    with pytest.raises(WrongType, match=r"0\.9 in it is of type float"):
        checked_alerts([t, 0.9])
    with pytest.raises(WrongType, match="pass a list"):
        checked_alerts("0.9")
    with pytest.raises(WrongType, match=r"such as \[rw.Threshold\(0.5, severity='warning'\)\]"):
        checked_alerts({0.5: "warning"})
    t.close()
    with pytest.raises(UsageError, match="closed"):
        checked_alerts([t])


class Widget:
    thresholds: tuple = ()


def test_a_widget_is_told_of_an_alert_of_its_own_that_is_closed_and_is_not_kept_for_it() -> None:
    stream, one, other, third, widget = Stream(), Threshold(1), Threshold(2), Threshold(3), Widget()
    watching = Watching(widget, lambda alert: [alert.attach(stream, None)])
    watching.show((one, other, third))
    watching.show((other, third))
    widget.thresholds = shown = (other, third)
    one.close()
    assert widget.thresholds is shown, "it shows that one no more"
    other.close()
    assert widget.thresholds == (third,)
    assert watching.show({0.9: "error"}) == []
    watching.show((third,))
    del widget
    third.close()


def test_watches_begin_and_end_with_the_alerts_and_those_that_stay_go_on() -> None:
    stream, one, other, begun = Stream(), Threshold(1), Threshold(2), []

    def begin(alert):
        begun.append(alert)
        return [alert.attach(stream, None)]

    watching = Watching(Widget(), begin)
    (first,) = watching.show((one,))
    assert watching.show((other, one))[1] is first
    assert begun == [one, other]
    watching.show((other,))
    assert (one.watches, len(other.watches), first.removed) == ([], 1, True)
    watching.close()
    watching.close()
    assert other.watches == []

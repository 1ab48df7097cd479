"""The alerts of a widget, and what is watched for it."""

from __future__ import annotations

import pytest

from realtime_widgets import Absence, Stream, Threshold
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.widgets.watching import Watching, checked_alerts, open_ones


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
    def __init__(self) -> None:
        self.told = 0

    def closed(self) -> None:
        self.told += 1


def test_a_widget_is_told_of_an_alert_of_its_own_that_is_closed_and_is_not_kept_for_it() -> None:
    stream, one, other, widget = Stream(), Threshold(1), Threshold(2), Widget()
    watching = Watching(lambda alert: [alert.attach(stream, None)], widget.closed)
    watching.show((one, other))
    watching.show((other,))
    one.close()
    assert widget.told == 0, "it shows that one no more"
    other.close()
    assert widget.told == 1
    assert open_ones((one, other, calm := Threshold(3))) == (calm,)
    assert open_ones({0.9: "error"}) == {0.9: "error"}
    third = Threshold(4)
    watching.show((third,))
    del widget
    third.close()


def test_watches_begin_and_end_with_the_alerts_and_those_that_stay_go_on() -> None:
    stream, one, other, begun = Stream(), Threshold(1), Threshold(2), []

    def begin(alert):
        begun.append(alert)
        return [alert.attach(stream, None)]

    watching = Watching(begin, Widget().closed)
    (first,) = watching.show((one,))
    assert watching.show((other, one))[1] is first
    assert begun == [one, other]
    watching.show((other,))
    assert (one.watches, len(other.watches), first.removed) == ([], 1, True)
    watching.close()
    watching.close()
    assert other.watches == []

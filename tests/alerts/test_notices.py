"""What readers are notified of, in words."""

import msgspec

from realtime_widgets.alerts.events import AlertEvent
from realtime_widgets.alerts.limits import limit_of
from realtime_widgets.alerts.notices import label_of, of_absence, of_crossing


def event(state="raised", value=0.953, field="cpu", lasted=0.0, name=""):
    return AlertEvent(state, 10.0, value, 0.9, "machine", field, "warning", 0.0, lasted, name)


def test_a_crossing_says_what_the_value_is_and_for_how_long():
    limit = limit_of(0.9)
    assert of_crossing(event(), limit) == ("cpu ≥ 0.9", "cpu is 0.953")
    assert of_crossing(event(lasted=12), limit) == ("cpu ≥ 0.9", "cpu is 0.953, ≥ 0.9 for 12 s")
    assert of_crossing(event(name="Hot"), limit) == ("Hot", "cpu is 0.953")
    cleared = of_crossing(event("cleared", 0.4, lasted=200), limit)
    assert cleared == ("cpu is back below 0.9 after 3 min 20 s", "cpu is 0.4")
    assert (
        of_crossing(event("cleared", 0.4, lasted=1, name="Hot"), limit).title
        == "Hot: cpu is back below 0.9 after 1 s"
    )
    assert (
        of_crossing(event("cleared", 5, lasted=1), limit_of((2, 8))).title
        == "cpu is back within 2 – 8 after 1 s"
    )


def test_an_absence_says_for_how_long_nothing_came():
    assert of_absence(event(value=None), 30) == ("No data of cpu for 30 s", "")
    assert of_absence(event(value=None, name="Feed"), 30) == ("Feed", "no data of cpu for 30 s")
    assert of_absence(event("cleared", lasted=200), 30) == ("cpu has data again after 3 min 20 s", "")
    assert of_absence(event("cleared", lasted=200, name="Feed"), 30).title.startswith("Feed: cpu has")
    complete = msgspec.structs.replace(event("cleared", None), complete=True)
    assert of_absence(complete, 30) == ("cpu is complete: no more data are expected", "")


def test_a_field_called_value_is_called_by_its_stream():
    assert [label_of(event(field=field)) for field in ("cpu", "value", None)] == ["cpu", "machine", "machine"]

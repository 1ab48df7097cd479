"""Cards in Python: what they show of a value."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from realtime_widgets import Absence, MetricCard, Stream, Threshold
from realtime_widgets.errors import UsageError, WrongType
from support.recorder import Recorder, bodies, value_of

T0 = 1_795_000_000.0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, 3.0),
        (2.5, 2.5),
        (0, 0.0),
        (np.float32(0.5), 0.5),
        (np.int64(9), 9.0),
        (Decimal("1.25"), 1.25),
        (None, None),
        (math.nan, None),
        (pd.NA, None),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        ("idle", "idle"),
        (2**60, float(2**60)),
    ],
)
def test_a_card_takes_any_value(sent: Recorder, value: Any, shown: Any) -> None:
    card = MetricCard("any")
    card.update(value, ts=T0)
    frame = sent.wait_for(lambda frame: any(body.get("newest") == T0 for body in bodies(frame, card)))
    assert value_of(frame, card) == shown


def test_a_card_tells_its_change_and_level(sent: Recorder) -> None:
    card = MetricCard("load", thresholds={0.5: "warning", 0.9: "error"})
    card.update(0.25, ts=T0)
    card.update(0.75, ts=T0 + 1)
    frame = sent.wait_for(lambda frame: value_of(frame, card) == 0.75)
    (body,) = bodies(frame, card)
    assert (body["delta"], body["level"]) == (0.5, "warning")


def test_a_card_of_one_value_claims_no_change(sent: Recorder) -> None:
    card = MetricCard("loss")
    card.update(0.25, ts=T0)
    (body,) = bodies(sent.wait_for(lambda frame: value_of(frame, card) == 0.25), card)
    assert "delta" not in body


def test_a_card_shows_a_number_at_once_and_takes_a_layout(sent: Recorder) -> None:
    card = MetricCard("CPU", 42, unit="%", locale="ja_JP", layout={"width": "200px"})
    assert value_of(sent.wait_for(lambda frame: value_of(frame, card) == 42.0), card) == 42.0
    assert (card.locale, card.layout.width) == ("ja-JP", "200px")
    assert MetricCard("Loss", math.nan).value is None


def test_fields_that_come_later_do_not_change_what_a_card_shows(sent: Recorder) -> None:
    stream = Stream("s")
    stream.append(cpu=1.0, ts=T0)
    card = MetricCard("cpu", stream)
    sent.wait_for(lambda frame: value_of(frame, card) == 1.0)
    stream.append(cpu=2.0, mem=5.0, ts=T0 + 1)
    sent.wait_for(lambda frame: value_of(frame, card) == 2.0)
    assert card.value == 2.0


def test_a_card_that_cannot_know_its_field_says_so_to_the_reader(sent: Recorder) -> None:
    stream = Stream("s")
    card = MetricCard("?", stream)
    stream.append(cpu=2.0, mem=5.0, ts=T0)
    frame = sent.wait_for(lambda frame: any("error" in body for body in bodies(frame, card)))
    assert "several fields ('cpu', 'mem')" in bodies(frame, card)[0]["error"]
    assert card.value is None
    assert repr(card) == "MetricCard('?', value=None, error)"


@pytest.mark.parametrize("several", [[1], (1, 2), {"loss": 1}, np.arange(3.0)])
def test_a_card_is_updated_with_one_value_and_says_what_takes_several(sent: Recorder, several: Any) -> None:
    card = MetricCard("Loss")
    with pytest.raises(WrongType, match=r"^update\(\) takes one value: .* MetricCard\(title, stream\)"):
        card.update(several)
    card.update(np.float32(0.5))
    assert card.value == 0.5


def test_a_card_without_a_title_says_where_it_belongs(sent: Recorder) -> None:
    with pytest.raises(WrongType, match=r'MetricCard\("CPU", 5\)'):
        MetricCard(5)  # type: ignore[arg-type]
    with pytest.raises(WrongType, match=r'MetricCard\("CPU", stream\)'):
        MetricCard(Stream("s"))  # type: ignore[arg-type]


def test_a_card_shows_a_duration_and_a_moment(sent: Recorder) -> None:
    card = MetricCard("Left", dt.timedelta(seconds=90))
    assert sent.wait_for(lambda frame: any(body.get("duration") == 90.0 for body in bodies(frame, card)))
    card.update(dt.datetime(2026, 11, 28, 12, 30))
    assert sent.wait_for(lambda frame: value_of(frame, card) == "2026-11-28 12:30:00")


def test_the_window_can_be_set_later(sent: Recorder) -> None:
    card = MetricCard("Load", window=10)
    for second in range(60):
        card.update(float(second), ts=T0 + second)
    assert (card.window, card._window) == (10.0, {"seconds": 10.0})
    card.window = "1min"
    assert (card.window, card._window) == (60.0, {"seconds": 60.0})
    body = next(iter(card._feeds.values())).take(True, T0 + 60).body
    assert (body["window"], body["span"]) == (60.0, 59.0)
    with pytest.raises(UsageError, match="window"):
        card.window = 0


def test_thresholds_are_numbers_of_any_kind_and_size() -> None:
    card = MetricCard(
        "wei", thresholds={2**53: "warning", 2**53 + 1: "error", 10**400: "error", Decimal("0.5"): "warning"}
    )
    assert list(card.thresholds) == [2**53, 2**53 + 1, 10**400, Decimal("0.5")]
    for value in (math.nan, True, "5", np.timedelta64(5, "s")):
        with pytest.raises(UsageError, match="is not a number"):
            card.thresholds = {value: "error"}


def test_a_number_as_text_is_shown_and_what_it_cannot_have_is_said(sent: Recorder):
    stream = Stream("s")
    stream.append(price="3.5")
    card = MetricCard("Price", stream, precision=2, good="up")
    frame = sent.wait_for(lambda frame: any("notice" in body for body in bodies(frame, card)))
    (body,) = bodies(frame, card)
    assert body["text"] == "3.5"
    assert body["notice"].startswith("price is text ('3.5'): append float(…) of it")
    assert body["notice"].endswith("as text it has no precision, trend")
    assert card.data_state == "live", "a card may show text"


def test_text_that_nothing_numeric_is_asked_of_has_no_such_notice(sent: Recorder):
    for value, settings in (("3.5", {}), ("idle", {"precision": 2})):
        stream = Stream("s")
        stream.append(v=value)
        card = MetricCard("V", stream, **settings)
        assert "as text it has no" not in card._readout.take(True, 0.0).body.get("notice", "")
    later = MetricCard("V")
    later.update("3.5")
    later.thresholds = {3: "error"}
    assert "no thresholds" in later._readout.take(True, 0.0).body["notice"]


def test_a_card_shows_what_is_made_of_its_window_and_what_that_is_compared_with(sent: Recorder):
    stream = Stream("s")
    card = MetricCard("Load", stream, reduce="mean", compare=1)
    stream.extend({"ts": [T0, T0 + 1], "value": [2, 4]})
    (body,) = bodies(sent.wait_for(lambda frame: value_of(frame, card) == 3), card)
    assert body["delta"] == 2
    assert card.value == 3
    assert card._compare == {"kind": "value", "value": 1.0}
    card.reduce, card.compare = "max", "previous"
    sent.wait_for(lambda frame: value_of(frame, card) == 4)
    assert (card.value, card.compare, card._compare["kind"]) == (4, "previous", "previous")
    assert "value=4" in repr(card)


def test_a_sum_falls_while_nothing_comes(sent: Recorder):
    card = MetricCard("Requests", reduce="sum", window=0.5)
    card.update(7)
    sent.wait_for(lambda frame: value_of(frame, card) == 7)
    sent.wait_for(lambda frame: value_of(frame, card) == 0)
    assert card.value == 0


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (dict(compare="previus"), "did you mean 'previous'"),
        (dict(reduce="avg"), "pass one of 'last', 'mean'"),
    ],
)
def test_what_a_card_cannot_be_made_of_says_what_it_can(settings: dict[str, Any], why: str):
    with pytest.raises(UsageError, match=why):
        MetricCard("x", **settings)
    card = MetricCard("x")
    for name, value in settings.items():
        with pytest.raises(UsageError, match=why):
            setattr(card, name, value)


def test_a_card_watches_its_field_with_its_thresholds_and_shows_what_they_say(sent: Recorder) -> None:
    stream, t, calm = Stream("machine"), Threshold(0.9, severity="error"), Threshold(0.1)
    stream.append(cpu=0.0, mem=0.0)
    card = MetricCard("CPU", stream, field="cpu", thresholds=[calm, t])
    stream.append(cpu=0.5, mem=1.0)
    body = next(iter(bodies(sent.wait_for(lambda frame: value_of(frame, card) == 0.5), card)))
    assert (body["level"], body["reason"]["bounds"]) == ("warning", [0.1])
    stream.append(cpu=0.95)
    body = next(iter(bodies(sent.wait_for(lambda frame: value_of(frame, card) == 0.95), card)))
    assert (body["level"], body["reason"]["text"]) == ("error", "≥ {0}")
    assert [event.field for event in t.events] == ["cpu"]
    card.close()
    assert (t.watches, calm.watches) == ([], [])


def test_a_closed_threshold_is_said_no_more() -> None:
    stream, t, calm = Stream(), Threshold(0.9, severity="error"), Threshold(100)
    card = MetricCard("CPU", stream, thresholds=[t, calm])
    stream.append(1.0)
    assert card._readout.take(True, 0.0).body["level"] == "error"
    t.close()
    assert card.thresholds == (calm,)
    assert card._readout.changed()
    stream.append(0.1)
    body = card._readout.take(True, 0.0).body
    assert (body["level"], "reason" in body) == ("normal", False)
    calm.close()
    assert (card.thresholds, card._readout.take(True, 0.0).body["level"]) == ((), "normal")
    card.close()


def test_a_threshold_dropped_from_the_list_is_watched_no_more_and_the_others_go_on() -> None:
    stream, t, other = Stream(), Threshold(0.9), Threshold(0.5)
    card = MetricCard("CPU", stream, thresholds=t)
    (watch,) = t.watches
    card.thresholds = [t, other]
    assert t.watches == [watch]
    card.thresholds = {0.5: "error"}
    assert (t.watches, other.watches) == ([], [])
    card.thresholds = [other]
    assert len(other.watches) == 1
    mine = other.watch(stream)
    card.thresholds = None
    assert other.watches == [mine], "what the user watches is the user's"
    card.close()


def test_a_card_shows_that_data_have_stopped(sent: Recorder) -> None:
    stream = Stream()
    stream.append(0.5)
    card = MetricCard("CPU", stream, thresholds=[Absence(0.2)])
    frame = sent.wait_for(lambda frame: any("reason" in body for body in bodies(frame, card)))
    (body,) = bodies(frame, card)
    assert (body["level"], body["reason"]["kind"], body["reason"]["for"]) == ("error", "absence", 0.2)
    card.close()


def test_thresholds_that_cannot_be_used_are_refused() -> None:
    for wrong in ([0.9], [Threshold(1), "x"], 0.9):
        with pytest.raises(WrongType, match="thresholds="):
            MetricCard("CPU", thresholds=wrong)
    closed = Threshold(1)
    closed.close()
    with pytest.raises(UsageError, match="it is closed"):
        MetricCard("CPU", thresholds=[closed])

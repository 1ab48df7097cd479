"""What all widgets share, through a recorder in place of the browser: what they send, and what they refuse."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest

from realtime_widgets import Dashboard, EventLog, LiveChart, MetricCard, Stream, configure, stats
from realtime_widgets.errors import UnknownField, UnknownKeyword, UsageError, WrongType
from realtime_widgets.widgets import base
from support.recorder import Recorder, bodies, settle, value_of

T0 = 1_795_000_000.0


def test_what_is_appended_reaches_the_pages_without_another_word(sent: Recorder) -> None:
    stream = Stream("s")
    chart = LiveChart(stream)
    stream.append(0.5, ts=T0)
    frame = sent.wait_for(lambda frame: any(body.get("newest") == T0 for body in bodies(frame, chart)))
    (part,) = (part for part in frame.parts if part.to == chart._rw_id)
    assert part.payload.columns["lo"].tolist() == [0.5]


def test_all_widgets_of_a_moment_travel_in_one_frame(sent: Recorder) -> None:
    stream = Stream("s")
    cards = [MetricCard(f"card {i}", stream, field="value") for i in range(50)]
    shown = {card._rw_id: {"views": 1, "px": 150} for card in cards}
    base.get_frame_loop().receive(
        {"rw": 2, "page": "p", "n": 1, "visible": True, "models": shown, "need": []}
    )
    sent.wait_for(lambda frame: frame.heard)
    stream.append(7.0, ts=T0)
    frame = sent.wait_for(lambda frame: value_of(frame, cards[0]) == 7.0)
    assert [value_of(frame, card) for card in cards] == [7.0] * 50


def test_a_page_that_asks_gets_the_whole_picture(sent: Recorder) -> None:
    stream = Stream("s")
    stream.extend({"ts": T0 + np.arange(20), "value": np.arange(20.0)})
    chart = LiveChart(stream)
    sent.wait_for(lambda frame: bodies(frame, chart))
    sent.frames.clear()
    word = {"rw": 2, "page": "p", "n": 1, "visible": True, "models": {chart._rw_id: {"views": 1, "px": 900}}}
    base.get_frame_loop().receive({**word, "need": [chart._rw_id]})
    frame = sent.wait_for(lambda frame: bodies(frame, chart))
    assert frame.heard == {"p": 1}
    assert frame.parts[0].payload.key
    assert len(frame.parts[0].payload.columns["k"]) == 20


def test_a_closed_widget_is_served_no_more(sent: Recorder) -> None:
    stream = Stream("s")
    chart, other = LiveChart(stream), LiveChart(stream)
    sent.wait_for(lambda frame: bodies(frame, chart))
    chart.close()
    stream.append(1.0, ts=T0)
    frame = sent.wait_for(lambda frame: any(body.get("newest") == T0 for body in bodies(frame, other)))
    assert bodies(frame, chart) == []


def test_foreign_words_are_ignored(sent: Recorder) -> None:
    stream = Stream("s")
    chart = LiveChart(stream)
    for word in (None, "hello", {"method": "update"}, {"rw": 99, "page": "p"}, {"rw": 2, "models": 5}):
        base.get_frame_loop().receive(word)
    stream.append(1.0, ts=T0)
    assert sent.wait_for(lambda frame: any(body.get("newest") == T0 for body in bodies(frame, chart)))


def test_data_state_says_what_the_data_are(sent: Recorder) -> None:
    now = [T0]
    stream = Stream("s", clock=lambda: now[0])
    chart = LiveChart(stream, stale_after=5)
    assert chart.data_state == "no_data"
    stream.append(1.0)
    assert chart.data_state == "live"
    stream.mark_gap("trimmed")
    assert chart.data_state == "stale", "until the next value"
    stream.append(0.0)
    assert chart.data_state == "live"
    now[0] += 6
    assert chart.data_state == "stale"
    chart.pause()
    assert chart.data_state == "paused"
    chart.resume()
    stream.append(2.0)
    assert chart.data_state == "live"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda s: LiveChart(s, titel="x"), UnknownKeyword, "did you mean 'title'?"),
        (lambda s: MetricCard("x", s, treshold={}), TypeError, "did you mean 'thresholds'?"),
        (lambda s: LiveChart(s, y="cup"), UnknownField, "did you mean 'cpu'?"),
        (lambda s: LiveChart(s, y=[]), UsageError, "nothing to draw"),
        (lambda s: LiveChart("ws://host"), WrongType, "pass a Stream"),
        (lambda s: LiveChart([]), WrongType, "pass a Stream"),
        (lambda s: LiveChart({"a": "cpu"}), WrongType, "pass a Stream or (stream, field)"),
        (lambda s: LiveChart(s, window=0), UsageError, "window=0"),
        (lambda s: LiveChart(s, window=math.nan), UsageError, "window=nan"),
        (lambda s: LiveChart(s, height=5), UsageError, "CSS pixels"),
        (lambda s: LiveChart(s, colors="red"), WrongType, "pass a list of CSS colours"),
        (lambda s: LiveChart(s, format="percent"), UsageError, "did you mean 'percentage'?"),
        (lambda s: MetricCard("x", s), UsageError, "several fields ('cpu', 'mem')"),
        (lambda s: MetricCard("x", s, field="memo"), UnknownField, "did you mean 'mem'?"),
        (lambda s: MetricCard("x", s, field="cpu").update(1), UsageError, "append to the stream instead"),
        (lambda s: MetricCard("x", thresholds={0.5: "bad"}), UsageError, "has level 'bad'"),
        (lambda s: MetricCard("x", thresholds={"0.5": "error"}), UsageError, "is not a number"),
        (lambda s: MetricCard("x", good="sideways"), UsageError, 'pass "up", "down" or None'),
        (lambda s: MetricCard("x", precision=99), UsageError, "0 to 12"),
        (lambda s: MetricCard("x", "ws://host"), WrongType, "a card cannot follow 'ws://host'"),
        (
            lambda s: MetricCard("x", s.to_pandas()),
            WrongType,
            "a card shows one number, and <DataFrame of shape (1, 3)> has many: pass the one to show, or a Stream; or",
        ),
        (
            lambda s: MetricCard("x", s.to_pandas(), field="mem"),
            WrongType,
            "of that column: rw.cards(table, 'mem')",
        ),
        (lambda s: MetricCard("x", [1, 2]), WrongType, "of each column: rw.cards(table)"),
        (lambda s: MetricCard("x", {"cpu": [1, 2]}), WrongType, "of each column: rw.cards(table)"),
        (lambda s: MetricCard("x", []), WrongType, "pass a Stream, a number, or nothing and call update()"),
        (lambda s: MetricCard("x", window=-5), UsageError, "window=-5"),
        (lambda s: LiveChart(s, stale_after=-1), UsageError, "stale_after=-1"),
        (lambda s: LiveChart(s, locale="日本"), UsageError, "no language tag"),
        (lambda s: configure(max_fps=0), UsageError, "1 to 60"),
        (lambda s: configure(max_fps="fast"), UsageError, "1 to 60"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_advice(
    sent: Recorder, make: Callable[[Stream], object], error: type[Exception], message: str
) -> None:
    stream = Stream("machine")
    stream.append(cpu=0.5, mem=0.25)
    with pytest.raises(error) as raised:
        make(stream)
    assert message in str(raised.value)


def test_max_fps_paces_the_frames(sent: Recorder) -> None:
    configure(max_fps=60)
    assert stats().max_fps == 60
    stream = Stream("s")
    chart = LiveChart(stream)
    sent.wait_for(lambda frame: bodies(frame, chart))
    before = stats().frames
    for i in range(5000):
        stream.append(float(i), ts=T0 + i)
    sent.wait_for(lambda frame: any(body.get("newest") == T0 + 4999 for body in bodies(frame, chart)))
    assert stats().frames - before < 100  # thousands of appends, a handful of frames


def test_a_hidden_widget_costs_no_more_than_a_shown_one(
    sent: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream("s")
    chart = LiveChart(stream)
    sent.wait_for(lambda frame: bodies(frame, chart))
    made = base.get_frame_loop()
    made.receive({"rw": 2, "page": "p", "n": 1, "visible": False, "models": {}, "need": []})
    sent.wait_for(lambda frame: frame.heard == {"p": 1})
    collected: list[float] = []
    collect = made.delivery.collect
    monkeypatch.setattr(made.delivery, "collect", lambda now: (collected.append(now), collect(now))[1])
    for i in range(20_000):
        stream.append(float(i))
    seen = list(collected)
    assert not seen or len(seen) <= (seen[-1] - seen[0]) * made.max_fps + 2


def test_many_widgets_cost_an_append_one_listener(sent: Recorder) -> None:
    stream = Stream("s")
    cards = [MetricCard(str(i), stream, field="value") for i in range(20)]
    settle()
    assert len(base.get_frame_loop()._unlisten) == 1
    for card in cards[:-1]:
        card.close()
    stream.append(1.0, ts=T0)
    assert sent.wait_for(lambda frame: value_of(frame, cards[-1]) == 1.0)
    cards[-1].close()
    settle()
    assert base.get_frame_loop()._unlisten == {}


def test_reprs_say_what_is_shown(sent: Recorder) -> None:
    stream = Stream("cpu")
    card = MetricCard("CPU", stream)
    stream.append(0.5)
    assert repr(card) == "MetricCard('CPU', value=0.5, live)"
    assert repr(LiveChart(stream, window=5)) == "LiveChart('cpu', window=5, live)"


def test_a_widget_is_of_its_class_and_of_no_class_of_its_own() -> None:
    """anywidget gives each widget one, which takes a third of the time to make it."""
    cards = [MetricCard("a"), MetricCard("b")]
    assert {type(card) for card in cards} == {MetricCard}
    assert cards[0]._anywidget_id.endswith("metric.MetricCard")


def test_a_widget_that_cannot_show_its_data_says_error_before_all_else(sent: Recorder) -> None:
    stream = Stream("s", fields=["cpu"])
    chart = LiveChart(stream, y="cpu")
    assert chart.data_state == "no_data"
    wrong = LiveChart(other := Stream("t"), y="cpu")
    other.append(mem=1.0)
    sent.wait_for(lambda frame: any("error" in body for body in bodies(frame, wrong)))
    wrong.pause()
    assert (wrong.data_state, Dashboard([chart, wrong]).data_state) == ("error", "error")


HALF = "cut \ud83d"


def test_text_that_is_no_unicode_reaches_the_pages_as_what_is_left_of_it(sent: Recorder) -> None:
    stream = Stream(HALF)
    stream.append({HALF: 1.0, "word": HALF, "level": HALF, "message": HALF}, ts=T0)
    good = MetricCard("Good", good_stream := Stream("good"))
    widgets = [
        LiveChart({HALF: stream}, title=HALF, unit=HALF, colors={HALF: "red"}),
        LiveChart([stream, Stream("other")]),
        LiveChart(stream, y=HALF),
        MetricCard(HALF, stream, field="word", icon=HALF, unit=HALF),
        EventLog(stream, title=HALF),
        Dashboard([], title=HALF)._header,
    ]
    for widget in widgets:
        frame = sent.wait_for(lambda frame, widget=widget: bodies(frame, widget))
        json.dumps(bodies(frame, widget), ensure_ascii=False).encode()
        state = {name: value for name, value in widget.get_state().items() if name != "_esm"}
        json.dumps(state, ensure_ascii=False).encode()
    assert widgets[0].get_state("title") == {"title": "cut \ufffd"}
    wrong = LiveChart(stream, y="word")
    stream.append({"word": HALF})
    good_stream.append(7.0)
    assert sent.wait_for(lambda frame: value_of(frame, good) == 7.0)
    assert wrong.title == ""

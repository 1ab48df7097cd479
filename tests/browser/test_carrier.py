"""The code that the kernel sends to pages: what the carrier has, and what a widget brings where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_widgets import LiveChart, MetricCard, Stream
from realtime_widgets.browser import carrier
from realtime_widgets.browser.carrier import Carrier, read_front_end, read_static
from realtime_widgets.errors import NotBuilt
from realtime_widgets.widgets import base
from support.recorder import Recorder


def test_a_carrier_has_what_all_widgets_share_and_the_code_of_the_kinds_so_far() -> None:
    made = Carrier("c1", {"metric": read_static("metric.js")})
    state = made.get_state()
    assert state["_esm"] == read_static("page.js")
    assert state["_rw_modules"] == {"metric": read_static("metric.js")}
    made.bring({"metric": "m", "chart": "c"})
    assert made.get_state()["_rw_modules"] == {"metric": "m", "chart": "c"}
    made.close()


def test_a_widget_is_a_stub_where_a_carrier_brings_the_rest(sent: Recorder) -> None:
    assert MetricCard("m", 1)._esm == read_static("widget.js")


def test_where_no_carrier_is_made_a_widget_brings_the_front_end_and_its_own_kind(
    sent: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "has_carrier", lambda: False)
    stream = Stream("s")
    charts, card = [LiveChart(stream), LiveChart(stream)], MetricCard("m", 1)
    for widget, kind in [(charts[0], "chart"), (card, "metric")]:
        assert widget._esm.startswith(read_static("page.js"))
        assert widget._esm.endswith(read_static(f"{kind}.js"))
        assert widget._esm == read_front_end(kind)
    assert charts[0]._esm is charts[1]._esm, "equal modules are loaded once, and kept once"


def test_a_kind_that_was_never_built_is_an_error_where_the_widget_is_made(
    sent: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "widget.js").write_text("")
    monkeypatch.setattr(carrier, "STATIC", tmp_path)
    read_static.cache_clear()
    try:
        with pytest.raises(NotBuilt, match=r"metric\.js"):
            MetricCard("m", 1)
    finally:
        read_static.cache_clear()

"""What a closed widget says where it is shown or used again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ipywidgets import HBox

from realtime_widgets import Dashboard, LiveChart, MetricCard, Stream
from realtime_widgets.errors import UsageError
from support.recorder import Recorder

MAKE: list[Callable[[], Any]] = [
    lambda: LiveChart(Stream("s")),
    lambda: Dashboard([MetricCard("v")]),
]


@pytest.mark.parametrize("make", MAKE)
def test_a_closed_widget_is_displayed_as_what_to_do(sent: Recorder, make: Callable[[], Any]):
    widget = make()
    assert "application/vnd.jupyter.widget-view+json" in _data(widget)
    widget.close()
    widget.close()
    assert list(_data(widget)) == ["text/plain"]
    assert "run that cell once more" in _data(widget)["text/plain"]


@pytest.mark.parametrize("make", MAKE)
@pytest.mark.parametrize("into", [lambda closed: HBox([closed]), lambda closed: Dashboard({"a": closed})])
def test_a_closed_widget_cannot_be_put_into_another(
    sent: Recorder, make: Callable[[], Any], into: Callable[[Any], object]
):
    widget = make()
    widget.close()
    with pytest.raises(UsageError, match="is closed, by close\\(\\) or because its cell was run again"):
        into(widget)


def test_a_closed_widget_still_answers(sent: Recorder):
    card = MetricCard("Loss")
    card.update(0.5)
    card.close()
    card.title = "Other"
    assert repr(card) == "MetricCard('Other', value=0.5, live)"


def _data(widget: Any) -> dict[str, Any]:
    bundle = widget._repr_mimebundle_()
    return bundle[0] if isinstance(bundle, tuple) else bundle

"""Which fields a view draws, and what it says when it cannot."""

from __future__ import annotations

import pytest

from realtime_widgets.errors import UnknownField
from realtime_widgets.feeds.drawn import MAX_SERIES, DrawnFields
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.streams import Stream


def test_named_fields_are_drawn_and_no_others():
    stream = Stream("s")
    drawn = DrawnFields(stream, ["a", "b"], None)
    stream.append(a=1.0, c=2.0)
    assert drawn.present() == ("a", "b")
    assert not drawn.changed()
    assert drawn.trouble() is None


def test_without_names_all_number_fields_are_drawn_but_the_axis_also_later_ones():
    stream = Stream("s")
    drawn = DrawnFields(stream, None, "step")
    assert drawn.present() == ()
    stream.append(step=1, loss=0.5, note="x")
    assert drawn.changed()
    drawn.names = drawn.present()
    assert drawn.names == ("loss",)
    assert not drawn.changed()
    stream.append(step=2, rate=0.1)
    assert drawn.present() == ("loss", "rate")


def test_a_drawn_field_stays_when_texts_come():
    stream = Stream("s")
    stream.append(a=1.0, b=None)
    drawn = DrawnFields(stream, None, None)
    drawn.names = ("a", "b")
    stream.append(b="idle")
    assert drawn.present() == ("a", "b")


def test_a_field_that_is_not_there_is_refused_or_said():
    stream = Stream("s")
    drawn = DrawnFields(stream, ["los"], None)
    drawn.check()  # nothing is known of a stream without records
    assert drawn.unknown() is None
    stream.append(loss=1.0)
    with pytest.raises(UnknownField, match="did you mean 'loss'"):
        drawn.check()
    assert drawn.trouble() == drawn.unknown()
    assert "did you mean 'loss'" in (drawn.unknown() or "")
    along = DrawnFields(stream, None, "stp")
    assert "no field 'stp'" in (along.unknown() or "")


def test_what_holds_no_numbers_is_said():
    stream = Stream("s")
    stream.append(price="63719.32", step="one")
    assert "price is text ('63719.32')" in (DrawnFields(stream, ["price"], None).trouble() or "")
    assert "step is text" in (DrawnFields(stream, ["price"], "step").trouble() or "")


def test_more_fields_than_are_drawn_are_counted():
    stream = Stream("s")
    stream.append({f"f{i:02}": 1.0 for i in range(MAX_SERIES + 3)})
    drawn = DrawnFields(stream, None, None)
    drawn.names = drawn.present()
    assert len(drawn.names) == MAX_SERIES
    assert (drawn.left_out() or "").startswith(f"{MAX_SERIES} of {MAX_SERIES + 3} number fields")
    assert DrawnFields(stream, ["f00"], None).left_out() is None


def test_one_misspelled_field_of_several_is_said_at_once():
    stream = Stream("s")
    drawn = DrawnFields(stream, ["loss", "acuracy"], None)
    assert drawn.left_out() is None
    stream.append(loss=1.0, Accuracy=0.5)
    assert drawn.left_out() == "no field 'acuracy': did you mean 'Accuracy'?"
    assert drawn.trouble() is None, "the other is drawn"


def test_a_field_that_comes_later_is_only_said_when_it_has_long_been_awaited():
    stream = Stream("s")
    drawn = DrawnFields(stream, ["loss", "val_loss", "loss2"], None)
    stream.extend({"loss": [1.0] * 199})
    assert drawn.left_out() is None, "what resembles a field that is named itself is no misspelling of it"
    stream.append(loss=1.0, loss2=1.0)
    assert drawn.left_out() == "no record so far has the field 'val_loss': stream 's' has 'loss', 'loss2'"
    stream.append(loss=1.0, val_loss=1.0)
    assert drawn.left_out() is None


def test_what_is_missing_is_said_in_the_part_for_the_page():
    stream = Stream("s")
    feed = SeriesFeed(stream, ["loss", "acuracy"], 60.0)
    stream.append(loss=1.0, accuracy=0.5)
    assert "did you mean 'accuracy'" in feed.take(True, 0.0).body["notice"]

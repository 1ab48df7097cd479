"""The lines of a chart keep their names and numbers while others come and go."""

from __future__ import annotations

from realtime_widgets.feeds.lines import FeedLines, Line, LineNumbers


def numbers(lines: list[Line]) -> list[int]:
    return [line.number for line in lines]


def test_lines_are_numbered_in_the_order_of_their_appearance():
    lines = FeedLines(LineNumbers(), ["b", "a"])
    assert numbers(lines.of(["b", "a"])) == [0, 1]


def test_a_line_keeps_its_number_when_others_come_before_it_or_go():
    lines = FeedLines(LineNumbers(), ["m"])
    assert numbers(lines.of(["a", "m", "z"])) == [1, 0, 2]
    assert numbers(lines.of(["z"])) == [2]
    assert numbers(lines.of(["m", "n"])) == [0, 3]


def test_feeds_of_one_chart_share_the_numbers():
    shared = LineNumbers()
    one, other = FeedLines(shared, ["a"]), FeedLines(shared, ["a", "b"])
    assert numbers(other.of(["a", "b"])) == [1, 2]
    assert numbers(one.of(["a", "c"])) == [0, 3]


def test_a_feed_without_fields_has_a_number_kept_for_its_first():
    shared = LineNumbers()
    late, early = FeedLines(shared), FeedLines(shared)
    assert numbers(early.of(["x", "y"])) == [1, 2]
    assert numbers(late.of(["x", "y"])) == [0, 3]


def test_a_line_that_came_alone_keeps_the_name_of_its_feed():
    lines = FeedLines(LineNumbers(), prefix="web ", alone="web")
    assert lines.of(["value"]) == [Line(0, "web")]
    assert [line.label for line in lines.of(["value", "errors"])] == ["web", "web errors"]


def test_lines_that_came_together_are_named_by_their_fields():
    lines = FeedLines(LineNumbers(), ["a", "b"], "web ", "web")
    assert [line.label for line in lines.of(["b"])] == ["web b"]

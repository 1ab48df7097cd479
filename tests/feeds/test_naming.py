"""Names of fields in words."""

from __future__ import annotations

import pytest

from realtime_widgets.feeds.naming import in_words, label_of


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("avgResponseTime", "average response time"),
        ("cpu_load", "CPU load"),
        ("HTTPRequests", "HTTP requests"),
        ("loss", "loss"),
        ("温度", "温度"),
        ("___", "___"),
    ],
)
def test_words_that_are_written_together_are_taken_apart(field: str, words: str):
    assert in_words(field) == words


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("train_loss", "train loss"),
        ("activeUsers", "active users"),
        ("cpu", "cpu"),
        ("core 0", "core 0"),
        ("f0", "f0"),
        ("A/B", "A/B"),
        ("_private", "_private"),
        ("CPU", "CPU"),
    ],
)
def test_a_legend_leaves_other_names_as_they_are(field: str, label: str):
    assert label_of(field) == label

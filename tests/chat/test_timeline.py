"""The messages of one room: places, bounds, what is on its way."""

from __future__ import annotations

from realtime_widgets.chat import timeline as module
from realtime_widgets.chat.events import Grown, Moved, Posted
from realtime_widgets.chat.message import Said
from realtime_widgets.chat.timeline import (
    GROWING_TIMEOUT,
    MAX_GROWING,
    MAX_GROWING_OF_ONE,
    PENDING,
    Timeline,
    message_of,
)
from realtime_widgets.streams.gaps import Position


def posted(id: str, user: str = "ken", client: str | None = None) -> Posted:
    return Posted(Said(id, user, user.title(), f"text of {id}", "text", 1.7e9, {}), client)


def filled(count: int, keep: int = 100) -> Timeline:
    timeline = Timeline("r", keep)
    for n in range(1, count + 1):
        timeline.post(posted(f"m{n}"), Position("e", n))
    return timeline


def ids(timeline: Timeline) -> list[str]:
    return [item.fields["said"].id for item in timeline]


def test_the_oldest_go_first_and_what_is_on_its_way_stays() -> None:
    timeline = Timeline("r", 3)
    timeline.say("key-1", Said("?", "anna", "Anna", "hi", "text", 1.7e9, {}), "queued")
    for n in range(1, 6):
        timeline.post(posted(f"m{n}"), Position("e", n))
    assert ids(timeline) == ["m4", "m5", "?"]
    assert timeline.post(posted("m5"), Position("e", 5)) is None


def test_what_has_grown_and_is_said_is_on_its_way_like_anything_else() -> None:
    timeline = Timeline("r", 10)
    timeline.grow(Grown("k", "bot", "bot", "so f", 1.7e9), 1.0, here=True)
    other = timeline.say("o", Said("?", "anna", "Anna", "hi", "text", 1.7e9, {}), "sending")
    said = timeline.say(
        "k", Said("k", "bot", "bot", "so far", "text", 1.7e9, {"bot": True}), "queued", by_program=True
    )
    message = message_of(said, "r", "anna")
    assert (message.text, message.state, message.by_program) == ("so far", "queued", True)
    assert ids(timeline) == ["k", "?"]
    assert said.place < other.place
    timeline.post(posted("m1", "bot", client="k"), Position("e", 1))
    assert ids(timeline) == ["m1", "?"]


def test_what_was_asked_for_is_kept_beside_the_newest() -> None:
    timeline = Timeline("r", 3)
    for n in range(10, 16):
        timeline.post(posted(f"m{n}"), Position("e", n))
    for n in (8, 9):
        assert timeline.post(posted(f"m{n}"), Position("e", n), quiet=True) is not None
    assert ids(timeline) == ["m8", "m9", "m13", "m14", "m15"]
    timeline.post(posted("m16"), Position("e", 16))
    assert len(timeline) == 5


def test_what_was_asked_for_is_bounded(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, "MAX_KEPT", 4)
    timeline = filled(3, keep=3)
    for n in range(1, 9):
        timeline.post(posted(f"o{n}"), Position("older", n), quiet=True)
    assert len(timeline) == 4


def test_places_are_offsets_behind_what_had_another_epoch() -> None:
    timeline = filled(5)
    assert timeline.place_of(Position("e", 3)) == 3
    assert timeline.place_of(Position("f", 1)) == 6  # it began anew
    assert timeline.offset_of(6) == 1
    assert timeline.offset_of(5) == 0
    timeline.post(posted("n1"), Position("f", 1))
    assert (
        timeline.place_of(Position("g", 100)) == 106
    )  # what came before it stays before it, however far that is
    assert timeline.offset_of(106) == 100
    assert timeline.top == 6


def test_a_line_of_this_side_stands_between_what_came_before_and_after() -> None:
    timeline = filled(2)
    said = Said("x", "", "on_message", "oops", "system", 1.7e9, {})
    timeline.note("!x", said, kind="error")
    timeline.say("key-1", Said("?", "anna", "Anna", "hi", "text", 1.7e9, {}), "sending")
    timeline.post(posted("m3"), Position("e", 3))
    assert ids(timeline) == ["m1", "m2", "x", "m3", "?"]
    assert next(reversed(timeline)).place > PENDING


def test_nobody_else_ends_what_somebody_writes() -> None:
    timeline = Timeline("r", 10)
    assert timeline.grow(Grown("g", "bot", "Bot", "one", 1.7e9), 0.0)
    assert not timeline.grow(Grown("g", "mia", "Mia", "forged", 1.7e9), 0.0)
    timeline.post(posted("m1", "mia", client="g"), Position("e", 1))
    assert ids(timeline) == ["m1", "g"]
    timeline.post(posted("m2", "bot", client="g"), Position("e", 2))
    assert ids(timeline) == ["m1", "m2"]
    item = timeline.find("m2")
    assert item is not None
    assert item.key == timeline.find("g").key  # type: ignore[union-attr]
    assert message_of(item, "r", "anna").state == "sent"


def test_only_what_is_on_its_way_can_be_discarded() -> None:
    timeline = filled(1)
    assert timeline.discard("m1") is None
    timeline.say("key-1", Said("?", "anna", "Anna", "hi", "text", 1.7e9, {}), "failed")
    assert timeline.discard("key-1") is not None
    assert timeline.discard("key-1") is None
    assert not timeline.settle("m1", "failed")


def test_what_comes_back_after_it_counted_as_sent_is_one_message() -> None:
    timeline = filled(1)
    timeline.say("key-1", Said("?", "anna", "Anna", "hi", "text", 1.7e9, {}), "sending")
    assert timeline.settle("key-1", "sent")  # acknowledged, and nothing came for long
    assert timeline.post(posted("m2", "anna", client="key-1"), Position("e", 2), me="anna") is not None
    assert ids(timeline) == ["m1", "m2"]
    assert timeline.post(posted("m3", "anna", client="key-1"), Position("e", 3), me="anna") is not None
    assert ids(timeline) == ["m1", "m2", "m3"]


def test_keys_are_one_of_a_kind_in_all_rooms() -> None:
    """Whoever shows several rooms knows their items by key: the same ids, and the same offsets, are others in each."""
    keys: set[str] = set()
    rooms = ("r", "1/r", "r/m1", "")
    for room in rooms:
        timeline = Timeline(room, 10)
        timeline.post(posted("m1"), Position("e", 1))
        timeline.move(Moved("mia", "Mia", True, 1.7e9), Position("e", 2))
        timeline.grow(Grown("m1", "bot", "Bot", "one", 1.7e9), 0.0)
        keys |= {item.key for item in timeline}
    assert len(keys) == 3 * len(rooms)


def test_what_is_written_here_is_ended_and_added_to_by_nobody_else() -> None:
    """Its id is known to all who see it grow."""
    timeline = Timeline("r", 10)
    timeline.grow(Grown("g", "bot", "bot", "The answer", 1.7e9), 0.0, here=True)
    assert not timeline.grow(Grown("g", "mia", "Mia", "I am bad", 1.7e9), 0.0)
    assert not timeline.grow(Grown("g", "bot", "bot", "an echo", 1.7e9), 0.0)
    timeline.post(posted("m1", "mia", client="g"), Position("e", 1), me="anna")
    timeline.post(posted("m2", "mia/bot", client="g"), Position("e", 2), me="anna")
    assert ids(timeline) == ["m1", "m2", "g"]
    timeline.post(posted("m3", "anna/bot", client="g"), Position("e", 3), me="anna")
    assert ids(timeline) == ["m1", "m2", "m3"]
    assert timeline.get("g") is timeline.find("m3")


def test_what_has_ended_does_not_grow_again() -> None:
    timeline = Timeline("r", 10)
    grown = Grown("g", "bot", "Bot", "one", 1.7e9)
    timeline.post(posted("m1", "bot", client="g"), Position("e", 1))
    assert not timeline.grow(grown, 0.0)
    assert timeline.grow(Grown("g", "mia", "Mia", "of another", 1.7e9), 0.0), "who ends nothing of others"
    assert ids(timeline) == ["m1", "g"]


def test_what_is_given_up_stays_where_it_stands_and_may_end_yet() -> None:
    timeline = Timeline("r", 10)
    timeline.post(posted("m1"), Position("e", 1))
    timeline.grow(Grown("g", "bot", "Bot", "half", 1.7e9), 0.0)
    timeline.grow(Grown("h", "bot", "Bot", "half", 1.7e9), 1.0)
    version = timeline.version
    assert timeline.expire(GROWING_TIMEOUT + 1)
    assert {item.state["state"] for item in timeline.changes(version).items} == {"stopped"}  # type: ignore[union-attr]
    assert timeline.due(0.0) is None
    timeline.post(posted("m2"), Position("e", 2))
    assert ids(timeline) == ["m1", "g", "h", "m2"]
    assert timeline.grow(Grown("h", "bot", "Bot", "more", 1.7e9), 50.0), "it goes on"
    assert ids(timeline) == ["m1", "g", "m2", "h"]
    timeline.post(posted("m3", "bot", client="g"), Position("e", 3))
    assert ids(timeline) == ["m1", "m2", "m3", "h"]


def test_of_what_others_write_there_is_no_more_than_some() -> None:
    timeline = Timeline("r", 100)
    for n in range(1, 101):
        timeline.post(posted(f"m{n}"), Position("e", n))
    for n in range(200):
        timeline.grow(Grown(f"g{n}", f"u{n % 20}", "U", "x", 1.7e9), 0.0)
    assert sum(item.state["state"] == "growing" for item in timeline) == MAX_GROWING
    for n in range(200):
        timeline.grow(Grown(f"h{n}", "mallory", "M", "x", 1.7e9), 0.0)
    assert sum(item.fields["said"].user == "mallory" for item in timeline) == MAX_GROWING_OF_ONE
    timeline.say("key-1", Said("?", "anna", "Anna", "hi", "text", 1.7e9, {}), "sending")
    timeline.post(posted("newest"), Position("e", 101))
    assert timeline.find("newest") is not None
    assert timeline.get("key-1") is not None


def test_what_goes_on_again_counts_among_what_others_write() -> None:
    timeline = Timeline("r", 100)
    for n in range(MAX_GROWING_OF_ONE):
        timeline.grow(Grown(f"g{n}", "mallory", "M", "x", 1.7e9), 0.0)
    timeline.expire(GROWING_TIMEOUT + 1)
    for n in range(MAX_GROWING_OF_ONE):
        timeline.grow(Grown(f"h{n}", "mallory", "M", "x", 1.7e9), GROWING_TIMEOUT + 2)
    for n in range(MAX_GROWING_OF_ONE):
        timeline.grow(Grown(f"g{n}", "mallory", "M", "and more", 1.7e9), GROWING_TIMEOUT + 3)
    assert sum(item.state["state"] == "growing" for item in timeline) == MAX_GROWING_OF_ONE

"""What a client has brought into rooms, and as whom it is here."""

from __future__ import annotations

from collections import Counter

from realtime_widgets.hub.chat_notes import MAX_MEMBERS_EACH, MAX_ROOMS_EACH
from realtime_widgets.hub.chat_shares import MAX_HERE, Share


def test_nobody_gives_way_who_is_here_over_any_connection():
    here: Counter[str] = Counter()
    one, two = Share(None, here), Share("anna", here)
    for share in (one, two, one):
        share.speak("anna")
    one.speak("ben")
    assert [one.may_go(id) for id in ("anna", "ben", "carl")] == [False, False, True]
    one.end()
    assert [two.may_go(id) for id in ("anna", "ben")] == [False, True]
    two.end()
    two.end()
    assert two.may_go("anna")
    assert not here, "of those who have gone nothing is kept"


def test_one_client_is_not_here_as_everybody():
    here: Counter[str] = Counter()
    share = Share(None, here)
    for number in range(2 * MAX_HERE):
        share.speak(f"{number}")
    assert len(here) == MAX_HERE
    share.end()
    assert not here


def test_where_no_client_asks_nobody_gives_way():
    share = Share(None, None)
    share.speak("anna")
    assert not share.may_go("anna")
    assert not share.may_go("ben")
    share.end()


def test_of_a_named_token_those_count_whose_ids_say_so_and_never_itself():
    share = Share("anna", Counter())
    share.bring("lab", "ben")
    share.make("lab")
    members = ["anna", "anna/a", "anna/b/c", "annabel/d", "ben"]
    assert [*filter(share.counts("lab", "anna/new"), members)] == ["anna/a", "anna/b/c"]
    assert [*filter(share.counts("lab", "anna"), members)] == [], "it has a place of its own"
    assert not share.has_brought_many("lab")
    assert share.whose == "token"
    assert [*filter(Share("\ud800", Counter()).counts("lab", "x"), ["\ufffd/a"])] == ["\ufffd/a"]


def test_without_a_name_those_count_whom_the_connection_has_brought_into_the_room():
    share = Share(None, Counter())
    share.bring("lab", "ben")
    assert [*filter(share.counts("lab", "carl"), ["anna", "ben", "/x"])] == ["ben"]
    assert [*filter(share.counts("other", "carl"), ["anna", "ben"])] == []
    assert share.whose == "connection"


def test_what_has_left_the_list_or_the_room_does_not_count():
    share = Share(None, Counter())
    for number in range(MAX_ROOMS_EACH):
        assert not share.has_made_all
        share.make(f"r{number}")
    assert share.has_made_all
    for number in range(MAX_MEMBERS_EACH):
        assert not share.has_brought_many("lab")
        share.bring("lab", f"{number}")
    assert share.has_brought_many("lab")
    share.keep_to_members("lab", {"1", "anna"})
    assert not share.has_brought_many("lab")
    assert [*filter(share.counts("lab", "x"), ["0", "1", "anna"])] == ["1"]
    share.keep_to_rooms({"r1": "", "general": ""})
    assert not share.has_made_all
    assert [*filter(share.counts("lab", "x"), ["0", "1", "anna"])] == []

"""Policies: what is kept of which channel, and which policies are none."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets import errors
from realtime_widgets.hub.policies import (
    ChannelPolicy,
    Kept,
    Policies,
    Retention,
    about,
    presence_of,
    subject_of,
)


def test_a_channel_without_a_policy_is_as_the_hub_says():
    policies = Policies({"a": ChannelPolicy(presence=True)}, history=7, history_age="2min")
    assert policies.retention(300.0)["a"] == policies.retention(300.0)["b"] == Kept(7, 120.0)
    assert not policies.of("b").presence
    assert policies.of("a").presence


def test_ages_are_the_hubs_the_brokers_or_their_own():
    policies = Policies(
        {
            "own": ChannelPolicy(history=2, history_age="1h"),
            "broker": ChannelPolicy(history_age="auto"),
            "room": ChannelPolicy(history_age=None),
        },
        history_age=5,
    )
    kept = policies.retention(300.0)
    assert [kept[name] for name in ("own", "broker", "room", "other")] == [
        Kept(2, 3600.0),
        Kept(1000, 300.0),
        Kept(1000, None),
        Kept(1000, 5.0),
    ]
    assert kept.longest is None


def test_the_longest_age_is_known_when_all_have_one():
    assert Retention(3, 10.0, {"a": Kept(1, 20.0)}).longest == 20.0
    assert Retention(3, 10.0, {"a": Kept(1, None)}).longest is None


def test_of_presence_the_newest_is_kept_and_only_the_hub_publishes_it():
    policies = Policies({"*": ChannelPolicy(history=0, presence=True)})
    assert policies.retention(300.0)[presence_of("a")] == Kept(1, None)
    assert policies.of(presence_of("a")).publish == "hub"
    assert not policies.of(presence_of("a")).presence
    assert (about(presence_of("a")), about("a")) == ("a", None)


def test_of_rooms_much_is_kept_and_of_who_types_nothing_unless_the_user_says_otherwise():
    usual = Policies().retention(300.0)
    assert [usual[name] for name in ("chat:lab", "typing:chat:lab", "rooms", "chats")] == [
        Kept(10_000, None),
        Kept(0, 300.0),
        Kept(1, 300.0),
        Kept(1000, 300.0),
    ]
    policies = Policies({"chat:vip": ChannelPolicy(history=5), "*": ChannelPolicy(history=7, presence=True)})
    kept = policies.retention(300.0)
    assert [kept[name].messages for name in ("chat:vip", "chat:lab", "typing:chat:lab")] == [5, 7, 0]
    assert policies.of("chat:lab").presence
    assert not policies.of("typing:chat:lab").presence
    assert Policies({"chat:vip*": ChannelPolicy(history=5)}).retention(300.0)["chat:lab"].messages == 10_000
    assert Policies({"chat:*": ChannelPolicy(history=5)}).retention(300.0)["chat:lab"] == Kept(5, 300.0)
    for name in ("typing:chat:lab", "rooms"):
        assert (policies.of(name).publish, policies.of(name).conflate) == ("hub", name == "rooms")


@pytest.mark.parametrize(
    ("channel", "subject"),
    [
        ("a", "a"),
        ("presence:a", "a"),
        ("typing:chat:a", "chat:a"),
        ("chat:a", "chat:a"),
        ("presence:typing:a", "typing:a"),
    ],
)
def test_a_channel_that_tells_of_another_has_its_rights(channel: str, subject: str):
    assert subject_of(channel) == subject


def test_why_nobody_is_told_who_follows():
    policies = Policies({"team:*": ChannelPolicy(presence=True)})
    assert policies.complaint_about_presence("team:a") is None
    assert policies.complaint_about_presence("other") == (
        "the hub does not say who follows 'other': it has no policy with presence=True for it"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"history": -1}, "history= of a channel cannot be -1: pass 0 or more"),
        ({"history": "all"}, "history= of a channel cannot be 'all': "),
        ({"history_age": 0}, "history_age= of a channel cannot be 0: "),
        ({"history_age": "soon"}, "history_age= of a channel cannot be 'soon': "),
        ({"leave_delay": -1}, "leave_delay= of a channel cannot be -1: "),
        ({"presence": "yes"}, "presence='yes' of a channel cannot be used: pass True or False"),
        ({"conflate": 1}, "conflate=1 of a channel cannot be used: pass True or False"),
        ({"publish": "nobody"}, "publish='nobody' of a channel is not known; pass 'clients', or 'hub'"),
        ({"presense": True}, "did you mean 'presence'"),
    ],
)
def test_what_is_no_policy_is_told(options: dict[str, Any], message: str):
    with pytest.raises(errors.UsageError) as caught:
        ChannelPolicy(**options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (
            {"a*b": ChannelPolicy()},
            "channels= cannot have 'a*b': pass the name of a channel, or how names begin",
        ),
        (
            {"presence:a": ChannelPolicy()},
            "the hub itself has the channels presence:…; pass 'a' with presence=True",
        ),
        ({"typing:*": ChannelPolicy()}, "the hub itself has the channels typing:…, of which nothing is kept"),
        (
            {"a": {"history": 3}},
            "channels= cannot have {'history': 3} for 'a': pass rw.ChannelPolicy(history=…)",
        ),
        (["a"], "channels=['a'] cannot be used: it must be a dict"),
        ({str(i): ChannelPolicy() for i in range(1001)}, "channels= cannot have 1,001 policies: "),
    ],
)
def test_what_are_no_policies_is_told(named: Any, message: str):
    with pytest.raises(errors.UsageError) as caught:
        Policies(named)
    assert message in str(caught.value)


def test_a_name_is_meant_as_it_is_published():
    assert Policies({"a\ud800": ChannelPolicy(presence=True)}).of("a\ufffd").presence

"""The configuration file of a hub: by its text."""

from __future__ import annotations

import dataclasses

import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.hub import ChannelPolicy, FileLimits, Limits
from realtime_widgets.hub.config import Config, read_config


def test_a_file_says_what_its_hub_does_with_channels_and_clients():
    found = read_config(
        """
        [channels.a]
        history_age = "forever"
        presence = true
        [channels."チーム:*"]
        history = 3
        history_age = "auto"
        [channels.c]
        history_age = "30d"
        [limits]
        messages = 12.5
        connections_each = "unlimited"
        """
    )
    assert found.channels == {
        "a": ChannelPolicy(history_age=None, presence=True),
        "チーム:*": ChannelPolicy(history=3, history_age="auto"),
        "c": ChannelPolicy(history_age="30d"),
    }
    assert found.limits == Limits(messages=12.5, connections_each=None)


def test_an_empty_file_changes_nothing():
    assert read_config("") == Config({}, Limits(), FileLimits())


def test_every_limit_can_be_written():
    usual = dataclasses.asdict(Limits())
    text = "[limits]\n" + "\n".join(f"{name} = {value}" for name, value in usual.items())
    assert read_config(text).limits == Limits()


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("[files]", FileLimits()),
        ('files = "off"', None),
        (
            '[files]\nmax_size = 1_000\nper_user = 10_000\ntotal = "auto"\nage = "7d"',
            FileLimits(max_size=1000, per_user=10_000, age="7d"),
        ),
        ('[files]\nage = "forever"', FileLimits(age=None)),
    ],
)
def test_a_file_says_what_its_hub_keeps_of_files(text: str, files: FileLimits | None):
    assert read_config(text).files == files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[team", "it is no TOML: "),
        (
            "[channel.a]",
            "it cannot have 'channel': it has the tables channels, limits and files; did you mean 'channels'?",
        ),
        (
            '["chat:*"]',
            "it cannot have 'chat:*': it has the tables channels, limits and files; write [limits], or",
        ),
        ('["chat:*"]', '[channels."chat:*"]'),
        ("history = 3", "[channels.history]"),
        ("channels = 3", 'channels cannot be 3: write tables such as [channels."chat:*"]'),
        ("channels.a = 3", "the policy of 'a' cannot be 3: write a table, such as history = 100"),
        (
            "[channels.a]\nhistory = -1",
            "the policy of 'a' cannot be used: history= of a channel cannot be -1: ",
        ),
        ("[channels.a]\npresense = true", "did you mean 'presence'"),
        ('files = "none"', "files cannot be 'none': write a table, such as max_size = 2_000_000, or \"off\""),
        (
            "[files]\nmaxsize = 3",
            "the limits of files cannot be used: FileLimits cannot be called like this: ",
        ),
        ("[files]\nmax_size = 0", "max_size= of files cannot be 0"),
        ('[files]\nage = "never"', '("forever" is written for None)'),
        ("[[limits]]", "limits cannot be [{}]: write a table, such as messages = 1000"),
        ("[limits]\nmessage = 3", "the limits cannot be used: Limits cannot be called like this: "),
        ("[limits]\nmessage = 3", "did you mean 'messages'?"),
        ("[limits]\nspeed = 3", "it takes messages, burst, connections, "),
        ('[channels.a]\nhistory_age = "never"', '("forever" is written for None)'),
        ("[limits]\nmessages = 0", "messages= of the limits cannot be 0; pass how many messages a second"),
        ("[limits]\nmessages = true", '("unlimited" is written for None)'),
        ("[limits]\nburst = 0", "the limits cannot be used: burst= of the limits cannot be 0: "),
        ('[limits]\nburst = "unlimited"', "the limits cannot be used: burst= of the limits cannot be None: "),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_what_may_be_there(text: str, message: str):
    with pytest.raises(UsageError) as caught:
        read_config(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)

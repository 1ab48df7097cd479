"""What JetStream keeps: names, epochs, limits, and what its answers say. Pure."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest

from realtime_widgets.hub.brokers.base import KEPT_NOTE_AGE, NOTE_AGE
from realtime_widgets.hub.brokers.dedup import KeyReused
from realtime_widgets.hub.brokers.engine import NOWHERE
from realtime_widgets.hub.brokers.nats_streams import (
    KEPT_NOTES,
    NOTES,
    Commands,
    Placed,
    Refused,
    base_of,
    config_of,
    config_of_notes,
    making_of,
    next_epoch,
    note_of,
    notes_of,
    read_ack,
    read_answer,
    read_message,
    stream_of,
    subject_of,
)
from realtime_widgets.hub.policies import Kept, Retention
from realtime_widgets.streams.gaps import Position

NAMES = ["a", "A", "a.b", "*", ">", "a b", "x" * 200, "\ud800", "äöü", "\x00", "notes"]


def test_each_channel_has_a_stream_of_its_own_whatever_its_name():
    streams = {stream_of(name) for name in NAMES}
    assert len(streams) == len(NAMES)
    assert all(re.fullmatch(r"rw-[0-9a-f]{32}", stream) for stream in streams)
    for name in NAMES:
        notes = (note_of(name, age) for age in (NOTE_AGE, KEPT_NOTE_AGE))
        subjects = (subject_of(name, "e-1"), *notes, Commands().wake(name).decode())
        assert all(re.fullmatch(r"[-.*0-9a-z]+", subject) for subject in subjects)
        assert len(config_of(name, Retention(1, None), 1)["description"]) <= 1000


def test_a_stream_keeps_what_it_shall_and_what_is_needed_to_know_messages():
    def limits(channel: str) -> list[int]:
        kept = Retention(5000, 3600.0, {"few": Kept(3, 1.0), "always": Kept(10**6, None)})
        config = config_of(channel, kept, 3)
        assert config["num_replicas"] == 3
        assert config["duplicate_window"] == 300 * 10**9
        return [config["max_msgs"], config["max_age"] // 10**9]

    assert [limits(name) for name in ("a", "few", "always")] == [[5000, 3600], [1000, 300], [10**6, 0]]


def test_notes_of_each_age_have_a_stream_that_keeps_them_for_as_long():
    for age, stream in ((NOTE_AGE, NOTES), (KEPT_NOTE_AGE, KEPT_NOTES)):
        subject = note_of("a", age)
        assert notes_of(subject) == stream
        config = config_of_notes(stream, 3)
        assert (config["name"], config["max_age"], config["num_replicas"]) == (stream, age * 10**9, 3)
        (listened,) = config["subjects"]
        assert listened == f"{subject.rpartition('.')[0]}.*"
    assert notes_of(making_of(stream_of("a"))) == NOTES


def test_all_who_see_the_same_loss_find_the_same_epoch_which_says_where_it_begins():
    epochs = {next_epoch("e", 7), next_epoch("e", 8), next_epoch("f", 7)}
    assert len(epochs) == 3
    assert next_epoch("e", 7) in epochs
    assert base_of(next_epoch(next_epoch("e", 7), 12)) == 12
    assert [base_of(epoch) for epoch in ("abcd", "", "a-", "a-x", "a-²")] == [0] * 5


def test_a_message_that_comes_again_is_known_by_its_digest():
    commands, there = Commands(), Position("e", 3)
    assert commands.publish("a", b"\x01", b"\x02", b"{}", NOWHERE)[1:3] == ("01", "02")
    assert commands.placed(Placed(there, fresh=True, digest=None), b"\x02") == (there, True)
    assert commands.placed(Placed(there, fresh=False, digest="02"), b"\x02") == (there, False)
    assert commands.placed(Placed(there, fresh=False, digest=None), b"\x02") == (there, False)
    with pytest.raises(KeyReused):
        commands.placed(Placed(there, fresh=False, digest="03"), b"\x02")


def test_answers_are_read_and_refusals_say_why():
    assert read_ack(b'{"stream":"s","seq":4}') == (4, False)
    assert read_ack(b'{"stream":"s","seq":4,"duplicate":true}') == (4, True)
    assert read_answer(b'{"x":1}') == {"x": 1}
    refusal = b'{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 1"}}'
    for read in (read_ack, read_answer):
        with pytest.raises(Refused, match="wrong last sequence") as caught:
            read(refusal)
        assert caught.value.code == 10071
        with pytest.raises(Refused, match="no JSON"):
            read(b"+OK")


def test_a_stored_message_is_read_with_its_epoch_and_time():
    told = {
        "subject": subject_of("a", "e-4"),
        "seq": 9,
        "hdrs": b64encode(b"NATS/1.0\r\nNats-Msg-Id: x\r\nRw-Digest: 0a\r\n\r\n").decode(),
        "data": b64encode(b"{}").decode(),
        "time": "2026-11-29T18:17:55.017455375Z",
    }
    message = read_message({"message": told})
    assert (message.epoch, message.seq, message.digest, message.body) == ("e-4", 9, "0a", b"{}")
    assert message.time == pytest.approx(1795976275.017455)
    bare = read_message({"message": {key: told[key] for key in ("subject", "seq", "time")}})
    assert (bare.digest, bare.body) == (None, b"")

"""What Redis does for the Redis broker, in a real one: numbers, histories, ages, and what is left after a loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from redis.crc import key_slot

from realtime_widgets.hub.brokers.base import KEPT_NOTE_AGE, NOTE_AGE
from realtime_widgets.hub.brokers.engine import NOWHERE, Found, Note, numbered, read_wake
from realtime_widgets.hub.brokers.redis_scripts import Commands, Placed, Publication, read_placed
from realtime_widgets.hub.policies import Retention
from realtime_widgets.protocol.envelope import new_envelope, write
from realtime_widgets.streams.gaps import Position
from support.redis_server import redis_server

PLENTY = 10**6


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with (
        redis_server(tmp_path_factory.mktemp("redis")) as server,
        Redis(port=server.port, protocol=2) as client,
    ):
        yield client


@pytest.fixture
def client(shared: Redis) -> Redis:
    shared.flushall()
    return shared


class Channel:
    """The channel a of a Redis."""

    def __init__(self, client: Redis, history: int = 1000, age: float | None = None) -> None:
        self.client = client
        self.commands = Commands(0, Retention(history, age))
        self.count = 0

    def run(self, command: tuple[Any, ...]) -> Any:
        script, *rest = command
        return self.client.execute_command("EVAL", script.text, *rest)

    def publish(
        self, id: bytes | None = None, digest: bytes = b"d", seen: Position = NOWHERE, size: int = 0
    ) -> Any:
        self.count += 1
        body = write(new_envelope("a", "x" * size, channel="a")).encode()
        id = str(self.count).encode() if id is None else id
        return self.publish_all([self.commands.publish("a", id, digest, body, seen)])[0]

    def publish_all(self, messages: list[Publication]) -> list[Placed]:
        return read_placed(self.run(self.commands.publish_all(messages)), messages)

    def look(self, seen: Position = NOWHERE, after: int = 0, most: int = 0) -> Found:
        return self.commands.found(self.run(self.commands.look("a", seen, after, most)))

    def kept(self, after: int = 0, most: int = PLENTY) -> list[int | None]:
        return [message.offset for message in self.look(NOWHERE, after, most).messages]


def test_messages_are_numbered_from_one_and_a_channel_that_was_looked_at_keeps_its_epoch(client: Redis):
    channel = Channel(client)
    there = channel.look().position
    assert there.offset == 0
    assert channel.look().position == there
    assert [channel.publish() for _ in range(3)] == [(there._replace(offset=n), True) for n in (1, 2, 3)]
    found = channel.look(most=PLENTY)
    assert found.position == there._replace(offset=3)
    assert [(message.epoch, message.offset) for message in found.messages] == [
        (there.epoch, n) for n in (1, 2, 3)
    ]
    assert channel.kept(after=2) == [3]


def test_what_is_known_has_the_place_of_the_first_and_nothing_is_published(client: Redis):
    channel = Channel(client)
    first, fresh = channel.publish(b"id")
    assert fresh
    assert channel.publish(b"id") == (first, False)
    assert channel.publish(b"id", b"other") == (None, False)
    assert channel.look().position == first


def test_messages_that_come_together_are_numbered_in_their_order_but_for_those_that_are_known(client: Redis):
    channel = Channel(client)
    first, _ = channel.publish(b"known")
    body = write(new_envelope("a", 1, channel="a")).encode()
    some = [(b"1", b"d"), (b"known", b"d"), (b"2", b"d"), (b"1", b"d"), (b"2", b"other"), (b"3", b"d")]
    placed = channel.publish_all(
        [channel.commands.publish("a", id, digest, body, NOWHERE) for id, digest in some]
    )
    offsets = [None if position is None else position.offset for position, _ in placed]
    assert offsets == [2, 1, 3, 2, None, 4]
    assert [fresh for _, fresh in placed] == [True, False, True, False, False, True]
    assert {position.epoch for position, _ in placed if position is not None} == {first.epoch}
    assert channel.kept() == [1, 2, 3, 4]
    assert channel.publish_all([channel.commands.publish("a", b"known", b"d", body, NOWHERE)]) == [
        (first, False)
    ]


def test_followers_hear_each_message_after_its_position(client: Redis):
    channel = Channel(client)
    with client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(channel.commands.wake("a"))
        pubsub.get_message(timeout=5)
        there, _ = channel.publish(size=20)
        heard = pubsub.get_message(timeout=5)
    assert heard is not None
    position, body = read_wake(heard["data"])
    assert position == there
    message = numbered(body, position)
    assert message is not None
    assert (message.channel, message.epoch, message.offset) == ("a", *there)


def test_a_history_has_as_many_messages_as_it_may(client: Redis):
    channel = Channel(client, history=3)
    for _ in range(5):
        channel.publish()
    assert channel.kept() == [3, 4, 5]
    nothing = Channel(client, history=0)
    nothing.count = 5
    assert nothing.publish()[0].offset == 6
    assert channel.kept(after=5) == []


def test_messages_are_read_in_pieces_of_at_least_one(client: Redis):
    channel = Channel(client)
    for _ in range(40):
        channel.publish(size=1000)
    assert channel.kept(most=1) == [1]
    assert channel.kept(after=10, most=3500) == [11, 12, 13]
    assert channel.kept() == list(range(1, 41))


def test_everything_expires(client: Redis):
    day = 24 * 3600 * 1000
    for age, log in ((5.0, 5000), (None, 30 * day), (40 * 24 * 3600.0, 40 * day)):
        client.flushall()
        channel = Channel(client, age=age)
        channel.publish(b"id")
        assert log - 2000 < client.pttl("rw:{a}:log") <= log
        assert max(log, 30 * day) - 2000 < client.pttl("rw:{a}:meta") <= max(log, 30 * day)
        (id,) = client.keys("rw:{a}:id:*")
        assert 298_000 < client.pttl(id) <= 300_000


def test_old_messages_go_and_the_numbers_stay(client: Redis):
    channel = Channel(client, age=1000.0)
    channel.publish()
    channel.publish()
    seconds, _ = client.time()
    for old, kept in ((1001, []), (500, [1, 2])):
        client.delete("rw:{a}:log")
        for n in (1, 2):
            fields = {"t": (seconds - old) * 1000, "m": write(new_envelope("a", n, channel="a"))}
            client.xadd("rw:{a}:log", fields, id=f"0-{n}")
        assert channel.kept() == kept
    fields = {"t": (seconds - 1001) * 1000, "m": "{}"}
    client.delete("rw:{a}:log")
    client.xadd("rw:{a}:log", fields, id="0-1")
    assert channel.publish()[0].offset == 3
    assert client.xlen("rw:{a}:log") == 1


def test_an_end_that_was_lost_is_numbered_anew_under_another_epoch_and_told_once(client: Redis):
    channel = Channel(client)
    for _ in range(5):
        before, _ = channel.publish()
    seen = before._replace(offset=8)
    found = channel.look(seen, most=PLENTY)
    assert found.position.epoch != before.epoch
    assert (found.position.offset, found.base, found.messages) == (5, 5, [])
    assert channel.look(seen).position == found.position, "once"
    there, _ = channel.publish(seen=seen)
    assert there == found.position._replace(offset=6)
    assert channel.kept() == [6]
    assert channel.publish(seen=there._replace(offset=7))[0].epoch != there.epoch, "publishing finds it, too"


def test_a_channel_that_redis_does_not_know_begins_anew_whatever_is_left_of_it(client: Redis):
    channel = Channel(client)
    before, _ = channel.publish()
    client.delete("rw:{a}:meta")
    there, _ = channel.publish(seen=before)
    assert there.epoch != before.epoch
    assert there.offset == 1
    assert channel.kept() == [1]


def test_what_others_have_written_is_passed_over(client: Redis):
    channel = Channel(client)
    channel.publish()
    there, _ = channel.publish()
    client.delete("rw:{a}:log")
    client.xadd("rw:{a}:log", {"t": 9e15, "m": "what is this"}, id="0-1")
    client.xadd("rw:{a}:log", {"t": 9e15, "m": write(new_envelope("a", channel="a"))}, id="0-2")
    assert channel.kept() == [2]
    assert numbered(b"[]", there) is None


def test_all_that_redis_has_of_a_channel_is_in_one_place_of_a_cluster():
    commands = Commands(0, Retention(1, None))
    for channel in ("a", "{", "}", "a}b", "%7D", "ä\ud800"):
        _, count, *rest = commands.publish_all([commands.publish(channel, b"i", b"d", b"{}", NOWHERE)] * 2)
        assert len({key_slot(key) for key in rest[:count]}) == 1
    assert len({commands.wake(channel) for channel in ("}", "%7D", "{", "")}) == 4


@pytest.mark.parametrize("age", [NOTE_AGE, KEPT_NOTE_AGE])
def test_a_note_is_kept_for_its_age_after_a_change(client: Redis, age: float):
    channel = Channel(client)
    nothing, note = Note(b"", b""), Note(b"12345678", b"noted")
    assert channel.commands.noted(channel.run(channel.commands.amend("a", age, nothing, note)))[0] == nothing
    (key,) = client.keys()
    assert 0 <= age * 1000 - client.pttl(key) < 60_000
    client.pexpire(key, 50_000)
    channel.run(channel.commands.amend("a", age))
    assert client.pttl(key) <= 50_000, "who only looks does not keep it for longer"
    channel.run(channel.commands.amend("a", age, note, Note(b"87654321", b"again")))
    assert 0 <= age * 1000 - client.pttl(key) < 60_000

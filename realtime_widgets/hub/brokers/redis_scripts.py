"""The scripts of the Redis broker: each is run by Redis at once and whole, so that any number of hubs are as one.

What Redis has of a channel, all under one hash tag, so that a cluster keeps it in one place:

| key | has | expires after |
|---|---|---|
| `rw:{channel}:meta` | `epoch`; `offset`, the newest; `base`, after which the epoch begins | 30 days |
| `rw:{channel}:log` | a stream: `0-n` has the message of offset n: `t`, its time, `m`, its envelope | its age |
| `rw:{channel}:note` | a note, see `Broker.amend` | its age |
| `rw:{channel}:id:…` | of what was published under an id, a digest of the data, the epoch, the offset | 300 s |

Hubs that follow the channel hear each message on the Pub/Sub channel `rw:<database>:{channel}`, after its position.
A Redis that comes back with less than a hub has seen has lost its end. What it lost had numbers that must not be given
again, so the channel goes on under another epoch.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from ...streams.gaps import Position
from ..policies import Retention
from .dedup import MAX_AGE, KeyReused
from .engine import NOTE_ID, Found, Note, new_epoch, numbered

DAY: Final = 24 * 3600.0

META_AGE: Final = 30 * DAY
"""Seconds that the position of a channel is known after its last message, at least."""


class Script(NamedTuple):
    """A script in Lua."""

    text: str
    sha: str

    @classmethod
    def of(cls, text: str) -> Script:
        """Return that of a text."""
        return cls(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


_script: Final = Script.of


# The end that Redis has; another epoch when it does not know the channel, or has lost the end that the hub has seen.
_PLACE: Final = """
local function place(meta, log, new, seen_epoch, seen_offset, meta_age)
  local found = redis.call('HMGET', meta, 'epoch', 'offset', 'base')
  local epoch, offset, base = found[1], tonumber(found[2]), tonumber(found[3])
  if not epoch then
    redis.call('DEL', log)
    epoch, offset, base = new, 0, 0
  elseif epoch == seen_epoch and offset < tonumber(seen_offset) then
    epoch, base = new, offset
  else
    return epoch, offset, base
  end
  redis.call('HSET', meta, 'epoch', epoch, 'offset', offset, 'base', base)
  redis.call('PEXPIRE', meta, meta_age)
  return epoch, offset, base
end

local function now()
  local clock = redis.call('TIME')
  return clock[1] * 1000 + math.floor(clock[2] / 1000)
end
"""

PUBLISH: Final = _script(
    _PLACE
    + """
local meta, log = KEYS[1], KEYS[2]
local new, seen_epoch, seen_offset, wake = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local history, age, meta_age, id_age = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8]
local at = now()
local epoch, offset
local answer = {'', 0}
for i = 3, #KEYS do
  local digest, body = ARGV[2 * i + 3], ARGV[2 * i + 4]
  local known = redis.call('GET', KEYS[i])
  if known then
    answer[#answer + 1] = i - 3
    answer[#answer + 1] = known
  else
    if not epoch then
      epoch, offset = place(meta, log, new, seen_epoch, seen_offset, meta_age)
      answer[1], answer[2] = epoch, offset + 1
    end
    offset = offset + 1
    if history > 0 then
      redis.call('XADD', log, 'MAXLEN', history, '0-' .. offset, 't', at, 'm', body)
    end
    redis.call('SET', KEYS[i], digest .. ' ' .. epoch .. ' ' .. offset, 'PX', id_age)
    redis.call('PUBLISH', wake, epoch .. ' ' .. offset .. ' ' .. body)
  end
end
if not epoch then
  return answer
end
if history > 0 then
  for _ = 1, age > 0 and 1000 or 0 do
    local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
    if not first or tonumber(first[2][2]) > at - age then
      break
    end
    redis.call('XDEL', log, first[1])
  end
  redis.call('PEXPIRE', log, age > 0 and age or meta_age)
end
redis.call('HSET', meta, 'offset', offset)
redis.call('PEXPIRE', meta, meta_age)
return answer
"""
)

LOOK: Final = _script(
    _PLACE
    + """
local meta, log = KEYS[1], KEYS[2]
local new, seen_epoch, seen_offset, meta_age = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local after, most, age = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local epoch, offset, base = place(meta, log, new, seen_epoch, seen_offset, meta_age)
local answer = {epoch, offset, base}
local oldest = age > 0 and now() - age or 0
after = math.max(after, base)
while most > 0 and after < offset do
  local some = redis.call('XRANGE', log, '(0-' .. after, '+', 'COUNT', 16)
  for _, entry in ipairs(some) do
    after = tonumber(string.sub(entry[1], 3))
    if tonumber(entry[2][2]) > oldest then
      most = most - #entry[2][4]
      if most < 0 and #answer > 3 then
        return answer
      end
      answer[#answer + 1] = after
      answer[#answer + 1] = entry[2][4]
    end
  end
  if #some < 16 then
    break
  end
end
return answer
"""
)


AMEND: Final = _script(
    """
local had = redis.call('GET', KEYS[1]) or ''
if ARGV[1] == '1' and had == ARGV[2] then
  if ARGV[3] == '' then
    redis.call('DEL', KEYS[1])
  else
    redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
  end
end
local clock = redis.call('TIME')
return {had, clock[1] * 1000 + math.floor(clock[2] / 1000)}
"""
)


class Publication(NamedTuple):
    """A message as Redis is given it, alone or with others of its channel."""

    channel: str
    id: bytes
    """A digest, by which it is known again."""
    digest: bytes
    """Of its data."""
    body: bytes
    """Its envelope, without a position."""
    seen: Position
    """The newest position of the channel that the hub knows."""
    pack: Callable[[Sequence[Publication]], tuple[Any, ...]]
    """Returns the command that publishes several of a channel."""


class Placed(NamedTuple):
    """What became of a publication."""

    position: Position | None
    """None: its id is that of another message."""
    fresh: bool
    """Whether it was published now."""


class Commands:
    """The commands for the channels of one database.

    Args:
        database: its number; Pub/Sub knows no databases.
        retention: how much of each channel is kept; where no age is given, as long as the channel is known.
    """

    def __init__(self, database: int, retention: Retention) -> None:
        self._database = database
        self._retention = retention

    def wake(self, channel: str) -> bytes:
        """See `engine.Commands.wake`."""
        return b"rw:%d:{%s}" % (self._database, _tag(channel))

    def canary(self) -> bytes:
        """See `engine.Commands.canary`."""
        return b"rw:%d:canary:%s" % (self._database, secrets.token_hex(8).encode())

    def publish(self, channel: str, id: bytes, digest: bytes, body: bytes, seen: Position) -> Publication:
        """See `engine.Commands.publish`."""
        return Publication(channel, id, digest, body, seen, self.publish_all)

    def publish_all(self, messages: Sequence[Publication]) -> tuple[Any, ...]:
        """Return the command that publishes messages, one after the other, but for those whose id is known.

        Args:
            messages: of one channel; one at least.
        """
        channel, seen = messages[0].channel, messages[0].seen
        key = b"rw:{%s}:" % _tag(channel)
        keys = [key + b"meta", key + b"log", *(b"%bid:%b" % (key, one.id.hex().encode()) for one in messages)]
        count, age, meta_age = self._kept(channel)
        ages = (count, age, meta_age, round(1000 * MAX_AGE))
        texts = [text for one in messages for text in (one.digest.hex(), one.body)]
        return (PUBLISH, len(keys), *keys, new_epoch(), *seen, self.wake(channel), *ages, *texts)

    def amend(
        self, channel: str, age: float, had: Note | None = None, note: Note | None = None
    ) -> tuple[Any, ...]:
        """See `engine.Commands.amend`."""
        key = b"rw:{%s}:note" % _tag(channel)
        change = had is not None and note is not None
        texts = (b"".join(each) if each is not None and each.note else b"" for each in (had, note))
        return (AMEND, 1, key, int(change), *texts, round(1000 * age))

    def _kept(self, channel: str) -> tuple[int, int, int]:
        """Return how many messages of a channel are kept, their age (0: any) and that of its position, milliseconds."""
        messages, seconds = self._retention[channel]
        age = 0 if seconds is None else max(1, round(1000 * seconds))
        return messages, age, max(round(1000 * META_AGE), age)

    def look(self, channel: str, seen: Position, after: int = 0, most: int = 0) -> tuple[Any, ...]:
        """See `engine.Commands.look`."""
        key = b"rw:{%s}:" % _tag(channel)
        _, age, meta_age = self._kept(channel)
        return (
            LOOK,
            2,
            key + b"meta",
            key + b"log",
            new_epoch(),
            *seen,
            meta_age,
            after,
            most,
            age,
        )

    def chirp(self, canary: bytes) -> tuple[Any, ...]:
        """See `engine.Commands.chirp`."""
        return ("PUBLISH", canary, b"")

    def placed(self, answer: Placed, _digest: bytes) -> tuple[Position, bool]:
        """See `engine.Commands.placed`."""
        if answer.position is None:
            raise KeyReused
        return answer.position, answer.fresh

    def noted(self, answer: Sequence[Any]) -> tuple[Note, float]:
        """See `engine.Commands.noted`."""
        text, now = answer
        return Note(text[:NOTE_ID], text[NOTE_ID:]), now / 1000

    def found(self, answer: Sequence[Any]) -> Found:
        """See `engine.Commands.found`."""
        epoch, offset, base, *rest = answer
        there = Position(epoch.decode(), int(offset))
        pairs = zip(rest[::2], rest[1::2], strict=True)
        found = [numbered(body, Position(there.epoch, int(n))) for n, body in pairs]
        return Found(there, int(base), [message for message in found if message is not None])


def read_placed(answer: Sequence[Any], messages: Sequence[Publication]) -> list[Placed]:
    """Return what became of each message, from the answer to `Commands.publish_all`."""
    epoch, offset, *known = answer
    before = dict(zip(known[::2], known[1::2], strict=True))
    first, placed = int(offset), []
    for number, message in enumerate(messages):
        if number in before:
            placed.append(_known(before[number], message.digest))
        else:
            placed.append(Placed(Position(epoch.decode(), first), True))
            first += 1
    return placed


def _known(text: bytes, digest: bytes) -> Placed:
    had, epoch, offset = text.decode().split(" ")
    return Placed(Position(epoch, int(offset)) if had == digest.hex() else None, False)


def trial(database: int) -> list[tuple[Any, ...]]:
    """Return commands that do all that hubs do, on keys that end by themselves.

    Args:
        database: its number.
    """
    name = b"%%trial-%s" % secrets.token_hex(8).encode()  # no channel's name has such a % here
    key, wake = b"rw:{%s}:" % name, b"rw:%d:{%s}" % (database, name)
    second, place = 1000, ("", "", 0)
    return [
        (PUBLISH, 3, key + b"meta", key + b"log", key + b"id:0", *place, wake, 1, *[second] * 3, "0", "{}"),
        (LOOK, 2, key + b"meta", key + b"log", *place, second, 0, 1, 0),
        (AMEND, 1, key + b"note", 1, "", "0", second),
        ("PUBLISH", wake, b""),
        ("SUBSCRIBE", wake),
        ("UNSUBSCRIBE", wake),
    ]


def _tag(channel: str) -> bytes:
    # What a hash tag is ends at the first brace, and must not be empty.
    name = channel.replace("%", "%25").replace("}", "%7D")
    return name.encode("utf-8", "surrogatepass")

"""The files of the Redis broker: every hub has all of them. Scripts add and remove, each at once and whole.

What Redis has, all under one hash tag that no channel's name gives:

| key | has |
|---|---|
| `rw:{%files}:index` | by id: what is known of a file, as JSON |
| `rw:{%files}:ends` | a sorted set: ids by the millisecond in which they end, `inf` where they do not |
| `rw:{%files}:used` | a sorted set: uploaders by the bytes that they use |
| `rw:{%files}:facts` | `bytes` of all files, and the `number` of the last |
| `rw:{%files}:of:…` | a sorted set: the ids of an uploader's files, by their numbers |
| `rw:{%files}:part:…` | a part of a file; of one that was never added for ten minutes |

All expire with the last of the files.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeVar

import msgspec

from ..file_limits import MIB, Bounds, Usual, cost_of
from ..policies import Retention
from .base import NotKept
from .file_store import NoRoom, StoredFile
from .redis_scripts import Script

T = TypeVar("T")

BEGUN_AGE: Final = 600.0
"""Seconds that a part is kept of a file that nobody adds."""

_KEY: Final = b"rw:{%files}:"

_FORGET: Final = """
local key = KEYS[1]
local function name(kind) return key .. kind end
local function forget(id)
  local text = redis.call('HGET', name('index'), id)
  if not text then
    redis.call('ZREM', name('ends'), id)
    return
  end
  local file = cjson.decode(text)
  redis.call('HDEL', name('index'), id)
  redis.call('ZREM', name('ends'), id)
  redis.call('ZREM', name('of:') .. file.uploader, id)
  redis.call('HINCRBY', name('facts'), 'bytes', -file.cost)
  if tonumber(redis.call('ZINCRBY', name('used'), -file.cost, file.uploader)) <= 0 then
    redis.call('ZREM', name('used'), file.uploader)
  end
  for part = 0, file.parts - 1 do
    redis.call('UNLINK', name('part:') .. id .. ':' .. part)
  end
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function forget_old(most)
  local old = redis.call('ZRANGE', name('ends'), '-inf', now, 'BYSCORE', 'LIMIT', 0, most)
  for _, id in ipairs(old) do forget(id) end
  return #old == most
end
"""

ADD: Final = Script.of(
    _FORGET
    + """
local id, uploader, text, age = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local cost, parts, per_user, total = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
if redis.call('HEXISTS', name('index'), id) == 1 then
  return {'added', 0}
end
while forget_old(100) do end
local used = tonumber(redis.call('ZSCORE', name('used'), uploader) or 0)
if used + cost > per_user then
  return {'full', string.format('%.0f', used)}
end
for part = 0, parts - 1 do
  if redis.call('EXISTS', name('part:') .. id .. ':' .. part) == 0 then
    return {'lost', 0}
  end
end
while tonumber(redis.call('HGET', name('facts'), 'bytes') or 0) + cost > total do
  local largest = redis.call('ZRANGE', name('used'), 0, 0, 'REV')[1]
  local oldest = largest and redis.call('ZRANGE', name('of:') .. largest, 0, 0)[1]
  if not oldest then break end
  redis.call('ZREM', name('of:') .. largest, oldest)
  forget(oldest)
end
local number = redis.call('HINCRBY', name('facts'), 'number', 1)
local ends = age > 0 and string.format('%.0f', now + age) or 'inf'
redis.call('HINCRBY', name('facts'), 'bytes', cost)
redis.call('HSET', name('index'), id, text)
redis.call('ZADD', name('ends'), ends, id)
redis.call('ZINCRBY', name('used'), cost, uploader)
redis.call('ZADD', name('of:') .. uploader, number, id)
local function keep(each, till)
  if till == 'inf' then
    redis.call('PERSIST', each)
  else
    redis.call('PEXPIREAT', each, till)
  end
end
for part = 0, parts - 1 do
  keep(name('part:') .. id .. ':' .. part, ends)
end
local last = redis.call('ZRANGE', name('ends'), 0, 0, 'REV', 'WITHSCORES')[2]
if last ~= 'inf' then last = string.format('%.0f', tonumber(last)) end
for _, kind in ipairs({'index', 'ends', 'used', 'facts'}) do keep(name(kind), last) end
keep(name('of:') .. uploader, last)
return {'added', 0}
"""
)

REMOVE: Final = Script.of(_FORGET + "forget(ARGV[1])\nreturn 0\n")

FIND: Final = Script.of(
    """
local clock = redis.call('TIME')
local ends = redis.call('ZSCORE', KEYS[1] .. 'ends', ARGV[1])
if not ends or (ends ~= 'inf' and tonumber(ends) <= clock[1] * 1000 + math.floor(clock[2] / 1000)) then
  return false
end
return redis.call('HGET', KEYS[1] .. 'index', ARGV[1])
"""
)

USED: Final = Script.of(
    _FORGET + "while forget_old(100) do end\nreturn redis.call('ZSCORE', name('used'), ARGV[1]) or '0'\n"
)


class Call(Protocol):
    """Asks Redis; see `LinkedBroker.call`."""

    def __call__(self, command: Callable[[], Any], read: Callable[[Any], T], size: int = 0) -> Awaitable[T]:
        """Return what `read` makes of the answer."""


class RedisFiles:
    """See `file_store.FileStore`.

    Args:
        retention: of channels.
        call: asks Redis.
    """

    usual: Final = Usual(100 * MIB, 1024 * MIB)
    size: Final[None] = None

    def __init__(self, retention: Retention, call: Call) -> None:
        self._retention = retention
        self._call = call

    def age(self, channel: str) -> float | None:
        """See `FileStore.age`."""
        return self._retention[channel].age

    async def used(self, uploader: str) -> int:
        """See `FileStore.used`."""
        return await self._call(lambda: (USED, 1, _KEY, uploader.encode()), lambda answer: int(float(answer)))

    async def write(self, id: str, part: int, body: bytes) -> None:
        """See `FileStore.write`."""
        age = round(1000 * BEGUN_AGE)
        await self._call(lambda: ("SET", _part(id, part), body, "PX", age), _nothing, len(body))

    async def give_up(self, id: str) -> None:
        """See `FileStore.give_up`; its parts end by themselves."""

    async def add(self, file: StoredFile, age: float | None, bounds: Bounds) -> None:
        """See `FileStore.add`."""
        cost = cost_of(file.size)
        text = msgspec.json.encode(msgspec.structs.asdict(file) | {"cost": cost, "parts": file.parts})
        ends = 0 if age is None else max(1, round(1000 * age))
        given = (file.id, file.uploader.encode(), text, ends, cost, file.parts, bounds.per_user, bounds.total)
        found, used = await self._call(lambda: (ADD, 1, _KEY, *given), tuple)
        if found == b"full":
            raise NoRoom(int(used))
        if found == b"lost":
            raise NotKept("a part of it is there no more; upload it again")

    async def find(self, id: str) -> StoredFile | None:
        """See `FileStore.find`."""
        return await self._call(
            lambda: (FIND, 1, _KEY, id),
            lambda answer: None if answer is None else msgspec.json.decode(answer, type=StoredFile),
        )

    async def read(self, id: str, part: int) -> bytes | None:
        """See `FileStore.read`."""
        found: bytes | None = await self._call(lambda: ("GET", _part(id, part)), _as_it_is)
        return found

    async def remove(self, id: str) -> None:
        """See `FileStore.remove`."""
        await self._call(lambda: (REMOVE, 1, _KEY, id), _nothing)


def _part(id: str, part: int) -> bytes:
    return b"%bpart:%b:%d" % (_KEY, id.encode(), part)


def _nothing(_: Any) -> None:
    pass


def _as_it_is(answer: Any) -> Any:
    return answer

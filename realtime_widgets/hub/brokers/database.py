"""The database: channels, their messages and what was published lately, in a file of SQLite.

All of it belongs to one thread. A file has one hub at a time: others would number the same channels. Its epochs, its
offsets and the ids of what was published are those of the file, whichever process opens it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from ...errors import UsageError
from ...protocol.envelope import Message, write
from ...streams.gaps import Position
from .base import NotKept
from .dedup import MAX_AGE, Key, KeyReused, digest_of, digest_of_key
from .stored import read_stored

MAX_FILE_BYTES: Final = 1024**3
"""Bytes of all histories together; beyond it the oldest messages of all channels go first."""

MAX_CHANNELS: Final = 100_000
"""Channels that are known; beyond it those that were silent for longest are forgotten, a tenth of them at once."""

MAX_KNOWN: Final = 1_000_000
"""Messages that are recognized when they come again; beyond it the oldest are forgotten early."""

_APPLICATION: Final = 0x72774875
"""What says that a file of SQLite is one of ours."""

_VERSION: Final = 1

_SCHEMA: Final = """
CREATE TABLE meta (epoch TEXT NOT NULL);
CREATE TABLE channels (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL, offset INTEGER NOT NULL, at REAL NOT NULL
);
CREATE INDEX channels_by_time ON channels (at);
CREATE TABLE messages (
    channel INTEGER NOT NULL, offset INTEGER NOT NULL, at REAL NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (channel, offset)
) WITHOUT ROWID;
CREATE INDEX messages_by_time ON messages (at);
CREATE TABLE known (
    key BLOB PRIMARY KEY, until REAL NOT NULL, data BLOB NOT NULL, epoch TEXT NOT NULL, offset INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX known_by_time ON known (until);
"""


class _Facts(NamedTuple):
    """What is known of the file without asking it; replaced as a whole, so that a transaction can be taken back."""

    epoch: str
    """Of channels that it does not know yet."""
    channels: int
    """How many it knows."""
    known: int
    """How many messages are recognized."""

    def plus(self, *, channels: int = 0, known: int = 0) -> _Facts:
        return self._replace(channels=self.channels + channels, known=self.known + known)


class Database:
    """An open file.

    Args:
        path: of the file, which is made if it is not there.
        history: messages of each channel that are kept.
        history_age: seconds that they are kept; None: for as long as there is room.
        clock: seconds since the epoch: what is in the file must mean the same to the next process.

    Raises:
        UsageError: it cannot be opened, belongs to another program, or to a hub that runs.
    """

    def __init__(
        self,
        path: Path,
        history: int,
        history_age: float | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path = Path(
            os.path.realpath(path)
        )  # a file has one lock, by whatever links it is reached
        self._history = history
        self._age = history_age
        self._clock = clock
        self._facts = _Facts("", 0, 0)
        self._channels: dict[str, tuple[int, Position]] = {}
        self._touched: dict[
            int, int
        ] = {}  # channels that were published on since the last trim, and their offsets
        with contextlib.ExitStack() as opened:
            if not path.parent.is_dir():
                raise UsageError(f"{_cannot(path)}: there is no folder {str(path.parent)!r}; make it first")
            try:
                self._lock = _opened(opened, path.with_name(path.name + "-lock"))
                self._lock.execute(
                    "BEGIN EXCLUSIVE"
                )  # is let go by the system when the process ends, however it does
                self._file = _opened(opened, path)
                self._prepare()
            except sqlite3.Error as error:
                raise _cannot_open(path, error) from error
            opened.pop_all()

    def _prepare(self) -> None:
        run = self._file.execute
        (application,) = run("PRAGMA application_id").fetchone()
        (version,) = run("PRAGMA user_version").fetchone()
        (tables,) = run("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables and application != _APPLICATION:
            raise UsageError(
                f"{_cannot(self._path)}: it is a database of another program; "
                "name a file that is not there yet"
            )
        if version > _VERSION:
            raise UsageError(
                f"{_cannot(self._path)}: a later version of realtime_widgets "
                "made it; install that one, or name another file"
            )
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")  # what is acknowledged is on the disk, also when the power fails
        if not tables:
            with self.transaction():
                run(f"PRAGMA application_id = {_APPLICATION}")
                run(f"PRAGMA user_version = {_VERSION}")
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    run(statement)
                run("INSERT INTO meta VALUES (?)", [_new_epoch()])
        (epoch,) = run("SELECT epoch FROM meta").fetchone()
        (channels,) = run("SELECT count(*) FROM channels").fetchone()
        (known,) = run("SELECT count(*) FROM known").fetchone()
        self._facts = _Facts(epoch, channels, known)

    def close(self) -> None:
        """Close the file; twice is fine."""
        self._file.close()
        self._lock.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is placed within, or nothing of it.

        Raises:
            NotKept: nothing was.
        """
        before = self._facts
        try:
            self._file.execute("BEGIN IMMEDIATE")
            yield
            self._trim()
            self._file.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                self._file.execute("ROLLBACK")
            self._facts = before
            self._channels.clear()
            self._touched.clear()
            if isinstance(error, sqlite3.Error):
                raise NotKept(f"its file cannot be written to ({error})") from error
            raise

    def place(
        self, channel: str, message: Message, data: msgspec.Raw, key: Key | None
    ) -> tuple[Position, Message | None]:
        """Number a message and keep it, within a transaction.

        Args:
            channel: that it is for.
            message: without a position.
            data: of the message, encoded.
            key: as for `Broker.publish`.

        Returns:
            Its position, and the message with it; None: it is known, and its first has that position.

        Raises:
            KeyReused: a message with other data had this key.
        """
        run, now = self._file.execute, self._clock()
        digests = None
        if key is not None:
            digests = digest_of_key(key), digest_of(memoryview(data))
            found = run("SELECT until, data, epoch, offset FROM known WHERE key = ?", digests[:1]).fetchone()
            if found is not None and found[0] > now:
                if found[1] != digests[1]:
                    raise KeyReused
                return Position(*found[2:]), None
            self._facts = self._facts.plus(known=found is None)
        id, (epoch, last) = self._channel(channel, now)
        position = Position(epoch, last + 1)
        numbered = msgspec.structs.replace(
            message, data=data, channel=channel, epoch=epoch, offset=position.offset
        )
        if self._history:
            body = write(numbered).encode()
            run("INSERT INTO messages VALUES (?, ?, ?, ?)", (id, position.offset, now, body))
        run("UPDATE channels SET offset = ?, at = ? WHERE id = ?", (position.offset, now, id))
        if digests is not None:
            run(
                "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?)",
                (digests[0], now + MAX_AGE, digests[1], *position),
            )
        self._channels[channel] = id, position
        self._touched[id] = position.offset
        return position, numbered

    def position(self, channel: str) -> Position:
        """Return the current position of a channel; offset 0 when nothing was ever published."""
        known = self._find(channel)
        return known[1] if known is not None else Position(self._facts.epoch, 0)

    def read(self, channel: str, after: int, most: int) -> list[Message]:
        """Return kept messages, see `Broker.read`."""
        known = self._find(channel)
        if known is None:
            return []
        id, (_, newest) = known
        run = self._file.execute
        old = "SELECT max(offset) FROM messages WHERE channel = ? AND at <= ?"
        first = max(after, newest - self._history, run(old, (id, self._oldest())).fetchone()[0] or 0)
        found: list[Message] = []
        for (body,) in run(
            "SELECT body FROM messages WHERE channel = ? AND offset > ? ORDER BY offset", (id, first)
        ):
            most -= len(body)
            if found and most < 0:
                break
            found.append(read_stored(body))
        return found

    # Channels

    def _find(self, channel: str) -> tuple[int, Position] | None:
        known = self._channels.get(channel)
        if known is None:
            row = self._file.execute(
                "SELECT id, epoch, offset FROM channels WHERE name = ?", [channel]
            ).fetchone()
            if row is None:
                return None
            known = row[0], Position(*row[1:])
            if len(self._channels) >= MAX_CHANNELS // 10:
                self._channels.clear()
            self._channels[channel] = known
        return known

    def _channel(self, channel: str, now: float) -> tuple[int, Position]:
        known = self._find(channel)
        if known is not None:
            return known
        if self._facts.channels >= MAX_CHANNELS:
            self._forget_channels()
        self._facts = self._facts.plus(channels=1)
        epoch = self._facts.epoch
        made = self._file.execute(
            "INSERT INTO channels (name, epoch, offset, at) VALUES (?, ?, 0, ?)", (channel, epoch, now)
        )
        assert made.lastrowid is not None
        return made.lastrowid, Position(epoch, 0)

    def _forget_channels(self) -> None:
        """Forget those that were silent for longest. One that speaks again begins anew, under another epoch."""
        run = self._file.execute
        oldest = "SELECT id FROM channels ORDER BY at LIMIT ?"
        few = [MAX_CHANNELS // 10 + 1]
        run(f"DELETE FROM messages WHERE channel IN ({oldest})", few)
        gone = run(f"DELETE FROM channels WHERE id IN ({oldest})", few).rowcount
        self._channels.clear()
        self._facts = self._facts.plus(channels=-gone)._replace(epoch=_new_epoch())
        run("UPDATE meta SET epoch = ?", [self._facts.epoch])

    # What is too old, or too much

    def _oldest(self) -> float:
        return float("-inf") if self._age is None else self._clock() - self._age

    def _trim(self) -> None:
        run = self._file.execute
        gone = run("DELETE FROM known WHERE until <= ?", [self._clock()]).rowcount
        self._facts = self._facts.plus(known=-gone)
        if self._facts.known > MAX_KNOWN:
            surplus = self._facts.known - MAX_KNOWN + MAX_KNOWN // 10
            oldest = "SELECT key FROM known ORDER BY until LIMIT ?"
            gone = run(f"DELETE FROM known WHERE key IN ({oldest})", [surplus]).rowcount
            self._facts = self._facts.plus(known=-gone)
        self._delete_up_to("SELECT channel, offset FROM messages WHERE at <= ?", self._oldest())
        for id, newest in self._touched.items():
            run("DELETE FROM messages WHERE channel = ? AND offset <= ?", (id, newest - self._history))
        self._touched.clear()
        few = 10  # as large as they may be, most of the others stay
        while self.size > MAX_FILE_BYTES and self._delete_up_to(
            "SELECT channel, offset FROM messages ORDER BY at LIMIT ?", few
        ):
            few += few // 2

    def _delete_up_to(self, which: str, value: float) -> bool:
        """Delete some messages with all before them: where the clock was set back these seem to be younger, and what is
        kept must have no holes. Returns whether there were any.
        """
        run = self._file.execute
        last = run(f"SELECT channel, max(offset) FROM ({which}) GROUP BY channel", [value]).fetchall()
        for each in last:
            run("DELETE FROM messages WHERE channel = ? AND offset <= ?", each)
        return bool(last)

    @property
    def size(self) -> int:
        """Bytes of the file that are in use."""
        names = ("page_count", "freelist_count", "page_size")
        pages, free, bytes = (int(self._file.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
        return (pages - free) * bytes


def _opened(stack: contextlib.ExitStack, path: Path) -> sqlite3.Connection:
    # Our statements begin and end transactions; and one thread after another may have the connection.
    file = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    stack.callback(file.close)
    return file


def _new_epoch() -> str:
    return secrets.token_hex(4)


def _cannot(path: Path) -> str:
    return f"the hub cannot keep its messages in {str(path)!r}"


def _cannot_open(path: Path, error: sqlite3.Error) -> UsageError:
    what = _cannot(path)
    if "locked" in str(error):
        return UsageError(f"{what}: another hub does; stop that one, or name another file")
    if path.is_dir():
        return UsageError(f"{what}: it is a folder; name a file in it")
    return UsageError(f"{what}: {error}; name another file, or move this one away to begin anew")

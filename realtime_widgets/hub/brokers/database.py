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
from ..policies import Retention
from .base import NOTE_AGE, Change, NotKept, Trouble
from .dedup import MAX_AGE, Key, KeyReused, digest_of_data, digest_of_key
from .disk_file import DiskFile, make_private, warn_if_open_to_others
from .file_shares import FileShares
from .file_table import FileTable
from .shares import Shares
from .stored import read_stored

MAX_FILE_BYTES: Final = 1024**3
"""Bytes of all histories together; beyond it the oldest messages of some channels go, as `shares` says."""

MAX_CHANNELS: Final = 100_000
"""Channels that are known; beyond it a tenth of them are forgotten, as `shares` says."""

SWEPT_AT_ONCE: Final = 4
"""Channels that each transaction looks through for what is too old, where not all are kept for as long."""

MAX_KNOWN: Final = 1_000_000
"""Messages that are recognized when they come again; beyond it the oldest are forgotten early."""

APPLICATION: Final = 0x72774875
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

_NOTES: Final = """
CREATE TABLE IF NOT EXISTS notes (channel TEXT PRIMARY KEY, until REAL NOT NULL, note BLOB NOT NULL) WITHOUT ROWID
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
        retention: how much of each channel is kept.
        clock: seconds since the epoch: what is in the file must mean the same to the next process.

    Raises:
        UsageError: it cannot be opened, belongs to another program, or to a hub that runs.
    """

    def __init__(
        self,
        path: Path,
        retention: Retention,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path = Path(
            os.path.realpath(path)
        )  # a file has one lock, by whatever links it is reached
        self._retention = retention
        self._clock = clock
        self._facts = _Facts("", 0, 0)
        self._disk: DiskFile | None = None
        self._channels: dict[str, tuple[int, Position]] = {}
        # Channels that were published on since the last trim, with their names and offsets.
        self._touched: dict[int, tuple[str, int]] = {}
        self._swept = 0  # the id of the last channel that was looked through for what is too old
        with contextlib.ExitStack() as opened:
            if not path.parent.is_dir():
                raise UsageError(f"{_cannot(path)}: there is no folder {str(path.parent)!r}; make it first")
            try:
                self._lock = _opened(opened, path.with_name(path.name + "-lock"))
                self._lock.execute(
                    "BEGIN EXCLUSIVE"
                )  # is let go by the system when the process ends, however it does
                self._file = _opened(opened, path)
                self._shares = FileShares(self._file)
                self.files = FileTable(self._file, clock)
                """The files of chat messages."""
                self._prepare()
            except sqlite3.Error as error:
                raise _cannot_open(path, error) from error
            self._disk = DiskFile(path)
            warn_if_open_to_others(path)
            opened.pop_all()

    def _prepare(self) -> None:
        run = self._file.execute
        (application,) = run("PRAGMA application_id").fetchone()
        (version,) = run("PRAGMA user_version").fetchone()
        (tables,) = run("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables and application != APPLICATION:
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
        run(_NOTES)  # files of earlier versions have none
        if not tables:
            with self.transaction():
                run(f"PRAGMA application_id = {APPLICATION}")
                run(f"PRAGMA user_version = {_VERSION}")
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    run(statement)
                run("INSERT INTO meta VALUES (?)", [_new_epoch()])
                self.files.prepare()
        else:
            self.files.prepare()
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
            if (trouble := self.missing()) is not None:
                raise NotKept(trouble.why, trouble.kind)
            self._file.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                self._file.execute("ROLLBACK")
            self._facts = before
            self._shares.forget()
            self.files.forget()
            self._channels.clear()
            self._touched.clear()
            if isinstance(error, sqlite3.Error):
                full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
                why = f"its file cannot be written to ({error})"
                raise NotKept(why, "full" if full else "refusing") from error
            raise

    def missing(self) -> Trouble | None:
        """Return that the file is not where it was: what is written into it ends with the process; None: it is."""
        return None if self._disk is None else self._disk.missing()

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
            digests = digest_of_key(key), digest_of_data(data, key)
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
        if self._retention[channel].messages:
            body = write(numbered).encode()
            run("INSERT INTO messages VALUES (?, ?, ?, ?)", (id, position.offset, now, body))
            self._shares.add(id, channel, len(body))
        run("UPDATE channels SET offset = ?, at = ? WHERE id = ?", (position.offset, now, id))
        if digests is not None:
            run(
                "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?)",
                (digests[0], now + MAX_AGE, digests[1], *position),
            )
        self._channels[channel] = id, position
        self._touched[id] = channel, position.offset
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
        id, (epoch, newest) = known
        run = self._file.execute
        old = "SELECT max(offset) FROM messages WHERE channel = ? AND at <= ?"
        messages, age = self._retention[channel]
        first = max(after, newest - messages, run(old, (id, self._before(age))).fetchone()[0] or 0)
        found: list[Message] = []
        for (body,) in run(
            "SELECT body FROM messages WHERE channel = ? AND offset > ? ORDER BY offset", (id, first)
        ):
            most -= len(body)
            if found and most < 0:
                break
            found.append(message := read_stored(body))
            message.epoch = epoch  # of a copy (`backup`) it is another than when it was written
        return found

    def amend(self, channel: str, change: Change, age: float = NOTE_AGE) -> None:
        """Change the note beside a channel, within a transaction; see `Broker.amend`."""
        run, now = self._file.execute, self._clock()
        found = run("SELECT note FROM notes WHERE channel = ?", [channel]).fetchone()
        before = found[0] if found is not None else b""
        note = change(before, now)
        if note == before:  # who only looks does not wait for the disk
            return
        if note:
            run("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (channel, now + age, note))
        else:
            run("DELETE FROM notes WHERE channel = ?", [channel])

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
        """Forget some, as `shares` says. One that speaks again begins anew, under another epoch."""
        run = self._file.execute
        shares, ids = Shares(), {}
        for id, name in run("SELECT id, name FROM channels ORDER BY at"):
            shares.add(name, 1)
            ids[name] = id
        gone = 0
        for _ in range(MAX_CHANNELS // 10 + 1):
            name = shares.next()
            shares.remove(name, 1)
            run("DELETE FROM messages WHERE channel = ?", [ids[name]])
            gone += run("DELETE FROM channels WHERE id = ?", [ids[name]]).rowcount
        self._channels.clear()
        self._shares.forget()
        self._facts = self._facts.plus(channels=-gone)._replace(epoch=_new_epoch())
        run("UPDATE meta SET epoch = ?", [self._facts.epoch])

    # What is too old, or too much

    def _before(self, age: float | None) -> float:
        return float("-inf") if age is None else self._clock() - age

    def _trim(self) -> None:
        run = self._file.execute
        run("DELETE FROM notes WHERE until <= ?", [self._clock()])
        self.files.trim()
        gone = run("DELETE FROM known WHERE until <= ?", [self._clock()]).rowcount
        self._facts = self._facts.plus(known=-gone)
        if self._facts.known > MAX_KNOWN:
            surplus = self._facts.known - MAX_KNOWN + MAX_KNOWN // 10
            oldest = "SELECT key FROM known ORDER BY until LIMIT ?"
            gone = run(f"DELETE FROM known WHERE key IN ({oldest})", [surplus]).rowcount
            self._facts = self._facts.plus(known=-gone)
        longest = self._retention.longest
        self._delete_up_to("SELECT channel, offset FROM messages WHERE at <= ?", self._before(longest))
        for id, (channel, newest) in self._touched.items():
            messages, age = self._retention[channel]
            self._delete(id, newest - messages)
            if age != longest:
                self._delete_old(id, age)
        self._touched.clear()
        self._sweep()
        few = 10  # as large as they may be, most of the others stay
        most = MAX_FILE_BYTES + self.files.taken
        while self.size > most and (found := self._shares.next()) is not None:
            oldest = f"SELECT channel, offset FROM messages WHERE channel = {found:d} ORDER BY offset LIMIT ?"
            self._delete_up_to(oldest, few)
            few += few // 2

    def _sweep(self) -> None:
        """Delete what is too old of the next few channels: also of those that nobody publishes on any more."""
        longest = self._retention.longest
        some = "SELECT id, name FROM channels WHERE id > ? ORDER BY id LIMIT ?"
        found = self._file.execute(some, (self._swept, SWEPT_AT_ONCE)).fetchall()
        self._swept = found[-1][0] if len(found) == SWEPT_AT_ONCE else 0
        for id, channel in found:
            age = self._retention[channel].age
            if age != longest:
                self._delete_old(id, age)

    def _delete_old(self, id: int, age: float | None) -> None:
        old = f"SELECT channel, offset FROM messages WHERE channel = {id:d} AND at <= ?"
        self._delete_up_to(old, self._before(age))

    def _delete_up_to(self, which: str, value: float) -> None:
        """Delete some messages with all before them: where the clock was set back these seem to be younger, and what is
        kept must have no holes.
        """
        run = self._file.execute
        last = run(f"SELECT channel, max(offset) FROM ({which}) GROUP BY channel", [value]).fetchall()
        for each in last:
            self._delete(*each)

    def _delete(self, id: int, up_to: int) -> None:
        self._shares.remove(id, up_to)
        self._file.execute("DELETE FROM messages WHERE channel = ? AND offset <= ?", (id, up_to))

    @property
    def size(self) -> int:
        """Bytes of the file that are in use."""
        names = ("page_count", "freelist_count", "page_size")
        pages, free, bytes = (int(self._file.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
        return (pages - free) * bytes


def _opened(stack: contextlib.ExitStack, path: Path) -> sqlite3.Connection:
    make_private(path)
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
    if not os.access(path if path.exists() else path.parent, os.R_OK | os.W_OK):
        return UsageError(
            f"{what}: {error}; have its owner run the hub, or give it the right to read and write it"
        )
    return UsageError(f"{what}: {error}; name another file, or move this one away to begin anew")

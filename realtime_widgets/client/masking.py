"""Masking: text without secrets, before it is kept, logged or shown.

Servers echo tokens, and what libraries and users' functions say in their errors quotes frames, headers and addresses.
Each connection has a `Mask` that knows the secrets it connects with (`credentials`), and every text that leaves the
connection goes through it. Text that others wrote is besides searched for what looks like a secret: the user name,
password, query and fragment of any address, and tokens after the name of their scheme.
"""

from __future__ import annotations

import html
import re
import traceback
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, TypeVar

from ..errors import ClientError

E = TypeVar("E", bound=ClientError)

MAX_LENGTH: Final = 500
"""Characters of an error that somebody else worded."""

MIN_SECRET: Final = 4
"""Characters of the shortest secret that is masked: shorter ones are found in every text, and keep nobody out."""

MIN_ANYWHERE: Final = 8
"""Characters of the shortest secret that is masked within a longer word too, and where its end was cut off."""

MAX_SECRETS: Final = 256
"""Secrets that are known at a time, the latest: a token may be another at every attempt."""

MASKED: Final = "***"
"""What is shown in the place of a secret that is known."""

_CUTS: Final = ("…", "...")
"""What text ends in that was cut, by us and by others."""

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s'\"<>`]*")

_QUERY: Final = re.compile(r"\?[^\s'\"=?]+=[^\s'\"<>`]*")
"""The query of an address without scheme, such as the target of a request."""

_TOKEN: Final = re.compile(r"\b([Bb]earer)[ =:]+[\w\-.~+/|:]{4,}=*")

_HOST: Final = re.compile(r"[^:]*(:\d*)?|\[[^\]]*\](:\d*)?")
"""Host and port; what does not match may be a user name with the start of a password."""


def label_of(url: str) -> str:
    """Return an address for display: no credentials, no query, no fragment. Any text will do."""
    scheme, found, rest = url.partition("://")
    if not found:
        scheme, rest = "", url
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0]
    path = re.split(r"[?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        rest = rest[authority.rindex("@") + 1 :]
    elif "@" in path or ("@" in rest and not _HOST.fullmatch(authority)):
        rest = rest.rpartition("@")[2]  # a password with a "/", "?" or "#" that was not escaped
    return f"{scheme}{found}{re.split(r'[?#]', rest, maxsplit=1)[0]}"


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address for display."""
    scheme, found, rest = label_of(url).partition("://")
    return f"{scheme}{found}{rest.partition('/')[0]}"


def masked(text: str) -> str:
    """Return text that others wrote with its addresses masked, and tokens after the name of their scheme."""
    text = _ADDRESS.sub(lambda match: label_of(match[0]), text)
    return _TOKEN.sub(r"\1 …", _QUERY.sub("?…", text))


class Mask:
    """The secrets of one connection, and texts without them.

    A secret is found however its characters are escaped, and so is the beginning of one at the end of text that was
    cut, from `MIN_SECRET` characters on. One of fewer than `MIN_SECRET` characters is never masked, and one of fewer
    than `MIN_ANYWHERE` only where it is a word of its own. Read by any thread, told by one at a time.

    Args:
        secrets: to begin with.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: tuple[_Secret, ...] = ()  # the latest last
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these from now on."""
        new = [text for text in dict.fromkeys(secrets) if len(text) >= MIN_SECRET]
        known = {secret.text: secret for secret in self._secrets}
        found = [known.pop(text) if text in known else _Secret(text) for text in new]
        self._secrets = (*known.values(), *found)[-MAX_SECRETS:]

    def known(self, said: str) -> str:
        """Return text of our own without the secrets that are known."""
        for secret in sorted(self._secrets, key=lambda one: -len(one.text)):  # one may be a part of another
            said = secret.masked_in(said)
        return said

    def text(self, said: str) -> str:
        """Return text that others wrote without secrets, known ones and what looks like some."""
        return masked(self.known(said))

    def error(self, error: BaseException, most: int = MAX_LENGTH) -> str:
        """Return the class and the text of an error, without secrets, in one line of Unicode.

        Args:
            error: by whomever it was worded.
            most: characters of its text.
        """
        said = _cut(_line(self.text(_cut(_said(error), 2 * MAX_LENGTH))), most)
        return f"{type(error).__name__}: {said}" if said else type(error).__name__

    def traceback(self, error: BaseException) -> str:
        """Return the traceback of an error as Python prints it, without secrets."""
        return _unicode(self.text("".join(traceback.format_exception(error)).rstrip()))

    def cleaned(self, error: E) -> E | ClientError:
        """Return an error as it may be kept and shown: one line of Unicode, without secrets that are known.

        It is the same error, but for classes with words of their own. What it was raised from goes where that has a
        secret: Python shows it with the error.
        """
        if any(self.known(said) != said for said in _behind(error)):
            error.__cause__ = error.__context__ = None
        was = _said(error)
        said = _line(self.known(was))
        if said == was:
            return error
        error.args = (said,)
        if _said(error) == said:
            return error
        ours = next(kind for kind in type(error).__mro__ if kind.__module__ == ClientError.__module__)
        return ours(said)  # type: ignore[no-any-return]


class _Secret:
    """One secret, and how to find it."""

    def __init__(self, text: str) -> None:
        self.text = text
        pieces = _PIECES.findall(text)
        self._head = re.compile("".join(map(_spelled, pieces[:MIN_SECRET])))
        self._rest = [_pattern(piece) for piece in pieces[MIN_SECRET:]]

    def masked_in(self, said: str) -> str:
        """Return text without it."""
        done, place = [], 0
        while (found := self._head.search(said, place)) is not None:
            start, end = found.span()
            left = len(self._rest)
            for char in self._rest:
                if (more := char.match(said, end)) is None:
                    break
                end, left = more.end(), left - 1
            if self._counts(said, start, end, whole=left == 0):
                done.append(f"{said[place:start]}{MASKED}")
                place = end
            else:
                done.append(said[place : start + 1])
                place = start + 1
        return "".join([*done, said[place:]])

    def _counts(self, said: str, start: int, end: int, *, whole: bool) -> bool:
        """Return whether what was found is the secret, and not by chance a part of something else."""
        after = said[end : end + 3]
        if len(self.text) < MIN_ANYWHERE:
            return whole and not any(map(_is_of_a_word, (said[:start][-1:], after[:1])))
        return whole or not after or after.startswith(_CUTS)


def _is_of_a_word(char: str) -> bool:
    return char.isalnum() or char == "_"


_PIECES: Final = re.compile(r"[\s+]+|\\+|.", re.DOTALL)
"""Characters of a secret that are found one by one, and runs of those that may become any number or each other."""

_ESCAPE: Final = r"(?:\\+|(?<=\\))"
"""Backslashes, or the last of some that were found as a piece of their own."""

_LETTERS: Final = {"\n": "n", "\r": "r", "\t": "t"}


@cache
def _spelled(piece: str) -> str:
    """Return a pattern of what a piece of a secret may become in JSON, `repr()`, addresses and HTML."""
    if piece.isascii() and piece.isalnum():
        return piece
    ways = [way for char in dict.fromkeys(piece) for way in _ways(char)]
    if piece[0] == "\\":
        return rf"(?i:\\|{ways[0]})+"
    if piece[0] == "+" or piece[0].isspace():
        return rf"(?i:\s|\+|%20|{'|'.join(ways)})+"
    return f"(?i:{'|'.join(ways)})"


@cache
def _pattern(piece: str) -> re.Pattern[str]:
    return re.compile(_spelled(piece))


def _ways(char: str) -> Iterator[str]:
    """Yield patterns of what a character may become, itself last: others may begin with it."""
    yield "".join(f"%{octet:02x}" for octet in char.encode(errors="replace"))
    pairs = char.encode("utf-16-be", "surrogatepass")
    yield "".join(rf"{_ESCAPE}u{pairs[i : i + 2].hex()}" for i in range(0, len(pairs), 2))
    yield rf"{_ESCAPE}(?:x{ord(char):02x}|u{ord(char):08x})"
    yield f"&#0*{ord(char)};"
    if char in _LETTERS:
        yield f"{_ESCAPE}{_LETTERS[char]}"
    escapes = "" if char == "+" or char.isspace() else r"\\*"
    for each in (html.escape(char), char):
        yield escapes + re.escape(each)


def _behind(error: BaseException) -> Iterator[str]:
    """Yield the texts of what an error was raised from."""
    seen = {id(error)}
    waiting = [error.__cause__, error.__context__]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield "\n".join([_said(each), *map(str, getattr(each, "__notes__", ()))])
            waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # of a user's class
        return ""


def _line(said: str) -> str:
    return _unicode(" ".join(said.split()))


def _unicode(said: str) -> str:
    """Return text that every log and page can write."""
    return said.encode(errors="replace").decode()


def _cut(said: str, most: int) -> str:
    """Return text of at most so many characters, which shows where it was cut: there a secret may have begun."""
    return said if len(said) <= most else f"{said[: most - 1]}…"

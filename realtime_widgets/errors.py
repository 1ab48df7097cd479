"""Errors: one tree of exceptions, in which the class says whose fault it is.

    RealtimeWidgetsError
    ├── UsageError             the caller; also a ValueError
    │   ├── UnknownField       a field the stream does not have; also a KeyError
    │   ├── UnknownKeyword     a misspelled keyword argument; also a TypeError
    │   ├── WrongLength        columns of unequal length
    │   ├── WrongType          a value of a type that does not fit; also a TypeError
    │   └── BadTime            something that is not a moment, or not in seconds
    ├── MissingDependency      the installation; also an ImportError
    ├── NotBuilt               the checkout: its front end was never built
    ├── TimedOut               a wait that ran out of time; also a TimeoutError
    ├── WouldDeadlock          a blocking wait where it could never end; also a RuntimeError
    ├── ClientError            a connection to a server
    │   ├── ConnectionLost     the network or the server: retried; also a ConnectionError
    │   ├── ConnectionRejected the server, for good: a close code, a path; also a ConnectionError
    │   │   └── Unauthorized   its token
    │   ├── BadMessage         the peer: a frame that is unreadable, too large, or refused by the other side
    │   ├── SendFailed         a message that was not sent, and will not be
    │   └── CallbackFailed     the caller: a user's function that raised
    └── RuntimeStopped         a runtime that was stopped, or belongs to another process; also a RuntimeError

Every message is one sentence of three parts: *what could not be done: what we saw; what to do*.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


class RealtimeWidgetsError(Exception):
    """Base class of all errors that this package raises on purpose."""


class UsageError(RealtimeWidgetsError, ValueError):
    """The caller asked for something that cannot be done."""


class UnknownField(UsageError, KeyError):
    """A field that the stream does not have."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument, which would put the message in quotes.
        return str(self.args[0]) if self.args else ""


class UnknownKeyword(UsageError, TypeError):
    """A keyword argument that does not exist, most often a misspelled one."""


class WrongLength(UsageError):
    """Columns that belong together and have different lengths."""


class WrongType(UsageError, TypeError):
    """A value, column or name of a type that does not fit its place."""


class BadTime(UsageError):
    """A value that is not a moment in time, or is one in another unit than seconds."""


class MissingDependency(RealtimeWidgetsError, ImportError):
    """An optional library that is not installed; the message has the command that installs it."""


class NotBuilt(RealtimeWidgetsError):
    """A file of the built front end that is not there."""


class TimedOut(RealtimeWidgetsError, TimeoutError):
    """A wait that ended without an answer."""


class WouldDeadlock(RealtimeWidgetsError, RuntimeError):
    """A blocking wait on the thread that would have to produce the result."""


class RuntimeStopped(RealtimeWidgetsError, RuntimeError):
    """A runtime that no longer runs in this process."""


MAX_MESSAGE_LENGTH = 1000
"""Characters of the message of a ClientError: what it quotes may be of any size, and it is kept, shown and logged."""


class ClientError(RealtimeWidgetsError):
    """Something that went wrong with a connection to a server.

    Args:
        message: what happened; what is too long is cut.
    """

    def __init__(self, message: object = "") -> None:
        text = str(message)
        super().__init__(text if len(text) <= MAX_MESSAGE_LENGTH else text[: MAX_MESSAGE_LENGTH - 1] + "…")


class ConnectionLost(ClientError, ConnectionError):
    """A connection that broke or could not be made; it is worth another try.

    Args:
        message: what happened.
        retry_after: seconds that the server asks to wait before the next attempt; None: it did not say.
        routine: expected from this server, so that it is only logged as information.
        fruitful: it delivered something, so that attempts are counted from zero again, however short it was.
        ended: the server has ended a stream regularly, with nothing missing.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        routine: bool = False,
        fruitful: bool = False,
        ended: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.routine = routine
        self.fruitful = fruitful
        self.ended = ended


class ConnectionRejected(ClientError, ConnectionError):
    """A connection that the server rejects for good, or whose address is wrong; it is not retried.

    Args:
        message: what happened.
        may_heal: a connection that was there before may come back, so that it is retried then: a certificate that has
            run out, a path that is missing while a server is replaced.
    """

    def __init__(self, message: str, *, may_heal: bool = False) -> None:
        super().__init__(message)
        self.may_heal = may_heal


class Unauthorized(ConnectionRejected):
    """A token that the server rejected: where a function gives it, that is called once more."""


class BadMessage(ClientError):
    """A frame that could not be read, was too large, or was refused by the other side."""


class SendFailed(ClientError):
    """A message that was not sent, and will not be."""


class CallbackFailed(ClientError):
    """A user's function that raised: a callback, a decoder, or one that gives a url or a token.

    Attributes:
        function: which, where several may be meant; None: the message says it.
    """

    function: Callable[..., object] | None = None


def shown(value: object, most: int = 60) -> str:
    """Return the repr of a value for an error message, in one line of at most `most` characters; never raises."""
    try:
        text = repr(value[: most + 1] if isinstance(value, str | bytes) else value)
    except Exception:  # an int of more than 4,300 digits, or an object whose repr fails
        text = f"<{type(value).__name__} without a repr>"
    if "\n" in text:  # of a table
        shape = getattr(value, "shape", None)
        text = f"<{type(value).__name__} of shape {shape}>" if shape else " ".join(text.split())
    return text if len(text) <= most else text[: most - 3] + "..."


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that `name` was probably meant to be, or None; letter case does not count."""
    import difflib  # for the few who mistype, not for every import

    by_folded = {candidate.casefold(): candidate for candidate in names}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown name: `; did you mean 'cpu'?` or nothing."""
    match = nearest(name, names)
    return f"; did you mean {match!r}?" if match is not None else ""


def reject_unknown_keywords(what: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise when `given` has a keyword that is not `allowed`.

    Args:
        what: the callable as the user wrote it, for example `"LiveChart()"`.
        given: the keywords that arrived.
        allowed: the keywords that exist.

    Raises:
        UnknownKeyword: a TypeError that names the nearest keyword, or lists all of them.
    """
    known = list(allowed)
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f"; it takes {', '.join(known) or 'no keywords'}"
            raise UnknownKeyword(f"{what} cannot be called like this: it has no keyword {name!r}{hint}")


class NamesNearest:
    """Names the nearest attribute when one is misspelled in reading; a base class.

    Not for what is read in a hurry, such as a stream: reading any attribute takes longer then.
    """

    def __getattr__(self, name: str) -> Any:  # where nothing else has it
        kind = type(self)
        if hasattr(kind, name):  # a property that has failed: what it says, again
            return object.__getattribute__(self, name)
        hint = ""
        if not name.startswith("_"):
            public = [each for each in dir(kind) if not each.startswith("_")]
            hint = did_you_mean(name, public)
        raise AttributeError(f"{kind.__name__} has no attribute {name!r}{hint}", name=name, obj=self)


def named_keywords(fn: F) -> F:
    """Have a function, a constructor or a class say which keyword was meant; a decorator.

    The nearest one when one is misspelled, and the first when too much is passed without a name. The traceback of an
    error of ours has no frame in which the arguments are.
    """
    if isinstance(fn, type):
        setattr(fn, "__init__", named_keywords(vars(fn)["__init__"]))  # noqa: B010 (of a class, for mypy)
        return cast("F", fn)
    parameters = inspect.signature(fn).parameters.values()
    allowed = [
        each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    ]
    known = frozenset(allowed)
    mine = [each for each in allowed if each != "self"]
    named = [each.name for each in parameters if each.kind == each.KEYWORD_ONLY]
    endless = any(each.kind == each.VAR_POSITIONAL for each in parameters)
    most = math.inf if endless or not named else len(allowed) - len(named)
    unnamed = [name for name in mine if name not in named]

    def refuse(args: Sequence[Any], keywords: Mapping[str, Any]) -> None:
        what = type(args[0]).__name__ if fn.__name__ == "__init__" else f"{fn.__name__}()"
        reject_unknown_keywords(what, keywords, mine)
        first, *others = named
        call = ", ".join([*unnamed, f"{first}=…"])
        raise WrongType(
            f"{what} cannot be called like this: {shown(args[int(most)])} comes without a keyword; pass "
            f"{what.removesuffix('()')}({call}){', or another of ' if others else ''}{', '.join(others)}"
        )

    @functools.wraps(fn)
    def checked(*args: Any, **keywords: Any) -> Any:
        try:
            if len(args) > most or not known.issuperset(keywords):
                refuse(args, keywords)
            return fn(*args, **keywords)
        except RealtimeWidgetsError as error:
            del args, keywords  # a token may be among them, and some show the variables of a traceback
            raise without_variables(error) from error.__cause__

    return cast("F", checked)


E = TypeVar("E", bound=BaseException)


def without_variables(error: E) -> E:
    """Return an error without the frames that it came through, in whose variables secrets may be, and so its causes."""
    found: BaseException | None = error
    while found is not None:
        found.__traceback__ = None
        found = found.__cause__
    return error


def reject_what_cannot_be_called(what: str, fn: object, given: str | None = None) -> None:
    """Raise WrongType for what is not callable, and for coroutine functions: not awaited, they would never run.

    Args:
        what: what could not be done, such as `on_message() cannot call`.
        fn: what was given.
        given: the one argument that it will be called with, such as `the frame`; None: that is not looked at.
    """
    if not callable(fn):
        raise WrongType(f"{what} {fn!r}: pass a function")
    if inspect.iscoroutinefunction(fn):
        raise WrongType(
            f"{what} {fn!r}, a coroutine function: pass a plain one (`def`), which may hand over to an event loop with "
            "asyncio.run_coroutine_threadsafe(…, loop)"
        )
    if given is None:
        return
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):  # some of C have none
        return
    try:
        signature.bind(None)
    except TypeError as error:
        raise WrongType(f"{what} {fn!r}: it will be called with {given}, and it takes {signature}") from error

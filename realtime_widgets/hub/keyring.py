"""The keyring: the tokens that open a hub, those it was given and those that were signed for it."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from ..errors import UsageError, WrongType
from .rights import Access, Rights
from .signed import BadToken, Verifier

MAX_TOKEN_LENGTH: Final = 8000
"""Characters of a token: with its name, a line of a header may have 8,192. What is longer is not looked at."""

MAX_VERIFIED: Final = 1000
"""Signed tokens that are known again without the work of verifying them."""


class Keyring:
    """The tokens of one hub, of which it keeps digests.

    Args:
        tokens: token → what it gives.
        verifier: knows signed ones; None: there are none.
    """

    def __init__(self, tokens: Mapping[str, Rights], verifier: Verifier | None = None) -> None:
        self._salt = secrets.token_bytes(32)
        self._known = {self._digest(token): Access(rights) for token, rights in tokens.items()}
        self._verifier = verifier
        self._verified: OrderedDict[bytes, Access] = OrderedDict()

    def open(self, token: str) -> Access:
        """Return what a token gives.

        Raises:
            BadToken: why it gives nothing.
        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise BadToken(f"this token has more than {MAX_TOKEN_LENGTH:,} characters; pass the right one")
        # How long the lookup takes says something of the digest, but nothing of the token: nobody else has the salt.
        digest = self._digest(token)
        found = self._known.get(digest)
        if found is not None:
            return found
        if self._verifier is not None and token.count(".") == 2:
            return self._verify(digest, token, self._verifier)
        raise BadToken("this is not the token of this hub; pass the right one")

    def _verify(self, digest: bytes, token: str, verifier: Verifier) -> Access:
        found = self._verified.pop(digest, None)
        if found is None or found.expires <= verifier.clock():
            found = verifier.verify(token)
        self._verified[digest] = found
        if len(self._verified) > MAX_VERIFIED:
            self._verified.popitem(last=False)
        return found

    def _digest(self, token: str) -> bytes:
        return hashlib.blake2b(token.encode(errors="surrogatepass"), key=self._salt).digest()


def checked_tokens(tokens: Any) -> dict[str, Rights]:
    """Return tokens with their rights, as they were given.

    Raises:
        WrongType: they are none; UsageError: one cannot be a token.
    """
    if not isinstance(tokens, Mapping):
        raise WrongType(
            "tokens= cannot be used: it must be a dict; pass {'a token': rw.Rights(subscribe=[…])}"
        )
    for token, rights in tokens.items():
        check_token_text(token)
        if not isinstance(rights, Rights):
            raise WrongType(
                f"tokens= cannot be used: a token has {type(rights).__name__} instead of its rights; "
                "pass {'a token': rw.Rights(subscribe=[…])}"
            )
    return dict(tokens)


def check_token_text(token: object) -> None:
    """Raise when a text cannot be a token.

    Raises:
        UsageError: it is empty, too long, or has characters that a header cannot carry.
    """
    if not isinstance(token, str) or not re.fullmatch(rf"[!-~]{{1,{MAX_TOKEN_LENGTH}}}", token):
        raise UsageError(
            f"this token cannot be used: it must be text of up to {MAX_TOKEN_LENGTH:,} visible ASCII characters "
            "without spaces; leave token= out for a random one"
        )

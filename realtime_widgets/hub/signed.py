"""Signed tokens (JWT, RFC 7519): who somebody is, what they may do and until when, by the word of who has the key.

| claim | says |
|---|---|
| `exp` | until when, in seconds since the epoch; no token is good for ever |
| `sub` | who |
| `subscribe`, `publish` | lists of channels, as `rights.Rights` takes them; none: no right |
| `aud`, `iss`, `nbf` | for which hub, by whom, from when on |

The algorithm follows from the key, never from the token (RFC 8725, 3.1). The library, PyJWT, is imported with the first
key.
"""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable
from typing import Any, Final

from ..errors import MissingDependency, UsageError, WrongType
from ..streams.amounts import Duration, to_duration
from .rights import Access, Rights

MIN_SECRET_BYTES: Final = 32
"""As many as the digest of HS256 has (RFC 7518, 3.2)."""

MIN_RSA_BITS: Final = 2048

LEEWAY: Final = 10.0
"""Seconds that the clock of who signs may be ahead of ours."""


class BadToken(Exception):
    """A token that is not accepted.

    Args:
        message: why, in one sentence, without anything of the token.
        expired: whether it was good once.
    """

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


class Verifier:
    """Knows the tokens that were signed for this hub.

    Args:
        secret: of HS256, at least 32 bytes; None: none are taken that are signed so.
        public_key: in PEM: RSA (for RS256), P-256 (ES256) or Ed25519 (EdDSA); None: likewise.
        audience: that tokens must name; None: they must name none.
        issuer: that tokens must name; None: any, or none.
        clock: seconds since the epoch.

    Raises:
        UsageError, WrongType: a key cannot be used.
        MissingDependency: PyJWT is not installed.
    """

    def __init__(
        self,
        *,
        secret: str | None = None,
        public_key: str | bytes | None = None,
        audience: str | None = None,
        issuer: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._jwt = _library()
        self._audience = audience
        self._issuer = issuer
        self.clock = clock
        self._keys: dict[str, Any] = {}
        if secret is not None:
            self._keys["HS256"] = checked_secret(secret)
        if public_key is not None:
            algorithm, key = _public(public_key)
            self._keys[algorithm] = key

    def verify(self, token: str) -> Access:
        """Return what a token gives.

        Raises:
            BadToken: why it gives nothing.
        """
        jwt = self._jwt
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise BadToken("this token cannot be read; pass the right one") from None
        key = self._keys.get(algorithm) if isinstance(algorithm, str) else None
        if key is None:
            raise BadToken(
                f"this token is signed in another way than this hub takes ({', '.join(self._keys)}); pass one of those"
            )
        now = self.clock()
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidSignatureError:
            raise BadToken("this token was not signed with this hub's key; pass the right one") from None
        except jwt.MissingRequiredClaimError as error:
            raise BadToken(f"this token has no {error.claim!r}; have one made that has") from None
        except jwt.InvalidAudienceError:
            raise BadToken("this token is for another audience ('aud'); have one made for this hub") from None
        except jwt.InvalidIssuerError:
            raise BadToken("this token is of another issuer ('iss') than this hub trusts") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise BadToken("this token cannot be read; pass the right one") from None
        return _access(claims, now)


def sign(
    rights: Rights,
    secret: str,
    expires: Duration,
    *,
    audience: str | None = None,
    issuer: str | None = None,
    clock: Callable[[], float] = time.time,
) -> str:
    """Return a token signed with HS256.

    Args:
        rights: that it gives.
        secret: of the hub.
        expires: after which time, in seconds or as "8h", "30d".
        audience, issuer: as the hub wants them.
        clock: seconds since the epoch.

    Raises:
        UsageError, WrongType: the secret or the time cannot be used; MissingDependency: PyJWT is not installed.
    """
    key, now = checked_secret(secret), clock()
    lasts = to_duration(expires, "expires of a token", above=0.0)
    claims: dict[str, Any] = {
        "iat": int(now),
        "exp": math.ceil(now + lasts),
        "subscribe": list(rights.subscribe),
        "publish": list(rights.publish),
    }
    named = {"sub": rights.name, "aud": audience, "iss": issuer}
    claims |= {claim: value for claim, value in named.items() if value is not None}
    token: str = _library().encode(claims, key, algorithm="HS256")
    return token


def _access(claims: dict[str, Any], now: float) -> Access:
    expires, begins = claims["exp"], claims.get("nbf", 0)
    if not _is_time(expires) or not _is_time(begins):
        raise BadToken("this token has an 'exp' or 'nbf' that is no time; have one made that has")
    if expires <= now:
        raise BadToken("this token has expired; get a new one", expired=True)
    if begins > now + LEEWAY:
        raise BadToken("this token is not valid yet; check the clocks of the hub and of who signed it")
    given = {action: claims.get(action, []) for action in ("subscribe", "publish")}
    try:
        if not all(isinstance(channels, list) for channels in given.values()):
            raise UsageError
        rights = Rights(**given, name=claims.get("sub"))
    except UsageError:
        raise BadToken(
            "this token has rights that cannot be read: 'subscribe' and 'publish' are lists of channels, with a '*' "
            "only at their ends, and 'sub' is a name; have one made that has such"
        ) from None
    return Access(rights, float(expires))


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def checked_secret(secret: object) -> bytes:
    """Return the bytes of a secret.

    Raises:
        WrongType: it is no text; UsageError: it is too short, or a key of another kind.
    """
    if not isinstance(secret, str):
        raise WrongType("the secret cannot be used: it must be text; pass at least 32 random characters")
    key = secret.encode(errors="surrogatepass")
    if b"-----BEGIN" in key or key.startswith((b"ssh-", b"ecdsa-")):
        raise UsageError("the secret cannot be used: it is a key in PEM; pass a public one as public_key=")
    if len(key) < MIN_SECRET_BYTES:
        raise UsageError(
            f"the secret cannot be used: it has {len(key)} bytes, fewer than {MIN_SECRET_BYTES}; "
            "pass secrets.token_urlsafe(32), say, and keep it"
        )
    return key


def _public(given: object) -> tuple[str, Any]:
    """Return the algorithm of a public key in PEM, and the key."""
    if not isinstance(given, str | bytes):
        raise WrongType("the public key cannot be used: it must be text; pass it in PEM")
    pem = given.encode(errors="replace") if isinstance(given, str) else given
    if b"PRIVATE KEY" in pem:
        raise UsageError("the public key cannot be used: it is a private one, which no hub needs to know")
    try:
        serialization = importlib.import_module("cryptography.hazmat.primitives.serialization")
    except ImportError as error:
        raise _missing() from error
    try:
        key = serialization.load_pem_public_key(pem)
    except Exception:  # of many kinds, and what they say quotes the key
        raise UsageError(
            "the public key cannot be used: it is none in PEM; pass '-----BEGIN PUBLIC KEY…'"
        ) from None
    kind = type(key).__name__.lower()
    if "ed25519" in kind:
        return "EdDSA", key
    if "rsa" in kind and key.key_size >= MIN_RSA_BITS:
        return "RS256", key
    if getattr(getattr(key, "curve", None), "name", None) == "secp256r1":
        return "ES256", key
    raise UsageError(
        f"the public key cannot be used: pass one of RSA with {MIN_RSA_BITS} bits or more, of P-256, or of Ed25519"
    )


def _library() -> Any:
    try:
        return importlib.import_module("jwt")
    except ImportError as error:
        raise _missing() from error


def _missing() -> MissingDependency:
    return MissingDependency(
        'signed tokens cannot be used: PyJWT is not installed; run pip install "realtime-widgets[jwt]"'
    )

"""Signed tokens: by values, each wrong in one way."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from realtime_widgets.errors import MissingDependency, UsageError, WrongType
from realtime_widgets.hub import signed
from realtime_widgets.hub.rights import Rights
from realtime_widgets.hub.signed import BadToken, Verifier, sign

SECRET = "canary-" + "0123456789abcdef" * 2
NOW = 1_800_000_000.0
GOOD = {"exp": NOW + 60, "sub": "anna", "subscribe": ["metrics", "team:*"], "publish": ["team:anna"]}


def verifier(**options: Any) -> Verifier:
    return Verifier(**({"secret": SECRET, "clock": lambda: NOW} | options))


def made(change: dict[str, Any] | None = None, key: Any = SECRET, algorithm: str = "HS256") -> str:
    claims = {name: value for name, value in (GOOD | (change or {})).items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def refused(token: str, **options: Any) -> BadToken:
    with pytest.raises(BadToken) as caught:
        verifier(**options).verify(token)
    said = str(caught.value)
    assert "\n" not in said
    for secret in (SECRET, *token.split("."), "anna", "team"):
        assert len(secret) < 4 or secret not in said
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None, (
        "what the library said may quote the token"
    )
    return caught.value


def test_a_token_says_who_what_and_until_when():
    access = verifier().verify(made())
    assert access.rights == Rights(subscribe=["metrics", "team:*"], publish=["team:anna"], name="anna")
    assert (access.name, access.expires) == ("anna", NOW + 60)


def test_what_it_does_not_say_is_not_given():
    access = verifier().verify(jwt.encode({"exp": NOW + 1}, SECRET, algorithm="HS256"))
    assert access.rights == Rights()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"exp": NOW}, "has expired"),
        ({"exp": NOW - 1e6}, "has expired"),
        ({"exp": None}, "has no 'exp'"),
        ({"exp": "soon"}, "no time"),
        ({"exp": True}, "no time"),
        ({"exp": 10**400}, "no time"),
        ({"nbf": NOW + 60}, "not valid yet"),
        ({"nbf": "x"}, "no time"),
        ({"aud": "another"}, "another audience"),
        ({"subscribe": "*"}, "rights that cannot be read"),
        ({"subscribe": {"*": 1}}, "rights that cannot be read"),
        ({"subscribe": {}}, "rights that cannot be read"),
        ({"sub": ""}, "rights that cannot be read"),
        ({"subscribe": ["a*b"]}, "rights that cannot be read"),
        ({"publish": [5]}, "rights that cannot be read"),
        ({"publish": 5}, "rights that cannot be read"),
        ({"sub": "x" * 201}, "rights that cannot be read"),
    ],
)
def test_a_claim_that_is_wrong_is_one_sentence(change: dict[str, Any], said: str):
    error = refused(made(change))
    assert said in str(error)
    assert error.expired is (said == "has expired")


def test_a_clock_that_is_a_little_ahead_is_forgiven_and_an_end_is_an_end():
    assert verifier().verify(made({"nbf": NOW + 5, "iat": NOW + 5}))
    assert refused(made({"exp": NOW})).expired


def test_audience_and_issuer_are_asked_for():
    wants = {"audience": "our-hub", "issuer": "our-team"}
    assert verifier(**wants).verify(made({"aud": ["x", "our-hub"], "iss": "our-team"}))
    assert "audience" in str(refused(made({"aud": "x", "iss": "our-team"}), **wants))
    assert "no 'aud'" in str(refused(made({"iss": "our-team"}), **wants))
    assert "issuer" in str(refused(made({"aud": "our-hub", "iss": "x"}), **wants))
    assert "no 'iss'" in str(refused(made({"aud": "our-hub"}), **wants))


@pytest.mark.parametrize(
    "token",
    [
        "a.b.c",
        "..",
        f"{part({'alg': 'HS256'})}..",
        f"{part([])}.{part(GOOD)}.x",
        f"{part({'alg': 'HS256'})}.{part([1])}.x",
        f"{part({'alg': ['HS256']})}.{part(GOOD)}.x",
        f"{part({'alg': 'HS256', 'crit': ['x']})}.{part(GOOD)}.x",
        f"{part('[' * 3000)}.{part(GOOD)}.x",
        made()[:-4] + "AAAA",
        made(key=SECRET + "x"),
        "\ud800.b.c",
    ],
)
def test_what_is_no_token_of_ours_is_refused(token: str):
    refused(token)


def test_a_body_that_is_no_json_is_refused():
    head, _, _ = made().split(".")
    body = base64.urlsafe_b64encode(b"\xff[[[").rstrip(b"=").decode()
    key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    mark = base64.urlsafe_b64encode(key.sign(f"{head}.{body}".encode(), SECRET.encode())).rstrip(b"=")
    assert "cannot be read" in str(refused(f"{head}.{body}.{mark.decode()}"))


# Keys and algorithms


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "", None])
def test_a_token_without_a_signature_is_refused(algorithm: Any):
    assert "another way" in str(refused(f"{part({'alg': algorithm})}.{part(GOOD)}."))


def test_another_algorithm_of_the_same_secret_is_refused():
    assert "another way" in str(refused(made(algorithm="HS512", key=SECRET * 2), secret=SECRET * 2))


MAKERS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


def public(key: Any) -> bytes:
    public = key.public_key()
    pem: bytes = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem


@pytest.mark.parametrize("algorithm", MAKERS)
def test_a_public_key_knows_what_its_private_one_signed(algorithm: str):
    mine, other = MAKERS[algorithm](), MAKERS[algorithm]()
    for pem in (public(mine), public(mine).decode()):
        hub = {"secret": None, "public_key": pem}
        assert verifier(**hub).verify(made(key=mine, algorithm=algorithm)).name == "anna"
        assert "not signed with" in str(refused(made(key=other, algorithm=algorithm), **hub))
        assert "another way" in str(refused(made(), **hub))
        assert "another way" in str(refused(f"{part({'alg': 'none'})}.{part(GOOD)}.", **hub))


def test_a_public_key_is_no_secret_by_which_anybody_could_sign():
    """The confusion of algorithms: the public key, which everybody has, as the secret of HS256."""
    pem = public(MAKERS["RS256"]())
    head, body = part({"alg": "HS256"}), part(GOOD)
    key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    mark = base64.urlsafe_b64encode(key.sign(f"{head}.{body}".encode(), pem)).rstrip(b"=").decode()
    for secret in (None, SECRET):
        refused(f"{head}.{body}.{mark}", secret=secret, public_key=pem)


def test_a_hub_may_take_both_kinds():
    mine = MAKERS["ES256"]()
    both = verifier(public_key=public(mine))
    assert both.verify(made()).name == both.verify(made(key=mine, algorithm="ES256")).name == "anna"


@pytest.mark.parametrize(
    "secret", ["", "short", "x" * 31, "-----BEGIN PUBLIC KEY-----" + "x" * 40, "ssh-ed25519 " + "x" * 40]
)
def test_a_secret_that_is_weak_or_no_secret_is_refused_and_not_repeated(secret: str):
    with pytest.raises(UsageError, match="the secret cannot be used") as caught:
        verifier(secret=secret)
    assert len(secret) < 10 or secret not in str(caught.value)
    with pytest.raises(UsageError, match="the secret cannot be used"):
        sign(Rights(), secret, 60)


def private() -> str:
    key = MAKERS["EdDSA"]()
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "nonsense",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        private(),
        public(rsa.generate_private_key(65537, 1024)).decode(),
        public(ec.generate_private_key(ec.SECP384R1())).decode(),
    ],
)
def test_a_key_that_is_no_public_one_of_ours_is_refused_and_not_repeated(key: str):
    with pytest.raises(UsageError, match="the public key cannot be used") as caught:
        verifier(public_key=key)
    assert all(line not in str(caught.value) for line in key.splitlines() if len(line) > 30)


def test_keys_are_text():
    with pytest.raises(WrongType):
        verifier(secret=b"x" * 40)
    with pytest.raises(WrongType):
        verifier(public_key=5)


# Signing


def test_what_we_sign_we_know():
    rights = Rights(subscribe=["a", "b*"], publish=["c"], name="日本")
    token = sign(rights, SECRET, "1min", audience="hub", issuer="us", clock=lambda: NOW)
    access = verifier(audience="hub", issuer="us").verify(token)
    assert access.rights == rights
    assert access.expires == NOW + 60


@pytest.mark.parametrize("expires", [0, -1, "0s", "soon", float("inf")])
def test_a_token_ends_later_than_now_and_not_never(expires: Any):
    with pytest.raises(UsageError, match="expires of a token"):
        sign(Rights(), SECRET, expires)


def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch):
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(signed.importlib, "import_module", missing)
    with pytest.raises(MissingDependency, match=r'pip install "realtime-widgets\[jwt\]"'):
        sign(Rights(), SECRET, 60)
    with pytest.raises(MissingDependency, match=r"realtime-widgets\[jwt\]"):
        verifier()

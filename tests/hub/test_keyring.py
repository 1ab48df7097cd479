"""The keyring: which tokens open a hub."""

from __future__ import annotations

import time
from typing import Any

import pytest

from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.hub import keyring as keyring_module
from realtime_widgets.hub.keyring import MAX_TOKEN_LENGTH, Keyring, check_token_text, checked_tokens
from realtime_widgets.hub.rights import ALL, Rights
from realtime_widgets.hub.signed import BadToken, Verifier, sign

READS = Rights(subscribe=["a"], name="anna")
SECRET = "0123456789abcdef" * 2


def test_each_token_gives_its_own_rights():
    keyring = Keyring({"all-of-it": ALL, "only-reads": READS})
    assert keyring.open("all-of-it").rights is ALL
    assert keyring.open("only-reads").rights is READS


@pytest.mark.parametrize(
    "token", ["", "only-read", "only-readsx", "ONLY-READS", "a.b.c", "\ud800", "x" * 100_000]
)
def test_what_is_none_of_them_is_refused_without_being_repeated(token: str):
    for verifier in (None, Verifier(secret=SECRET)):
        with pytest.raises(BadToken) as caught:
            Keyring({"only-reads": READS}, verifier).open(token)
        assert not token or token not in str(caught.value)
        assert "only-reads" not in str(caught.value)


def test_a_signed_token_opens_it_beside_the_others():
    keyring = Keyring({"all-of-it": ALL}, Verifier(secret=SECRET))
    assert keyring.open(sign(READS, SECRET, 60)).rights == READS
    assert keyring.open("all-of-it").rights is ALL
    with pytest.raises(BadToken, match="not the token of this hub"):
        Keyring({"all-of-it": ALL}).open(sign(READS, SECRET, 60))


def test_a_signed_token_is_known_again_until_it_expires(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keyring_module, "MAX_VERIFIED", 2)
    now = time.time()
    verifier = Verifier(secret=SECRET, clock=lambda: now)
    verified: list[str] = []
    verify = verifier.verify
    monkeypatch.setattr(verifier, "verify", lambda token: (verified.append(token), verify(token))[1])
    one = Keyring({}, verifier)
    first, second, third = (
        sign(Rights(subscribe=["a"], name=name), SECRET, 60, clock=lambda: now)
        for name in ("first", "second", "third")
    )
    for token in (first, second, first, first, third, first):
        assert one.open(token).rights.name
    assert verified == [first, second, third]
    one.open(second)
    assert verified[3:] == [second], "of more than so many, those that came last are known"
    for bad in (first + "x", first[:-1]):
        with pytest.raises(BadToken):
            one.open(bad)
    now += 61
    with pytest.raises(BadToken) as raised:
        one.open(first)
    assert raised.value.expired


def test_a_token_that_looks_signed_may_be_a_known_one():
    assert Keyring({"a.b.c": READS}, Verifier(secret=SECRET)).open("a.b.c").rights is READS


def test_a_huge_token_is_not_looked_at():
    huge = sign(Rights(subscribe=["x" * 190] * 100), SECRET, 60)
    assert len(huge) > MAX_TOKEN_LENGTH
    with pytest.raises(BadToken, match="more than 8,000 characters"):
        Keyring({}, Verifier(secret=SECRET)).open(huge)


def test_the_keyring_itself_does_not_have_the_tokens():
    keyring = Keyring({"all-of-it": ALL})
    assert "all-of-it" not in repr(vars(keyring))


@pytest.mark.parametrize("tokens", [["a"], "a", {"a": "all"}, {"a": None}, {"a": ["x"]}])
def test_tokens_are_a_dict_with_rights_and_none_is_repeated(tokens: Any):
    with pytest.raises(WrongType, match=r"tokens= cannot be used") as caught:
        checked_tokens(tokens)
    assert "'a'" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "a b", "a\n", "tökén", 7, b"abc", "x" * (MAX_TOKEN_LENGTH + 1)])
def test_a_token_that_no_header_can_carry_is_refused(token: Any):
    with pytest.raises(UsageError, match="visible ASCII"):
        check_token_text(token)
    with pytest.raises(UsageError, match="visible ASCII"):
        checked_tokens({token: ALL})

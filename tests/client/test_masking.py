"""Addresses without their secrets."""

from __future__ import annotations

import html
import json
import re
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.client.masking import (
    MASKED,
    MAX_LENGTH,
    MAX_SECRETS,
    Mask,
    label_of,
    masked,
    origin_of,
)
from realtime_widgets.errors import BadMessage, CallbackFailed, ConnectionLost, ConnectionRejected


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("wss://user:secret@host:1/path?token=secret#secret", "wss://host:1/path"),
        ("ws://secret@host", "ws://host"),
        ("ws://user:sec/ret@host/a", "ws://host/a"),
        ("ws://user:1/secret@host/a", "ws://host/a"),
        ("ws://user:sec?ret@host/a", "ws://host/a"),
        ("ws://user:sec#ret@host/a", "ws://host/a"),
        ("ws://user:sec@ret@host/a", "ws://host/a"),
        ("ws://user:sec\\ret@host/a", "ws://host/a"),
        ("ws://host:80/a?mail=secret@example.org", "ws://host:80/a"),
        ("ws://[::1]:80?mail=secret@example.org", "ws://[::1]:80"),
        ("host:80/a?secret", "host:80/a"),
        ("user:secret@host", "host"),
        ("ws://[secret", "ws://[secret"),
        ("", ""),
    ],
)
def test_a_label_has_no_credentials_query_and_fragment(url: str, label: str):
    assert label_of(url) == label


def test_an_origin_has_no_path():
    assert origin_of("wss://user:secret@host:1/path/x?token=secret") == "wss://host:1"
    assert origin_of("ws://host") == "ws://host"


@given(st.text())
def test_any_text_has_a_label_and_can_be_masked(text: str):
    assert "?" not in label_of(text)
    masked(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see 'https://u:SECRET@host/a?b=SECRET' or ws://host/x", "see 'https://host/a' or ws://host/x"),
        ("socks5://u:SECRET@proxy:1 isn't a proxy", "socks5://proxy:1 isn't a proxy"),
        ("GET /ws?token=SECRET HTTP/1.1", "GET /ws?… HTTP/1.1"),
        ("got 'Bearer SECRET.SECRET_-='", "got 'Bearer …'"),
        ("is it? a = b", "is it? a = b"),
    ],
)
def test_addresses_and_tokens_in_a_text_are_masked(text: str, shown: str):
    assert masked(text) == shown


def test_an_error_is_one_line_of_bounded_length_that_every_log_can_write():
    assert Mask().error(ValueError("a\n b\ud800")) == "ValueError: a b?"
    assert Mask().error(ValueError()) == "ValueError"
    assert len(Mask().error(ValueError("x" * 10**6))) < MAX_LENGTH + 20


def test_a_traceback_is_masked_with_what_it_was_raised_from():
    try:
        try:
            raise KeyError("https://host/?key=SECRET")
        except KeyError as error:
            raise ValueError("wss://u:SECRET@host/") from error
    except ValueError as error:
        shown = Mask().traceback(error)
    assert "SECRET" not in shown.replace('"https://host/?key=SECRET"', "").replace(
        '"wss://u:SECRET@host/"', ""
    )
    assert "ValueError: wss://host/" in shown


# What is known


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("abcdefgh", "bad: abcdefgh, again abcdefgh"),
        ("abcdefgh", "bad:xabcdefghx"),
        ("a+b/c=d&e", "GET /ws?t=a%2Bb%2Fc%3Dd%26e and a%2Bb/c%3Dd%26e"),
        ("a b c d e", "t=a+b+c+d+e and a%20b%20c%20d%20e"),
        ("a\"b\\c'd", json.dumps({"t": "a\"b\\c'd"})),
        ("a\"b\\c'd", repr("a\"b\\c'd")),
        ("a\"b\\c'd", repr(json.dumps("a\"b\\c'd"))),
        ("pässwörter", json.dumps("pässwörter")),
        ("pässwörter", "p%C3%A4ssw%C3%B6rter"),
        ("a/b/c/d/e", r"a\/b\/c\/d\/e, a%2fb%2Fc/d/e"),
        ("a&b<c>d'e", "a&amp;b&lt;c&gt;d&#x27;e or a&amp;b&lt;c&gt;d&#39;e"),
        ("open  sesame", "open  sesame, open\n sesame, open+sesame, open%20%20sesame"),
        ("word", "word 'word' word. (word)"),
    ],
)
def test_a_secret_is_masked_however_it_is_spelled(secret: str, said: str):
    shown = Mask([secret]).known(said)
    assert MASKED in shown
    assert not any(
        part in shown for part in (secret, "b/c", "b%2Fc", "b+c", "b%20c", "w\\u00f6", "sesame", ";b", "b\\")
    )


@pytest.mark.parametrize(
    ("secret", "said", "shown"),
    [
        ("abcdefghijkl", "the frame was 'token abcdefg…'", "the frame was 'token ***…'"),
        ("abcdefghijkl", "token abcdef...", "token ***..."),
        ("abcdefghijkl", "token abcd", "token ***"),
        ("abcdefghijkl", "token abc", "token abc"),
        ("abcdefghijkl", "abcdef is no beginning that was cut", "abcdef is no beginning that was cut"),
        ("password1", "the user name and password; pass…", "the user name and password; ***…"),
        ("aaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa aaaaa", "****** ***"),
    ],
)
def test_so_is_the_beginning_of_one_whose_end_was_cut(secret: str, said: str, shown: str):
    assert Mask([secret]).known(said) == shown


def test_what_is_short_is_masked_as_a_word_only_and_what_is_very_short_not_at_all():
    mask = Mask(["abc", "", "test"])
    assert mask.known("abc, test, latest, tests, tes…") == "abc, ***, latest, tests, tes…"


def test_of_secrets_that_contain_each_other_the_longest_is_masked():
    assert Mask(["abcdefgh", "abcdefgh.ijklmnop"]).known("abcdefgh.ijklmnop abcdefgh") == "*** ***"


ODD = st.text(st.sampled_from("abA1 \\\"'/+%&<>;#=?.é€\U0001f600"), min_size=8, max_size=16)
SPELLINGS: list[Callable[[str], str]] = [
    str,
    repr,
    json.dumps,
    html.escape,
    urllib.parse.quote,
    urllib.parse.quote_plus,
    lambda text: urllib.parse.quote(text, safe=""),
    lambda text: json.dumps(text, ensure_ascii=False),
    lambda text: repr(json.dumps(text)),
    lambda text: json.dumps(json.dumps(text)),
    lambda text: html.escape(json.dumps(text)),
]


@given(ODD, st.sampled_from(SPELLINGS))
def test_a_secret_of_odd_characters_is_masked_as_it_is_spelled(secret: str, spelling: Callable[[str], str]):
    shown = Mask([secret]).known(f"({spelling(secret)})")
    quotes = r"(?:\\|\"|'|&quot;)*"
    assert re.fullmatch(rf"\({quotes}\*\*\*{quotes}\)", shown)


@given(st.lists(ODD, max_size=4), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_is_left_in_any_text(secrets: list[str], before: str, after: str):
    mask = Mask(secrets)
    for secret in secrets:
        assert secret not in mask.known(f"{before}{secret}{after}")


def test_the_latest_secrets_are_known_and_no_others():
    mask = Mask()
    for i in range(MAX_SECRETS + 1):
        mask.learn([f"secret-{i:04}"])
    assert mask.known("secret-0000") == "secret-0000"
    assert mask.known(f"secret-0001 secret-{MAX_SECRETS:04}") == "*** ***"
    mask.learn(["secret-0001"])  # that came again is the latest
    mask.learn(["another secret"])
    assert mask.known("secret-0001, secret-0002") == "***, secret-0002"


def test_what_is_known_is_masked_before_what_only_looks_like_a_secret():
    """Which ends where a token does as a rule, and would leave the rest."""
    mask = Mask(["abcd!efgh'ijkl"])
    assert mask.text("Bearer abcd!efgh'ijkl") == "Bearer ***"
    assert mask.text("ws://host/?t=abcd!efgh'ijkl") == "ws://host/"


# Errors


def test_an_error_that_is_cut_shows_no_beginning_of_a_secret():
    mask = Mask(["abcdefghijkl" * 4])
    for length in range(MAX_LENGTH - 60, 2 * MAX_LENGTH + 10):
        shown = mask.error(ValueError("x" * length + "abcdefghijkl" * 4))
        assert "abcd" not in shown
        assert len(shown) < MAX_LENGTH + 20


def test_an_error_whose_text_cannot_be_made_has_none():
    class Odd(ValueError):
        def __str__(self) -> str:
            raise RuntimeError

    assert Mask().error(Odd()) == "Odd"


def test_an_error_without_secrets_stays_as_it_is():
    error = BadMessage("all is well")
    error.__cause__ = cause = ValueError("so it is")
    assert Mask(["abcdefgh"]).cleaned(error) is error
    assert error.__cause__ is cause


@pytest.mark.parametrize("kind", [BadMessage, ConnectionLost, ConnectionRejected, CallbackFailed])
def test_an_error_is_the_same_without_its_secret_in_one_line(kind: Any):
    error = kind("one abcdefgh\n two\ud800")
    assert Mask(["abcdefgh"]).cleaned(error) is error
    assert str(error) == "one *** two?"
    assert repr(error) == f"{kind.__name__}('one *** two?')"


def test_of_an_error_with_words_of_its_own_only_the_kind_is_kept():
    class Mine(BadMessage):
        def __str__(self) -> str:
            return "abcdefgh"

    error = Mask(["abcdefgh"]).cleaned(Mine())
    assert (type(error), str(error)) == (BadMessage, "***")


def test_what_an_error_was_raised_from_goes_where_it_has_a_secret():
    mask = Mask(["abcdefgh"])
    deep, noted, group = ValueError("no"), KeyError("k"), ExceptionGroup("all", [ValueError("abcdefgh")])
    deep.__context__ = ValueError("abcdefgh")
    noted.add_note("abcdefgh")
    for cause in (ValueError("abcdefgh"), deep, noted, group):
        error = CallbackFailed("it failed")
        error.__cause__ = cause
        assert mask.cleaned(error) is error
        assert error.__cause__ is error.__context__ is None
    round_about = CallbackFailed("it failed")
    round_about.__cause__ = round_about.__context__ = one = ValueError("one")
    one.__context__ = ValueError("other")
    one.__context__.__context__ = one
    assert mask.cleaned(round_about).__cause__ is one

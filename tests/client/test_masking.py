"""Addresses without their secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.client.masking import (
    MAX_LENGTH,
    label_of,
    masked,
    masked_error,
    masked_traceback,
    origin_of,
)


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
    assert masked_error(ValueError("a\n b\ud800")) == "ValueError: a b?"
    assert masked_error(ValueError()) == "ValueError"
    assert len(masked_error(ValueError("x" * 10**6))) < MAX_LENGTH + 20


def test_a_traceback_is_masked_with_what_it_was_raised_from():
    try:
        try:
            raise KeyError("https://host/?key=SECRET")
        except KeyError as error:
            raise ValueError("wss://u:SECRET@host/") from error
    except ValueError as error:
        shown = masked_traceback(error)
    assert "SECRET" not in shown.replace('"https://host/?key=SECRET"', "").replace(
        '"wss://u:SECRET@host/"', ""
    )
    assert "ValueError: wss://host/" in shown

"""The target: where is posted to, made of what users have, and checked at once."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.publishing.target import TOKEN, Target, checked_channel


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)


@pytest.mark.parametrize(
    ("url", "base", "path"),
    [
        ("http://host:8000", "http://host:8000", "/publish/x"),
        ("http://host:8000/", "http://host:8000", "/publish/x"),
        ("ws://127.0.0.1:8000/ws/dashboard", "http://127.0.0.1:8000", "/publish/x"),
        ("wss://example.org/hub/ws/notifications", "https://example.org/hub", "/hub/publish/x"),
        ("https://example.org/hub/?team=a", "https://example.org/hub", "/hub/publish/x?team=a"),
        ("http://[::1]:80", "http://[::1]:80", "/publish/x"),
    ],
)
def test_an_address_is_that_of_the_hub_or_of_its_sockets(url: str, base: str, path: str):
    target = Target(url)
    assert (target.url, target.path_of("x"), target.authorization) == (base, path, None)


def test_a_channel_of_any_name_is_one_part_of_the_path():
    assert Target("http://h").path_of("a/b c?é") == "/publish/a%2Fb%20c%3F%C3%A9"


def test_an_address_without_a_scheme_is_refused_with_the_one_that_it_lacks():
    with pytest.raises(
        UsageError, match=r"'127\.0\.0\.1:8000' has no scheme; pass 'http://127\.0\.0\.1:8000', or https://"
    ):
        Target("127.0.0.1:8000")
    with pytest.raises(UsageError) as error:
        Target("user:k4nary@host?token=k4nary")
    assert "k4nary" not in str(error.value)


def test_ports_are_those_of_the_schemes():
    assert [Target(url).port for url in ("http://h", "wss://h", "ws://h:81")] == [80, 443, 81]


def test_the_token_is_the_one_that_is_passed_or_that_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    assert Target("http://user:pass@h").authorization == "Basic dXNlcjpwYXNz"
    assert Target("http://h", "mine").authorization == "Bearer mine"
    monkeypatch.setenv(TOKEN, "of-the-environment")
    assert Target("http://h").authorization == "Bearer of-the-environment"
    assert Target("http://h", "mine").authorization == "Bearer mine"
    monkeypatch.setenv(TOKEN, "")
    assert Target("http://h").authorization is None


def test_secrets_are_not_in_the_label_and_are_masked():
    target = Target("http://user:secret-pass@h/?token=secret-query", "secret-token")
    assert target.label == "http://h"
    assert target.mask.text("secret-token, secret-pass and secret-query") == "***, *** and ***"


@pytest.mark.parametrize("url", [None, "", " ", "localhost:8000", "ftp://h", "http://", 7, "http://h:99999"])
def test_what_is_no_address_raises_at_once(url: Any):
    with pytest.raises(UsageError):
        Target(url)


@pytest.mark.parametrize("token", ["", "two\nlines", 7])
def test_what_is_no_token_raises_at_once(token: Any):
    with pytest.raises(UsageError):
        Target("http://h", token)


def test_a_channel_has_a_name():
    assert checked_channel("a\ud800") == "a\ufffd"
    for wrong in ("", "x" * 201):
        with pytest.raises(UsageError, match="1 to 200 characters"):
            checked_channel(wrong)
    with pytest.raises(WrongType):
        checked_channel(7)

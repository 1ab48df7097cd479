"""Answers: what each means, and that each says what to do."""

from __future__ import annotations

import pytest

from realtime_widgets.publishing.answers import Answer, judge

PLACE = "http://hub:8000"
OFFSET = b'{"channel": "x", "epoch": "e", "offset": 7}'


def judged(status: int, body: bytes = b"", authorized: bool = True, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return judge(status, named, body, PLACE, authorized=authorized, now=0.0)


@pytest.mark.parametrize("status", [200, 201])
def test_only_a_position_is_a_yes(status: int):
    assert judged(status, OFFSET) == Answer("taken")
    for body in (b"", b"<html>", b"[]", b"null", b'{"ok": true}', b"[" * 100_000):
        answer = judged(status, body)
        assert answer.verdict == "later"
        assert "is no hub" in answer.why


@pytest.mark.parametrize(
    ("status", "body", "verdict", "said"),
    [
        (401, b"", "later", "turned the token down (HTTP 401); set REALTIME_WIDGETS_TOKEN"),
        (
            403,
            b'{"code": "host", "message": "use its own\\naddress"}',
            "later",
            "(HTTP 403): use its own address",
        ),
        (
            403,
            b'{"code": "forbidden", "message": "this token may not publish on \'x\'"}',
            "refused",
            "forbids publishing (HTTP 403): this token may not publish on 'x'",
        ),
        (403, b"<html>no</html>", "later", "forbids publishing (HTTP 403)"),
        (404, b"", "later", "there is no hub at http://hub:8000 (HTTP 404); check the address"),
        (405, b"", "later", "check the address"),
        (400, b'{"code": "channel", "message": "\'metrics\' is the hub\'s own"}', "refused", "the hub's own"),
        (400, b'{"code": "json", "message": "no JSON"}', "divide", "(HTTP 400): no JSON"),
        (413, b"too large", "divide", "(HTTP 413); its server may have a limit of its own"),
        (422, b'{"code": "key", "message": "other data"}', "divide", "other data"),
        (407, b"", "later", "HTTP 407"),
        (429, b"", "later", "HTTP 429"),
        (500, b"", "later", "HTTP 500"),
        (503, b'{"code": "not_kept", "message": "the disk is full"}', "later", "the disk is full"),
    ],
)
def test_any_other_says_why_in_one_line(status: int, body: bytes, verdict: str, said: str):
    answer = judged(status, body)
    assert answer.verdict == verdict
    assert said in answer.why
    assert "\n" not in answer.why


def test_a_token_that_has_expired_is_not_called_wrong():
    answer = judged(401, b'{"code": "expired"}')
    assert "says that the token has expired" in answer.why
    assert answer.stuck


def test_a_token_that_is_missing_is_not_called_wrong():
    assert "wants a token, and there is none" in judged(401, authorized=False).why


def test_each_channel_that_is_forbidden_is_trouble_of_its_own():
    topics = [
        judged(403, b'{"code": "forbidden", "message": "not on %b"}' % name).topic
        for name in (b"a", b"b", b"a")
    ]
    assert topics[0] == topics[2] != topics[1]


def test_a_redirect_names_where_it_leads_without_its_secrets():
    why = judged(301, location="https://user:pass@other.example/publish/x?token=abc").why
    assert why.startswith("http://hub:8000 redirects to https://other.example (HTTP 301)")
    assert "pass that address" in why
    assert judged(308, location="/elsewhere").why.startswith("http://hub:8000 redirects (HTTP 308)")


def test_a_server_that_asks_for_peace_gets_it():
    assert judged(503, retry_after="7").wait == 7.0
    assert judged(429, retry_after="rubbish").wait == 0.0


def test_a_servers_text_of_any_length_is_cut():
    assert len(judged(403, b'{"message": "%b"}' % (b"x" * 100_000)).why) < 500

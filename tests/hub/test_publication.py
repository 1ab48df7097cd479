"""Publishing over HTTP: what a body may be, its times, and requests that are repeated."""

from __future__ import annotations

import json
import math
from typing import Any

import httpx
import pytest

from realtime_widgets.client.sansio.records import record_of
from realtime_widgets.hub import Hub
from realtime_widgets.hub.publication import PublishingFailed, read_body
from support.scripted_client import LIMIT, client, run

# Bodies


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b" [1, 2]\n", [1, 2]),
        (b"\xef\xbb\xbf1", 1),
        (b'{"a": Infinity, "b": [-Infinity]}', {"a": math.inf, "b": [-math.inf]}),
        (b'"\\ud800"', "\ud800"),
        (b"1e999", math.inf),
    ],
)
def test_a_body_may_be_json_as_others_write_it(body: bytes, data: Any):
    assert read_body(body) == data


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "truncated"),
        (b"nonsense s3cret", "malformed"),
        (b'{"a": 1}\n{"a": 2}\n', "several lines"),
        (b"1\r\n\r\n2", "several lines"),
        (b'{"a": 1} {"a": 2}', "trailing"),
        ('"a"'.encode("utf-16"), "not UTF-8"),
        (b"[" * 100_000, "nested"),
        (b"[" * 100_000 + b"NaN", "nested"),
        (b"1" * 10_000, "out of range"),
    ],
)
def test_a_body_that_is_no_json_is_refused_in_words_that_do_not_repeat_it(body: bytes, why: str):
    with pytest.raises(PublishingFailed, match=f"^the body is no JSON: .*{why}") as failure:
        read_body(body)
    assert (failure.value.status, failure.value.code) == (400, "json")
    assert len(str(failure.value)) < 250
    assert "s3cret" not in str(failure.value)


def test_what_json_has_not_arrives_as_null_and_what_utf8_has_not_as_a_replacement(
    shared: Hub, web: httpx.Client
):
    async def main() -> None:
        async with client(shared) as one:
            await one.hello("odd", "odd\ufffd")
            shared.publish("odd", {"by": math.nan, "hub": "\ud800"})
            shared.publish("odd\ud800", 1, type="odd\udfff")
            assert (
                web.post("/publish/odd", content=b'\xef\xbb\xbf{"by": NaN, "post\\ud83d": 1}').status_code
                == 200
            )
            assert web.post("/publish/odd", content=b'"plain"').status_code == 200
            seen = [await one.next() for _ in range(4)]
            assert [m["data"] for m in seen if m["channel"] == "odd"] == [
                {"by": None, "hub": "\ufffd"},
                {"by": None, "post\ufffd": 1},
                "plain",
            ]
            assert [(m["type"], m["data"]) for m in seen if m["channel"] != "odd"] == [("odd\ufffd", 1)]

    run(main())


# Times


@pytest.mark.parametrize("ts", [True, "soon", "", "1_795_456_052", [1795456052], {}, 1e30, 10**30])
def test_a_record_whose_time_no_reader_would_understand_is_refused(web: httpx.Client, ts: Any):
    answer = web.post("/publish/x", content=json.dumps({"ts": ts, "v": 1}))
    assert (answer.status_code, answer.json()["code"]) == (400, "time")
    assert "is not a moment: pass milliseconds, seconds" in answer.json()["message"]
    assert record_of({"ts": ts})[1] is None


@pytest.mark.parametrize(
    "data",
    [
        {"ts": 1795456052.1},
        {"ts": 1795456052100},
        {"ts": 1795456052100000},
        {"ts": 1795456052100000000},
        {"ts": 1795456052.1e9},
        {"ts": "1795456052100"},
        {"ts": None},
        {"ts": "2026-11-28T12:00:00Z"},
        [1795456052100],
    ],
)
def test_times_that_readers_understand_are_published(web: httpx.Client, data: Any):
    assert web.post("/publish/x", json=data).status_code == 200


# The hub's own channels


@pytest.mark.parametrize("channel", ["metrics", "events", "metrics_update", "system_event"])
def test_on_the_hubs_own_channels_a_post_publishes_nothing(web: httpx.Client, channel: str):
    answer = web.post(f"/publish/{channel}", json=1)
    assert (answer.status_code, answer.json()["code"]) == (400, "channel")
    assert "the hub's own channel" in answer.json()["message"]


# Requests that are repeated


def keyed(web: httpx.Client, key: str, data: Any = 1, channel: str = "k", **headers: str) -> Any:
    answer = web.post(f"/publish/{channel}", json=data, headers={"Idempotency-Key": key} | headers)
    return answer.json()["offset"] if answer.status_code == 200 else answer.status_code


@pytest.fixture
def web(hub: Hub) -> Any:
    headers = {"Authorization": f"Bearer {hub.token}"}
    with httpx.Client(base_url=hub.address, headers=headers, trust_env=False, timeout=LIMIT) as web:
        yield web


@pytest.fixture
def shared(hub: Hub) -> Hub:
    return hub


def test_a_request_with_a_key_is_published_once_and_answered_alike(web: httpx.Client):
    assert keyed(web, "a") == 1
    assert keyed(web, "a") == 1
    assert keyed(web, '"a"') == 1, "as the draft spells it"
    assert keyed(web, "b") == 2
    assert keyed(web, "a", channel="other") == 1
    assert web.post("/publish/k", json=1).json()["offset"] == 3, "without one all are new"


def test_a_key_with_another_body_is_refused_and_the_first_one_stays(web: httpx.Client):
    assert keyed(web, "a", {"x": 1}) == 1
    assert keyed(web, "a", {"x": 2}) == 422
    answer = web.post("/publish/k", json=3, headers={"Idempotency-Key": "a"})
    assert answer.json()["code"] == "key"
    assert "new key" in answer.json()["message"]
    assert keyed(web, "a", {"x": 1}) == 1
    same = web.post("/publish/k", content=b' {"x":1} ', headers={"Idempotency-Key": "a"})
    assert same.json()["offset"] == 1, "spaces are not data"


@pytest.mark.parametrize("key", ["", '""', "x" * 201])
def test_a_key_that_is_none_is_refused(web: httpx.Client, key: str):
    assert keyed(web, key) == 400


def test_two_keys_are_none(web: httpx.Client):
    answer = web.post("/publish/k", json=1, headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
    assert answer.status_code == 400


def test_senders_with_the_same_key_do_not_meet():
    origins = ["http://a.example", "http://b.example"]
    with Hub(auth=None, origins=origins) as hub:
        senders: list[dict[str, Any]] = [
            {},
            {"headers": {"Origin": origins[0]}},
            {"headers": {"Origin": origins[1]}},
            {"headers": {"Authorization": "Bearer one"}},
            {"params": {"token": "two"}},
            {"transport": httpx.HTTPTransport(local_address="127.0.0.2")},
        ]
        for _ in range(2):
            for i, sender in enumerate(senders, 1):
                given = {name: sender[name] for name in sender if name == "transport"}
                asked = {name: sender[name] for name in sender if name == "params"}
                headers = {"Idempotency-Key": "same", **sender.get("headers", {})}
                with httpx.Client(base_url=hub.address, trust_env=False, timeout=LIMIT, **given) as web:
                    answer = web.post("/publish/k", content=json.dumps(i), headers=headers, **asked)
                assert answer.json().get("offset") == i, sender


def test_over_the_socket_an_id_with_other_data_is_refused_too(hub: Hub):
    async def main() -> None:
        async with client(hub) as one:
            await one.hello(acks=True)
            for data, expected in ((1, "ack"), (1, "ack"), (2, "error"), (1, "ack")):
                await one.say("publish", data, channel="x", id="same")
                answer = await one.next()
                assert answer["type"] == expected
                assert answer["data"].get("code") == ("id_reused" if expected == "error" else None)

    run(main())

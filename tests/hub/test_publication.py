"""Publishing over HTTP: what a body may be, its times, and requests that are repeated."""

from __future__ import annotations

import binascii
import json
import math
from typing import Any

import httpx
import pytest

from realtime_widgets.client.sansio.records import record_of
from realtime_widgets.hub import Hub, Rights
from realtime_widgets.hub.publication import PublishingFailed, read_body
from realtime_widgets.hub.turns import whole
from realtime_widgets.protocol.limits import MAX_DATA_BYTES
from support.scripted_client import LIMIT, client, run

# Bodies


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b" [1, 2]\n", b"[1,2]"),
        (b"\xef\xbb\xbf1", b"1"),
        (b'{"a": Infinity, "b": [-Infinity]}', b'{"a":null,"b":[null]}'),
        (b'"\\ud800"', b'"\\ufffd"'),
        (b"1e999", b"null"),
    ],
)
def test_a_body_may_be_json_as_others_write_it(body: bytes, data: bytes):
    assert bytes(whole(read_body(body))) == data


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
        whole(read_body(body))
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


def test_who_has_no_name_cannot_take_the_ids_of_who_has_one():
    with Hub(tokens={"of-bob": Rights(publish=["x"], subscribe=["x"], name="bob")}) as hub:

        async def main() -> None:
            by_bob = {"additional_headers": {"Authorization": "Bearer of-bob"}}
            async with client(hub) as one, client(hub, **by_bob) as bob:
                for name in ("as 'bob' c1", "'bob' c1", "None 'bob' c1"):
                    await one.hello(acks=True, client=name)
                    await one.say("publish", "forged", channel="x", id="same")
                    assert (await one.next())["type"] == "ack"
                await bob.hello(acks=True, client="c1")
                await bob.say("publish", "true", channel="x", id="same")
                assert (await bob.next())["type"] == "ack"

        run(main())


# Many at once

LINES = {"Content-Type": "application/x-ndjson"}


@pytest.mark.parametrize(
    ("path", "body", "headers", "data"),
    [
        ("?many=1", b'[1, {"a": 2}, [3]]', {}, [1, {"a": 2}, [3]]),
        ("?many", b"[1]", {}, [1]),
        ("?many=1", b"[]", {}, []),
        ("?many=1", b'{"a": 1}\n{"a": 2}\n', {}, [{"a": 1}, {"a": 2}]),
        ("?many=1", b'{"a": 1}', {}, [{"a": 1}]),
        ("", b'\xef\xbb\xbf{"a": 1}\r\n\n[2, 3]\r\n', LINES, [{"a": 1}, [2, 3]]),
        ("", b"[2, 3]", {"Content-Type": "application/x-ndjson; charset=utf-8"}, [[2, 3]]),
        ("?many=0", b"[1, 2]", {}, None),
        ("", b"[1, 2]", {"Content-Type": "application/json"}, None),
    ],
)
def test_a_list_or_lines_are_many_messages_where_that_is_asked_for(
    web: httpx.Client, path: str, body: bytes, headers: dict[str, str], data: list[Any] | None
):
    channel = f"many {binascii.crc32(path.encode() + body + repr(headers).encode())}"
    answer = web.post(f"/publish/{channel}{path}", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    kept = web.get(f"/history/{channel}").json()
    if data is None:
        assert answer.json() == {"channel": channel, "epoch": kept["epoch"], "offset": 1}
        assert [message["data"] for message in kept["messages"]] == [[1, 2]]
        return
    assert [message["data"] for message in kept["messages"]] == data
    positions = [{"epoch": kept["epoch"], "offset": number + 1} for number in range(len(data))]
    assert answer.json() == {"channel": channel, "positions": positions}


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "said"),
    [
        (
            "?many=1",
            '[1, {"ts": "x", "a": "s3cret"}, 3]',
            400,
            "time",
            "message 2 of 3 cannot be published, so none is",
        ),
        ("?many=1", "1\n{s3cret\n3", 400, "json", "message 2 of 3"),
        ("?many=1", json.dumps(["a" * MAX_DATA_BYTES]), 413, "size", "message 1 of 1"),
        ("?many=1", json.dumps([1] * 1001), 413, "size", "1,001 messages"),
        ("?many=1", json.dumps([1] * 50_000), 413, "size", "more than 1,000 messages"),
        ("?many=1", json.dumps([1] * 200_000), 413, "size", "too many values"),
        ("?many=1", "\n" * 100_000, 413, "size", "too many values"),
        ("?many=1", "", 400, "json", "no message"),
        ("?many=perhaps", "[1]", 400, "query", "many="),
    ],
)
def test_when_one_of_many_cannot_be_published_none_is(
    web: httpx.Client, path: str, body: str, status: int, code: str, said: str
):
    answer = web.post(f"/publish/none of many{path}", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert said in answer.json()["message"]
    assert "s3cret" not in answer.text
    assert web.get("/history/none of many").json()["messages"] == []


def test_many_that_are_sent_again_are_the_same_messages(web: httpx.Client):
    def send(*data: Any, key: str = "k") -> httpx.Response:
        return web.post("/publish/again?many=1", json=list(data), headers={"Idempotency-Key": key})

    first = send(1, 2, 3)
    assert send(1, 2, 3).json() == first.json()
    assert send(1, 2, 3, 4).json()["positions"][:3] == first.json()["positions"], "one more came to be"
    assert send(1, 5, 3).status_code == 422
    assert send(1, 2, 3, key="another").json()["positions"][0]["offset"] == 5

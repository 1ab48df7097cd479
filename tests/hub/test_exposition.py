"""The figures for Prometheus, as its own parser reads them."""

from __future__ import annotations

import math
import re
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from realtime_widgets.errors import UsageError
from realtime_widgets.hub import Hub, Rights
from realtime_widgets.hub.exposition import family, histogram
from realtime_widgets.hub.tally import BUCKETS, Histogram
from support.scripted_client import LIMIT, client, run, until

Figures = dict[tuple[str, ...], float]


def parsed(text: str) -> Figures:
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for one in text_string_to_metric_families(text)
        for sample in one.samples
    }


def figures(hub: Hub) -> Figures:
    answer = httpx.get(
        f"{hub.address}/metrics",
        headers={"Authorization": f"Bearer {hub.token}"},
        trust_env=False,
        timeout=LIMIT,
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parsed(answer.text)


def test_labels_and_help_may_have_any_characters():
    odd = 'a"b\\c\nd'
    text = family("x_total", "counter", f"What {odd} is.", [({"reason": odd}, 3), ({"reason": "y"}, 0.5)])
    (found,) = text_string_to_metric_families(text)
    assert (found.name, found.type, found.documentation) == ("x", "counter", f"What {odd} is.")
    assert [(sample.labels, sample.value) for sample in found.samples] == [
        ({"reason": odd}, 3),
        ({"reason": "y"}, 0.5),
    ]


def test_what_has_no_values_is_left_out():
    assert family("x", "gauge", "Nothing.", []) == ""


def test_each_bucket_of_a_histogram_has_those_before_it():
    durations = Histogram()
    for seconds in (0.0001, 0.003, 99.0):
        durations.note(seconds)
    (found,) = text_string_to_metric_families(histogram("x_seconds", "How long.", durations))
    buckets = {
        float(sample.labels["le"]): sample.value for sample in found.samples if sample.name.endswith("bucket")
    }
    assert list(buckets) == [*BUCKETS, math.inf]
    assert [buckets[0.0005], buckets[0.0025], buckets[0.005], buckets[5.0], buckets[math.inf]] == [
        1,
        1,
        2,
        2,
        3,
    ]
    rest = {sample.name: sample.value for sample in found.samples if "bucket" not in sample.name}
    assert rest == {"x_seconds_sum": pytest.approx(99.0031), "x_seconds_count": 3}


def test_what_happens_is_counted(hub: Hub):
    headers = {"Authorization": f"Bearer {hub.token}"}

    def post(path: str, body: str) -> None:
        httpx.post(f"{hub.address}/publish/{path}", content=body, headers=headers, trust_env=False)

    async def main() -> None:
        async with client(hub) as one:
            await one.hello("x")
            await one.say("publish", {"secret name": 1}, channel="x")
            await one.say("publish", 1, channel="ping")
            await one.settled()
            now = figures(hub)
            assert now["rw_hub_sessions", "websocket"] == 1
            assert now["rw_hub_channels",] == 1

    before = figures(hub)
    run(main())
    post("x", "1")
    post("y?many=1", "[1, 2, 3]")
    post("y", "{")
    httpx.get(f"{hub.address}/health", headers={"Host": "evil.example"}, trust_env=False)
    hub.publish("z", 1)
    until(lambda: figures(hub).get(("rw_hub_published_total", "hub"), 0) > 0)
    until(lambda: figures(hub)["rw_hub_sessions", "websocket"] == 0)
    now = figures(hub)
    assert now["rw_hub_sessions_opened_total", "websocket"] == 1
    assert now["rw_hub_published_total", "websocket"] == 1
    assert now["rw_hub_published_total", "http"] == 4
    assert now["rw_hub_publish_seconds_count",] >= 4
    assert now["rw_hub_refused_total", "bad_channel"] == 1
    assert now["rw_hub_refused_total", "json"] == 1
    assert now["rw_hub_refused_total", "host"] == 1
    assert now["rw_hub_messages_sent_total",] >= 4
    assert now["rw_hub_sent_bytes_total", "websocket"] > 300
    assert now["rw_hub_received_bytes_total", "websocket"] > 100
    assert now["rw_hub_http_responses_total", "400"] == 1
    assert now["rw_hub_http_responses_total", "403"] == 1
    assert now["rw_hub_history_bytes",] > before["rw_hub_history_bytes",]
    assert now["rw_hub_broker_up",] == 1
    assert now["rw_hub_uptime_seconds",] > 0
    assert now["process_resident_memory_bytes",] > 1e6
    assert now["process_cpu_seconds_total",] > 0


def test_what_a_token_may_not_do_is_counted_however_it_is_asked_for():
    with Hub(tokens={"few": Rights()}) as hub:
        headers = {"Authorization": "Bearer few"}
        for path in ("metrics", "history/x", "sse/x"):
            answer = httpx.get(f"{hub.address}/{path}", headers=headers, trust_env=False, timeout=LIMIT)
            assert answer.status_code == 403
        httpx.post(f"{hub.address}/publish/x", content="1", headers=headers, trust_env=False)
        assert figures(hub)["rw_hub_refused_total", "forbidden"] == 4


def test_events_that_are_streamed_are_counted_too(hub: Hub):
    headers = {"Authorization": f"Bearer {hub.token}"}
    with httpx.stream(
        "GET", f"{hub.address}/sse/x", headers=headers, trust_env=False, timeout=LIMIT
    ) as answer:
        body = answer.iter_bytes()
        next(body)
        assert figures(hub)["rw_hub_sessions", "sse"] == 1
    until(lambda: figures(hub)["rw_hub_sessions", "sse"] == 0)
    assert figures(hub)["rw_hub_sent_bytes_total", "sse"] > 0


def test_names_are_as_prometheus_wants_them_and_none_comes_from_outside(hub: Hub):
    for name in ("a channel", "another channel"):
        hub.publish(name, 1)
    until(lambda: figures(hub).get(("rw_hub_published_total", "hub"), 0) >= 2)
    for name, *labels in figures(hub):
        assert re.fullmatch(r"(rw_hub|process|python)_[a-z_]+", name)
        assert not any("channel" in label for label in labels)


def test_they_are_open_where_that_is_said():
    with Hub(metrics="open") as hub:
        assert httpx.get(f"{hub.address}/metrics", trust_env=False, timeout=LIMIT).status_code == 200
        evil = {"Host": "evil.example"}
        assert httpx.get(f"{hub.address}/metrics", headers=evil, trust_env=False).status_code == 403
        assert httpx.get(f"{hub.address}/history/x", trust_env=False).status_code == 401


@pytest.mark.parametrize("metrics", [None, True, "", "closed"])
def test_who_may_read_them_is_token_or_open(metrics: Any):
    with pytest.raises(UsageError, match="pass 'token', or 'open'"):
        Hub(metrics=metrics)

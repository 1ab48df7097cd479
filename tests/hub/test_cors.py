"""Pages of other origins: what they are told, by values and by requests as browsers make them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from realtime_widgets.hub import Hub
from realtime_widgets.hub.cors import answer_headers, is_preflight, preflight_headers
from realtime_widgets.protocol.limits import MAX_DATA_BYTES
from support.scripted_client import LIMIT

PAGE = "http://app.example"
WANTED = {"authorization", "content-type", "idempotency-key", "last-event-id"}


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("OPTIONS", {"origin": PAGE, "access-control-request-method": "POST"}, True),
        ("OPTIONS", {"origin": PAGE}, False),
        ("OPTIONS", {"access-control-request-method": "POST"}, False),
        ("POST", {"origin": PAGE, "access-control-request-method": "POST"}, False),
    ],
)
def test_a_preflight_is_known_by_its_method_and_headers(method: str, headers: dict[str, str], expected: bool):
    assert is_preflight(method, headers) is expected


def test_answers_vary_with_the_origin_and_name_only_an_allowed_one():
    assert answer_headers(None) == [(b"vary", b"Origin")]
    allowed = dict(answer_headers("null"))
    assert allowed[b"access-control-allow-origin"] == b"null"
    assert allowed[b"vary"] == b"Origin"


def test_a_page_on_the_internet_may_reach_this_machine_when_it_asks():
    assert b"access-control-allow-private-network" not in dict(preflight_headers({}))
    asked = {"access-control-request-private-network": "true"}
    assert dict(preflight_headers(asked))[b"access-control-allow-private-network"] == b"true"


@pytest.fixture(params=["http://app.example", "its own"])
def page(request: pytest.FixtureRequest, shared: Hub) -> str:
    return shared.address if request.param == "its own" else str(request.param)


@pytest.mark.parametrize("path", ["/publish/x", "/sse/x", "/health", "/publish/metrics", "/nowhere", "/"])
def test_a_preflight_is_answered_on_every_path_without_a_token(shared: Hub, path: str, page: str):
    asked = {
        "Origin": page,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": ",".join(sorted(WANTED)),
    }
    answer = httpx.options(shared.address + path, headers=asked, trust_env=False, timeout=LIMIT)
    assert answer.status_code == 204
    assert answer.content == b""
    assert answer.headers["access-control-allow-origin"] == page
    assert answer.headers["vary"] == "Origin"
    assert {*answer.headers["access-control-allow-headers"].split(", ")} >= WANTED
    assert {*answer.headers["access-control-allow-methods"].split(", ")} >= {"GET", "HEAD", "POST"}
    assert int(answer.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://app.example", "http://app.example:81"]
)
def test_a_page_that_is_not_allowed_gets_no_header_of_these(shared: Hub, web: httpx.Client, origin: str):
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    for answer in (
        web.options("/publish/x", headers=asked),
        web.get("/health", headers={"Origin": origin}),
        web.post("/publish/x", json=1, headers={"Origin": origin}),
    ):
        assert answer.status_code == 403
        assert answer.headers["vary"] == "Origin"
        assert not any(name.startswith("access-control-") for name in answer.headers)


def answers(web: httpx.Client) -> Iterator[tuple[int, httpx.Response]]:
    def ask(method: str, path: str, **options: object) -> httpx.Response:
        headers = {"Origin": PAGE, **options.pop("headers", {})}  # type: ignore[dict-item]
        with web.stream(method, path, headers=headers, **options) as answer:  # type: ignore[arg-type]
            return answer

    yield 200, ask("GET", "/health")
    yield 200, ask("POST", "/publish/x", json=1)
    yield 200, ask("GET", "/sse/x")
    yield 200, ask("HEAD", "/sse/x")
    yield 400, ask("POST", "/publish/x", content=b"{")
    yield 400, ask("POST", "/publish/metrics", json=1)
    yield 401, ask("POST", "/publish/x", json=1, headers={"Authorization": "Bearer wrong"})
    yield 401, ask("GET", "/sse/x", headers={"Authorization": ""})
    yield 403, ask("GET", "/health", headers={"Host": "evil.example"})
    yield 404, ask("GET", "/nowhere")
    yield 405, ask("GET", "/publish/x")
    yield 413, ask("POST", "/publish/x", content=b"1" * (MAX_DATA_BYTES + 1))
    key = {"Idempotency-Key": "of this test"}
    yield 200, ask("POST", "/publish/x", json=1, headers=key)
    yield 422, ask("POST", "/publish/x", json=2, headers=key)


def test_every_answer_can_be_read_by_an_allowed_page_refusals_too(web: httpx.Client):
    for status, answer in answers(web):
        assert answer.status_code == status
        assert answer.headers.get_list("access-control-allow-origin") == [PAGE], status
        assert answer.headers.get_list("vary") == ["Origin"], status
        assert "retry-after" in answer.headers["access-control-expose-headers"]


def test_requests_of_no_page_get_none_of_it_but_caches_are_told(web: httpx.Client):
    answer = web.get("/health")
    assert answer.headers["vary"] == "Origin"
    assert not any(name.startswith("access-control-") for name in answer.headers)

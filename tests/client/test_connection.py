"""The connection over real sockets: how it ends and comes back, on a clock that is turned by hand."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import pytest

from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.errors import Unauthorized
from support.fake_clock import FakeClock
from support.servers import Server, refusing, wait_for
from support.states import STEADY, settled, waiting


def test_it_returns_at_once_and_goes_on_in_the_background(connect: Any):
    client = connect("ws://127.0.0.1:1/ws")
    assert client.state in ("connecting", "reconnecting")
    settled(client, "reconnecting")
    assert str(client.last_error) == (
        "no connection to ws://127.0.0.1:1/ws: nothing listens there; start the server, or check the port"
    )


def test_a_token_that_is_turned_down_is_asked_for_once_more_and_then_it_ends(connect: Any):
    tokens: list[str] = []

    def check(connection: Any, request: Any) -> Any:
        good = request.headers["Authorization"] == "Bearer token 2"
        return None if good else connection.respond(HTTPStatus.UNAUTHORIZED, "")

    def give() -> str:
        tokens.append(f"token {len(tokens) + 1}")
        return tokens[-1]

    with Server(process_request=check) as server:
        client = connect(server.url, auth=give)
        settled(client, "connected")
        assert len(tokens) == 2
        client.disconnect()
        client.connect()
        settled(client, "error")
        assert len(tokens) == 4
        assert isinstance(client.last_error, Unauthorized)


def test_a_fixed_token_that_is_turned_down_is_not_shown_again(connect: Any):
    seen = []

    def check(connection: Any, request: Any) -> Any:
        seen.append(request.headers["Authorization"])
        return connection.respond(HTTPStatus.UNAUTHORIZED, "")

    with Server(process_request=check) as server:
        settled(connect(server.url, auth="old"), "error")
        assert seen == ["Bearer old"]


def test_a_busy_server_is_left_alone_for_as_long_as_it_says(connect: Any, fake_clock: FakeClock):
    def busy(connection: Any, _: Any) -> Any:
        answer = connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")
        answer.headers["Retry-After"] = "90"
        return answer

    with Server(process_request=busy) as server:
        client = connect(server.url, reconnect=STEADY)
        wait_for(lambda: waiting(client))
        assert 90 <= client.status.retry_at - fake_clock.time() <= 93
        assert "asks to be left alone for 90 s" in str(client.last_error)


def test_an_outage_is_logged_once(connect: Any, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture):
    client = connect("ws://127.0.0.1:1/ws", reconnect=STEADY)
    for attempt in range(1, 6):
        wait_for(lambda attempt=attempt: waiting(client) and client.reconnect_attempts == attempt)
        fake_clock.turn(3)
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in warnings] == [
        "no connection to ws://127.0.0.1:1/ws: nothing listens there; start the server, or check the port; "
        "trying again"
    ]


def test_nobody_dials_before_the_time_has_come(connect: Any, fake_clock: FakeClock):
    with Server(process_request=refusing(500)) as server:
        client = connect(server.url, reconnect=STEADY)
        wait_for(lambda: waiting(client))
        assert client.status.retry_at == fake_clock.time() + 3
        fake_clock.turn(2.9)
        assert client.reconnect_attempts == 1
        fake_clock.turn(0.2)
        wait_for(lambda: client.reconnect_attempts == 2)


def test_five_attempts_three_seconds_apart_and_then_it_gives_up(connect: Any, fake_clock: FakeClock):
    asked = []

    def refuse(connection: Any, _: Any) -> Any:
        asked.append(fake_clock.time())
        return connection.respond(HTTPStatus(500), "")

    with Server(process_request=refuse) as server:
        policy = Reconnect(3, 3, factor=1, jitter=False, max_attempts=5)
        client = connect(server.url, reconnect=policy)
        for attempt in range(1, 6):
            wait_for(lambda attempt=attempt: waiting(client) and client.reconnect_attempts == attempt)
            fake_clock.turn(3)
        settled(client, "error")
        assert "answered HTTP 500" in str(client.last_error)
        assert asked == [1000.0 + 3 * i for i in range(6)]
        fake_clock.turn(1000)
        assert len(asked) == 6


def test_a_server_that_accepts_and_closes_at_once_is_dialled_at_the_same_pace(
    connect: Any, fake_clock: FakeClock
):
    async def close(socket: Any) -> None:
        await socket.close(1011, "no")

    with Server(close) as server:
        client = connect(server.url, reconnect=Reconnect(1, 8, jitter=False))
        for attempt, delay in enumerate((1, 2, 4, 8, 8), 1):
            wait_for(lambda attempt=attempt: waiting(client) and client.reconnect_attempts == attempt)
            assert server.connections == attempt
            assert client.status.retry_at == fake_clock.time() + delay
            fake_clock.turn(delay)


@pytest.mark.parametrize(("held", "attempts"), [(4.9, 2), (5.0, 1)])
def test_the_count_starts_anew_when_the_link_has_held(
    connect: Any, fake_clock: FakeClock, held: float, attempts: int
):
    with Server() as server:
        client = connect(server.url, reconnect=STEADY)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.close_all()
        wait_for(lambda: waiting(client))
        fake_clock.turn(3)
        settled(client, "connected")
        wait_for(lambda: server.open)
        fake_clock.turn(held)
        server.close_all()
        wait_for(lambda: waiting(client))
        assert client.reconnect_attempts == attempts


def test_to_connect_by_hand_is_to_try_now(connect: Any):
    with Server() as server:
        client = connect(server.url, reconnect=STEADY)
        settled(client, "connected")
        server.stop()
        wait_for(lambda: waiting(client))
        server.start()
        client.connect()
        settled(client, "connected")


def test_a_single_attempt_ends_in_an_error(connect: Any):
    client = connect("ws://127.0.0.1:1/ws", reconnect=None)
    settled(client, "error")
    assert "nothing listens there" in str(client.last_error)
    client.connect()  # once more
    settled(client, "error")


def test_after_a_sleep_what_was_to_be_tried_later_is_tried_now(connect: Any, sleep: Any):
    with Server() as server:
        server.stop()
        client = connect(server.url, reconnect=Reconnect(3600, 3600))
        wait_for(lambda: waiting(client))
        server.start()
        sleep()
        settled(client, "connected")


def test_a_path_that_is_missing_for_a_while_is_tried_again(connect: Any, fake_clock: FakeClock):
    answers: list[int] = []

    def answer(connection: Any, _: Any) -> Any:
        return connection.respond(HTTPStatus(answers[-1]), "") if answers else None

    with Server(process_request=answer) as server:
        client = connect(server.url, reconnect=STEADY)
        settled(client, "connected")
        answers.append(404)
        server.close_all()
        wait_for(lambda: waiting(client))
        fake_clock.turn(3)
        wait_for(lambda: "HTTP 404" in str(client.last_error) and waiting(client))
        answers.clear()
        fake_clock.turn(3)
        settled(client, "connected")


def test_where_a_function_leads_elsewhere_what_was_there_before_says_nothing(
    connect: Any, fake_clock: FakeClock
):
    with Server() as server, Server(process_request=refusing(404)) as other:
        urls = [other.url, server.url]
        client = connect(lambda: urls.pop(), reconnect=STEADY)
        settled(client, "connected")
        server.close_all()
        wait_for(lambda: waiting(client))
        fake_clock.turn(3)
        settled(client, "error")
        assert "HTTP 404" in str(client.last_error)


def test_a_server_that_stops_when_nobody_wants_it_any_more_is_not_called_back(
    connect: Any, caplog: pytest.LogCaptureFixture
):
    with Server() as server:
        client = connect(server.url)
        settled(client, "connected")
        connection = client._connection
        wait_for(lambda: server.open)
        client.close()
        server.close_all(1012)
        wait_for(lambda: connection.status.state == "disconnected")
        assert server.connections == 1
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_of_two_functions_that_fail_both_are_logged_and_each_now_and_then(
    connect: Any, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    def one(_: Any) -> None:
        raise ValueError("one")

    def other(_: Any) -> None:
        raise ValueError("other")

    errors: list[str] = []
    with Server() as server:
        client = connect(server.url)
        client.on_error(lambda error: errors.append(str(error)))
        client.on_message(one)
        client.on_message(other)
        settled(client, "connected")
        wait_for(lambda: server.open)
        for turn in (1, 2, 3):
            server.send({"type": "x", "data": 1})
            wait_for(lambda turn=turn: len(errors) == 2 * turn)
            if turn == 2:
                fake_clock.turn(10)
    logged = [
        record.getMessage().splitlines()[0]
        for record in caplog.records
        if "callback" in record.msg % record.args
    ]
    ends = [line.rpartition(" ")[2] for line in logged]
    assert ends == ["one", "other", "one", "other"]
    assert "in other" in caplog.text


def test_a_traceback_in_the_log_has_no_secrets(connect: Any, caplog: pytest.LogCaptureFixture):
    def broken(_: Any) -> None:
        raise ValueError(f"no answer from https://u:{'SEC' + 'RET'}@host/?key={'SEC' + 'RET'}")

    with Server() as server:
        client = connect(server.url)
        client.on_message(broken)
        settled(client, "connected")
        wait_for(lambda: server.open)
        server.send({"type": "x", "data": 1})
        wait_for(lambda: client.last_error)
        assert "ValueError: no answer from https://host/" in str(client.last_error)
        wait_for(lambda: "in broken" in caplog.text)
    assert "SECRET" not in caplog.text + str(client.last_error)

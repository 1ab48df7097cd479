"""What waits to be sent, or for its answer."""

from __future__ import annotations

import pytest

from realtime_widgets.client.sansio.delivery import Delivery
from realtime_widgets.client.sansio.outbox import (
    MAX_AGE,
    MAX_BYTES,
    MAX_MESSAGES,
    MAX_MESSAGES_CONNECTED,
    VOLATILE_TIMEOUT,
    Outbox,
)
from realtime_widgets.errors import SendFailed
from realtime_widgets.streams.gaps import Position

NOW = 100.0


def filled(
    count: int, size: int = 10, *, answers: bool | None = False, linked: bool = False
) -> tuple[Outbox, list[Delivery]]:
    outbox, deliveries = Outbox(), [Delivery("x" * size, str(i)) for i in range(count)]
    if answers is not None:
        outbox.set_acks(answers)
    if linked:
        outbox.link()
    for delivery in deliveries:
        outbox.put(delivery, NOW)
    return outbox, deliveries


def send(outbox: Outbox, most: int = 10**9) -> list[str | None]:
    """Send what there is to send; the ids, in their order."""
    sent: list[str | None] = []
    while len(sent) < most and (first := outbox.first) is not None:
        sent.append(first.id)
        outbox.done(first)
    return sent


def states(deliveries: list[Delivery]) -> list[str]:
    return [delivery.state for delivery in deliveries]


# Room


def test_the_order_stays():
    outbox, deliveries = filled(5)
    assert send(outbox) == ["0", "1", "2", "3", "4"]
    assert {delivery.state for delivery in deliveries} == {"sent"}
    assert all(delivery.done for delivery in deliveries)
    assert (len(outbox), outbox.sent, outbox.failed) == (0, 5, 0)


def test_one_too_many_fails_at_once_and_says_so():
    outbox, deliveries = filled(MAX_MESSAGES + 1)
    assert states(deliveries) == ["queued"] * MAX_MESSAGES + ["failed"]
    assert isinstance(deliveries[-1].error, SendFailed)
    assert f"{MAX_MESSAGES} others" in str(deliveries[-1].error)
    assert 'send less while client.state is not "connected"' in str(deliveries[-1].error)
    assert (len(outbox), outbox.failed) == (MAX_MESSAGES, 1)


def test_so_does_one_too_large():
    _, deliveries = filled(3, MAX_BYTES // 2)
    assert states(deliveries) == ["queued", "queued", "failed"]


def test_while_there_is_a_link_a_burst_has_room():
    _, deliveries = filled(MAX_MESSAGES_CONNECTED + 1, linked=True)
    assert states(deliveries) == ["queued"] * MAX_MESSAGES_CONNECTED + ["failed"]
    assert "wait for a delivery now and then" in str(deliveries[-1].error)


def test_what_was_accepted_stays_when_the_link_is_lost():
    outbox, deliveries = filled(MAX_MESSAGES + 50, linked=True)
    outbox.unlink()
    late = Delivery("x", "late")
    outbox.put(late, NOW)
    assert late.state == "failed"
    assert set(states(deliveries)) == {"queued"}


@pytest.mark.parametrize("answers", [False, True])
def test_what_is_done_leaves_its_room(answers: bool):
    outbox, _ = filled(2, MAX_BYTES // 2, answers=answers, linked=True)
    send(outbox, 1)
    again = Delivery("x" * (MAX_BYTES // 2), "again")
    if answers:
        outbox.put(again, NOW)
        assert again.state == "failed", "one that waits for its answer needs room, too"
        outbox.acknowledge("0", None)
        again = Delivery("x" * (MAX_BYTES // 2), "again")
    outbox.put(again, NOW)
    assert again.state == "queued"


# Answers


def test_it_need_not_be_known_whether_the_server_answers():
    outbox, deliveries = filled(2, answers=None, linked=True)
    assert send(outbox) == ["0", "1"]
    assert not any(delivery.done for delivery in deliveries)
    outbox.set_acks(True)
    outbox.acknowledge("0", None)
    outbox.set_acks(False)
    assert states(deliveries) == ["acknowledged", "sent"]
    assert all(delivery.done for delivery in deliveries)


@pytest.mark.parametrize("answers", [False, True])
def test_what_a_link_took_with_it_waits_until_that_is_known(answers: bool):
    outbox, deliveries = filled(2, answers=None, linked=True)
    assert send(outbox, 1) == ["0"]
    outbox.unlink()
    outbox.link()
    assert outbox.first is None, "it might come twice"
    outbox.set_acks(answers)
    assert send(outbox) == (["0", "1"] if answers else ["1"])
    assert states(deliveries) == ["sent", "sent"]
    assert [delivery.done for delivery in deliveries] == [not answers] * 2
    assert len(outbox) == (2 if answers else 0)


def test_an_answer_is_the_end_of_it():
    outbox, deliveries = filled(3, answers=True, linked=True)
    send(outbox)
    assert states(deliveries) == ["sent"] * 3
    assert not any(delivery.done for delivery in deliveries)
    outbox.acknowledge("1", Position("e", 7))
    outbox.acknowledge("1", Position("e", 8))
    outbox.acknowledge("nobody", None)
    outbox.acknowledge(5, None)
    assert states(deliveries) == ["sent", "acknowledged", "sent"]
    assert deliveries[1].position == ("e", 7)
    assert (outbox.sent, outbox.acknowledged, len(outbox)) == (3, 1, 2)


def test_an_answer_may_come_before_the_socket_says_that_it_is_done():
    outbox, (delivery,) = filled(1, answers=True, linked=True)
    first = outbox.first
    assert first is delivery
    outbox.acknowledge("0", None)
    outbox.done(first)
    assert (delivery.state, len(outbox), outbox.sent, outbox.acknowledged) == ("acknowledged", 0, 1, 1)


def test_what_the_server_turns_down_has_failed():
    outbox, (delivery,) = filled(1, answers=True, linked=True)
    send(outbox)
    assert outbox.refuse("0", "no such channel")
    assert not outbox.refuse("0", "again")
    assert delivery.refused
    assert str(delivery.error) == "a message was not sent: the server turned it down: no such channel"


def test_on_the_next_link_what_was_not_answered_goes_out_first_and_in_order():
    outbox, deliveries = filled(5, answers=True, linked=True)
    assert send(outbox, 3) == ["0", "1", "2"]
    outbox.acknowledge("1", None)
    outbox.unlink()
    outbox.link()
    assert send(outbox) == ["0", "2", "3", "4"]
    assert outbox.sent == 5, "each is counted once"
    assert states(deliveries) == ["sent", "acknowledged", "sent", "sent", "sent"]


def test_a_server_that_turns_out_not_to_answer_leaves_them_sent():
    outbox, deliveries = filled(2, answers=True, linked=True)
    send(outbox)
    outbox.set_acks(False)
    assert all(delivery.done for delivery in deliveries)
    assert states(deliveries) == ["sent", "sent"]
    outbox.unlink()
    outbox.link()
    assert send(outbox) == []


def test_a_raw_frame_is_answered_by_nobody():
    outbox, _ = filled(0, answers=True, linked=True)
    raw = Delivery(b"x")
    outbox.put(raw, NOW)
    send(outbox)
    assert (raw.state, raw.done, len(outbox)) == ("sent", True, 0)


# Age


def test_what_waited_for_too_long_fails():
    outbox, deliveries = filled(1)
    late = Delivery("x", "late")
    outbox.put(late, NOW + 5)
    assert outbox.due == NOW + MAX_AGE
    assert outbox.expire(NOW + MAX_AGE - 0.1) == []
    assert outbox.expire(NOW + MAX_AGE) == deliveries
    assert str(deliveries[0].error) == "a message was not sent: it waited 120 s for a connection"
    assert (late.state, outbox.due, len(outbox)) == ("queued", NOW + 5 + MAX_AGE, 1)


@pytest.mark.parametrize("relinked", [False, True])
def test_what_was_sent_and_never_answered_may_have_arrived(relinked: bool):
    outbox, (delivery,) = filled(1, answers=True, linked=True)
    send(outbox)
    if relinked:
        outbox.unlink()
        outbox.link()
    outbox.expire(NOW + MAX_AGE)
    assert "has not answered within 120 s; it may have arrived" in str(delivery.error)
    assert (outbox.due, len(outbox)) == (None, 0)


# Size


def test_bytes_are_those_of_the_network():
    outbox, _ = filled(0)
    large = Delivery("日" * (MAX_BYTES // 3 + 1), "large")
    outbox.put(large, NOW)
    assert "it has 1,048,578 bytes, more than 1,048,576; send less at once" in str(large.error)


# Lives


def test_what_was_put_in_since_it_was_opened_again_stays():
    outbox = Outbox()
    outbox.open()
    generation = outbox.generation
    before, after = Delivery("x", "before"), Delivery("x", "after")
    outbox.put(before, NOW)
    outbox.open()  # on another thread, before the end of the first generation was heard of
    outbox.put(after, NOW)
    assert outbox.close("it is over", generation) == [before]
    assert len(outbox) == 1
    again = Delivery("x", "again")
    outbox.put(again, NOW)
    assert again.state == "queued"
    assert outbox.close("it is over", outbox.generation) == [after, again]


# Volatile


def test_what_is_volatile_is_sent_now_or_not_at_all():
    outbox, _ = filled(0, answers=True)
    early = Delivery("x", "early", volatile=True)
    outbox.put(early, NOW)
    assert "it is volatile, and there is no connection" in str(early.error)
    outbox.link()
    now, never = Delivery("x", "now", volatile=True), Delivery("x", "never", volatile=True)
    outbox.put(now, NOW)
    assert send(outbox) == ["now"]
    assert (now.state, now.done, len(outbox)) == ("sent", True, 0)
    outbox.put(never, NOW)
    outbox.unlink()
    assert "the connection was lost before" in str(never.error)
    outbox.link()
    assert send(outbox) == []


def test_what_is_volatile_does_not_wait_behind_what_the_network_does_not_take():
    outbox, _ = filled(2, answers=True, linked=True)
    soon, late = Delivery("x", "soon", volatile=True), Delivery("x", "late", volatile=True)
    outbox.put(soon, NOW + VOLATILE_TIMEOUT)
    assert soon.state == "queued", "those before it are just being written"
    outbox.put(late, NOW + VOLATILE_TIMEOUT + 0.1)
    assert "it is volatile, and others still wait to be written" in str(late.error)
    assert send(outbox) == ["0", "1", "soon"]


# Greetings


def put_on_connect(outbox: Outbox, link: int, id: str) -> Delivery:
    delivery = Delivery("x", id)
    delivery.sent_on_connect = link
    outbox.put(delivery, NOW)
    return delivery


def test_what_greets_a_link_goes_out_first_and_the_rest_waits_for_it():
    outbox, _ = filled(2, linked=True)
    first, second = outbox.begin_on_connect(), outbox.begin_on_connect()
    assert outbox.first is None
    put_on_connect(outbox, first, "hello")
    assert send(outbox) == ["hello"]
    put_on_connect(outbox, second, "me too")
    outbox.end_on_connect(first)
    assert send(outbox) == ["me too"]
    assert outbox.first is None
    outbox.end_on_connect(second)
    assert send(outbox) == ["0", "1"]


def test_after_a_while_the_slow_greeting_of_one_client_holds_up_no_other():
    outbox, _ = filled(0, linked=True)
    link = outbox.begin_on_connect(1)
    for id, sender in (("a", 1), ("b", 2), ("c", 1), ("d", 2)):
        delivery = Delivery("x", id)
        delivery.sender = sender
        outbox.put(delivery, NOW)
    assert outbox.first is None
    outbox.share(link - 1)  # of another link
    assert outbox.first is None
    outbox.share(link)
    assert send(outbox) == ["b", "d"]
    put_on_connect(outbox, link, "hello")
    assert send(outbox) == ["hello"]
    outbox.end_on_connect(link, 1)
    assert send(outbox) == ["a", "c"]


def test_what_is_answered_out_of_its_turn_is_answered():
    outbox, _ = filled(0, answers=True, linked=True)
    link = outbox.begin_on_connect(1)
    mine, other = Delivery("x", "mine"), Delivery("x", "other")
    mine.sender, other.sender = 1, 2
    for each in (mine, other):
        outbox.put(each, NOW)
    outbox.share(link)
    assert outbox.first is other
    outbox.acknowledge("other", None)  # before `done`
    outbox.done(other)
    assert (other.state, mine.state, len(outbox)) == ("acknowledged", "queued", 1)


@pytest.mark.parametrize("sent", [False, True])
def test_what_greets_a_link_ends_with_it(sent: bool):
    outbox, _ = filled(1, answers=True, linked=True)
    link = outbox.begin_on_connect()
    early = put_on_connect(outbox, link, "early")
    if sent:
        send(outbox)
    outbox.unlink()
    assert not outbox.is_current(link)
    assert "whose on_connect sent it was lost before" in str(early.error)
    assert ("may have arrived" in str(early.error)) is sent
    outbox.link()
    late = put_on_connect(outbox, link, "late")
    assert "whose on_connect sent it was lost before" in str(late.error)
    outbox.begin_on_connect()
    outbox.end_on_connect(link)  # of the link before: says nothing of this one
    assert (outbox.first, len(outbox)) == (None, 1)


def test_one_that_is_being_written_when_a_greeting_begins_is_not_written_twice():
    outbox, (busy,) = filled(1, linked=True)
    assert outbox.first is busy
    link = outbox.begin_on_connect()
    put_on_connect(outbox, link, "hello")
    outbox.done(busy)
    outbox.end_on_connect(link)
    assert send(outbox) == ["hello"]


def test_a_greeting_may_be_answered_and_may_be_too_old():
    outbox, _ = filled(0, answers=True, linked=True)
    link = outbox.begin_on_connect()
    soon, never = put_on_connect(outbox, link, "soon"), put_on_connect(outbox, link, "never")
    outbox.acknowledge("soon", None)
    assert (soon.state, outbox.due) == ("acknowledged", NOW + MAX_AGE)
    assert outbox.expire(NOW + MAX_AGE) == [never]
    assert (outbox.first, len(outbox)) == (None, 0)


def test_a_greeting_that_waits_at_the_end_goes_out_first():
    outbox, deliveries = filled(1, linked=True)
    early = put_on_connect(outbox, outbox.begin_on_connect(), "early")
    assert outbox.close("it is over") == [early, *deliveries]


# The end


def test_a_closed_one_gives_what_it_has_and_takes_nothing_in():
    outbox, deliveries = filled(3, answers=True, linked=True)
    send(outbox, 1)
    assert outbox.close("it is over") == deliveries[1:]
    assert states(deliveries) == ["sent", "queued", "queued"]
    assert deliveries[0].done, "nobody will answer any more"
    late = Delivery("x", "late")
    outbox.put(late, NOW)
    assert str(late.error) == "a message was not sent: it is over"
    outbox.done(deliveries[1])
    outbox.fail(deliveries[2:], "the end came first")
    assert states(deliveries) == ["sent", "sent", "failed"]
    outbox.open()
    again = Delivery("x", "again")
    outbox.put(again, NOW)
    assert again.state == "queued"


@pytest.mark.parametrize("relinked", [False, True])
def test_what_an_earlier_link_took_and_no_link_takes_again_may_have_arrived(relinked: bool):
    outbox, deliveries = filled(2, answers=True, linked=True)
    send(outbox, 1)
    outbox.unlink()
    if relinked:
        outbox.link()
    waiting = outbox.close("it is over")
    assert waiting == deliveries, "nothing is done that nobody has answered"
    outbox.give_up(waiting, "it was closed before")
    assert [str(delivery.error) for delivery in deliveries] == [
        "a message was not sent: it was closed before; the server has not answered, and it may have arrived",
        "a message was not sent: it was closed before",
    ]
    assert (len(outbox), outbox.failed) == (0, 2)


# What a delivery says


def test_who_wants_to_waits_for_as_long_as_it_takes():
    outbox, _ = filled(0, answers=True)
    patient = [Delivery("x", f"p{n}", expires=False) for n in range(2)]
    hasty = Delivery("x", "h")
    for delivery in (patient[0], hasty, patient[1]):
        outbox.put(delivery, NOW)
    assert outbox.due == NOW + MAX_AGE
    outbox.link()
    assert send(outbox, 1) == ["p0"]
    assert outbox.expire(NOW + 10 * MAX_AGE) == [hasty]
    assert outbox.due is None
    outbox.unlink()
    outbox.link()
    assert send(outbox) == ["p0", "p1"]
    for delivery in patient:
        outbox.acknowledge(delivery.id, None)
    assert states(patient) == ["acknowledged"] * 2

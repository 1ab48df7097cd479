"""What waits to be sent."""

from __future__ import annotations

from realtime_widgets.errors import NotSent
from realtime_widgets.outbox import MAX_BYTES, MAX_MESSAGES, Delivery, Outbox


def filled(count: int, size: int = 10) -> tuple[Outbox, list[Delivery]]:
    outbox, deliveries = Outbox(), [Delivery("x" * size, str(i)) for i in range(count)]
    for delivery in deliveries:
        outbox.put(delivery)
    return outbox, deliveries


def test_the_order_stays():
    outbox, deliveries = filled(5)
    seen = []
    while (first := outbox.first) is not None:
        seen.append(first.id)
        outbox.done(first)
    assert seen == ["0", "1", "2", "3", "4"]
    assert {delivery.state for delivery in deliveries} == {"sent"}
    assert (len(outbox), outbox.sent, outbox.failed) == (0, 5, 0)


def test_one_too_many_fails_at_once_and_says_so():
    outbox, deliveries = filled(MAX_MESSAGES + 1)
    assert [delivery.state for delivery in deliveries] == ["queued"] * MAX_MESSAGES + ["failed"]
    assert isinstance(deliveries[-1].error, NotSent)
    assert f"{MAX_MESSAGES} others" in str(deliveries[-1].error)
    assert (len(outbox), outbox.failed) == (MAX_MESSAGES, 1)


def test_so_does_one_too_large():
    _, deliveries = filled(3, MAX_BYTES // 2)
    assert [delivery.state for delivery in deliveries] == ["queued", "queued", "failed"]


def test_what_was_sent_leaves_its_room():
    outbox, _ = filled(2, MAX_BYTES // 2)
    assert outbox.first is not None
    outbox.done(outbox.first)
    again = Delivery("x" * (MAX_BYTES // 2))
    outbox.put(again)
    assert again.state == "queued"


def test_all_can_be_taken_out_and_sent_or_failed():
    outbox, deliveries = filled(3)
    assert outbox.take() == deliveries
    assert (outbox.take(), outbox.first, len(outbox)) == ([], None, 0)
    outbox.done(deliveries[0])
    outbox.fail(deliveries[1:], "the end came first")
    assert [delivery.state for delivery in deliveries] == ["sent", "failed", "failed"]
    assert str(deliveries[1].error) == "a message was not sent: the end came first"
    assert (outbox.sent, outbox.failed) == (1, 2)


def test_a_delivery_says_what_became_of_it():
    delivery = Delivery("x", "id7")
    assert repr(delivery) == "<Delivery id7: queued>"
    delivery.fail("no room")
    assert repr(delivery) == "<Delivery id7: failed, no room>"
    assert repr(Delivery(b"x")) == "<Delivery of a raw frame: queued>"

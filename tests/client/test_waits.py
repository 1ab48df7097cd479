"""Waiting for the states of a client."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from realtime_widgets.client.sansio.state import Status
from realtime_widgets.client.waits import Waits
from realtime_widgets.errors import ConnectionLost


def test_a_state_settles_those_who_wait_for_it_and_no_others():
    waits, one, other = Waits(), Future[None](), Future[None]()
    waits.add("connected", one)
    waits.add("disconnected", other)
    waits.resolve(Status("connected"))
    assert (one.done(), other.done()) == (True, False)
    waits.resolve(Status("disconnected"))
    assert other.result(0) is None


def test_connected_is_not_reached_before_what_was_asked_for_is_confirmed():
    waits, one = Waits(), Future[None]()
    waits.add("connected", one)
    waits.resolve(Status("connected"), confirmed=False)
    assert not one.done()
    waits.resolve(Status("reconnecting"), confirmed=True)
    assert not one.done()
    waits.resolve(Status("connected"), confirmed=True)
    assert one.done()


def test_giving_up_is_told_whatever_is_confirmed():
    waits, one = Waits(), Future[None]()
    waits.add("connected", one)
    waits.resolve(Status("error", error=ConnectionLost("it is gone")), confirmed=False)
    assert one.exception(0) is not None


def test_giving_up_ends_all_waits_but_those_for_it():
    waits, one, other = Waits(), Future[None](), Future[None]()
    waits.add("connected", one)
    waits.add("error", other)
    waits.resolve(Status("error", error=ConnectionLost("it is gone")))
    with pytest.raises(ConnectionLost, match="it is gone"):
        one.result(0)
    assert other.result(0) is None


def test_what_has_ended_without_an_error_ends_the_waits_for_what_will_not_be():
    waits, one, other = Waits(), Future[None](), Future[None]()
    waits.add("connected", one)
    waits.add("disconnected", other)
    waits.resolve(Status("disconnected"), ended=ConnectionLost("it has ended", ended=True))
    with pytest.raises(ConnectionLost, match="it has ended"):
        one.result(0)
    assert other.result(0) is None


def test_one_that_was_cancelled_is_left_alone():
    class Late(Future[None]):
        """Cancelled between the look and the deed, by another thread."""

        def cancelled(self) -> bool:
            return not self.cancel()

    waits, one, late, other = Waits(), Future[None](), Late(), Future[None]()
    one.cancel()
    for future in (one, late, other):
        waits.add("connected", future)
    waits.resolve(Status("connected"))
    waits.resolve(Status("connected"))
    assert other.done()
    assert Future.cancelled(late)

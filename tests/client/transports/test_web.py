"""What requests of ours over HTTP have in common: nothing logs them, and everybody else's as before."""

from __future__ import annotations

import logging
import ssl

import pytest

from realtime_widgets.client.transports.web import agent, trust, unlogged


def test_within_nothing_is_logged_of_a_request_and_after_it_all_is(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    names = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy")
    with unlogged():
        for name in names:
            logging.getLogger(name).info("ours has a s3cret")
        with unlogged():
            pass
        logging.getLogger("httpx").info("and another s3cret")
    assert not caplog.records
    for name in names:
        logging.getLogger(name).info("of somebody else")
    assert [record.message for record in caplog.records] == ["of somebody else"] * len(names)


def test_certificates_are_checked_and_we_have_a_name():
    assert trust() is trust()
    assert trust().verify_mode is ssl.CERT_REQUIRED
    assert agent().startswith("realtime-widgets")

"""Scheduling: where those without a scheduler of their own get one."""

import importlib

import pytest

import realtime_widgets.runtime.runtime
from realtime_widgets.errors import UsageError
from realtime_widgets.runtime import scheduling


def test_it_is_the_runtime_of_this_process_asked_for_anew_each_time():
    first = scheduling.default_scheduler()
    assert first is realtime_widgets.runtime.get_runtime()
    first.stop()
    assert scheduling.default_scheduler() is realtime_widgets.runtime.get_runtime() is not first


def test_a_reload_keeps_what_was_installed():
    importlib.reload(scheduling)
    assert scheduling.default_scheduler() is realtime_widgets.runtime.get_runtime()


def test_without_one_the_error_says_what_to_import(monkeypatch):
    monkeypatch.setattr(scheduling, "_provider", None)
    with pytest.raises(UsageError, match=r"import realtime_widgets\.runtime"):
        scheduling.default_scheduler()

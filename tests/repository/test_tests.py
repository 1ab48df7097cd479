"""The tests of a module are where they are looked for: in the file of its name, in the folder of its room."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import realtime_widgets

PACKAGE = Path(realtime_widgets.__file__).parent
TESTS = Path(__file__).resolve().parents[1]

# module: (the file whose tests cover it, why it has none of its name)
ELSEWHERE = {
    "client/transports/base.py": (
        "client/test_dialing.py",
        "a protocol: both that have it are dialled there",
    ),
    "hub/brokers/base.py": (
        "hub/brokers/test_brokers.py",
        "a protocol: all brokers that have it are tested there",
    ),
}


def file_of(module: str) -> str:
    """Where a module's tests are, for example `client/sansio/test_inbox.py`; packages are tested by their modules."""
    path = Path(module)
    return str(path.with_name(f"test_{path.stem.strip('_')}.py").as_posix())


def names(folder: Path, pattern: str) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob(pattern)}


def untested(modules: Iterable[str], tests: set[str]) -> list[str]:
    """Modules that neither have a file of their name nor are covered elsewhere."""
    return sorted(
        module
        for module in modules
        if not module.endswith("__init__.py")
        and file_of(module) not in tests
        and (module not in ELSEWHERE or ELSEWHERE[module][0] not in tests)
    )


def test_every_module_has_a_test_file_of_its_name():
    assert untested(names(PACKAGE, "*.py"), names(TESTS, "test_*.py")) == []


def test_a_module_without_one_is_found():
    tests = {"client/test_inbox.py", "test_main.py"}
    assert untested(["client/__init__.py", "client/inbox.py", "__main__.py", "hub/inbox.py"], tests) == [
        "hub/inbox.py"
    ]


def test_a_module_that_is_covered_elsewhere_needs_that_file():
    for module, (file, _) in ELSEWHERE.items():
        assert untested([module], {file}) == []
        assert untested([module], set()) == [module]


def test_the_table_names_only_modules_that_are_there_and_have_none():
    modules, tests = names(PACKAGE, "*.py"), names(TESTS, "test_*.py")
    assert [module for module in ELSEWHERE if module not in modules or file_of(module) in tests] == []

"""What holds for every test: in CI a skipped test is a failed one, and properties try the same examples every time.

Modules without examples are not looked through for them: to import all of the program takes each process seconds.

On a person's machine a test whose means are missing (a browser, a right) is skipped and says so.
CI has all of them, so there a skip would hide that something was not tested.
"""

import os
from collections.abc import Generator

import pytest
from _pytest.doctest import DoctestModule
from hypothesis import settings

IN_CI = bool(os.environ.get("TOLLBOOK_CI"))

# The same examples on every machine, however slow it is; `--hypothesis-profile=search` looks for new ones, and
# `everyday` tries the first of them alone, for `make check`.
settings.register_profile("same", derandomize=True, deadline=None, database=None, print_blob=False)
settings.register_profile("everyday", settings.get_profile("same"), max_examples=30)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("same")


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Let a skip fail in CI, unless a failure is expected there."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """See to tests that skip themselves."""
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """See to files that skip all they hold."""
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Look for examples where there are any."""
    found = yield
    return [each for each in found if not isinstance(each, DoctestModule) or b">>> " in each.path.read_bytes()]

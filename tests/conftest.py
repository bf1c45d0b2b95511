"""What holds for every test: in CI a skipped test is a failed one, and properties try the same examples every time.

On a person's machine a test whose means are missing (a browser, a right) is skipped and says so.
CI has all of them, so there a skip would hide that something was not tested.
"""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

IN_CI = bool(os.environ.get("TOLLBOOK_CI"))

# The same examples on every machine, however slow it is; `--hypothesis-profile=search` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None, database=None, print_blob=False)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("same")


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_if_skipped(report)
    return report

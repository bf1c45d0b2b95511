"""Begins to ask ClickHouse, which takes a package that most sites do without."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from tollbook.installing import install_command
from tollbook.model.fence import Fence
from tollbook.model.problem import Misconfigured, Problem
from tollbook.sinks.clickhouse.options import Options

if TYPE_CHECKING:
    from tollbook.engine.centre.asking import CentreTables


def opened_centre(options: Options, fence: Fence) -> CentreTables:
    """Return what a centre asks; raises `Misconfigured` where the package is missing."""
    if find_spec("sqlglot") is None:
        hint = f"install it, then start Tollbook again: {install_command('sqlglot')}"
        reason = "questions are carried over to ClickHouse by the Python package sqlglot, which is not there"
        raise Misconfigured(Problem("this site cannot be a centre", reason, help=hint))
    from tollbook.engine.centre.asking import CentreTables

    return CentreTables(options, fence)

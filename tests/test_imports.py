"""The layers hold, and no package stands outside them."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
SOURCE = ROOT / "src/tollbook"
STAGES = {"model", "framing", "dialects", "assembly", "numbering", "rating", "sizing", "alerts"}
"""The packages that compute and touch nothing else, those that are to come among them."""


def contract(name: str) -> dict[str, Any]:
    return next(each for each in CONTRACTS if each["id"] == name)


def test_every_contract_on_imports_is_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")

    ran = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_stage_that_computes_is_held_to_computing() -> None:
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}

    assert set(contract("pure")["source_modules"]) == {f"tollbook.{name}" for name in STAGES & packages}


def test_a_name_stands_in_parentheses_as_long_as_there_is_no_such_module_and_no_longer() -> None:
    modules = {path.stem for path in SOURCE.glob("[!_]*.py")} | {
        path.parent.name for path in SOURCE.glob("*/__init__.py")
    }
    layers = " | ".join(contract("layers")["layers"]).split(" | ")
    to_come = {name.strip("()") for name in layers if name.startswith("(")}

    assert to_come & modules == set()
    assert {name for name in layers if not name.startswith("(")} == modules


def test_the_page_on_layers_shows_the_rows_that_are_held() -> None:
    page = (ROOT / "docs/develop/README.md").read_text()
    table = page[page.index("## Layers") : page.index("## Adding a PBX format")]
    shown = [set(re.findall(r"`(\w+)`", row.split("|")[2])) for row in table.splitlines() if row.startswith("| ")]
    held = [{name for name in row.split(" | ") if "(" not in name} for row in contract("layers")["layers"]]

    assert [row for row in shown if row] == [row for row in held if row]


def test_pages_and_api_take_no_store_from_the_engine() -> None:
    taken = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("web", "cli")
        for path in sorted((SOURCE / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "store"
    ]

    assert taken == []


def test_nothing_is_imported_that_another_package_keeps_to_itself() -> None:
    # `_typeshed` is the exception: it has the names of types for whoever checks types.
    private = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        for name in imported(node)
        if re.search(r"(^|\.)_(?!_|typeshed\b)", name) and not name.startswith("tollbook.")
    ]

    assert private == []


def imported(node: ast.AST) -> list[str]:
    """Name the modules that a statement imports, and what it takes out of them."""
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{each.name}" for each in node.names]
    return []

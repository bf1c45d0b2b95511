"""The layers hold, and no package stands outside them."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
COMPUTING = ("model", "framing", "dialects", "assembly", "numbering", "rating")


def test_every_contract_on_imports_is_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")

    ran = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", COMPUTING)
def test_a_stage_that_computes_is_held_to_computing(name: str) -> None:
    pure = next(contract for contract in CONTRACTS if contract["id"] == "pure")
    exists = (ROOT / "src/tollbook" / name).exists()

    assert (f"tollbook.{name}" in pure["source_modules"]) is exists

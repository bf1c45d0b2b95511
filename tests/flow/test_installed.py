"""What is built from this repository runs where the repository is not: everything that a page needs is in the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.fakes.commands import PATIENCE_S, environment

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the command that a wheel installs into an environment that has nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    (wheel,) = folder.glob("*.whl")
    locked = ("--constraint", ROOT / "requirements.lock")
    run(UV, "pip", "install", "--quiet", "--python", folder / "venv/bin/python", *locked, wheel)
    return folder / "venv/bin/tollbook"


def run(*words: str | Path) -> str:
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@contextmanager
def served(program: Path, site: Path) -> Iterator[httpx2.Client]:
    command: list[str | Path] = [program, "--site", site, "serve", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(), cwd=site.parent) as process:
        assert process.stdout
        try:
            address = next(line.split()[-1] for line in process.stdout if "pages:" in line)
            with httpx2.Client(base_url=address, follow_redirects=True) as browser:
                yield browser
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


def test_a_server_that_was_installed_serves_a_page_and_every_file_that_it_names(program: Path, tmp_path: Path) -> None:
    with served(program, tmp_path / "site") as browser:
        page = browser.get("/")
        files = sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)))
        answers = {file: browser.get(file) for file in files}

    assert page.status_code == 200
    assert "Set-up code" in page.text
    assert files
    assert {file: answer.status_code for file, answer in answers.items()} == dict.fromkeys(files, 200)
    assert all(answer.content for answer in answers.values())


def test_an_installed_program_has_its_formats_their_cases_and_the_manual(program: Path) -> None:
    run(program, "dialect", "test", "panasonic-kx-hts")
    assert "# Keep every call" in run(program, "guide", "keeping-every-call")


def test_an_installed_program_simulates_a_pbx(program: Path, tmp_path: Path) -> None:
    run(program, "simulate", "panasonic-kx-hts", "file", "--rows", "5", "--out", tmp_path / "Master.csv")

    assert len((tmp_path / "Master.csv").read_text().splitlines()) == 5

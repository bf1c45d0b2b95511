"""The image is made of what is locked, runs as nobody special, and names nothing that is not there."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import yaml
from typer.main import get_command

from tollbook.cli import app

ROOT = Path(__file__).parents[1]
LINES = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text()).splitlines()
STEPS = [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in LINES if re.match("[A-Z]+ ", line)]


def said(step: str) -> list[str]:
    return [words for name, words in STEPS if name == step]


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    copied = [name for words in said("COPY") if not words.startswith("--from") for name in words.split()[:-1]]
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)

    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert sorted(copied) == sorted(let_in)


def test_every_package_is_installed_by_its_hash_or_is_our_own() -> None:
    installs = [shlex.split(words) for words in said("RUN") if "install" in words and "pip" in words]

    assert len(installs) == 3
    assert all("--require-hashes" in words or "--no-deps" in words for words in installs)


def test_the_server_is_no_administrator_and_keeps_its_site_in_a_volume() -> None:
    users = [index for index, (name, _) in enumerate(STEPS) if name == "USER"]
    site = re.search(r"TOLLBOOK_SITE=(\S+)", said("ENV")[0])

    assert STEPS[users[-1]] == ("USER", "tollbook")
    assert site
    assert site[1] in json.loads(said("VOLUME")[0])
    assert not any(name == "RUN" for name, _ in STEPS[users[-1] :])


def compose() -> dict[str, Any]:
    service: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["tollbook"]
    return service


def test_only_this_machine_reaches_a_composed_server_which_can_write_to_its_volumes_alone() -> None:
    found = compose()

    assert all(port.startswith("127.0.0.1:") for port in found["ports"])
    assert (found["read_only"], found["cap_drop"]) == (True, ["ALL"])
    assert {place.split(":")[1] for place in found["volumes"]} == set(json.loads(said("VOLUME")[0]))


def test_the_words_with_which_the_server_is_started_are_its_own() -> None:
    commands = get_command(app)
    for words in (json.loads(said("CMD")[-1]), compose()["command"]):
        context = commands.make_context("tollbook", ["--site", "site", *words], resilient_parsing=True)
        name, serve, rest = commands.resolve_command(context, list(words))  # type: ignore[attr-defined] # a group, which Typer's type does not say

        assert name == "serve"
        assert serve.make_context(name, rest, parent=context).params["listen"] == "0.0.0.0:8470"

"""A secret that is empty, cut or no file opens nothing, and is said as the server starts."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.unit.web.conftest import PASSWORD
from tollbook.cli import address
from tollbook.cli.address import ServerAddress
from tollbook.engine.engine import Engine
from tollbook.web.api import access
from tollbook.web.people.first_run import ensure_setup_code, is_setup_code
from tollbook.web.serving import secret_files
from tollbook.web.serving.secret_files import API_TOKEN, SECRET_KEY, SecretFile

TOKEN = {"name": "stranger", "permission": "change"}
Way = Callable[[Path], object]


def empty(path: Path) -> None:
    path.write_bytes(b"")


def blank(path: Path) -> None:
    path.write_bytes(b" \n" * 40)


def cut(path: Path) -> None:
    path.write_bytes(b"x" * (secret_files.SHORTEST - 1))


def zeros(path: Path) -> None:
    path.write_bytes(bytes(43))


def a_folder(path: Path) -> None:
    path.mkdir()


def a_dangling_link(path: Path) -> None:
    path.symlink_to("/nowhere/at/all")


damaged = pytest.mark.parametrize("way", [empty, blank, cut, zeros, a_folder, a_dangling_link])
each_secret = pytest.mark.parametrize("secret", [API_TOKEN, SECRET_KEY], ids=lambda secret: secret.name)


@pytest.fixture
def start(engine: Engine) -> Iterator[Callable[[], str]]:
    """What a start does with the site's token; it opens nothing any more after the test."""
    made: list[str] = []

    def site_token() -> str:
        made.append(access.site_token(engine.site.path))
        return made[-1]

    yield site_token
    for token in made:
        access.revoke(token)


def asked_with(token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return Client().post("/api/tokens", TOKEN, content_type="application/json", headers=headers).status_code


@damaged
def test_a_damaged_token_of_the_site_lets_nobody_in(engine: Engine, start: Callable[[], str], way: Way) -> None:
    path = engine.site.path / "api-token"
    way(path)
    before = secret_files.read(path)

    of_this_process = start()

    tried = ["", " ", before, "x" * (secret_files.SHORTEST - 1), "\0" * 43]
    assert [asked_with(token) for token in tried] == [401] * 5
    assert asked_with(of_this_process) == 201


@each_secret
@damaged
def test_a_damaged_secret_is_said_and_left_as_it_is(tmp_path: Path, secret: SecretFile, way: Way) -> None:
    path = tmp_path / secret.name
    way(path)
    before = secret_files.read(path)

    used = {secret_files.ensure(tmp_path, secret) for _ in range(2)}

    assert secret_files.read(path) == before
    assert [len(each) >= secret_files.SHORTEST for each in used] == [True, True]
    (fault,) = secret_files.faults(tmp_path)
    assert fault.what.startswith(f"{secret.name} cannot be used")
    assert fault.where == str(path)
    assert "remove it: the next start makes a new one" in fault.help


@each_secret
def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path, secret: SecretFile) -> None:
    made = secret_files.ensure(tmp_path, secret)

    assert secret_files.ensure(tmp_path, secret) == made
    assert [path.name for path in tmp_path.iterdir()] == [secret.name]
    assert stat.S_IMODE((tmp_path / secret.name).stat().st_mode) == 0o600
    assert not list(secret_files.faults(tmp_path))


def test_a_secret_takes_its_place_once_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        fsync(descriptor)
        seen.append([path.name for path in tmp_path.iterdir()])

    monkeypatch.setattr(os, "fsync", noting)
    secret_files.ensure(tmp_path, API_TOKEN)

    assert seen == [["api-token.new"], ["api-token"]]


@pytest.mark.parametrize("length", [secret_files.SHORTEST - 1, secret_files.SHORTEST])
def test_the_shortest_secret_is_taken_and_one_shorter_is_not(tmp_path: Path, length: int) -> None:
    (tmp_path / "api-token").write_text("x" * length)

    assert (secret_files.ensure(tmp_path, API_TOKEN) == "x" * length) is (length == secret_files.SHORTEST)


@pytest.mark.parametrize("text", ["", "\n", "- - -", "ABCD-EFGH"])
def test_a_damaged_set_up_code_makes_nobody_and_is_made_again(engine: Engine, text: str) -> None:
    path = engine.site.path
    (path / "setup-code").write_text(text)

    assert [is_setup_code(path, given) for given in ("", "-", text)] == [False] * 3
    made = ensure_setup_code(path)
    assert made
    assert is_setup_code(path, made)


def test_an_address_with_a_token_that_anybody_knows_is_none(tmp_path: Path) -> None:
    address.write(tmp_path, ServerAddress(url="http://127.0.0.1:8470", token="", pid=7))

    assert address.read(tmp_path) is None


@pytest.mark.parametrize("kept", ["", "!", "plain"])
def test_somebody_whose_password_is_kept_damaged_cannot_sign_in(admin: Client, kept: str) -> None:
    User.objects.filter(username="anna").update(password=kept)

    tried = [admin.login(username="anna", password=given) for given in (kept or " ", PASSWORD)]

    assert tried == [False, False]


def test_who_was_removed_is_signed_in_no_more(admin: Client, viewer: Client) -> None:
    vera = User.objects.get(username="vera")
    assert viewer.get("/api/calls").status_code == 200

    admin.post(f"/people/{vera.pk}/remove/")

    assert (viewer.get("/api/calls").status_code, viewer.get("/calls/").status_code) == (401, 302)

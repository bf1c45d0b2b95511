"""Formats passed on in the browser and over the API: with the same checks as on the command line, and noted."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.flow.test_a_format_of_ones_own import LAYOUT
from tests.flow.test_sharing_formats import CASE, README, REAL
from tollbook.dialects.authoring.accepting import accept
from tollbook.dialects.known import Catalogue
from tollbook.engine.engine import Engine
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.engine.sharing.parcel import Parcel, packed, unpacked
from tollbook.site.audit.models import AuditRecord

SHARE, ADD = "/formats/own/abacus/share/", "/formats/add/"


def put(own: Path, case: bytes) -> None:
    """Lay a format with one accepted case."""
    folder = own / "abacus"
    (folder / "cases").mkdir(parents=True, exist_ok=True)
    (folder / "dialect.toml").write_text(LAYOUT)
    (folder / "README.md").write_text(README)
    (folder / "cases" / "calls.txt").write_bytes(case)
    for dialect in Catalogue(own).dialects():
        if dialect.slug == "abacus":
            accept(dialect.cases(CUTTERS)[0], force=True)


@pytest.fixture
def own(engine: Engine) -> Path:
    return engine.site.path / "dialects"


@pytest.fixture
def file(tmp_path: Path) -> bytes:
    put(tmp_path / "elsewhere", CASE)
    folder = tmp_path / "elsewhere" / "abacus"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return packed(Parcel("abacus", files))


def noted(action: str) -> list[str]:
    return [each.name for each in AuditRecord.objects.filter(action=action)]


def test_a_format_is_downloaded_when_nothing_was_found(admin: Client, own: Path) -> None:
    put(own, CASE)
    seen = admin.get(SHARE).content.decode()
    response = admin.post(SHARE)

    assert "Nothing that could be about somebody was found" in seen
    assert response["Content-Disposition"] == 'attachment; filename="abacus.tollbook-format.zip"'
    assert unpacked(response.content).files["cases/calls.txt"] == CASE
    assert noted("format.share") == ["abacus"]


def test_a_format_with_somebodys_number_is_downloaded_once_that_is_settled(admin: Client, own: Path) -> None:
    put(own, REAL)
    refused = admin.post(SHARE)
    replaced = admin.post(SHARE, {"fictitious": "on"})
    even_so = admin.post(SHARE, {"even-so": "on"})

    assert "cases/calls.txt:2" in refused.content.decode()
    assert "2124892342" in refused.content.decode()
    assert b"48923" not in replaced.content
    assert b"2124892342" in even_so.content
    assert noted("format.share") == ["abacus", "abacus"]


def test_a_file_is_added_and_leads_to_its_format(admin: Client, own: Path, file: bytes) -> None:
    answer = admin.post(ADD, {"file": SimpleUploadedFile("abacus.zip", file)})

    assert answer["Location"] == "/formats/own/abacus/"
    assert (own / "abacus" / "cases" / "calls.txt").read_bytes() == CASE
    assert noted("format.add") == ["abacus"]


@pytest.mark.parametrize(
    ("data", "told"), [(b"", "no whole zip"), (b"x" * 900, "no whole zip")], ids=["nothing", "no zip"]
)
def test_what_cannot_be_added_says_why_and_leaves_no_trace(admin: Client, own: Path, data: bytes, told: str) -> None:
    text = admin.post(ADD, {"file": io.BytesIO(data)}).content.decode()

    assert told in text or "no file was chosen" in text.casefold()
    assert not (own / "abacus").exists()
    assert noted("format.add") == []


def test_a_name_that_is_taken_is_told_and_replaced_when_it_is_meant(admin: Client, own: Path, file: bytes) -> None:
    put(own, REAL)
    refused = admin.post(ADD, {"file": SimpleUploadedFile("abacus.zip", file)})
    done = admin.post(ADD, {"file": SimpleUploadedFile("abacus.zip", file), "replace": "on"})

    assert "There is a format" in refused.content.decode()
    assert done.status_code == 302
    assert (own / "abacus" / "cases" / "calls.txt").read_bytes() == CASE


def test_the_api_shares_and_adds_with_the_same_checks(admin: Client, own: Path, file: bytes) -> None:
    put(own, REAL)
    refused = admin.get("/api/formats/abacus/file")
    made = admin.get("/api/formats/abacus/file?fictitious=yes")
    taken = admin.post("/api/formats", file, content_type="application/octet-stream")
    added = admin.post("/api/formats?replace=yes", file, content_type="application/octet-stream")

    assert refused.status_code == 422
    assert refused.json()["problems"][0]["where"] == "cases/calls.txt:2"
    assert made.status_code == 200
    assert taken.status_code == 422
    assert (added.status_code, added.json()["slug"], added.json()["replaced"]) == (201, "abacus", True)


def test_who_may_only_look_shares_and_adds_nothing(viewer: Client, own: Path, file: bytes) -> None:
    put(own, CASE)

    assert viewer.get(SHARE).status_code == 403
    assert viewer.post(ADD, {"file": SimpleUploadedFile("abacus.zip", file)}).status_code == 403
    assert viewer.get("/api/formats/abacus/file").status_code == 403
    assert viewer.post("/api/formats", file, content_type="application/octet-stream").status_code == 403
    assert noted("format.share") + noted("format.add") == []

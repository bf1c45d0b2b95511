"""Importing a file in the browser: what it would give, importing it, taking it back."""

from __future__ import annotations

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.fakes.sites import import_file, settle, until
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine
from tollbook.model.dry_run import UploadStage
from tollbook.site.audit.models import AuditRecord

ROWS = [row("101", "5550100", at=f"2026-03-0{day} 09:15:00") for day in range(1, 8)]
GARBAGE = b"\x7fELF no record\n<script>alert(1)</script>\n"
IMPORTS = "/pbx/hts32/imports/"


def words(page: bytes) -> str:
    """Return what a page says, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.decode())).split())


def chosen(admin: Client, engine: Engine, data: bytes, name: str = "Master.csv") -> str:
    """Send a file by the form; returns the address of what would become of it."""
    answer = admin.post(IMPORTS, {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, words(answer.content)
    key = answer["Location"].rstrip("/").rpartition("/")[2]
    until(lambda: engine.uploads.state(key).stage is not UploadStage.READING)
    return str(answer["Location"])


def imported(admin: Client, engine: Engine, page: str, **form: str) -> int:
    """Import what was sent; returns the number of the import once it is stored."""
    assert admin.post(page, {"act": "import", **form}).status_code == 302
    key = page.rstrip("/").rpartition("/")[2]
    until(lambda: engine.uploads.state(key).stage is UploadStage.IMPORTED)
    (number,) = re.findall(r"imports/(\d+)/", admin.get(page)["Location"])
    until(lambda: engine.import_state(int(number)).done)
    return int(number)


def test_a_page_without_imports_says_what_to_do(admin: Client, viewer: Client, pbx: str) -> None:
    del pbx
    assert "No file has been imported for hts32 yet. Choose one above" in words(admin.get(IMPORTS).content)
    assert f'href="{IMPORTS}"' in admin.get("/pbx/hts32/").content.decode()
    page = viewer.get(IMPORTS).content
    assert "An administrator can import one" in words(page)
    assert b'type="file"' not in page


def test_a_file_is_checked_and_imported_only_when_that_is_said(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"".join(ROWS[:2]))
    last = engine.site.journal.last_entry()

    page = chosen(admin, engine, b"".join(ROWS) + b"no record\n")
    told = words(admin.get(page).content)

    assert "5 new calls" in told
    assert "Duplicates 2" in told
    assert "Line 8:" in told
    assert engine.site.journal.last_entry() == last
    body = imported(admin, engine, page)
    assert "New calls 5 Duplicates 2 Ignored lines 0 Not readable 1" in words(admin.get(f"{IMPORTS}{body}/").content)
    record = AuditRecord.objects.get(action="pbx.import")
    assert (record.actor, record.name, record.changes) == ("anna", "hts32", {"file": ["", "Master.csv"]})


def test_a_file_that_is_not_wanted_leaves_nothing(admin: Client, engine: Engine, pbx: str) -> None:
    del pbx
    page = chosen(admin, engine, ROWS[0])
    answer = admin.post(page, {"act": "drop"}, follow=True)

    assert "Master.csv is deleted. Nothing of it was stored." in words(answer.content)
    assert engine.site.journal.last_entry() == 0
    assert admin.get(page).status_code == 404


def test_a_file_of_which_nothing_can_be_read_needs_a_word_more(admin: Client, engine: Engine, pbx: str) -> None:
    del pbx
    page = chosen(admin, engine, GARBAGE, "ls")
    shown = admin.get(page).content
    assert "Nothing in it can be read" in words(shown)
    assert "No format would read it" in words(shown)
    assert b"<script>alert" not in shown

    refused = admin.post(page, {"act": "import"})
    assert "Nothing of ls can be read" in words(refused.content)
    assert engine.site.journal.last_entry() == 0

    body = imported(admin, engine, page, **{"even-if-unreadable": "yes"})
    assert engine.import_state(body).rejected == 2


def test_an_import_is_taken_back_when_that_is_meant_and_put_back(admin: Client, engine: Engine, pbx: str) -> None:
    body = import_file(engine, pbx, b"".join(ROWS))
    import_file(engine, pbx, b"".join(ROWS[:2]))

    asked = words(admin.get(f"{IMPORTS}{body}/undo/").content)
    assert "5 calls came from this file alone" in asked
    assert "2 of its calls stay" in asked
    assert engine.import_state(body).state == "complete"

    assert admin.post(f"{IMPORTS}{body}/undo/").status_code == 302
    settle(engine)
    assert "taken back" in words(admin.get(IMPORTS).content)
    assert engine.site.store.rows("SELECT count(*) FROM calls") == [(2,)]
    assert "taken back already" in words(admin.post(f"{IMPORTS}{body}/undo/").content)

    assert admin.post(f"{IMPORTS}{body}/redo/").status_code == 302
    settle(engine)
    assert engine.site.store.rows("SELECT count(*) FROM calls") == [(7,)]
    assert {"pbx.import-undo", "pbx.import-redo"} <= set(AuditRecord.objects.values_list("action", flat=True))


def test_what_is_going_on_refreshes_itself(admin: Client, engine: Engine, pbx: str) -> None:
    body = engine.begin_import(pbx, "Master.csv")
    assert b'hx-trigger="load' in admin.get(f"{IMPORTS}{body}/").content
    assert b'hx-trigger="load' in admin.get(IMPORTS).content
    engine.finish_import(body)
    until(lambda: engine.import_state(body).done)
    assert b'hx-trigger="load' not in admin.get(f"{IMPORTS}{body}/").content
    assert b'hx-trigger="load' not in admin.get(IMPORTS).content


def test_a_page_that_waits_for_an_import_leads_whole_to_it(admin: Client, engine: Engine, pbx: str) -> None:
    del pbx
    page = chosen(admin, engine, b"".join(ROWS))
    body = imported(admin, engine, page)

    part = admin.get(page, headers={"HX-Request": "true"})

    assert (part.status_code, part["HX-Redirect"]) == (204, f"{IMPORTS}{body}/")


@pytest.mark.parametrize("form", [{}, {"file": ""}])
def test_a_form_without_a_file_says_so(admin: Client, pbx: str, form: dict[str, str]) -> None:
    del pbx
    assert "No file was chosen" in words(admin.post(IMPORTS, form).content)


def test_who_may_only_look_changes_nothing(viewer: Client, engine: Engine, pbx: str) -> None:
    body = import_file(engine, pbx, ROWS[0])
    key = engine.uploads.begin(pbx, "Master.csv")
    posts = (IMPORTS, f"{IMPORTS}new/{key}/", f"{IMPORTS}{body}/undo/", f"{IMPORTS}{body}/redo/")

    assert [viewer.post(page).status_code for page in posts] == [403] * 4
    assert viewer.get(f"{IMPORTS}new/{key}/").status_code == 403


def test_another_pbxs_import_and_what_is_not_there_are_not_found(admin: Client, engine: Engine, pbx: str) -> None:
    body = import_file(engine, "other", ROWS[0])
    key = engine.uploads.begin("other", "Master.csv")
    del pbx
    pages = (f"{IMPORTS}{body}/", f"{IMPORTS}999/undo/", f"{IMPORTS}new/{key}/", f"{IMPORTS}new/no-such-key/")

    assert [admin.get(page).status_code for page in pages] == [404] * 4


def test_a_form_of_another_site_is_refused(admin: Client, engine: Engine, pbx: str) -> None:
    del pbx
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = admin.cookies
    answer = strict.post(IMPORTS, {"file": SimpleUploadedFile("Master.csv", ROWS[0])})

    assert answer.status_code == 403
    assert not (engine.site.path / "uploads").exists()

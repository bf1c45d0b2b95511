"""Rejects that are put aside: kept, listed apart with who and why, counted no more, and brought back."""

from __future__ import annotations

from django.test import Client

from tests.fakes.sites import import_file, settle
from tests.unit.web.conftest import row
from tests.unit.web.test_import_pages import words
from tollbook.engine.engine import Engine
from tollbook.site.audit.models import AuditRecord
from tollbook.site.rejects import operations
from tollbook.store import questions
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

BAD = [b"one\n", b"two\n", b"three\n"]
PAGE, MOVE = "/pbx/hts32/rejects/", "/pbx/hts32/rejects/move/"


def counts(engine: Engine) -> tuple[int, int]:
    """Return how many rejects stand, and how many are put aside."""
    found = questions.counts_by_pbx(Ledger(engine.site.store))["hts32"]
    return found.rejected, found.put_aside


def test_all_of_an_import_are_put_aside_at_once_and_brought_back(admin: Client, engine: Engine, pbx: str) -> None:
    wrong = import_file(engine, pbx, b"".join(BAD))
    import_file(engine, pbx, row() + b"four\n")

    answer = admin.post(MOVE, {"which": "all", "import": str(wrong), "note": "lines of the installer"}, follow=True)

    assert "3 put aside." in words(answer.content)
    assert counts(engine) == (1, 3)
    aside = words(admin.get(PAGE, {"aside": "yes"}).content)
    assert "lines of the installer anna," in aside
    assert "Put aside (3)" in words(admin.get(PAGE).content)
    assert "3 put aside" in words(admin.get("/pbx/hts32/").content)
    record = AuditRecord.objects.get(action="pbx.rejects-aside")
    assert (record.actor, record.changes) == ("anna", {"rejects": ["", "3"], "note": ["", "lines of the installer"]})

    answer = admin.post(MOVE, {"which": "all", "aside": "yes"}, follow=True)
    assert "3 brought back." in words(answer.content)
    assert counts(engine) == (4, 0)


def test_only_those_that_were_chosen_are_put_aside(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"".join(BAD))
    key = engine.site.store.rows("SELECT CAST(id AS VARCHAR) FROM reject WHERE raw = 'two'::BLOB")[0][0]

    admin.post(MOVE, {"which": "chosen", "reject": [key, "no id at all"]})
    assert counts(engine) == (2, 1)
    assert "No record was chosen" in words(admin.post(MOVE, {"which": "chosen"}, follow=True).content)
    assert counts(engine) == (2, 1)


def test_they_stay_put_aside_through_a_rebuild_and_a_lost_ledger(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"".join(BAD))
    admin.post(MOVE, {"which": "all", "note": "old"})
    engine.rebuild()
    settle(engine)
    assert counts(engine) == (0, 3)

    engine.site.store.begin_again("a test")
    assert engine.site.store.rows("SELECT count(*) FROM put_aside") == [(3,)]
    assert [note for _, note, _, _ in operations.every()] == ["old"] * 3


def test_the_api_puts_aside_and_brings_back(admin: Client, viewer: Client, engine: Engine, pbx: str) -> None:
    body = import_file(engine, pbx, b"".join(BAD))

    made = admin.post("/api/rejects/put-aside", {"body": body, "note": "test"}, "application/json")
    assert made.json() == {"put_aside": 3}
    assert admin.get("/api/rejects", {"format": "json"}).json() == []
    assert [each["note"] for each in admin.get("/api/rejects", {"aside": "true", "format": "json"}).json()] == [
        "test",
    ] * 3
    back = admin.post("/api/rejects/bring-back", {"pbx": pbx}, "application/json")
    assert back.json() == {"brought_back": 3}
    assert len(admin.get("/api/rejects", {"body": str(body), "format": "json"}).json()) == 3
    assert admin.get("/api/rejects", {"body": str(body + 1), "format": "json"}).json() == []

    refused = admin.post("/api/rejects/put-aside", {"note": "all"}, "application/json")
    assert (refused.status_code, refused.json()["problems"][0]["what"]) == (422, "no rejects are named")
    assert admin.post("/api/rejects/put-aside", {"pbx": pbx, "note": "x" * 201}, "application/json").status_code == 422
    assert viewer.post("/api/rejects/put-aside", {"pbx": pbx}, "application/json").status_code == 403
    assert viewer.post(MOVE, {"which": "all"}).status_code == 403
    assert counts(engine) == (3, 0)


def test_a_store_that_is_opened_again_has_what_the_site_says(engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"".join(BAD))
    assert isinstance(engine.site.store, Store)
    keys = engine.site.store.rows("SELECT CAST(id AS VARCHAR) FROM reject")
    engine.copy_put_aside([(key, "", "anna", "2026-03-01T00:00:00Z") for (key,) in keys])
    assert counts(engine) == (0, 3)
    engine.copy_put_aside([])
    assert counts(engine) == (3, 0)

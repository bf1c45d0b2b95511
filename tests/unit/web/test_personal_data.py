"""What is known of one number or person: found in every spelling, given whole, and removed for good."""

from __future__ import annotations

import io
import json
from zipfile import ZipFile

import pytest
from django.test import Client

from tests.fakes.retention import bytes_of
from tests.fakes.sites import import_file, settle, until
from tests.unit.web.conftest import incoming, row
from tollbook.cli.retention_desk import RetentionRuns
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.directory import Assignment
from tollbook.numbering.plan import DialPlan
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.directory import assignments
from tollbook.site.directory import operations as directory
from tollbook.site.directory.values import KnownDepartment, KnownNumber, KnownPerson
from tollbook.site.notes import operations as notes
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.retention import personal

NUMBER, DIGITS = "+442079460135", b"2079460135"
BROKEN = b'"","101","9011442079460135","broken"\n'


@pytest.fixture
def known(engine: Engine, pbx: str) -> Engine:
    """A site that knows something of a number in four places, and of others."""
    pbxs.set_plan(TOLLBOOK, pbx, {"": {"country": "GB", "area-code": "20", "outside": "9"}})
    until(lambda: not engine.numbering(pbx))
    engine.retention.use(RetentionRuns(engine))
    import_file(engine, pbx, row("101", "902079460135") + row("102", "902079460136", at="2026-03-02 10:00:00") + BROKEN)
    import_file(engine, pbx, incoming("02079460135", "101"))
    import_file(engine, pbx, row("103", "902079460177", at="2026-03-04 10:00:00"))
    directory.keep_number(TOLLBOOK, KnownNumber(number=NUMBER, name="Quentin Ashdown"), DialPlan(country="GB"))
    (call,) = engine.site.store.rows("SELECT id::VARCHAR FROM calls WHERE number_e164 = ? LIMIT 1", [NUMBER])[0]
    notes.write(TOLLBOOK, call, "asked for a quotation")
    return engine


def sent(client: Client, act: str, **of: str) -> dict[str, object]:
    answer = client.post(f"/api/personal-data/{act}", json.dumps(of), content_type="application/json")
    assert answer.status_code == 200, answer.content
    found: dict[str, object] = answer.json()
    return found


def dropped(engine: Engine) -> bool:
    """Do what the thread of retention does each minute; say whether nothing is left to drop."""
    engine.retention._run_if_due()  # noqa: SLF001 - as it says
    return not personal.bodies_to_drop()


@pytest.mark.parametrize("spelling", [NUMBER, "0044 20 7946 0135", "020 7946 0135", "9 020 79460135"])
def test_a_number_is_found_however_it_is_written(spelling: str, admin: Client, known: Engine) -> None:
    del known
    found = sent(admin, "find", number=spelling)
    assert (found["calls"], found["rejects"], found["notes"]) == (2, 1, 1)


def test_what_is_given_has_all_of_it_and_nothing_of_others(admin: Client, known: Engine) -> None:
    del known
    answer = admin.post("/api/personal-data/give", json.dumps({"number": NUMBER}), content_type="application/json")
    archive = ZipFile(io.BytesIO(answer.getvalue()))

    texts = {name: archive.read(name) for name in archive.namelist()}
    assert set(texts) == {"calls.csv", "records.txt", "rejects.txt", "phone-book.csv", "notes.csv"}
    assert texts["calls.csv"].count(b"\n") == 3
    assert texts["records.txt"].count(DIGITS) == 2
    assert b"Quentin Ashdown" in texts["phone-book.csv"]
    assert not [name for name, text in texts.items() if b"79460136" in text or b"79460177" in text]


def test_what_is_removed_is_in_no_file_and_nothing_else_changes(admin: Client, known: Engine, pbx: str) -> None:
    others = "SELECT * EXCLUDE (body, change, meaning) FROM call WHERE number_e164 <> ? ORDER BY id"
    totals = "SELECT direction, number_country, number_kind, count(*), sum(talk_s) FROM call GROUP BY ALL ORDER BY ALL"
    before = known.site.store.rows(others, [NUMBER]), known.site.store.rows(totals)

    done = sent(admin, "erase", number="020 7946 0135")
    until(lambda: dropped(known))

    assert (done["calls"], done["rejects"], done["phone_book"]) == (2, 1, 1)
    assert (known.site.store.rows(others, [NUMBER]), known.site.store.rows(totals)) == before
    assert sent(admin, "find", number=NUMBER)["calls"] == 0
    assert DIGITS not in bytes_of(known.site.path)
    import_file(known, pbx, row("104", "902079460178", at="2026-03-05 10:00:00"))
    known.rebuild()
    settle(known)
    assert sent(admin, "find", number=NUMBER)["calls"] == 0
    told = [each.said for each in entries(AuditFilter(what="personal-data"))]
    assert "removed what was known of 020 …" in told
    assert not [each for each in told if "7946" in each]


def test_a_person_is_removed_and_their_calls_stay_with_the_department(admin: Client, known: Engine) -> None:
    sales = directory.keep_department(TOLLBOOK, KnownDepartment(name="Sales"))
    anna = directory.keep_person(TOLLBOOK, KnownPerson(name="Anna Berg", mail="anna.berg@example.com"))
    given = Assignment(id=0, kind="extension", value="101", person=anna.id, department=sales.id)
    assignments.keep_assignment(TOLLBOOK, given)
    known.meanings.directory = directory.snapshot
    known.meanings.look()
    until(lambda: not known.meanings.running)

    found = sent(admin, "find", person="anna.berg@example.com")
    assert (found["calls"], found["people"], found["assignments"]) == (2, 1, 1)
    assert sent(admin, "erase", person="Anna Berg")["assignments"] == 1
    known.meanings.look()
    until(lambda: not known.meanings.running)
    assert known.site.store.rows("SELECT DISTINCT person, department FROM calls WHERE extension = '101'") == [
        (None, "Sales")
    ]
    assert not list(directory.people())


@pytest.mark.parametrize(
    ("of", "told"),
    [
        ({}, "nobody is meant"),
        ({"number": NUMBER, "person": "Anna"}, "nobody is meant"),
        ({"number": "0135"}, "it has 4 digits"),
        ({"person": "Nobody"}, "the directory has nobody called"),
    ],
)
def test_whoever_is_not_meant_clearly_is_refused(of: dict[str, str], told: str, admin: Client, known: Engine) -> None:
    del known
    for act in ("find", "give", "erase"):
        answer = admin.post(f"/api/personal-data/{act}", json.dumps(of), content_type="application/json")
        assert answer.status_code in (404, 422)
        assert told in answer.content.decode()


def test_the_page_counts_gives_and_removes(admin: Client, known: Engine) -> None:
    del known
    shown = admin.post("/system/personal-data/", {"number": NUMBER}).content.decode()
    assert "What is known" in shown
    given = admin.post("/system/personal-data/", {"number": NUMBER, "give": "yes"})
    assert ZipFile(io.BytesIO(given.getvalue())).namelist()
    assert admin.post("/system/personal-data/", {"number": NUMBER, "erase": "yes"}).status_code == 302
    assert "Nothing is known of" in admin.post("/system/personal-data/", {"number": NUMBER}).content.decode()


def test_only_whoever_answers_for_the_system_may_ask(viewer: Client, known: Engine) -> None:
    del known
    assert viewer.get("/system/personal-data/").status_code == 403
    answer = viewer.post("/api/personal-data/find", json.dumps({"number": NUMBER}), content_type="application/json")
    assert answer.status_code == 403

"""How long things are kept: set on the page and by the API, refused where it makes no sense, and done by real runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from tests.fakes.people import PASSWORD, let_in
from tests.fakes.sites import import_file
from tests.unit.web.conftest import row
from tests.unit.web.test_config import applied, becomes, exported
from tollbook import clock
from tollbook.cli.retention_desk import RetentionRuns
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.problem import Misconfigured
from tollbook.model.retention import RetentionCounts, RetentionPolicy
from tollbook.site.audit.looks import note_look
from tollbook.site.audit.models import AuditRecord
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.missed.models import FollowUpRecord
from tollbook.site.notes import operations as notes
from tollbook.site.retention import operations
from tollbook.site.retention.models import RetentionPolicyRecord, RetentionRunRecord

OLD, YOUNG = "2024-03-02 10:00:00", f"{clock.now() - timedelta(days=3):%Y-%m-%d} 10:00:00"
KEPT = RetentionPolicy(records=30, numbers=90, calls=400, history=60, looks=60)


@pytest.fixture
def filled(engine: Engine, pbx: str) -> Engine:
    engine.retention.desk = RetentionRuns(engine)
    import_file(engine, pbx, row("101", "5550100", at=OLD) + row("102", "5550101", at=YOUNG))
    return engine


def ran(engine: Engine) -> RetentionCounts:
    """Make the run that is due."""
    engine.retention._run_if_due()  # noqa: SLF001 - what its thread does each minute
    return operations.runs(1)[0].counts


def test_a_run_deletes_old_calls_with_their_notes_history_and_looks_and_notes_it(filled: Engine) -> None:
    old = str(filled.site.store.rows("SELECT id FROM calls ORDER BY started_at")[0][0])
    notes.write(TOLLBOOK, old, "said he would send a cheque")
    filled.copy_notes(notes.every())
    FollowUpRecord.objects.create(call=old, missed_at=datetime(2024, 3, 2, tzinfo=UTC))
    note_look(TOLLBOOK, "calls of 101")
    AuditRecord.objects.filter(action="call.look").update(at=datetime(2024, 4, 1, tzinfo=UTC))
    operations.set_policy(TOLLBOOK, KEPT)

    done = ran(filled)

    assert (done.calls, done.notes, done.history, done.looks) == (1, 1, 1, 1)
    assert filled.site.store.rows("SELECT called FROM calls") == [("5550101",)]
    assert not notes.every()
    (told,) = entries(AuditFilter(what="retention.run"))
    assert told.changes["calls"] == ["", "1"]
    assert operations.due(clock.now()) is None


def test_a_run_that_was_broken_off_is_made_again_and_counts_as_one(filled: Engine) -> None:
    operations.set_policy(TOLLBOOK, KEPT)
    cutoffs = operations.due(clock.now())
    assert cutoffs is not None
    number = operations.begin(cutoffs)

    assert ran(filled).calls == 1
    assert [each.number for each in operations.runs()] == [number]


def test_a_run_is_due_once_a_day_when_asked_for_and_when_the_policy_changes(filled: Engine) -> None:
    operations.set_policy(TOLLBOOK, KEPT)
    ran(filled)
    assert operations.due(clock.now()) is None
    assert operations.due(clock.now() + timedelta(hours=25)) is not None

    operations.ask(TOLLBOOK)
    assert operations.due(clock.now()) is not None
    with pytest.raises(Misconfigured, match="a run goes on already"):
        operations.ask(TOLLBOOK)
    ran(filled)
    operations.set_policy(TOLLBOOK, RetentionPolicy(records=20))
    assert operations.due(clock.now()) is not None


def test_calls_go_by_whole_months_that_are_over_everywhere(filled: Engine) -> None:
    del filled
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    first = operations.cutoffs_of(RetentionPolicy(records=60, calls=60), now).calls
    assert first == datetime(2026, 9, 1, tzinfo=UTC)
    edge = operations.cutoffs_of(RetentionPolicy(records=60, calls=60), datetime(2026, 11, 30, tzinfo=UTC))
    assert edge.calls == datetime(2026, 9, 1, tzinfo=UTC)
    early = operations.cutoffs_of(RetentionPolicy(records=60, calls=60), datetime(2026, 10, 31, 6, tzinfo=UTC))
    assert early.calls == datetime(2026, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (RetentionPolicy(numbers=90), "'numbers' goes before 'records'"),
        (RetentionPolicy(records=120, numbers=90), "'numbers' goes before 'records'"),
        (RetentionPolicy(calls=90), "'calls' goes before 'records'"),
        (RetentionPolicy(records=30, numbers=400, calls=90), "'calls' goes before 'numbers'"),
        (RetentionPolicy(records=1), "'records' cannot be 1 days"),
        (RetentionPolicy(records=30, calls=99_999), "'calls' cannot be 99999 days"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_the_reason(filled: Engine, policy: RetentionPolicy, told: str) -> None:
    del filled
    with pytest.raises(Misconfigured) as refused:
        operations.set_policy(TOLLBOOK, policy)
    assert told in " ".join(each.what for each in refused.value.problems)
    assert operations.policy() == RetentionPolicy()


def test_the_page_shows_what_would_go_before_it_is_kept(admin: Client, filled: Engine) -> None:
    days = {"records": "30", "numbers": "90", "calls": "400"}
    shown = admin.post("/system/retention/", days).content.decode()
    assert "1 call is deleted" in shown
    assert "It does not come back." in shown
    assert operations.policy() == RetentionPolicy()

    other = {**days, "calls": "200", "keep": "yes", "seen": "30,90,400,,,"}
    assert "It does not come back." in admin.post("/system/retention/", other).content.decode()
    assert operations.policy() == RetentionPolicy()
    assert admin.post("/system/retention/", {**days, "keep": "yes", "seen": "30,90,400,,,"}).status_code == 302
    assert operations.policy() == RetentionPolicy(records=30, numbers=90, calls=400)
    assert ran(filled).calls == 1
    assert "1 call is deleted" in admin.get("/system/retention/").content.decode()


def test_a_typing_error_on_the_page_is_told_beside_what_was_typed(admin: Client, filled: Engine) -> None:
    del filled
    answer = admin.post("/system/retention/", {"records": "a month", "calls": "²"})
    assert answer.status_code == 422
    assert "takes a number of days" in answer.content.decode()
    assert 'value="a month"' in answer.content.decode()


def test_whoever_may_not_change_the_system_sets_nothing(viewer: Client, filled: Engine) -> None:
    del filled
    assert viewer.get("/system/retention/").status_code == 403
    let_in("tina", "auditor")
    auditor = Client()
    assert auditor.login(username="tina", password=PASSWORD)
    auditor.post("/system/retention/", {"records": "30", "keep": "yes"})
    assert operations.policy() == RetentionPolicy()


def test_the_api_sets_previews_and_runs(admin: Client, filled: Engine) -> None:
    def sent(method: str, path: str, body: dict[str, int] | None = None) -> tuple[int, dict[str, object]]:
        answer = admin.generic(method, path, json.dumps(body or {}), content_type="application/json")
        return answer.status_code, answer.json()

    assert sent("POST", "/api/retention/preview", {"records": 30, "calls": 400})[1]["told"]
    assert sent("POST", "/api/retention/run")[0] == 422
    assert sent("PUT", "/api/retention", {"records": 30, "calls": 400})[0] == 200
    assert sent("POST", "/api/retention/run")[0] == 202
    ran(filled)
    state = sent("GET", "/api/retention")[1]
    assert state["policy"] == {**dict.fromkeys(RetentionPolicy.__struct_fields__), "records": 30, "calls": 400}
    assert sent("PUT", "/api/retention", {"calls": 400})[0] == 422


def test_the_set_up_as_files_has_it_and_says_what_changes(admin: Client, filled: Engine) -> None:
    del filled
    operations.set_policy(TOLLBOOK, RetentionPolicy(records=30))
    text = exported(admin)["retention.toml"]
    assert text == "records = 30\n"
    assert becomes(applied(admin, {"retention.toml": text})) == []

    (change,) = applied(admin, {"retention.toml": "records = 30\nnumbers = 90\n"})["changes"]
    assert change["differs"] == {"numbers": ["", "90"]}
    assert operations.policy() == RetentionPolicy(records=30, numbers=90)
    refused = applied(admin, {"retention.toml": "calls = 90\n"}, status=422)
    assert "'calls' goes before 'records'" in refused["problems"][0]["what"]


def test_a_report_says_that_older_calls_were_deleted(admin: Client, filled: Engine) -> None:
    operations.set_policy(TOLLBOOK, KEPT)
    assert "were deleted" not in admin.get("/reports/by-month/?from=2020-01-01").content.decode()
    ran(filled)
    assert "were deleted: the site says" in admin.get("/reports/by-month/?from=2020-01-01").content.decode()
    assert "were deleted" not in admin.get("/reports/by-month/?period=today").content.decode()


def test_after_the_clock_was_set_back_the_next_run_does_not_wait_for_the_time_of_the_last(filled: Engine) -> None:
    operations.set_policy(TOLLBOOK, KEPT)
    ran(filled)

    assert operations.due(clock.now() + timedelta(minutes=1)) is None
    assert operations.due(clock.now() - timedelta(days=300)) is not None


def test_a_report_still_says_so_once_the_site_keeps_all(admin: Client, filled: Engine) -> None:
    operations.set_policy(TOLLBOOK, KEPT)
    ran(filled)
    operations.set_policy(TOLLBOOK, RetentionPolicy())
    filled.retention._run_if_due()  # noqa: SLF001 - as above

    assert filled.site.store.kept_since is None
    assert "were deleted: the site says" in admin.get("/reports/by-month/?from=2020-01-01").content.decode()


def test_after_a_leap_of_the_clock_nothing_goes_until_somebody_says_so(admin: Client, filled: Engine) -> None:
    operations.set_policy(TOLLBOOK, RetentionPolicy(records=30))
    ran(filled)
    RetentionRunRecord.objects.update(
        began_at=clock.now() - timedelta(days=50), ended_at=clock.now() - timedelta(days=50)
    )
    RetentionPolicyRecord.objects.update(set_at=clock.now() - timedelta(days=51))

    assert operations.due(clock.now()) is None
    assert [each for each in filled.doctor() if "began 50 days ago" in each.what and not each.well]
    assert "began 50 days ago" in admin.get("/system/retention/").content.decode()
    admin.post("/system/retention/", {"run": "yes"})
    assert operations.due(clock.now()) is not None
    ran(filled)
    assert operations.leap(clock.now()) is None


def test_a_clock_that_leaps_lets_no_call_be_passed_over(filled: Engine) -> None:
    operations.set_policy(TOLLBOOK, KEPT)
    ran(filled)
    ahead = clock.now() + timedelta(days=4000)

    assert operations.kept_since(ahead) == operations.kept_since(clock.now())

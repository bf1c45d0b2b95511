"""Schedules: what is due is made once, as its owner may see it, and handed to the outbox."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest
from django.test import Client

from tests.fakes.mail_server import MailPeer, a_mail_server
from tests.fakes.people import let_in
from tests.fakes.sites import import_file, settle, until
from tests.unit.web.conftest import incoming, row
from tollbook.cli.hosting import _making_tools
from tollbook.clock import now
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import TOLLBOOK, Actor
from tollbook.model.message import MessageDestination
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.model.schedule import QuestionKind, ReportSchedule, ScheduledQuestion, ScheduledSending
from tollbook.site.destinations import operations as destinations
from tollbook.site.outbox import operations as box
from tollbook.site.outbox.models import OutboxMessageRecord
from tollbook.site.people.access import access_of
from tollbook.site.people.roles import set_role_of_site
from tollbook.site.schedules import claiming, operations
from tollbook.site.schedules.models import ScheduleRecord, ScheduleRunRecord
from tollbook.site.schedules.operations import Asker

ANNE, BOB = "anne@example.com", "bob@example.com"
ROOT = Asker(actor=TOLLBOOK, access=EVERYTHING_ALLOWED)
WEEK = {"from": "2026-03-01", "to": "2026-03-07"}


def test_what_runs_are_made_with_is_loaded_by_itself() -> None:
    words = "import django; django.setup(); import tollbook.web.schedules.answering"
    settings = {**os.environ, "DJANGO_SETTINGS_MODULE": "tollbook.web.settings"}
    ran = subprocess.run([sys.executable, "-c", words], env=settings, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture
def mails() -> Iterator[MailPeer]:
    with a_mail_server() as server:
        yield server


@pytest.fixture
def ready(engine: Engine, some_calls: None, mails: MailPeer) -> Engine:
    """A site with some calls and a mail server; its scheduler makes a step when it is told to."""
    del some_calls
    settle(engine)
    engine.outbox.directory = destinations.every
    engine.schedules.tools = lambda: _making_tools(engine)
    office = MessageDestination(name="office", kind="mail", settings=mails.settings())
    destinations.add(TOLLBOOK, office, engine.outbox.in_reach)
    destinations.set_pages_address(TOLLBOOK, "https://calls.example.com")
    return engine


def a_schedule(name: str = "weekly", **more: Any) -> ReportSchedule:  # noqa: ANN401 - fields of it
    told = {
        "owner": TOLLBOOK,
        "question": ScheduledQuestion(report="by-extension", words=WEEK),
        "cron": "0 8 * * 1",
        "zone": "Europe/London",
        "sending": ScheduledSending(destination="office", recipients=(ANNE,)),
        **more,
    }
    return ReportSchedule(name=name, **told)


def due(name: str = "weekly", before: timedelta = timedelta(minutes=1)) -> None:
    ScheduleRecord.objects.filter(name=name).update(next_at=now() - before)


def said() -> list[tuple[str, str]]:
    return [(each.state.value, each.said) for each in operations.history(ROOT, "weekly", 10)]


def messages() -> list[str]:
    return list(OutboxMessageRecord.objects.values_list("subject", flat=True))


def test_what_is_due_is_made_once_and_the_next_moment_is_set(ready: Engine, mails: MailPeer) -> None:
    operations.add(ROOT, a_schedule(sending=ScheduledSending(destination="office", recipients=(ANNE, BOB))))
    assert not ready.schedules.step()
    due()

    assert ready.schedules.step()
    assert not ready.schedules.step()

    assert said() == [("sent", "2 messages handed to the outbox")]
    assert messages() == ["Calls by extension, 1 March to 7 March 2026"]
    record = ScheduleRecord.objects.get()
    assert record.next_at is not None
    assert record.next_at > now()
    ready.outbox.start()
    ready.outbox.apply(run=True)
    until(lambda: len(mails.taken) == 2)
    ready.outbox.stop()
    assert "https://calls.example.com/reports/by-extension/?from=2026-03-01&to=2026-03-07" in mails.taken[0].text()
    assert "101" in mails.taken[0].text("html")
    assert mails.taken[0].mail["List-Unsubscribe"].startswith("<https://calls.example.com/leave/")


def test_what_was_missed_while_it_was_off_is_one_run_for_the_last_moment(ready: Engine) -> None:
    yesterday = ScheduledQuestion(report="by-extension", words={"period": "yesterday"})
    operations.add(ROOT, a_schedule(question=yesterday, cron="0 8 * * *"))
    due(before=timedelta(days=30))

    assert ready.schedules.step()
    assert not ready.schedules.step()

    (run,) = operations.history(ROOT, "weekly", 10)
    assert now() - datetime.fromisoformat(run.due_at) < timedelta(days=2)


def test_of_two_processes_one_plans_a_moment_and_one_makes_it(ready: Engine) -> None:
    del ready
    operations.add(ROOT, a_schedule())
    due()
    claimed: list[int] = []

    def work(process: str) -> None:
        from django.db import connections

        claiming.plan_due()
        if found := claiming.claim(process):
            claimed.append(found.number)
        connections.close_all()

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ScheduleRunRecord.objects.count() == 1
    assert len(claimed) == 1


def test_a_run_that_was_cut_off_is_made_again_with_the_same_keys(ready: Engine) -> None:
    operations.add(ROOT, a_schedule())
    due()
    claiming.plan_due()
    assert claiming.claim("a process that was killed")

    ready.schedules.begin()
    assert ready.schedules.step()

    assert said() == [("sent", "1 message handed to the outbox")]
    keys = list(OutboxMessageRecord.objects.values_list("key", flat=True))
    assert keys == [f"schedule-{ScheduleRecord.objects.get().pk}-run-{ScheduleRunRecord.objects.get().pk}"]


def test_messages_are_in_the_outbox_and_the_run_is_done_or_neither(
    ready: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    operations.add(ROOT, a_schedule(sending=ScheduledSending(destination="office", recipients=(ANNE, BOB))))
    due()

    def broken(*_given: object) -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr("tollbook.site.schedules.claiming._keep", broken)
        with pytest.raises(RuntimeError):
            ready.schedules.step()
    assert messages() == []

    assert ready.schedules.step()
    assert said() == [("sent", "2 messages handed to the outbox")]
    assert len(box.entries(10)) == 2


def test_a_condition_decides_whether_anything_is_sent(ready: Engine) -> None:
    for name, only_if in (("many", "calls >= 100"), ("few", "calls < 100"), ("rows", "rows"), ("none", "nonsense > 1")):
        operations.add(ROOT, a_schedule(name, only_if=only_if))
        due(name)
    while ready.schedules.step():
        pass
    found = {name: operations.history(ROOT, name, 1)[0] for name in ("many", "few", "rows", "none")}
    assert {name: run.state.value for name, run in found.items()} == {
        "many": "nothing to send",
        "few": "sent",
        "rows": "sent",
        "none": "failed",
    }
    assert found["many"].said == "the condition 'calls >= 100' did not hold"
    assert "cannot ask for 'nonsense'" in found["none"].said


def test_an_owner_who_is_gone_or_may_no_longer_has_the_schedule_paused(ready: Engine, admin: Client) -> None:
    del admin
    let_in("vera")
    vera = Actor(kind="person", name="vera")
    operations.add(Asker(actor=vera, access=access_of(vera)), a_schedule())
    due()

    assert ready.schedules.step()

    reason = "vera may no longer do this here (permission schedules.change)"
    assert said() == [("not allowed", f"weekly is not run: {reason}")]
    record = ScheduleRecord.objects.get()
    assert (record.paused, record.next_at) == (True, None)
    assert "schedules.change" in record.paused_because
    assert messages() == []


def readable(content: bytes) -> str:
    """Return all that stands in a file, a workbook's sheets unpacked."""
    if content[:2] != b"PK":
        return content.decode("utf-8", "replace")
    with ZipFile(BytesIO(content)) as packed:
        return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


def test_each_department_gets_its_own_calls_alone(ready: Engine, pbx: str, mails: MailPeer, admin: Client) -> None:
    calls = [row("101", "5550141"), row("102", "5550162"), incoming("2125550163", "102")]
    import_file(ready, pbx, b"".join(calls))
    for extension, department in (("101", "Sales"), ("102", "Legal")):
        assigned = {"kind": "extension", "value": extension, "department": department, "create": True}
        answer = admin.post("/api/directory/assignments", assigned, content_type="application/json")
        assert answer.status_code < 300, answer.content
    until(lambda: not ready.numbering(pbx))
    settle(ready)
    sending = ScheduledSending(
        destination="office",
        departments={"Sales": ANNE, "Legal": BOB},
        files=("csv", "xlsx"),
    )
    question = ScheduledQuestion(report="call-list", words=WEEK)
    operations.add(ROOT, a_schedule(question=question, sending=sending))
    due()

    assert ready.schedules.step()

    assert said() == [("sent", "2 messages handed to the outbox")]
    ready.outbox.start()
    ready.outbox.apply(run=True)
    until(lambda: len(mails.taken) == 2)
    ready.outbox.stop()
    for mail in mails.taken:
        whole = mail.text() + mail.text("html") + "".join(map(readable, mail.files().values()))
        own, others = ("5550141", ("5550162", "5550163")) if mail.recipient == ANNE else ("5550162", ("5550141",))
        assert own in whole
        assert [number for number in others if number in whole] == []


def test_somebody_with_a_scope_sends_no_more_than_they_see(ready: Engine, admin: Client) -> None:
    del admin
    let_in("max", role="manager", scope="extension=101")
    max_ = Actor(kind="person", name="max")
    operations.add(Asker(actor=max_, access=access_of(max_)), a_schedule(cron="0 9 * * 1"))
    due()

    assert ready.schedules.step()

    content = bytes(OutboxMessageRecord.objects.get().content)
    assert b"101" in content
    assert b"102" not in content.replace(b"1026", b"")


def test_people_see_and_change_their_own_alone(ready: Engine, admin: Client) -> None:
    del ready, admin
    let_in("max", role="manager")
    max_ = Actor(kind="person", name="max")
    his = Asker(actor=max_, access=access_of(max_))
    operations.add(ROOT, a_schedule("ours"))
    operations.add(his, a_schedule("his"))

    assert [each.name for each in operations.every(his)] == ["his"]
    assert [each.name for each in operations.every(ROOT)] == ["his", "ours"]
    for deed in (operations.find, operations.remove, operations.run_now):
        with pytest.raises(NotThere):
            deed(his, "ours")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"zone": "Mars/Base"}, "'zone' cannot be"),
        ({"cron": "* * * * *"}, "too often"),
        ({"only_if": "if it rains"}, "'only-if' cannot be understood"),
        ({"sending": ScheduledSending(destination="nowhere", recipients=(ANNE,))}, "no destination is called"),
        ({"sending": ScheduledSending(destination="office")}, "there is no recipient"),
        ({"sending": ScheduledSending(destination="office", recipients=(ANNE,), files=("exe",))}, "'files' cannot be"),
        ({"sending": ScheduledSending(destination="office", departments={"Mars": ANNE})}, "Mars"),
        ({"name": "Bad Name"}, "cannot be a schedule's name"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(ready: Engine, more: dict[str, Any], said: str) -> None:
    del ready
    with pytest.raises(Misconfigured, match=said):
        operations.add(ROOT, msgspec.structs.replace(a_schedule(), **more))


def test_a_destination_that_was_removed_is_said_in_the_history(ready: Engine) -> None:
    operations.add(ROOT, a_schedule())
    destinations.remove(TOLLBOOK, "office")
    due()
    assert ready.schedules.step()
    assert said()[0][0] == "failed"
    assert "no destination is called 'office'" in said()[0][1]


def test_a_breakdown_of_the_explorer_is_sent_with_files(ready: Engine) -> None:
    question = ScheduledQuestion(
        kind=QuestionKind.EXPLORE,
        words={"rows": "direction", "measures": "calls,talk", **WEEK},
    )
    sending = ScheduledSending(destination="office", recipients=(ANNE,), files=("pdf", "xlsx", "csv"))
    operations.add(ROOT, a_schedule(question=question, sending=sending))
    due()
    assert ready.schedules.step()
    (run,) = operations.history(ROOT, "weekly", 1)
    assert [name.rpartition(".")[2] for name in run.outputs] == ["html", "pdf", "xlsx", "csv"]
    name, type_, content = operations.output(ROOT, "weekly", run.number, 1)
    assert (name.rpartition(".")[2], type_, content[:4]) == ("pdf", "application/pdf", b"%PDF")


def test_a_phone_bill_is_sent_to_whoever_may_see_costs(ready: Engine, admin: Client) -> None:
    words = {"extension": "101", "period": "last-month"}
    question = ScheduledQuestion(kind=QuestionKind.PHONE_BILL, words=words)
    sending = ScheduledSending(destination="office", recipients=(ANNE,), files=("pdf", "csv"))
    operations.add(ROOT, a_schedule(question=question, sending=sending))
    due()
    assert ready.schedules.step()
    (run,) = operations.history(ROOT, "weekly", 1)
    assert run.state == "sent", run.said
    assert [name.partition("-101-")[0] for name in run.outputs[1:]] == ["phone-bill", "phone-bill"]
    assert messages()[0].startswith("Phone bill of 101")

    del admin
    set_role_of_site(TOLLBOOK, "sender", "Sender", ("calls.see", "schedules.change"))
    let_in("max", role="sender")
    ScheduleRecord.objects.update(owner="max", owner_kind="person")
    due()
    assert ready.schedules.step()
    assert "a phone bill is about costs" in said()[0][1]
    assert ScheduleRecord.objects.get().paused


def test_a_schedule_runs_by_hand_also_while_it_is_paused(ready: Engine) -> None:
    operations.add(ROOT, a_schedule())
    operations.pause(ROOT, "weekly", paused=True)
    due()
    assert not ready.schedules.step()
    operations.run_now(ROOT, "weekly")
    assert ready.schedules.step()
    assert said() == [("sent", "1 message handed to the outbox")]
    assert operations.pause(ROOT, "weekly", paused=False).next_at > datetime.now(UTC).isoformat()


def test_the_folder_gets_files_of_a_run(ready: Engine, tmp_path: Path) -> None:
    archive = MessageDestination(name="archive", kind="folder", settings={"path": str(tmp_path / "reports")})
    destinations.add(TOLLBOOK, archive, ready.outbox.in_reach)
    sending = ScheduledSending(destination="archive", files=("csv",))
    operations.add(ROOT, a_schedule(sending=sending))
    due()
    assert ready.schedules.step()
    ready.outbox.start()
    ready.outbox.apply(run=True)
    until(lambda: box.entries(1)[0].state == "sent")
    ready.outbox.stop()
    assert [each.suffix for each in (tmp_path / "reports").iterdir()] == [".csv"]

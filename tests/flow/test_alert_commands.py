"""`alert add|list|show|try|mute|history|ack|remove` as they are typed, and a server that finds what they are about."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.fakes.commands import Commands, serving
from tests.fakes.mail_server import MailPeer, a_mail_server
from tests.fakes.sites import until
from tollbook.simulator.history import HistoryFile, write_history
from tollbook.simulator.office import Office

ROUNDS = 5


def coming_calls(path: Path, calls: int, seed: int = 1) -> Path:
    """Write calls of the hours that come: a rule tells of calls that end after it was set up."""
    office = Office(seed=seed, zone=ZoneInfo("America/New_York"))
    now = datetime.now(UTC).replace(microsecond=0)
    span = timedelta(hours=24)
    write_history(HistoryFile(out=path, until=now + span, rows=calls, span=span, office=office))
    return path


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "site").made()


def missed(site: Commands) -> set[str]:
    rows = site.run("calls", "--outcome", "missed", "--format", "json").json()
    return {row["id"] for row in rows}


def hits(site: Commands, name: str) -> list[str]:
    rows = site.run("alert", "history", name, "--format", "json").json()
    return [row["calls"][0] for row in rows]


def test_a_new_site_watches_for_fraud_once_there_is_some_history(site: Commands) -> None:
    rows = {row["name"]: row for row in site.run("alert", "list", "--format", "json").json()}

    assert set(rows) == {"fraud-international", "fraud-premium", "fraud-burst", "fraud-same-number"}
    assert {row["history_days"] for row in rows.values()} == {14}
    assert all(row["enabled"] for row in rows.values())


def test_an_alert_finds_each_missed_call_once_and_is_acknowledged(site: Commands, tmp_path: Path) -> None:
    added = site.run("alert", "add", "missed", "--kind", "missed-call")
    assert added.out == "added missed: Missed call\n"
    with serving(site.site):
        site.run("import", str(coming_calls(tmp_path / "Master.csv", 300)), "--pbx", "hts")
        wanted = missed(site)
        assert wanted
        until(lambda: len(hits(site, "missed")) >= len(wanted))
        site.run("rebuild")

        found = hits(site, "missed")
        assert sorted(found) == sorted(wanted)
        row = site.run("alert", "history", "missed", "--format", "json").json()[0]
        assert "missed a call from" in row["text"]
        told = site.run("alert", "ack", str(row["hit"]), "--note", "called back")
        assert told.out == "acknowledged 1\n"
        open_ones = site.run("alert", "history", "missed", "--open", "--format", "json").json()
        assert row["hit"] not in {each["hit"] for each in open_ones}
        assert "called back" in site.run("alert", "history", "missed").out
    assert "acknowledged what was found by the alert missed" in site.run("audit").out


def test_an_alert_is_tried_on_the_past_changed_muted_switched_off_and_removed(site: Commands, tmp_path: Path) -> None:
    site.run("import", str(coming_calls(tmp_path / "Master.csv", 300)), "--pbx", "hts")
    site.run("alert", "add", "busy", "--kind", "usage", "--set", "warning=5", "--set", "within=1h", "--off")

    tried = site.run("alert", "try", "--kind", "missed-call", "--days", "2")
    assert "in the last 2 days" in tried.out
    assert site.run("alert", "try", "busy", "--format", "json").json()["days"] == 30
    assert site.run("alert", "change", "busy", "--set", "warning=50", "--where", "extension=101").code == 0
    (row,) = [each for each in site.run("alert", "list", "--format", "json").json() if each["name"] == "busy"]
    assert (row["settings"]["warning"], row["words"], row["enabled"]) == ("50", {"extension": "101"}, False)
    assert site.run("alert", "on", "busy").out == "busy is on\n"
    assert "is muted until" in site.run("alert", "mute", "busy", "--for", "2h").out
    assert site.run("alert", "mute", "busy", "--for", "0").out == "busy tells again\n"
    assert site.run("alert", "show", "busy").code == 0
    assert site.run("alert", "remove", "busy", "--yes").out == "removed busy\n"
    assert "no alert is called 'busy'" in site.run("alert", "show", "busy").err


def test_what_is_wrong_with_an_alert_is_said(site: Commands) -> None:
    refused = site.run("alert", "add", "Odd Name", "--kind", "usage", "--where", "from=2026-01-01", "--when", "outside")

    assert refused.code == 2
    for part in (
        "'name' cannot be an alert's",
        "'warning' is missing",
        "cannot be narrowed by 'from'",
        "'hours' must be",
    ):
        assert part in refused.err
    assert "no kind of alert is called 'odd'" in site.run("alert", "add", "odd", "--kind", "odd").err


def lines_of(mails: MailPeer) -> list[str]:
    """Return the lines of hits in mails; one that was sent again after a kill is the same mail."""
    once = {mail.id: mail.text() for mail in mails.taken}
    return [line for text in once.values() for line in text.splitlines() if "missed a call" in line]


@pytest.mark.slow
def test_each_missed_call_is_told_of_in_one_mail_however_often_the_server_is_killed(
    site: Commands, tmp_path: Path
) -> None:
    chance = random.Random(8)
    with a_mail_server() as mails:
        sets = [word for name, text in mails.settings().items() for word in ("--set", f"{name}={text}")]
        assert site.run("destination", "add", "office", "--kind", "mail", *sets).code == 0
        told = ("--kind", "missed-call", "--throttle", "0", "--to", "office:anna@example.com")
        assert site.run("alert", "add", "missed", *told).code == 0
        for number in range(ROUNDS):
            with serving(site.site) as server:
                part = coming_calls(tmp_path / f"part{number}.csv", 60, seed=number + 1)
                site.run("import", str(part), "--pbx", "hts")
                threading.Event().wait(chance.random() * 0.5)
                server.process.kill()
        with serving(site.site):
            wanted = missed(site)
            until(lambda: len(lines_of(mails)) >= len(wanted))

        assert len(lines_of(mails)) == len(wanted)
        assert sorted(hits(site, "missed")) == sorted(wanted)


@pytest.mark.slow
def test_what_is_found_is_kept_once_however_often_the_server_is_killed(site: Commands, tmp_path: Path) -> None:
    chance = random.Random(7)
    site.run("alert", "add", "missed", "--kind", "missed-call")
    site.run("alert", "add", "busy", "--kind", "usage", "--set", "warning=3", "--set", "per=extension")
    for number in range(ROUNDS):
        with serving(site.site) as server:
            part = coming_calls(tmp_path / f"part{number}.csv", 200, seed=number + 1)
            site.run("import", str(part), "--pbx", "hts")
            threading.Event().wait(chance.random() * 0.5)
            server.process.kill()
    with serving(site.site):
        wanted = missed(site)
        until(lambda: len(hits(site, "missed")) >= len(wanted))

        assert sorted(hits(site, "missed")) == sorted(wanted)
        rows = site.run("alert", "history", "busy", "--format", "json").json()
        tried = site.run("alert", "try", "busy", "--format", "json").json()
    assert len({(row["at"], row["text"]) for row in rows}) == len(rows)
    assert tried["count"] <= len(rows)

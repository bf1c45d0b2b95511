"""People from a real OpenLDAP server: known by their unique id, moved and ended on the day, removed never."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import msgspec
import pytest
from django.test import Client

from tests.fakes.ldap_server import ADMIN, BASE, PASSWORD, LdapServer, ldap_person
from tests.unit.web.test_directory import ANNA
from tollbook.clock import now
from tollbook.engine.engine import Engine
from tollbook.installing import install_command
from tollbook.model.fence import Fence
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.simulator.certificates import WantedCertificate, make
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.directory import assignments
from tollbook.site.directory.ldap import operations as ldap
from tollbook.site.directory.ldap import syncing
from tollbook.site.directory.ldap.options import LdapOptions
from tollbook.site.directory.ldap.reading import read_people
from tollbook.site.directory.ldap.syncing import LdapPreview, LdapRun
from tollbook.site.directory.models import PersonRecord
from tollbook.site.pbxs import operations as pbxs

FENCE = Fence()
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LdapServer]:
    server = LdapServer(tmp_path / "ldap")
    server.start(map(ldap_person, range(1000, 1060)))
    yield server
    server.stop()


def options(server: LdapServer, password: str = PASSWORD) -> LdapOptions:
    return LdapOptions(
        url=server.url,
        bind_dn=ADMIN,
        password=password,
        base_dn=BASE,
        extension_digits=4,
        department=("ou",),
    )


def taken(server: LdapServer, on: date, most_ended: int = 20) -> LdapPreview:
    return syncing.apply(ANNA, read_people(options(server), FENCE), LdapRun(on=on, most_ended=most_ended))


def counts(found: LdapPreview) -> tuple[int, int, int, int]:
    return found.new, found.changed, found.ended, found.unchanged


def spans(extension: str) -> list[tuple[str, str, date | None, date | None]]:
    return [
        (each.name, each.department, each.first, each.until)
        for each in assignments.assignments()
        if each.value == extension
    ]


def test_who_is_renamed_stays_who_moves_moves_on_the_day_and_who_vanished_ends(server: LdapServer) -> None:
    first, again = taken(server, MARCH), taken(server, MARCH)
    number = PersonRecord.objects.get(name="Person 1001").pk
    server.modify(
        f"dn: uid=p1001,{BASE}\nchangetype: modrdn\nnewrdn: uid=berg\ndeleteoldrdn: 1\n\n"
        f"dn: uid=berg,{BASE}\nchangetype: modify\nreplace: cn\ncn: Anna Berg\n-\n"
        "replace: mail\nmail: b@example.com\n\n"
        f"dn: uid=p1002,{BASE}\nchangetype: modify\nreplace: ou\nou: Sales / North\n\n"
        f"dn: uid=p1003,{BASE}\nchangetype: delete\n\n"
        + ldap_person(2000).replace("\nobjectClass", "\nchangetype: add\nobjectClass", 1),
    )
    dry = syncing.preview(read_people(options(server), FENCE), LdapRun(on=APRIL))
    unchanged = spans("1002")
    second, last = taken(server, APRIL), taken(server, APRIL)

    assert [first.faults, dry.faults] == [[], []]
    assert list(map(counts, (first, again))) == [(60, 0, 0, 0), (0, 0, 0, 60)]
    assert list(map(counts, (dry, second, last))) == [(1, 2, 1, 57), (1, 2, 1, 57), (0, 0, 0, 60)]
    assert PersonRecord.objects.get(name="Anna Berg").pk == number
    assert unchanged == [("Person 1002", "Sales", None, None)]
    assert spans("1002") == [
        ("Person 1002", "Sales", None, APRIL),
        ("Person 1002", "Sales / North", APRIL, None),
    ]
    assert spans("1003") == [("Person 1003", "Sales", None, APRIL)]
    assert PersonRecord.objects.get(name="Person 1003").valid_until == APRIL
    assert spans("2000") == [("Person 2000", "Sales", APRIL, None)]


def test_an_extension_of_two_is_a_fault_and_a_search_that_finds_too_few_ends_nobody(server: LdapServer) -> None:
    taken(server, MARCH)
    server.modify(f"dn: uid=p1001,{BASE}\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: 1002\n")
    faulty = taken(server, APRIL)
    server.modify("\n".join(f"dn: uid=p{each},{BASE}\nchangetype: delete\n" for each in range(1010, 1060)))
    few = taken(server, APRIL)

    assert (faulty.applied, [each.what for each in faulty.faults]) == (False, ["extension 1002 is somebody else's"])
    assert (few.applied, few.faults[0].what) == (False, "LDAP has too few entries")
    assert not PersonRecord.objects.exclude(valid_until=None).exists()


def test_an_entry_made_anew_is_the_person_of_its_mail(server: LdapServer) -> None:
    taken(server, MARCH)
    server.modify(
        f"dn: uid=p1001,{BASE}\nchangetype: delete\n\n"
        + ldap_person(1001).replace("\nobjectClass", "\nchangetype: add\nobjectClass", 1),
    )

    assert counts(taken(server, APRIL)) == (0, 0, 0, 60)
    assert spans("1001") == [("Person 1001", "Sales", None, None)]
    assert counts(taken(server, APRIL)) == (0, 0, 0, 60)


def test_groups_come_before_the_department_and_a_number_beside_the_pattern_is_no_extension(server: LdapServer) -> None:
    server.modify(
        f"dn: uid=p1001,{BASE}\nchangetype: modify\nadd: description\ndescription: cn=It,{BASE}\n\n"
        f"dn: uid=p1002,{BASE}\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: +1 555 0100\n",
    )
    given = {
        "url": server.url,
        "base-dn": BASE,
        "filter": "(|(uid=p1001)(uid=p1002))",
        "department": "ou",
        "group": "description",
        "groups": "Sales EMEA -> Sales; it -> IT / Desk",
        "extension-pattern": "[+]44 20 7946 .(...)",
    }
    ldap.change(ANNA, given, FENCE)

    told = ldap.tried(FENCE).first
    assert [(each.extension, each.department) for each in told] == [("001", "IT / Desk"), ("", "Sales")]


def test_five_thousand_are_taken(tmp_path: Path) -> None:
    server = LdapServer(tmp_path / "many")
    server.start(map(ldap_person, range(1000, 6000)))
    try:
        found = taken(server, MARCH)
    finally:
        server.stop()
    assert counts(found) == (5000, 0, 0, 0)


def test_a_wrong_password_a_server_without_tls_and_one_beyond_the_fence_are_said(server: LdapServer) -> None:
    with pytest.raises(Unavailable, match="invalidCredentials"):
        read_people(options(server, "wrong"), FENCE)
    with pytest.raises(Unavailable, match="startTLS"):
        read_people(LdapOptions(url=server.url, base_dn=BASE, tls="verified"), FENCE)
    with pytest.raises(Unavailable, match="outside the networks"):
        read_people(options(server), Fence(networks=()))


def test_over_tls_nothing_is_said_to_a_server_whose_certificate_is_unknown(tmp_path: Path) -> None:
    server, certificate = LdapServer(tmp_path / "tls"), make(tmp_path, WantedCertificate(since=now()))
    server.start(map(ldap_person, range(1000, 1003)), certificate)
    plain = msgspec.structs.replace(options(server), tls="verified", ca_file=str(certificate.certificate))
    try:
        for known in (plain, msgspec.structs.replace(plain, url=server.tls_url)):
            assert len(read_people(known, FENCE)) == 3
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                read_people(msgspec.structs.replace(known, ca_file=""), FENCE)
    finally:
        server.stop()


def test_settings_keep_their_password_to_themselves_and_to_their_server(server: LdapServer) -> None:
    given = {"url": server.url, "bind-dn": ADMIN, "password": PASSWORD, "base-dn": BASE}
    ldap.change(ANNA, given, FENCE)
    told = ldap.tried(FENCE)
    moved = ldap.change(ANNA, {"url": "ldap://192.0.2.10"}, FENCE)

    assert (told.entries, len(told.first)) == (60, 10)
    assert "password" not in moved
    assert PASSWORD not in str(list(entries(AuditFilter())))
    with pytest.raises(Misconfigured, match="'base-dn' is missing"):
        ldap.change(ANNA, {"base-dn": None}, FENCE)


@pytest.mark.parametrize("sent", [b"\x30" * 500, b"\x30\x05\x02\x01\x01\x78\x00", b"0\x07\xfe\x01\x00\xbf\x01\x00\x00"])
def test_what_is_no_ldap_is_said_and_no_fault_of_ours(sent: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as peer:
        done = peer.submit(answer_with, listening, sent)
        asked = LdapOptions(url=f"ldap://127.0.0.1:{listening.getsockname()[1]}", base_dn=BASE, timeout=5)
        with pytest.raises(Unavailable, match=r"is no LDAP|cannot be read"):
            read_people(asked, FENCE)
        done.result()


def answer_with(listening: socket.socket, sent: bytes) -> None:
    """Answer the first request of whoever connects, and hang up."""
    connection, _ = listening.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(sent)


def set_up(server: LdapServer, **more: str) -> None:
    given = {"url": server.url, "bind-dn": ADMIN, "password": PASSWORD, "base-dn": BASE, "extension-digits": "4"}
    ldap.change(ANNA, {**given, **more}, FENCE)


def at_time(monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    monkeypatch.setattr("tollbook.clock.now", lambda: datetime.fromisoformat(instant))


def test_the_server_reads_by_itself_when_it_is_due_and_says_what_came_of_it(
    server: LdapServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_up(server)
    assert ldap.run_if_due(FENCE) is None
    set_up(server, every="1d")

    at_time(monkeypatch, "2026-03-01T10:00:00+00:00")
    first = ldap.run_if_due(FENCE)
    at_time(monkeypatch, "2026-03-02T09:59:59+00:00")
    early = ldap.run_if_due(FENCE)
    at_time(monkeypatch, "2026-03-02T10:00:00+00:00")
    second = ldap.run_if_due(FENCE)

    assert first is not None
    assert (first.at, first.said) == ("2026-03-01T10:00:00Z", "60 entries: 60 new, 0 changed, 0 ended, 0 unchanged")
    assert early is None
    assert second is not None
    assert second.said == "60 entries: 0 new, 0 changed, 0 ended, 60 unchanged"
    assert [each.action for each in entries(AuditFilter())].count("directory.ldap") == 1


def test_a_reading_that_failed_is_said_and_tried_again_within_the_hour(
    server: LdapServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_up(server, every="1d", password="wrong")
    at_time(monkeypatch, "2026-03-01T10:00:00+00:00")
    failed = ldap.run_if_due(FENCE)
    set_up(server, every="1d")
    at_time(monkeypatch, "2026-03-01T10:59:00+00:00")
    assert ldap.run_if_due(FENCE) is None
    at_time(monkeypatch, "2026-03-01T11:00:00+00:00")
    again = ldap.run_if_due(FENCE)

    assert failed is not None
    assert again is not None
    assert "does not let us read" in failed.failed_why
    assert "wrong" not in failed.failed_why
    assert again.failed_why == ""


def test_entries_with_a_fault_are_left_out_and_too_few_entries_are_a_failure(server: LdapServer) -> None:
    set_up(server, every="12h")
    ldap.run_if_due(FENCE)
    server.modify(f"dn: uid=p1001,{BASE}\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: 1002\n")
    left = ldap.run(ANNA, FENCE, apply=True, leave_out=True)
    told = ldap.state()
    ldap.change(ANNA, {"filter": "(uid=p1000)"}, FENCE)
    ldap.run(ANNA, FENCE, apply=True, leave_out=True)
    few = ldap.state()

    assert len(left.faults) == 1
    assert told is not None
    assert few is not None
    assert (told.left_out, told.failed_why, told.every_s) == (1, "", 12 * 3600)
    assert "LDAP has too few entries" in few.failed_why


def test_doctor_and_the_api_say_how_people_are_read(admin: Client, engine: Engine, server: LdapServer) -> None:
    engine.regular.people_read = ldap.state
    set_up(server, every="1d")
    ldap.run_if_due(FENCE)
    well = [each.what for each in engine.doctor() if each.topic == "people"]
    ldap.change(ANNA, {"password": "wrong"}, FENCE)
    with pytest.raises(Unavailable):
        ldap.run(ANNA, FENCE, apply=True)

    (ill,) = [each for each in engine.doctor() if each.topic == "people"]
    told = admin.get("/api/directory/ldap").json()

    assert "60 entries: 60 new" in well[0]
    assert not ill.well
    assert "people could not be taken from LDAP" in ill.what
    assert told["read"]["failed_why"] in ill.what
    assert "wrong" not in str(told)


@pytest.mark.parametrize("where_and_day", [("honolulu", date(2026, 3, 1)), ("", date(2026, 3, 2))])
def test_the_day_of_a_run_is_that_of_the_pbx_and_of_several_the_latest(
    server: LdapServer,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    where_and_day: tuple[str, date],
) -> None:
    pbx, day = where_and_day
    for name, zone in (("honolulu", "Pacific/Honolulu"), ("auckland", "Pacific/Auckland")):
        settings = {"path": str(engine.site.path.parent / name)}
        made = Pbx(name=name, dialect="panasonic-kx-hts", source="folder", timezone=zone, settings=settings)
        pbxs.add(ANNA, made, engine.bounds)
    set_up(server, pbx=pbx)
    ldap.run(ANNA, FENCE, apply=True)
    at_time(monkeypatch, "2026-03-01T18:00:00+00:00")
    server.modify(f"dn: uid=p1000,{BASE}\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: 2000\n")
    ldap.run(ANNA, FENCE, apply=True)

    assert [each.first for each in assignments.assignments() if each.value == "2000"] == [day]


def test_a_library_that_is_missing_is_told_with_the_command_that_adds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ldap3", None)

    with pytest.raises(Misconfigured) as refused:
        read_people(LdapOptions(url="ldaps://ldap.example.com", base_dn="dc=example"), Fence())

    assert install_command("ldap3") in str(refused.value)

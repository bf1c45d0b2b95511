"""Signing in by a real OpenLDAP server: by name and password there, in the group that groups there lead to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.fakes.ldap_server import ADMIN, BASE, LdapServer, ldap_person
from tests.fakes.ldap_server import PASSWORD as READS
from tests.unit.web.conftest import PASSWORD
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.fence import Fence
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.directory.ldap import operations as directory_ldap
from tollbook.site.people import groups, sign_on
from tollbook.site.people.ldap.asking import asked
from tollbook.site.people.operations import role_of
from tollbook.web.people import ldap_backend
from tollbook.web.people.sign_on_trying import tried

WORD = "their own word there"
GROUP_FILTER = "(&(objectClass=groupOfNames)(member={dn}))"


def with_word(number: int) -> str:
    return ldap_person(number) + f"userPassword: {WORD}\n"


def ldap_group(name: str, *numbers: int) -> str:
    members = "".join(f"member: uid=p{number},{BASE}\n" for number in numbers)
    return f"dn: cn={name},{BASE}\nobjectClass: groupOfNames\ncn: {name}\n{members}"


@pytest.fixture
def server(tmp_path: Path, engine: Engine) -> Iterator[LdapServer]:
    """A server with people, the directory's settings for it, and signing in by it."""
    ldap_backend.AWAY.until_s = 0.0
    server = LdapServer(tmp_path / "ldap")
    people = [with_word(number) for number in (1000, 1001, 1002)]
    server.start([*people, ldap_group("Sales EMEA", 1000, 1001), ldap_group("Heads", 1001)])
    given = {"url": server.url, "bind-dn": ADMIN, "password": READS, "base-dn": BASE}
    directory_ldap.change(TOLLBOOK, given, engine.site.fence)
    groups.add_group(TOLLBOOK, groups.GivenGroup(name="sales", role="manager", outside=("sales emea",)))
    heads = groups.GivenGroup(name="heads", role="auditor", outside=(f"cn=Heads,{BASE}",), rank=1)
    groups.add_group(TOLLBOOK, heads)
    sign_on.change(TOLLBOOK, "ldap", {"group-filter": GROUP_FILTER}, engine.site.fence)
    yield server
    if server._process.poll() is None:  # noqa: SLF001 - one test ends it
        server.stop()


def signing_in(name: str, word: str = WORD) -> tuple[Client, str]:
    """Sign in by the page; return the browser, and where it is led or what it is told."""
    client = Client()
    answer = client.post("/sign-in/", {"username": name, "password": word})
    return client, str(answer["Location"]) if answer.status_code == 302 else answer.content.decode()


@pytest.mark.usefixtures("server")
def test_somebody_of_a_group_signs_in_with_their_password_there() -> None:
    client, place = signing_in("p1000")

    assert place == "/"
    assert client.get("/calls/").status_code == 200
    person = User.objects.get(username="p1000")
    assert (role_of(person), person.email, person.has_usable_password()) == ("manager", "p1000@example.com", False)


@pytest.mark.usefixtures("server")
def test_of_several_groups_the_lowest_rank_counts_by_its_dn() -> None:
    signing_in("p1001")

    assert role_of(User.objects.get(username="p1001")) == "auditor"


@pytest.mark.usefixtures("server")
def test_who_is_in_no_group_of_ours_is_told_so() -> None:
    client, told = signing_in("p1002")

    assert "none of your groups there is one that may sign in here" in told
    assert client.get("/calls/").status_code == 302
    assert not User.objects.exists()


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("p1000", "wrong"),
        ("p1000", ""),
        ("p1000", "\0"),
        ("", WORD),
        ("*", WORD),
        ("p*", WORD),
        ("p1000)(objectClass=*", WORD),
        ("p1000\\2a", WORD),
        ("nobody", WORD),
        ("x" * 151, WORD),
        ("p1000", "x" * 1001),
    ],
)
def test_a_wrong_or_odd_name_or_password_is_nobody(name: str, word: str) -> None:
    way = sign_on.ldap_way()
    assert way

    assert asked(name, word, way, Fence()) is None
    assert signing_in(name, word)[0].get("/calls/").status_code == 302


def test_who_is_renamed_there_stays_who_they_are(server: LdapServer) -> None:
    signing_in("p1000")
    server.modify(f"dn: uid=p1000,{BASE}\nchangetype: modrdn\nnewrdn: uid=berg\ndeleteoldrdn: 1\n\n")
    server.modify(f"dn: cn=Sales EMEA,{BASE}\nchangetype: modify\nadd: member\nmember: uid=berg,{BASE}\n\n")

    assert signing_in("berg")[1] == "/"
    assert [each.username for each in User.objects.all()] == ["p1000"]


def test_who_is_removed_there_cannot_sign_in_and_local_administrators_can(server: LdapServer, admin: Client) -> None:
    del admin  # she has to be there, no more
    signing_in("p1000")
    server.modify(f"dn: uid=p1000,{BASE}\nchangetype: delete\n\n")

    assert "Wrong name or password" in signing_in("p1000")[1]
    assert signing_in("anna", PASSWORD)[1] == "/"


@pytest.mark.usefixtures("admin")
def test_a_server_that_is_away_is_said_once_and_holds_nobody_up(server: LdapServer) -> None:
    server.stop()

    assert "The LDAP server does not answer" in signing_in("p1000")[1]
    assert ldap_backend.AWAY.until_s
    assert "The LDAP server does not answer" in signing_in("p1001")[1]
    assert signing_in("anna", PASSWORD)[1] == "/"
    assert not tried("ldap").well


@pytest.mark.usefixtures("server")
def test_wrong_passwords_are_limited_as_those_of_this_site() -> None:
    for _ in range(5):
        signing_in("p1000", "wrong")

    assert "Too many attempts failed" in signing_in("p1000")[1]


@pytest.mark.usefixtures("server")
def test_the_server_is_tried_and_answers() -> None:
    assert tried("ldap").message.startswith("127.0.0.1 answers")


@pytest.mark.usefixtures("server")
def test_a_second_step_here_is_asked_for_after_the_password_there() -> None:
    sign_on.require_two_steps(TOLLBOOK, ["manager"])

    client, _ = signing_in("p1000")

    assert client.get("/calls/")["Location"] == "/account/second-step/"
    assert 'name="password"' not in client.get("/account/second-step/").content.decode()


@pytest.mark.usefixtures("engine")
def test_without_a_server_of_the_directory_nobody_signs_in_by_ldap() -> None:
    with pytest.raises(NotThere, match="no LDAP server is set up"):
        sign_on.change(TOLLBOOK, "ldap", {}, Fence())


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("text", ["(uid=anna)", "uid={name}", "((uid={name})"])
def test_a_filter_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="'filter' must be an LDAP filter"):
        sign_on.change(TOLLBOOK, "ldap", {"filter": text}, Fence())


def test_a_server_that_hangs_is_left_alone_after_its_time(engine: Engine, server: LdapServer) -> None:
    del server
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ldap://127.0.0.1:{silent.getsockname()[1]}"
        directory_ldap.change(TOLLBOOK, {"url": url, "password": READS}, engine.site.fence)
        sign_on.change(TOLLBOOK, "ldap", {"timeout": "0.3"}, engine.site.fence)

        assert "The LDAP server does not answer" in signing_in("p1000")[1]

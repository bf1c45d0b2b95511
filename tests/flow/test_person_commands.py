"""`person`, as it is typed, and who may sign in after it."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.fakes.commands import PASSWORD, Commands, serving
from tollbook.cli.options import asked_secret
from tollbook.model.problem import Misconfigured

OTHER = "another long enough word"


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "site").made()


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    return Commands(tmp_path_factory.mktemp("unchanged") / "site").made()


def test_a_group_is_made_filled_changed_and_removed_on_the_machine(site: Commands) -> None:
    outcomes = [
        site.run(
            "group", "add", "sales", "--role", "manager", "--scope", "department=Sales", "--outside", "Sales EMEA"
        ),
        site.run("person", "add", "maria", "--group", "sales", given=f"{PASSWORD}\n".encode()),
        site.run("group", "set", "sales", "--role", "reception"),
        site.run("person", "group", "admin", "sales"),
        site.run("group", "remove", "sales", "--yes"),
        site.run("person", "role", "maria", "viewer"),
        site.run("group", "remove", "sales", "--yes"),
    ]

    assert [outcome.code for outcome in outcomes] == [0, 0, 0, 2, 2, 0, 0], [outcome.err for outcome in outcomes]
    assert outcomes[0].out == "who is in sales is manager and sees department=Sales; elsewhere it is Sales EMEA\n"
    assert outcomes[2].out == "who is in sales is reception and sees department=Sales; elsewhere it is Sales EMEA\n"
    assert "admin is the last administrator" in outcomes[3].err
    assert "maria is in it" in outcomes[4].err
    assert site.run("group", "list", "--format", "json").json() == []


def test_how_people_sign_on_is_set_shown_and_removed_on_the_machine(site: Commands) -> None:
    outcomes = [
        site.run("sign-on", "oidc", "set", "--set", "issuer=https://login.example.com", "--set", "client-id=tollbook"),
        site.run("destination", "address", "https://calls.example.com"),
        site.run("sign-on", "oidc", "set", "--set", "issuer=https://login.example.com", "--set", "client-id=tollbook"),
        site.run("sign-on", "oidc", "set", "--set", "client-secret=-", given=b"not shown\n"),
        site.run("sign-on", "oidc", "show"),
        site.run("person", "link", "admin", "subject-1"),
        site.run("person", "unlink", "admin"),
        site.run("person", "mail", "admin", "admin@example.com"),
        site.run("person", "invite", "paul", "--mail", "paul@example.com"),
        site.run("sign-on", "ldap", "set"),
        site.run("sign-on", "two-steps", "all"),
        site.run("sign-on", "oidc", "remove", "--yes"),
        site.run("sign-on", "oidc", "show"),
    ]

    codes = [outcome.code for outcome in outcomes]
    assert codes == [2, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 2], [outcome.err for outcome in outcomes]
    assert "the pages have no public address yet" in outcomes[0].err
    assert "https://calls.example.com/sign-in/oidc/back/" in outcomes[4].out
    assert "not shown" not in outcomes[4].out.replace("set, not shown", "")
    assert outcomes[5].out == "admin signs on at https://login.example.com from now on\n"
    assert "no mail can be sent" in outcomes[8].err
    assert "no LDAP server is set up" in outcomes[9].err
    assert outcomes[10].out == "a second step is required of everybody\n"


def people(site: Commands) -> dict[str, str]:
    return {each["name"]: each["role"] for each in site.run("person", "list", "--format", "json").json()}


def test_a_person_is_added_listed_promoted_and_removed_and_each_of_it_is_in_the_audit(site: Commands) -> None:
    outcomes = [
        site.run("person", "add", "maria", given=f"{PASSWORD}\n".encode()),
        site.run("person", "role", "maria", "admin"),
        site.run("person", "password", "Maria", given=OTHER.encode()),
        site.run("person", "role", "admin", "viewer"),
        site.run("person", "remove", "admin", "--yes"),
    ]

    assert [outcome.code for outcome in outcomes] == [0] * 5, [outcome.err for outcome in outcomes]
    assert people(site) == {"maria": "admin"}
    told = [(each["kind"], each["action"]) for each in site.run("audit", "--what", "person", "--format", "json").json()]
    assert told[:5] == [
        ("command", "person.remove"),
        ("command", "person.role"),
        ("command", "person.password"),
        ("command", "person.role"),
        ("command", "person.add"),
    ]


def test_a_new_password_opens_and_the_old_one_does_no_longer(site: Commands) -> None:
    with serving(site.site) as server:
        assert site.run("person", "password", "admin", given=OTHER.encode()).code == 0

        assert [signs_in(server.url, password) for password in (PASSWORD, OTHER)] == [False, True]


def signs_in(url: str, password: str) -> bool:
    with httpx2.Client(base_url=url) as browser:
        browser.get("/sign-in/")
        form = browser.get("/sign-in/").text
        token = form.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        given = {"username": "admin", "password": password, "csrfmiddlewaretoken": token}
        return browser.post("/sign-in/", data=given).status_code == 302


@pytest.mark.parametrize(
    ("words", "given", "reason"),
    [
        (("add", "maria"), b"", "no password was given"),
        (("add", "maria"), b"short", "at least 10 characters"),
        (("add", "ADMIN"), PASSWORD.encode(), "cannot be a person's name"),
        (("add", "maria", "--role", "king"), PASSWORD.encode(), "no role is called 'king'"),
        (("password", "admin"), b"short", "at least 10 characters"),
        (("password", "admim"), PASSWORD.encode(), "did you mean 'admin'?"),
        (("role", "admin", "viewer"), b"", "admin is the last administrator"),
        (("role", "admin", "king"), b"", "no role is called 'king'"),
        (("remove", "admin", "--yes"), b"", "admin is the last administrator"),
        (("remove", "nobody", "--yes"), b"", "nobody is called 'nobody'"),
        (("remove", "admin"), b"n\n", "nothing was done"),
        (("group", "admin", "sales"), b"", "no group is called 'sales'"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    unchanged: Commands,
    words: tuple[str, ...],
    given: bytes,
    reason: str,
) -> None:
    outcome = unchanged.run("person", *words, given=given)

    assert outcome.code == 2
    assert reason in outcome.err
    assert people(unchanged) == {"admin": "admin"}


def test_a_program_with_a_token_neither_sees_nor_changes_people(site: Commands) -> None:
    token = site.run("token", "add", "wallboard", "--permission", "change").out.strip()
    with serving(site.site) as server:
        headers = {"Authorization": f"Bearer {token}"}
        answers = [
            httpx2.get(f"{server.url}/api/people", headers=headers),
            httpx2.post(f"{server.url}/api/people", json={"name": "m", "password": PASSWORD}, headers=headers),
            httpx2.patch(f"{server.url}/api/people/admin", json={"password": PASSWORD}, headers=headers),
            httpx2.delete(f"{server.url}/api/people/admin", headers=headers),
        ]

    assert {answer.status_code for answer in answers} == {403}


def test_what_is_typed_at_a_terminal_is_typed_twice_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["one word", "another word", "a word", "a word"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))

    with pytest.raises(Misconfigured, match="not alike"):
        asked_secret("password: ", again="once more: ")
    assert asked_secret("password: ", again="once more: ") == "a word"

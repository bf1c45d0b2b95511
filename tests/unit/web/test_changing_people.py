"""What an administrator changes about other people."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.unit.web.conftest import PASSWORD
from tollbook.model.actor import TOLLBOOK
from tollbook.model.problem import NotAllowed
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.people.access import GivenAccess
from tollbook.site.people.operations import change_access, role_of

NEW = "battery staple 7"


@pytest.fixture
def vera(viewer: Client) -> str:
    """Where a viewer who is signed in is changed."""
    del viewer  # she has to be there, no more
    return f"/people/{User.objects.get(username='vera').pk}/"


def send(admin: Client, address: str, *, role: str = "viewer", password: str = "", own: str = PASSWORD) -> str:
    given = {"role": role, "password": password, "own_password": own}
    return admin.post(address, given, follow=True).content.decode()


def changed() -> list[str]:
    return [
        each.action
        for each in entries(AuditFilter(what="person"))
        if each.action not in ("person.sign-in", "person.add")
    ]


@pytest.mark.parametrize(("role", "password"), [("admin", ""), ("viewer", NEW), ("admin", NEW)])
def test_who_is_given_another_role_or_password_is_signed_out(
    admin: Client,
    viewer: Client,
    vera: str,
    *,
    role: str,
    password: str,
) -> None:
    assert viewer.get("/calls/").status_code == 200

    assert "was signed out everywhere" in send(admin, vera, role=role, password=password)

    assert viewer.get("/calls/").status_code == 302
    assert admin.get("/calls/").status_code == 200
    assert role_of(User.objects.get(username="vera")) == role
    assert Client().login(username="vera", password=password or PASSWORD)


def test_each_change_is_one_line_of_the_audit(admin: Client, vera: str) -> None:
    send(admin, vera, role="admin", password=NEW)

    assert changed() == ["person.password", "person.role"]


def test_what_stays_as_it_is_signs_nobody_out(admin: Client, viewer: Client, vera: str) -> None:
    assert "vera stays as before" in send(admin, vera)

    assert viewer.get("/calls/").status_code == 200
    assert changed() == []


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"own": "wrong"}, "This is not your password"),
        ({"own": ""}, "This field is required"),
        ({"password": "short"}, "at least 10 characters"),
        ({"role": "king"}, "king is not one of the available choices"),
    ],
)
def test_what_will_not_do_changes_nothing(admin: Client, vera: str, given: dict[str, str], reason: str) -> None:
    assert reason in send(admin, vera, **{"role": "admin", "password": NEW, **given})

    assert changed() == []


def test_five_wrong_passwords_of_ones_own_make_even_the_right_one_wait(admin: Client, vera: str) -> None:
    for _ in range(5):
        send(admin, vera, role="admin", own="wrong")

    assert "Too many attempts failed" in send(admin, vera, role="admin")
    assert changed() == []


def test_ones_own_password_is_changed_on_its_own_page(admin: Client) -> None:
    own = f"/people/{User.objects.get(username='anna').pk}/"

    assert admin.post(own, {"role": "viewer", "own_password": PASSWORD})["Location"] == "/password/"
    assert role_of(User.objects.get(username="anna")) == "admin"


def test_the_last_administrator_stays_one(admin: Client, vera: str) -> None:
    with pytest.raises(NotAllowed, match="last administrator"):
        change_access(TOLLBOOK, "anna", GivenAccess(role="viewer"))

    send(admin, vera, role="admin")
    change_access(TOLLBOOK, "anna", GivenAccess(role="viewer"))
    assert role_of(User.objects.get(username="anna")) == "viewer"


def test_somebody_who_is_not_there_is_not_found(admin: Client) -> None:
    assert admin.get("/people/4711/").status_code == 404

"""Groups of people: what they give, whom they sign out, and that an administrator stays."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.fakes.people import let_in
from tests.unit.web.conftest import PASSWORD
from tollbook.model.actor import TOLLBOOK, Actor
from tollbook.model.problem import Misconfigured, NotAllowed
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.people import groups
from tollbook.site.people.access import GivenAccess, access_of
from tollbook.site.people.operations import change_access, role_of
from tollbook.site.people.roles import remove_role_of_site, set_role_of_site

SALES = groups.GivenGroup(name="sales", role="manager", scope=({"department": "Sales"},), outside=("Sales EMEA",))


def into(name: str, group: str) -> User:
    return change_access(TOLLBOOK, name, GivenAccess(role="", group=group))


def access(name: str) -> tuple[str, tuple[object, ...] | None]:
    found = access_of(Actor(kind="person", name=name))
    return found.role, found.scope


@pytest.fixture
def sales(viewer: Client) -> groups.GivenGroup:
    """A group that Vera, a viewer, is in."""
    del viewer  # she has to be there, no more
    groups.add_group(TOLLBOOK, SALES)
    into("vera", "sales")
    return SALES


def test_who_is_in_a_group_has_its_role_and_scope_and_nothing_of_their_own(sales: groups.GivenGroup) -> None:
    assert access("vera") == ("manager", sales.scope)
    assert role_of(User.objects.get(username="vera")) == "manager"


def test_another_role_of_the_group_counts_at_once_and_signs_its_people_out(sales: groups.GivenGroup) -> None:
    client = Client()
    assert client.login(username="vera", password=PASSWORD)
    other = groups.GivenGroup(name="sales", role="reception", scope=sales.scope)

    groups.set_group(TOLLBOOK, other)

    assert access("vera") == ("reception", sales.scope)
    assert client.get("/calls/").status_code == 302


def test_other_names_elsewhere_sign_nobody_out(sales: groups.GivenGroup) -> None:
    client = Client()
    assert client.login(username="vera", password=PASSWORD)

    groups.set_group(TOLLBOOK, groups.GivenGroup(name="sales", role=sales.role, scope=sales.scope, outside=("S",)))

    assert client.get("/calls/").status_code == 200


@pytest.mark.usefixtures("sales")
def test_a_role_of_their_own_takes_somebody_out_of_the_group() -> None:
    change_access(TOLLBOOK, "vera", GivenAccess(role="viewer"))

    assert access("vera") == ("viewer", None)
    assert groups.people_in(groups.find_group("sales")) == []


@pytest.mark.usefixtures("sales")
def test_a_group_with_people_is_not_removed_and_one_without_is() -> None:
    with pytest.raises(Misconfigured, match="vera is in it"):
        groups.remove_group(TOLLBOOK, "sales")

    change_access(TOLLBOOK, "vera", GivenAccess(role="viewer"))
    groups.remove_group(TOLLBOOK, "sales")

    assert groups.every_group() == []


@pytest.mark.usefixtures("admin")
def test_the_last_administrator_stays_one_whatever_becomes_of_their_group() -> None:
    groups.add_group(TOLLBOOK, groups.GivenGroup(name="heads", role="admin"))
    groups.add_group(TOLLBOOK, SALES)
    into("anna", "heads")

    with pytest.raises(NotAllowed, match="nobody would be an administrator"):
        groups.set_group(TOLLBOOK, groups.GivenGroup(name="heads", role="manager"))
    with pytest.raises(NotAllowed, match="anna is the last administrator"):
        into("anna", "sales")

    assert access("anna")[0] == "admin"
    let_in("bert", "admin")
    groups.set_group(TOLLBOOK, groups.GivenGroup(name="heads", role="manager"))
    assert access("anna")[0] == "manager"


@pytest.mark.usefixtures("admin")
def test_the_administrator_of_a_group_counts_as_one() -> None:
    groups.add_group(TOLLBOOK, groups.GivenGroup(name="heads", role="admin"))
    let_in("bert")
    into("bert", "heads")

    change_access(TOLLBOOK, "anna", GivenAccess(role="viewer"))

    assert User.objects.get(username="bert").is_staff


@pytest.mark.usefixtures("sales")
def test_a_role_that_a_group_has_is_not_removed() -> None:
    set_role_of_site(TOLLBOOK, "night-desk", "", ["calls.see"])
    groups.add_group(TOLLBOOK, groups.GivenGroup(name="nights", role="night-desk"))

    with pytest.raises(Misconfigured, match="nights has it"):
        remove_role_of_site(TOLLBOOK, "night-desk")


def test_each_change_is_one_line_of_the_audit(sales: groups.GivenGroup) -> None:
    groups.set_group(TOLLBOOK, sales)
    groups.set_group(TOLLBOOK, groups.GivenGroup(name="sales", role="reception"))

    told = [(each.action, each.changes) for each in entries(AuditFilter(what="group"))]

    assert [action for action, _ in told] == ["group.edit", "group.add"]
    assert told[0][1]["role"] == ["manager", "reception"]
    assert told[1][1]["outside"] == ["", "Sales EMEA"]
    assert next(iter(entries(AuditFilter(what="person.group")))).changes["group"] == ["", "sales"]


@pytest.mark.usefixtures("engine")
def test_of_several_groups_elsewhere_the_lowest_rank_counts() -> None:
    groups.add_group(TOLLBOOK, SALES)
    groups.add_group(TOLLBOOK, groups.GivenGroup(name="heads", role="admin", outside=("cn=Heads,dc=x",), rank=1))

    def chosen(*names: str) -> str:
        found = groups.group_of_outside(names)
        return found.name if found else ""

    assert chosen("SALES emea") == "sales"
    assert chosen("Sales EMEA", "CN=heads,DC=x") == "heads"
    assert chosen("cn=Sales EMEA,ou=groups,dc=example,dc=com") == "sales"
    assert chosen("Sales", "Heads") == ""


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (groups.GivenGroup(name="Sales", role="viewer"), "'Sales' cannot be a group's name"),
        (groups.GivenGroup(name="sales", role="king"), "no role is called 'king'"),
        (groups.GivenGroup(name="sales", role="viewer", rank=-1), "'rank' must be between"),
        (groups.GivenGroup(name="sales", role="viewer", scope=({"number": "1"},)), "a scope cannot be made of"),
        (groups.GivenGroup(name="sales", role="viewer", outside=("x" * 501,)), "too many names elsewhere"),
    ],
)
def test_a_group_that_cannot_be_is_refused_with_the_reason(given: groups.GivenGroup, reason: str) -> None:
    with pytest.raises(Misconfigured, match=reason):
        groups.add_group(TOLLBOOK, given)


# ---------------------------------------------------------------- pages


def test_a_group_is_made_changed_and_removed_in_the_browser(admin: Client) -> None:
    typed = {"name": "sales", "role": "manager", "scope": "department=Sales", "outside": "Sales EMEA\nVente"}
    made = admin.post("/people/add-group/", {**typed, "rank": "5", "own_password": PASSWORD}, follow=True)
    assert "The group sales is made" in made.content.decode()
    assert groups.given_group(groups.find_group("sales")).outside == ("Sales EMEA", "Vente")

    admin.post("/people/groups/sales/", {"role": "viewer", "rank": "5", "own_password": PASSWORD})
    assert groups.find_group("sales").scope is None

    assert "Remove sales" in admin.get("/people/groups/sales/remove/").content.decode()
    admin.post("/people/groups/sales/remove/")
    assert admin.get("/people/groups/sales/").status_code == 404


def test_a_group_is_changed_by_nobody_who_does_not_type_their_password(admin: Client) -> None:
    groups.add_group(TOLLBOOK, SALES)
    given = {"role": "admin", "rank": "5", "own_password": "wrong"}

    answers = [admin.post("/people/groups/sales/", given) for _ in range(6)]

    assert "This is not your password" in answers[0].content.decode()
    assert answers[-1].status_code == 429
    assert groups.find_group("sales").role == "manager"


@pytest.mark.usefixtures("sales")
def test_somebody_is_put_into_a_group_and_out_of_it_in_the_browser(admin: Client) -> None:
    number = User.objects.get(username="vera").pk
    page = admin.get(f"/people/{number}/").content.decode()
    assert '<option value="sales" selected>' in page
    assert "of the group sales" in admin.get("/people/").content.decode()

    admin.post(f"/people/{number}/", {"group": "", "role": "viewer", "own_password": PASSWORD})
    assert access("vera") == ("viewer", None)
    admin.post(f"/people/{number}/", {"group": "sales", "role": "viewer", "own_password": PASSWORD})
    assert access("vera")[0] == "manager"

"""How people sign on is set up in the browser, by whoever proves that it is them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.fakes.oidc_issuer import IssuerPeer
from tests.fakes.people import let_in
from tests.unit.web.conftest import PASSWORD
from tests.unit.web.test_oidc import issuer, set_, sign_on_as  # noqa: F401 - a fixture
from tollbook import clock
from tollbook.model.actor import TOLLBOOK
from tollbook.site.destinations.operations import set_pages_address
from tollbook.site.people import groups, sign_on
from tollbook.site.people.operations import role_of
from tollbook.site.people.sessions import BEGUN

GIVEN = {
    "issuer": "https://login.example.com",
    "client-id": "tollbook",
    "client-secret": "abc",
    "own_password": PASSWORD,
}


def test_an_issuer_is_set_up_changed_and_removed_in_the_browser(admin: Client) -> None:
    assert "no public address yet" in admin.get("/people/sign-on/oidc/").content.decode()
    set_pages_address(TOLLBOOK, "https://calls.example.com")

    made = admin.post("/people/sign-on/oidc/", GIVEN, follow=True).content.decode()
    assert "https://calls.example.com/sign-in/oidc/back/" in made
    assert "abc" not in made
    assert sign_on.settings_of("oidc")["client-secret"] == "abc"
    assert "https://login.example.com" in admin.get("/people/").content.decode()

    admin.post("/people/sign-on/oidc/", {**GIVEN, "client-secret": "", "button": "Office"})
    kept = sign_on.settings_of("oidc")
    assert (kept["client-secret"], kept["button"]) == ("abc", "Office")

    admin.post("/people/sign-on/oidc/remove/")
    assert sign_on.oidc_options() is None
    assert admin.post("/people/sign-on/oidc/test/").status_code == 404


def test_what_is_wrong_stands_beside_its_field(admin: Client) -> None:
    page = admin.post("/people/sign-on/oidc/", {**GIVEN, "issuer": "http://login.example.com"}).content.decode()

    assert "An address beginning with https://" in page or "be an address beginning with https://" in page.lower()


def test_nobody_sets_it_up_who_does_not_type_their_password(admin: Client) -> None:
    set_pages_address(TOLLBOOK, "https://calls.example.com")

    page = admin.post("/people/sign-on/oidc/", {**GIVEN, "own_password": "wrong"}).content.decode()

    assert "This is not your password" in page
    assert sign_on.oidc_options() is None


def test_the_issuer_is_tried_in_the_browser(admin: Client, issuer: IssuerPeer) -> None:  # noqa: F811 - the fixture
    told = admin.post("/people/sign-on/oidc/test/", follow=True).content.decode()

    assert f"{issuer.url} answers, and has 1 key" in told


def test_an_issuer_that_does_not_answer_is_told_of(admin: Client, issuer: IssuerPeer) -> None:  # noqa: F811 - the fixture
    set_(timeout="0.2")
    issuer.hangs.set()

    assert "the issuer does not answer" in admin.post("/people/sign-on/oidc/test/", follow=True).content.decode()


def test_who_has_no_password_changes_people_only_after_signing_in_of_late(issuer: IssuerPeer) -> None:  # noqa: F811 - the fixture
    groups.set_group(TOLLBOOK, groups.GivenGroup(name="heads", role="admin", outside=("Heads",), rank=1))
    client, _ = sign_on_as(issuer, "s-2")
    let_in("vera")
    address = f"/people/{User.objects.get(username='vera').pk}/"

    assert client.post(address, {"role": "reception"}).status_code == 302
    assert role_of(User.objects.get(username="vera")) == "reception"

    session = client.session
    session[BEGUN] = {"at": int((clock.now() - timedelta(minutes=16)).timestamp())}
    session.save()
    assert "Sign out and in again" in client.post(address, {"role": "admin"}).content.decode()
    assert role_of(User.objects.get(username="vera")) == "reception"


@pytest.mark.usefixtures("admin")
def test_a_person_who_signs_on_elsewhere_sets_no_password_and_no_second_step(issuer: IssuerPeer) -> None:  # noqa: F811 - the fixture
    client, _ = sign_on_as(issuer, "s-1")

    page = client.get("/account/").content.decode()

    assert issuer.url in page
    assert "Set up the second step" not in page
    assert client.get("/password/")["Location"] == "/account/"
    assert client.get("/account/second-step/")["Location"] == "/account/"

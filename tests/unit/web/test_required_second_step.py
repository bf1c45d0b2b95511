"""A second step that is required: who has none is led to set it up before anything else."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.fakes.people import let_in
from tests.unit.web.conftest import PASSWORD
from tests.unit.web.test_two_steps import anna, code_of
from tollbook.model.actor import TOLLBOOK
from tollbook.model.problem import Misconfigured
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.people import second_step, sign_on

PLACE = "/account/second-step/"


def test_who_has_none_is_led_there_from_every_page_and_the_api_is_closed(admin: Client) -> None:
    sign_on.require_two_steps(TOLLBOOK, ["*"])

    assert [admin.get(page)["Location"] for page in ("/", "/calls/", "/account/", "/password/")] == [PLACE] * 4
    assert admin.post("/people/", {"name": "eve"})["Location"] == PLACE
    assert admin.get("/tiles/1/", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert admin.get("/api/calls").status_code == 403
    assert "This site requires it of you" in admin.get(PLACE).content.decode()
    assert admin.post("/sign-out/").status_code == 302


def test_once_it_is_set_up_everything_opens(admin: Client) -> None:
    sign_on.require_two_steps(TOLLBOOK, ["admin"])
    secret = second_step.new_secret()

    second_step.switch_on(TOLLBOOK, anna(), secret, code_of(secret))

    assert admin.get("/calls/").status_code == 200
    assert admin.get("/api/calls").status_code == 200


@pytest.mark.usefixtures("admin")
def test_other_roles_are_not_asked() -> None:
    sign_on.require_two_steps(TOLLBOOK, ["admin"])
    let_in("vera")
    client = Client()
    client.login(username="vera", password=PASSWORD)

    assert client.get("/calls/").status_code == 200


def test_it_is_required_in_the_browser(admin: Client) -> None:
    page = admin.post(
        "/people/two-steps/", {"everybody": "", "roles": ["manager"], "own_password": PASSWORD}, follow=True
    )

    assert "A second step is required of manager" in page.content.decode()
    assert sign_on.two_step_roles() == ["manager"]
    assert next(iter(entries(AuditFilter(what="sign-on.rules")))).changes == {"roles": ["", "manager"]}


@pytest.mark.usefixtures("engine")
def test_a_role_that_there_is_not_is_refused() -> None:
    with pytest.raises(Misconfigured, match="no role is called 'king'"):
        sign_on.require_two_steps(TOLLBOOK, ["king"])

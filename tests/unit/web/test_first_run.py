"""The first administrator of a new site."""

import stat

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.unit.web.conftest import PASSWORD
from tollbook.engine.engine import Engine
from tollbook.web.people.first_run import ensure_setup_code


def given(code: str) -> dict[str, str]:
    return {"code": code, "name": "anna", "password": PASSWORD}


@pytest.fixture
def code(engine: Engine) -> str:
    return str(ensure_setup_code(engine.site.path))


@pytest.mark.parametrize("path", ["/", "/calls/", "/pbxs/", "/people/"])
def test_every_page_of_a_site_without_people_leads_to_its_set_up(visitor: Client, path: str) -> None:
    response = visitor.get(path, follow=True)

    assert response.redirect_chain[-1][0] == "/set-up/"


def test_the_set_up_code_makes_the_first_administrator_and_signs_them_in(visitor: Client, code: str) -> None:
    response = visitor.post("/set-up/", given(code.lower().replace("-", " ")), follow=True)

    assert response.status_code == 200
    assert "You are the administrator" in response.content.decode()
    assert User.objects.get(username="anna").is_staff


@pytest.mark.usefixtures("code")
def test_a_wrong_code_makes_nobody(visitor: Client) -> None:
    response = visitor.post("/set-up/", given("AAAA-AAAA-AAAA"))

    assert "not the set-up code" in response.content.decode()
    assert not User.objects.exists()


def test_after_five_wrong_codes_even_the_right_one_has_to_wait(visitor: Client, code: str) -> None:
    for _ in range(5):
        visitor.post("/set-up/", given("AAAA-AAAA-AAAA"))

    response = visitor.post("/set-up/", given(code))

    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()
    assert not User.objects.exists()


def test_somebody_elses_wrong_codes_keep_the_owner_from_nothing(visitor: Client, code: str) -> None:
    for _ in range(6):
        visitor.post("/set-up/", given("AAAA-AAAA-AAAA"), REMOTE_ADDR="192.0.2.66")

    assert visitor.post("/set-up/", given(code), REMOTE_ADDR="192.0.2.7").status_code == 302


def test_a_common_password_is_refused_with_its_reason(visitor: Client, code: str) -> None:
    response = visitor.post("/set-up/", given(code) | {"password": "password123"})

    assert "too common" in response.content.decode()


@pytest.mark.usefixtures("admin")
def test_a_site_with_people_has_no_set_up_and_no_code(engine: Engine) -> None:
    assert Client().get("/set-up/")["Location"] == "/sign-in/"
    assert ensure_setup_code(engine.site.path) is None
    assert not (engine.site.path / "setup-code").exists()


def test_the_code_is_the_same_after_a_restart_and_for_its_owner_alone(engine: Engine, code: str) -> None:
    assert ensure_setup_code(engine.site.path) == code
    assert stat.S_IMODE((engine.site.path / "setup-code").stat().st_mode) == 0o600


@pytest.mark.parametrize("left", ["", "\n", "-", "----", "ABCD-EFGH"])
def test_what_is_left_of_a_code_makes_nobody(visitor: Client, engine: Engine, left: str) -> None:
    (engine.site.path / "setup-code").write_text(left)

    visitor.post("/set-up/", given(left or "-"))

    assert not User.objects.exists()

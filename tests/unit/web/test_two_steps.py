"""Signing in by two steps, and seeing where one is signed in."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.unit.web.conftest import PASSWORD
from tollbook import clock
from tollbook.model.actor import TOLLBOOK
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.people import second_step
from tollbook.web.people import two_steps


@pytest.fixture(autouse=True)
def tried_anew() -> None:
    two_steps.CODES_TRIED.forget()


def anna() -> User:
    return User.objects.get(username="anna")


def code_of(secret: str, *, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30 * steps))


@pytest.fixture
def secret(admin: Client) -> str:
    """Where the second step is on for who is signed in; its code of now is used up."""
    made = second_step.new_secret()
    del admin  # she has to be there, no more
    second_step.switch_on(TOLLBOOK, anna(), made, code_of(made, steps=-1))
    return made


def after_the_password(client: Client, name: str = "anna") -> str:
    sent = client.post("/sign-in/", {"username": name, "password": PASSWORD, "next": "/calls/"})
    return str(sent["Location"])


def test_the_password_alone_leads_to_the_second_step_and_opens_nothing(secret: str) -> None:
    del secret
    client = Client()

    assert after_the_password(client) == "/second-step/"
    assert client.get("/calls/").status_code == 302
    assert client.get("/api/calls").status_code == 401


def test_the_code_of_the_app_leads_on_to_the_page_asked_for(secret: str) -> None:
    client = Client()
    after_the_password(client)

    assert client.post("/second-step/", {"code": code_of(secret)})["Location"] == "/calls/"
    assert client.get("/calls/").status_code == 200


def test_a_code_is_good_once(secret: str) -> None:
    code = code_of(secret)
    first, second = Client(), Client()
    for client in (first, second):
        after_the_password(client)
    first.post("/second-step/", {"code": code})

    assert "used already" in second.post("/second-step/", {"code": code}).content.decode()
    assert second.get("/calls/").status_code == 302


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_time_is_none(secret: str, steps: int) -> None:
    assert not second_step.is_right(anna(), code_of(secret, steps=steps))


def test_a_recovery_code_lets_in_once_however_it_is_typed(admin: Client) -> None:
    del admin
    made = second_step.new_secret()
    codes = second_step.switch_on(TOLLBOOK, anna(), made, code_of(made))

    assert len(set(codes)) == second_step.RECOVERY_CODES
    assert second_step.is_right(anna(), codes[3].lower().replace("-", " "))
    assert not second_step.is_right(anna(), codes[3])
    assert second_step.codes_left(anna()) == second_step.RECOVERY_CODES - 1


def test_nothing_kept_is_a_recovery_code(admin: Client) -> None:
    from tollbook.site.people.models import SecondStepRecord

    del admin
    made = second_step.new_secret()
    codes = second_step.switch_on(TOLLBOOK, anna(), made, code_of(made))

    assert not set(codes) & set(SecondStepRecord.objects.get().recovery)


def test_five_wrong_codes_make_even_the_right_one_wait(secret: str) -> None:
    client = Client()
    after_the_password(client)
    for _ in range(5):
        client.post("/second-step/", {"code": "000000"})

    refused = client.post("/second-step/", {"code": code_of(secret)})

    assert refused.status_code == 429
    assert "Too many attempts failed" in refused.content.decode()


def test_who_typed_no_password_is_led_back(secret: str) -> None:
    del secret

    assert Client().get("/second-step/")["Location"] == "/sign-in/"
    assert Client().post("/second-step/", {"code": "000000"})["Location"] == "/sign-in/"


def test_it_is_set_up_in_the_browser_and_the_codes_are_shown_once(admin: Client) -> None:
    page = admin.get("/account/second-step/").content.decode()
    found = re.search(r'class="secret">([A-Z2-7]+)<', page)
    assert found
    assert "<svg" in page

    wrong = admin.post("/account/second-step/", {"code": "000000", "password": PASSWORD}).content.decode()
    assert found[1] in wrong
    assert not second_step.is_on(anna())
    shown = admin.post("/account/second-step/", {"code": code_of(found[1]), "password": PASSWORD}).content.decode()

    assert len(re.findall(r"<li><code>[A-Z0-9-]{19}</code>", shown)) == second_step.RECOVERY_CODES
    assert "10 recovery codes are left" in admin.get("/account/").content.decode()
    assert next(iter(entries(AuditFilter(what="person")))).action == "person.second-step"


def test_it_is_not_set_up_without_ones_own_password(admin: Client) -> None:
    page = admin.get("/account/second-step/").content.decode()
    found = re.search(r'class="secret">([A-Z2-7]+)<', page)
    assert found

    answer = admin.post("/account/second-step/", {"code": code_of(found[1]), "password": "wrong"}).content.decode()

    assert "This is not your password" in answer
    assert not second_step.is_on(anna())


def test_who_has_the_code_switches_it_off(admin: Client, secret: str) -> None:
    assert "not the code" in admin.post("/account/second-step/end/", {"code": "000000"}).content.decode()
    assert second_step.is_on(anna())

    admin.post("/account/second-step/end/", {"code": code_of(secret)})

    assert not second_step.is_on(anna())


def test_an_administrator_switches_it_off_for_who_has_lost_it(admin: Client, viewer: Client) -> None:
    del viewer  # she has to be there, no more
    vera, made = User.objects.get(username="vera"), second_step.new_secret()
    second_step.switch_on(TOLLBOOK, vera, made, code_of(made))

    given = {"role": "viewer", "own_password": PASSWORD, "second_step_off": "on"}
    assert "no second step" in admin.post(f"/people/{vera.pk}/", given, follow=True).content.decode()

    assert after_the_password(Client(), "vera") == "/calls/"


def test_one_sees_where_one_is_signed_in_and_ends_it(admin: Client) -> None:
    other = Client(headers={"User-Agent": "Telephone/1.0"}, REMOTE_ADDR="192.0.2.7")
    other.post("/sign-in/", {"username": "anna", "password": PASSWORD})
    page = admin.get("/account/").content.decode()
    assert "this one" in page

    marks = re.findall(r'name="session" value="([0-9a-f]{20})"', page)
    assert marks
    assert str(admin.session.session_key) not in page
    admin.post("/account/sessions/", {"session": marks[0]})
    admin.post("/account/sessions/")

    assert other.get("/calls/").status_code == 302
    assert admin.get("/calls/").status_code == 200


def test_a_session_of_another_person_is_not_ended(admin: Client, viewer: Client) -> None:
    from tollbook.site.people.sessions import sessions_of

    (mark,) = [each.mark for each in sessions_of(anna())]
    viewer.post("/account/sessions/", {"session": mark})

    assert admin.get("/calls/").status_code == 200


def test_passwords_are_kept_by_argon2() -> None:
    from django.contrib.auth.hashers import Argon2PasswordHasher

    from tollbook.web import settings

    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
    assert Argon2PasswordHasher().encode("correct horse 9", "a" * 16).startswith("argon2$argon2id$")

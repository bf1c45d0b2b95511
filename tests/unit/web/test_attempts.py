"""A password cannot be found by trying, however the name is written and however many try at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from tests.unit.web.conftest import PASSWORD
from tollbook.model.actor import TOLLBOOK
from tollbook.model.page_limits import (
    ATTEMPTS_KEPT,
    PASSWORD_CHANGES,
    SIGN_INS_AT_ONCE,
    SIGN_INS_OF_ADDRESS,
    SIGN_INS_OF_NAME,
    SIGN_INS_OF_NAME_HERE,
)
from tollbook.model.problem import Misconfigured
from tollbook.site.people.operations import add_first_admin
from tollbook.web.people import attempts as module
from tollbook.web.people import session
from tollbook.web.people.attempts import Attempts, SignIns


def sign_in(name: str, password: str, address: str = "192.0.2.1") -> int:
    try:
        given = {"username": name, "password": password}
        return Client().post("/sign-in/", given, REMOTE_ADDR=address).status_code
    finally:
        connections.close_all()


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("spelt", [" anna", "anna ", "ANNA", "\uff41nna", "\u2002anna", "an\uff4ea"])
def test_a_name_is_counted_however_it_is_written(spelt: str) -> None:
    tries = [sign_in("anna", "wrong") for _ in range(SIGN_INS_OF_NAME_HERE)]

    assert tries == [200] * SIGN_INS_OF_NAME_HERE
    assert sign_in(spelt, PASSWORD) == 429


@pytest.mark.usefixtures("admin")
def test_of_many_at_once_no_more_are_tried_than_one_after_another() -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: sign_in("anna", "wrong"), range(20)))

    assert sorted(answers) == [200] * SIGN_INS_OF_NAME_HERE + [429] * (20 - SIGN_INS_OF_NAME_HERE)


@pytest.mark.usefixtures("admin")
def test_the_right_password_within_the_limit_signs_in_and_clears_the_count() -> None:
    for _ in range(SIGN_INS_OF_NAME_HERE - 1):
        sign_in("anna", "wrong")

    assert sign_in("anna", PASSWORD) == 302
    assert [sign_in("anna", "wrong") for _ in range(SIGN_INS_OF_NAME_HERE)] == [200] * SIGN_INS_OF_NAME_HERE


@pytest.fixture
def counts() -> SignIns:
    return SignIns()


def test_an_address_has_a_limit_of_its_own_whatever_names_it_tries(counts: SignIns) -> None:
    tries = [counts.begin(f"name-{number}", "192.0.2.7") for number in range(SIGN_INS_OF_ADDRESS)]

    assert tries == [0] * SIGN_INS_OF_ADDRESS
    assert counts.begin("another", "192.0.2.7") > 0
    assert counts.begin("another", "192.0.2.8") == 0


def test_addresses_of_one_customer_of_ipv6_are_one(counts: SignIns) -> None:
    for number in range(SIGN_INS_OF_ADDRESS):
        assert counts.begin(f"name-{number}", f"2001:db8::{number:x}") == 0

    assert counts.begin("another", "2001:db8::ffff") > 0
    assert counts.begin("another", "2001:db8:0:1::1") == 0


def test_a_name_has_a_limit_of_its_own_wherever_it_is_tried_from(counts: SignIns) -> None:
    tries = [counts.begin("anna", f"192.0.2.{number}") for number in range(SIGN_INS_OF_NAME)]

    assert tries == [0] * SIGN_INS_OF_NAME
    assert counts.begin("anna", "198.51.100.1") > 0
    assert counts.begin("vera", "198.51.100.1") == 0


def test_people_behind_one_address_who_sign_in_rightly_keep_nobody_out(counts: SignIns) -> None:
    for number in range(2 * SIGN_INS_OF_ADDRESS):
        assert counts.begin(f"name-{number}", "192.0.2.7") == 0
        counts.succeeded(f"name-{number}", "192.0.2.7")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", ""])
def test_behind_a_proxy_on_this_machine_a_stranger_keeps_nobody_out(counts: SignIns, address: str) -> None:
    tries = [counts.begin(f"name-{number}", address) for number in range(2 * SIGN_INS_OF_ADDRESS)]

    assert not any(tries)
    assert counts.begin("anna", address) == 0


def test_an_address_that_makes_names_up_takes_no_room_from_others(
    counts: SignIns,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ATTEMPTS_KEPT", SIGN_INS_OF_ADDRESS + 1)
    for number in range(10 * SIGN_INS_OF_ADDRESS):
        counts.begin(f"name-{number}", "192.0.2.66")

    assert counts.begin("anna", "192.0.2.7") == 0


def test_who_finds_a_browser_open_does_not_find_the_password_by_trying(viewer: Client) -> None:
    new = {"new_password1": "correct horse 10", "new_password2": "correct horse 10"}
    tries = [viewer.post("/password/", {"old_password": "wrong", **new}).status_code for _ in range(PASSWORD_CHANGES)]

    assert tries == [200] * PASSWORD_CHANGES
    refused = viewer.post("/password/", {"old_password": PASSWORD, **new})
    assert refused.status_code == 429
    assert "Too many attempts" in refused.content.decode()


def test_after_a_while_one_may_try_again() -> None:
    attempts = Attempts(1, window_s=0.0)

    assert [attempts.begin("anna") for _ in range(3)] == [0, 0, 0]


def test_no_more_keys_are_remembered_than_the_limit_and_none_that_has_to_wait_is_forgotten() -> None:
    attempts = Attempts(1)
    begun = [attempts.begin(f"name-{number}") for number in range(ATTEMPTS_KEPT)]

    assert not any(begun)
    assert attempts.begin("one more") > 0
    assert attempts.begin("name-0") > 0


def test_keys_of_long_ago_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPTS_KEPT", 2)
    attempts = Attempts(1, window_s=0.0)

    assert [attempts.begin(name) for name in ("anna", "bert", "carl", "dora")] == [0] * 4


@pytest.mark.usefixtures("admin")
def test_a_password_waits_only_so_long_to_be_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SIGN_IN_WAITS_S", 0.01)
    for _ in range(SIGN_INS_AT_ONCE):
        session.SIGN_INS.checking.acquire()
    try:
        assert sign_in("anna", PASSWORD) == 429
    finally:
        for _ in range(SIGN_INS_AT_ONCE):
            session.SIGN_INS.checking.release()

    assert sign_in("anna", PASSWORD) == 302


@pytest.mark.usefixtures("engine")
def test_of_several_first_administrators_at_once_there_is_one() -> None:
    def add(name: str) -> bool:
        try:
            add_first_admin(TOLLBOOK, name, PASSWORD)
        except Misconfigured:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(add, ("anna", "bert", "carl", "dora")))

    assert sorted(made) == [False, False, False, True]
    assert User.objects.count() == 1


def test_a_changed_password_ends_other_sessions_and_a_removed_person_has_none(admin: Client, viewer: Client) -> None:
    elsewhere = Client()
    assert elsewhere.login(username="vera", password=PASSWORD)
    new = "correct horse 10"
    viewer.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert viewer.get("/calls/").status_code == 200
    assert elsewhere.get("/calls/").status_code == 302

    admin.post(f"/people/{User.objects.get(username='vera').pk}/remove/")

    assert viewer.get("/calls/").status_code == 302


@pytest.mark.parametrize(("scheme", "secure"), [("https", "True"), ("http", "")])
@pytest.mark.usefixtures("admin")
def test_cookies_that_came_over_tls_never_travel_without_it(scheme: str, secure: str) -> None:
    given = {"username": "anna", "password": PASSWORD}

    answer = Client().post("/sign-in/", given, headers={"X-Forwarded-Proto": scheme})

    cookie = answer.cookies[settings.SESSION_COOKIE_NAME]
    assert str(cookie["secure"]) == secure
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"

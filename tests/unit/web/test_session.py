"""Signing in and out, and what each role may do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.unit.web.conftest import PASSWORD

PAGES = ["/", "/calls/", "/calls/download.csv", "/pbxs/", "/people/", "/pbxs/add/", "/live/feed/", "/password/"]
FOR_ADMINS = [
    "/people/",
    "/tokens/",
    "/pbxs/add/",
    "/pbxs/add/panasonic-kx-hts/folder/",
    "/pbx/hts32/edit/",
    "/pbx/hts32/test/",
    "/pbx/hts32/sample/",
    "/pbx/hts32/remove/",
]
CHANGES = [
    "/pbx/hts32/pause/",
    "/pbx/hts32/remove/",
    "/pbx/hts32/rejects/retry/",
    "/people/1/",
    "/people/1/remove/",
    "/tokens/wallboard/remove/",
]


def sign_in(client: Client, name: str, password: str) -> int:
    return client.post("/sign-in/", {"username": name, "password": password}).status_code


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_shown_to_nobody_who_has_not_signed_in(path: str) -> None:
    response = Client().get(path)

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


@pytest.mark.usefixtures("admin")
def test_a_part_of_a_page_asks_the_browser_to_load_it_all_again() -> None:
    response = Client().get("/", headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Refresh"]) == (204, "true")


@pytest.mark.usefixtures("admin")
def test_signing_in_leads_on_to_the_page_asked_for() -> None:
    given = {"username": "anna", "password": PASSWORD, "next": "/calls/?extension=101"}

    assert Client().post("/sign-in/", given)["Location"] == "/calls/?extension=101"


@pytest.mark.usefixtures("admin")
def test_signing_in_never_leads_to_another_site() -> None:
    given = {"username": "anna", "password": PASSWORD, "next": "https://elsewhere.example/"}

    assert Client().post("/sign-in/", given)["Location"] == "/"


@pytest.mark.usefixtures("viewer")
def test_after_five_wrong_passwords_even_the_right_one_has_to_wait() -> None:
    client = Client()
    tries = [sign_in(client, "anna", "wrong") for _ in range(5)]

    assert tries == [200] * 5
    assert sign_in(client, "anna", PASSWORD) == 429
    assert sign_in(client, "ANNA", PASSWORD) == 429


@pytest.mark.usefixtures("viewer")
def test_somebody_elses_wrong_passwords_keep_nobody_out() -> None:
    client = Client()
    for _ in range(5):
        sign_in(client, "anna", "wrong")

    assert sign_in(client, "vera", PASSWORD) == 302


def test_signing_out_takes_a_form_not_a_link(admin: Client) -> None:
    assert admin.get("/sign-out/").status_code == 405
    assert admin.post("/sign-out/").status_code == 302
    assert admin.get("/").status_code == 302


@pytest.mark.usefixtures("pbx")
@pytest.mark.parametrize("path", FOR_ADMINS)
def test_a_viewer_is_told_that_a_page_is_for_administrators(viewer: Client, path: str) -> None:
    response = viewer.get(path)

    assert response.status_code == 403
    assert "This is for administrators" in response.content.decode()


@pytest.mark.usefixtures("pbx")
@pytest.mark.parametrize("path", CHANGES)
def test_a_viewer_changes_nothing(viewer: Client, path: str) -> None:
    assert viewer.post(path).status_code == 403


@pytest.mark.usefixtures("pbx")
def test_a_viewer_sees_how_a_pbx_is_and_no_way_to_change_it(viewer: Client) -> None:
    page = viewer.get("/pbx/hts32/").content.decode()

    assert "Records" in page
    assert "/pbx/hts32/edit/" not in page


def test_an_administrator_lets_a_viewer_in_and_takes_them_out_again(admin: Client) -> None:
    admin.post("/people/", {"name": "vito", "password": PASSWORD, "role": "viewer"})
    vito = User.objects.get(username="vito")
    assert not vito.is_staff

    admin.post(f"/people/{vito.pk}/remove/")

    assert not User.objects.filter(username="vito").exists()


def test_an_administrator_does_not_remove_themselves(admin: Client) -> None:
    anna = User.objects.get(username="anna")

    admin.post(f"/people/{anna.pk}/remove/")

    assert User.objects.filter(username="anna").exists()


def test_a_name_is_given_once_however_it_is_spelt(admin: Client) -> None:
    response = admin.post("/people/", {"name": "Anna", "password": PASSWORD, "role": "viewer"})

    assert "Somebody has this name already" in response.content.decode()


def test_a_person_changes_their_own_password(viewer: Client) -> None:
    new = "battery staple 7"
    viewer.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert Client().login(username="vera", password=new)


@pytest.mark.usefixtures("admin")
def test_a_form_sent_after_the_session_ended_leads_back_to_its_page_and_says_that_nothing_was_changed() -> None:
    visitor = Client()
    page = "http://testserver/pbx/hts32/"

    sent = visitor.post("/pbx/hts32/pause/", headers={"Referer": page})
    elsewhere = visitor.post("/pbx/hts32/pause/", headers={"Referer": "http://elsewhere.example/pbx/hts32/"})

    assert (sent["Location"], elsewhere["Location"]) == ("/sign-in/?next=/pbx/hts32/", "/sign-in/?next=/")
    assert b"nothing was changed" in visitor.get(sent["Location"]).content


def test_the_summary_of_a_refused_form_names_its_fields_as_the_page_does(viewer: Client) -> None:
    page = viewer.post("/password/", {"old_password": "wrong", "new_password1": "a", "new_password2": "b"}).content

    for field, label in (("old_password", b"Current password"), ("new_password2", b"Repeat new password")):
        assert b'<a href="#id_%s">%s</a>' % (field.encode(), label) in page
        assert b'<label for="id_%s">%s</label>' % (field.encode(), label) in page


def test_two_sites_on_one_machine_keep_their_sessions_apart(tmp_path: Path) -> None:
    """A browser keeps a cookie by its host, whatever the port."""
    command = [sys.executable, "-c", "from tollbook.web import settings as it; print(it.SESSION_COOKIE_NAME)"]
    names = set()
    for site in ("one", "two", "two"):
        (tmp_path / site).mkdir(exist_ok=True)
        told = {**os.environ, "TOLLBOOK_SITE": str(tmp_path / site)}
        names.add(subprocess.run(command, env=told, capture_output=True, text=True, check=True).stdout)

    assert len(names) == 2

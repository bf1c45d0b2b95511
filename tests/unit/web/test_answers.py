"""What every answer carries, what machines ask, and pages about faults."""

import re
from pathlib import Path

import pytest
from django.test import Client

import tollbook.web
from tollbook.engine.engine import Engine
from tollbook.web.api.access import grant, revoke

HERE = Path(tollbook.web.__file__).parent
TEMPLATES = sorted((HERE / "templates").rglob("*.html"))
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/healthz", "/no-such-page", "/static/web/base.css"])
def test_every_answer_lets_a_page_load_only_from_here(admin: Client, path: str) -> None:
    policy = admin.get(path)["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/", "/calls/", "/pbxs/"])
def test_nobody_keeps_a_copy_of_a_page(viewer: Client, path: str) -> None:
    assert viewer.get(path)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_script_and_no_style_of_its_own(template: Path) -> None:
    assert not re.search(
        r"""\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)|javascript:""",
        template.read_text("utf-8"),
    )


@pytest.mark.parametrize("file", sorted((HERE / "static/web").iterdir()), ids=lambda path: path.name)
def test_a_style_or_script_is_short_and_loads_nothing_from_elsewhere(file: Path) -> None:
    text = file.read_text("utf-8")

    assert len(text.splitlines()) <= 400
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", text)


def test_a_static_file_is_kept_for_ever_under_a_name_that_changes_with_it(visitor: Client) -> None:
    address = re.search(r'href="(/static/web/base\.css\?v=[0-9a-f]{12})"', visitor.get("/set-up/").content.decode())
    assert address

    response = visitor.get(address.group(1))

    assert response.content == (HERE / "static/web/base.css").read_bytes()
    assert "max-age=31536000" in response["Cache-Control"]


def test_a_static_file_that_has_not_changed_is_not_sent_again(visitor: Client) -> None:
    first = visitor.get("/static/web/base.css")

    again = visitor.get("/static/web/base.css", headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/static/web/nothing.css", "/static/../settings.py", "/static/web/"])
def test_nothing_but_static_files_is_served_as_one(admin: Client, path: str) -> None:
    assert admin.get(path).status_code == 404


def test_the_server_says_that_it_lives_to_anybody(visitor: Client) -> None:
    assert visitor.get("/healthz").content == b"ok"


def test_the_figures_are_for_this_machine(visitor: Client) -> None:
    for host in ("localhost:8470", "127.0.0.1:8470", "[::1]:8470"):
        assert b"tollbook_lag_entries" in visitor.get("/metrics", headers={"Host": host}).content
    assert visitor.get("/metrics", **ELSEWHERE).status_code == 403  # type: ignore[arg-type] # WSGI's own names


def test_a_page_of_another_site_whose_name_leads_to_this_machine_gets_no_figures(visitor: Client) -> None:
    assert visitor.get("/metrics", headers={"Host": "rebound.example:8470"}).status_code == 403


def test_a_proxy_on_this_machine_does_not_speak_for_it(visitor: Client) -> None:
    assert visitor.get("/metrics", headers={"Host": "localhost", "X-Forwarded-For": "192.0.2.7"}).status_code == 403


def test_the_figures_are_for_whoever_has_the_token(visitor: Client) -> None:
    token = grant()
    right, wrong = (
        visitor.get("/metrics", headers={"Authorization": f"Bearer {text}"}, **ELSEWHERE)  # type: ignore[arg-type] # as above
        for text in (token, "x" + token)
    )
    revoke(token)

    assert (right.status_code, wrong.status_code) == (200, 403)


def test_a_page_that_fails_says_that_calls_are_still_taken(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    admin.raise_request_exception = False
    monkeypatch.setattr("tollbook.web.calls.pages.ledger_of", lambda _request: 1 / 0)

    response = admin.get("/calls/")

    assert response.status_code == 500
    assert "Calls go on being taken" in response.content.decode()


def test_a_page_that_is_asked_while_the_store_is_opened_again_says_so(admin: Client, engine: Engine) -> None:
    engine.site.store.close()

    response = admin.get("/calls/")
    engine.site.store.reopen()

    assert response.status_code == 503
    assert "calls wait in the journal" in response.content.decode()


def test_a_form_without_its_token_changes_nothing_and_says_why(admin: Client) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"Cookie": admin.cookies.output(header="", sep=";").strip()})

    response = strict.post("/sign-in/", {"username": "anna", "password": "x"})

    assert response.status_code == 403
    assert "Nothing has been changed" in response.content.decode()

"""Adding, changing and trying PBXs."""

import re
from importlib import resources
from pathlib import Path

import pytest
from django.test import Client

from tests.fakes.sites import import_file
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine
from tollbook.site.pbxs.models import PbxRecord

ADD_TDA = "/pbxs/add/panasonic-kx-tda/tcp_client/"
ADD_FOLDER = "/pbxs/add/panasonic-kx-hts/folder/"
ADD_HTTP = "/pbxs/add/panasonic-kx-hts/http_poll/"
SECRET = "open-sesame-4711"


def http_settings(**others: str) -> dict[str, str]:
    settings = {
        "url": "https://pbx.example:8443/cdr",
        "username": "INSTALLER",
        "password": SECRET,
        "certificate": "verified",
    }
    return {"name": "main", "timezone": "Asia/Tokyo"} | {
        f"set-{name}": text for name, text in (settings | others).items()
    }


@pytest.fixture
def http_pbx(admin: Client) -> PbxRecord:
    admin.post(ADD_HTTP, http_settings())
    return PbxRecord.objects.get(name="main")


def test_a_source_asks_only_for_what_it_needs(admin: Client) -> None:
    assert 'name="set-path"' in admin.get(ADD_FOLDER).content.decode()
    assert 'name="set-path"' not in admin.get(ADD_HTTP).content.decode()


def test_a_source_that_clears_the_pbx_says_so_before_anything_is_asked(admin: Client) -> None:
    assert "clears its records" in admin.get(ADD_HTTP).content.decode()
    assert "clears its records" not in admin.get(ADD_FOLDER).content.decode()


def test_a_pbx_is_added_and_taken_up_at_once(admin: Client, engine: Engine, tmp_path: Path) -> None:
    given = {"name": "front-desk", "timezone": "Europe/London", "set-path": str(tmp_path / "pbx")}

    response = admin.post(ADD_FOLDER, given, follow=True)

    assert response.redirect_chain[-1][0] == "/pbx/front-desk/test/?added=yes"
    assert engine.pbxs()["front-desk"].settings == {"path": str(tmp_path / "pbx")}


def test_a_pbx_by_hand_is_set_up_by_its_time_zone_and_goes_on_to_dropping_a_file(admin: Client) -> None:
    form = admin.get("/pbxs/add/panasonic-kx-hts/by_hand/").content.decode()
    given = {"name": "office", "timezone": "Europe/London"}

    response = admin.post("/pbxs/add/panasonic-kx-hts/by_hand/", given, follow=True)
    text, page = response.content.decode(), admin.get("/pbx/office/").content.decode()

    assert "Add and choose a file" in form
    assert response.redirect_chain == [("/pbx/office/imports/?added=yes", 302)]
    assert "Step 4 of 4" in text
    assert 'type="file"' in text
    assert "Ask now" not in page
    assert "Last answer" not in page
    assert admin.get("/pbx/office/test/")["Location"] == "/pbx/office/imports/"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "Front Desk"}, "small letters, digits and hyphens, and begins"),
        ({"timezone": "BST"}, "Unknown: &#x27;BST&#x27;"),
        ({"timezone": ""}, "This field is required (for example Europe/London"),
        ({"set-path": ""}, "This field is required"),
        ({"set-path": "cdr"}, "Must be a full path"),
        ({"set-minimum-age": "soon"}, "Must be a time such as 30s"),
    ],
)
def test_a_fault_is_shown_beside_its_field(admin: Client, wrong: dict[str, str], said: str) -> None:
    given = {"name": "front-desk", "timezone": "Europe/London", "set-path": "/srv/pbx"} | wrong

    text = admin.post(ADD_FOLDER, given).content.decode()

    assert said in text
    assert text.count('class="error"') == 1
    assert not PbxRecord.objects.exists()


def test_a_new_pbx_is_set_as_it_was_delivered_unless_somebody_says_otherwise(admin: Client, engine: Engine) -> None:
    page = admin.get(ADD_TDA).content.decode()
    given = {"timezone": "Europe/London", "set-host": "192.0.2.10", "set-port": "2300", "set-username": "SMDR"}

    admin.post(ADD_TDA, {**given, "name": "as-delivered", "set-login": "panasonic"})
    admin.post(ADD_TDA, {**given, "name": "changed", "set-login": "panasonic", "set-password": "another"})
    admin.post(ADD_TDA, {**given, "name": "open", "set-login": "none"})

    assert '<option value="panasonic" selected>' in page
    assert "empty: PCCSMDR, as delivered" in page
    found = {name: pbx.settings.get("password", "") for name, pbx in engine.pbxs().items()}
    assert found == {"as-delivered": "PCCSMDR", "changed": "another", "open": ""}


def test_a_format_of_ones_own_may_name_a_setting_as_delivered_that_no_option_is(admin: Client, engine: Engine) -> None:
    format_ = resources.files("tollbook.dialects.catalogue").joinpath("panasonic_kx_tda", "dialect.toml").read_text()
    file = engine.site.path / "dialects" / "own_tda" / "dialect.toml"
    file.parent.mkdir(parents=True)
    file.write_text(format_.replace("[delivered.tcp_client]\n", '[delivered.tcp_client]\nno-option = "1"\n'))
    given = {"name": "own", "timezone": "Europe/London", "set-host": "192.0.2.10", "set-port": "2300"}

    assert "no-option" in file.read_text()
    assert admin.post("/pbxs/add/own-tda/tcp_client/", given | {"set-login": "none"}).status_code == 302
    assert "own" in engine.pbxs()


def test_a_provider_of_the_sites_own_is_offered_and_kept_though_its_file_is_gone(admin: Client, engine: Engine) -> None:
    file = engine.site.path / "dialects" / "example_telecom" / "provider.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        'title = "Example Telecom"\naddress = "https://192.0.2.7"\npath = "/calls"\nrecords = ["calls"]\n'
        'query = { since = "{from}", until = "{to}" }\npaging = { way = "header" }\n'
    )
    option = 'value="example-telecom"'
    form = "/pbxs/add/ringcentral/rest_poll/"
    given = {"name": "cloud", "timezone": "UTC", "set-provider": "example-telecom", "set-client-id": "id"}

    assert option in admin.get(form).content.decode()
    assert admin.post(form, {**given, "set-client-secret": "word"}).status_code == 302
    file.unlink()
    shown = admin.get("/pbx/cloud/edit/").content.decode()
    assert f"{option} selected" in shown
    said = admin.post(form, {**given, "name": "cloud-2"}).content.decode()
    assert "example-telecom is not one of the available choices" in said


def test_a_name_that_is_in_use_is_refused(admin: Client, pbx: str) -> None:
    given = {"name": pbx, "timezone": "Europe/London", "set-path": "/srv/pbx"}

    assert "There is a PBX of this name already" in admin.post(ADD_FOLDER, given).content.decode()


def test_a_secret_is_kept_and_never_sent_to_a_browser(admin: Client, http_pbx: PbxRecord) -> None:
    pages = [
        admin.get(path).content.decode() for path in ("/pbx/main/", "/pbx/main/edit/", "/pbxs/", "/pbx/main/test/")
    ]

    assert http_pbx.settings["password"] == SECRET
    assert [page for page in pages if SECRET in page] == []


def test_a_secret_left_empty_stays_as_it_is(admin: Client, http_pbx: PbxRecord) -> None:
    admin.post("/pbx/main/edit/", http_settings(password="", interval="1m"))

    http_pbx.refresh_from_db()
    assert http_pbx.settings["password"] == SECRET
    assert http_pbx.settings["interval"] == "1m"


def test_a_setting_made_empty_is_taken_away(admin: Client, http_pbx: PbxRecord) -> None:
    admin.post("/pbx/main/edit/", http_settings(username=""))

    http_pbx.refresh_from_db()
    assert "username" not in http_pbx.settings


def test_a_password_within_an_address_becomes_a_setting_of_its_own(admin: Client) -> None:
    admin.post(ADD_HTTP, http_settings(url="http://INSTALLER:1234@pbx.example/cdr", username="", password=""))

    settings = PbxRecord.objects.get(name="main").settings
    assert settings["url"] == "http://pbx.example/cdr"
    assert (settings["username"], settings["password"]) == ("INSTALLER", "1234")


def test_a_pbx_is_paused_and_goes_on(admin: Client, engine: Engine, pbx: str) -> None:
    admin.post(f"/pbx/{pbx}/pause/")
    assert engine.pbxs()[pbx].paused

    admin.post(f"/pbx/{pbx}/pause/")
    assert not engine.pbxs()[pbx].paused


@pytest.mark.usefixtures("some_calls")
def test_a_removed_pbx_keeps_its_calls_and_can_be_brought_back(admin: Client, engine: Engine, pbx: str) -> None:
    assert "Its 5 calls" in admin.get(f"/pbx/{pbx}/remove/").content.decode()

    admin.post(f"/pbx/{pbx}/remove/")
    assert pbx not in engine.pbxs()
    assert "of <strong>5</strong> calls" in admin.get("/calls/").content.decode()
    assert admin.get(f"/pbx/{pbx}/").status_code == 404

    admin.post(f"/pbxs/bring-back/{pbx}/")
    assert pbx in engine.pbxs()


def test_a_change_needs_a_form_not_a_link(admin: Client, pbx: str) -> None:
    assert admin.get(f"/pbx/{pbx}/pause/").status_code == 405


def test_a_pasted_sample_is_read_line_by_line_and_not_stored(admin: Client, pbx: str) -> None:
    lines = row().decode() + "half a line\n" + row("102", at="2026-03-02 09:00:00").decode().replace(":00:00", ":xx:00")

    text = admin.post(f"/pbx/{pbx}/sample/", {"text": lines}).content.decode()

    assert "1 call, 0 ignored, 2 not readable" in text
    assert "1 field where 15 belong" in text
    assert "column started_local" in text
    assert "No calls yet" in admin.get("/calls/").content.decode()


def test_a_reject_is_shown_with_its_reason_and_as_text(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"<b>no record</b>\x1b[31m\n")

    text = admin.get(f"/pbx/{pbx}/rejects/").content.decode()

    assert "1 field where 15 belong" in text
    assert "&lt;b&gt;no record&lt;/b&gt;\\x1b[31m" in text


def test_rejects_are_tried_again_when_asked(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"no record\n")

    response = admin.post(f"/pbx/{pbx}/rejects/retry/", follow=True)

    assert "None of them can be read yet" in response.content.decode()


def test_a_form_with_faults_says_so_in_its_title_and_leads_to_each_field(admin: Client) -> None:
    text = admin.post(ADD_FOLDER, {"name": "front-desk", "timezone": "BST", "set-path": ""}).content.decode()

    assert "<title>Error: Add a PBX" in text
    for field in ("id_timezone", "id_set-path"):
        assert f'href="#{field}"' in text
        assert f'id="{field}_error"' in text
        assert re.search(rf'aria-describedby="[^"]*{field}_error"', text)

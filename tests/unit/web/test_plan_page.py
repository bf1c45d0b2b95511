"""The dial plan of a PBX on its page, and what calls mean by it on theirs."""

import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import incoming, row
from tollbook.engine.engine import Engine
from tollbook.engine.places import FILE, write_places
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import TOLLBOOK
from tollbook.numbering.plans import PlanChange, PlanSettings, read_plans
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.pbxs import operations as pbxs
from tollbook.store import questions

PAGE = "/pbx/hts32/plan/"
LONDON: PlanSettings = {"": {"country": "GB", "area-code": "20", "outside": "9"}}


@pytest.fixture(autouse=True)
def dialled(engine: Engine, pbx: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of an office in London, and a file of places that knows London alone."""
    monkeypatch.setattr("tollbook.engine.places.place_names", lambda: [("4420", "London")])
    write_places(engine.site.path / FILE)
    rows = [
        *(row("101", f"902079460{number}") for number in range(135, 139)),
        row("101", "979460135"),
        row("102", "90012015550135"),
        row("102", "914102079460135,,4711"),
        row("101", "9999"),
        row("103", "7777777"),
        incoming("02079460135"),
    ]
    import_file(engine, pbx, b"".join(rows))


def page(client: Client, words: str = "") -> str:
    return unescape(client.get(PAGE + words).content.decode())


def set_plan(engine: Engine, plan: PlanSettings) -> None:
    pbxs.set_plan(TOLLBOOK, "hts32", plan)
    until(lambda: not engine.numbering("hts32"))


def fields(text: str) -> dict[str, str]:
    """The values that a form would send."""
    inputs = re.findall(r'<input type="text" name="(set-[\w-]+)"(?: value="([^"]*)")?', text)
    selects = re.findall(r'<select name="(set-[\w-]+)".*?</select>', text, re.DOTALL)
    chosen = [(name, re.search(rf'name="{name}".*?value="([^"]*)" selected', text, re.DOTALL)) for name in selects]
    return dict(inputs) | {name: found[1] if found else "" for name, found in chosen}


def call_page(client: Client, engine: Engine, called: str) -> str:
    ledger = engine.ledger(EVERYTHING_ALLOWED)
    found = next(each for each in questions.calls(ledger, questions.CallListing()) if called in each["called"])
    return unescape(client.get(f"/calls/{found['id']}/").content.decode())


def with_hidden_digits(client: Client) -> str:
    """The id of the call of which digits are hidden."""
    lines = client.get("/api/calls?number=914102079460135").content.splitlines()
    (key,) = [call["id"] for call in map(json.loads, lines) if "•" in call["called"]]
    return str(key)


def test_without_a_plan_the_page_proposes_one_with_reasons_and_it_is_set_as_it_is_shown(
    admin: Client,
    engine: Engine,
) -> None:
    assert f'href="{PAGE}"' in admin.get("/").content.decode()
    assert "Set a dial plan" in admin.get("/pbx/hts32/").content.decode()
    text = page(admin)

    assert "GB: the country of the time zone Europe/London" in text
    assert "9 for an outside line" in text
    assert re.search(r"<code>9\d+</code> is \+44 20 7946 0\d+, London, United Kingdom", text)

    admin.post(PAGE, fields(text))
    until(lambda: not engine.numbering("hts32"))

    settings = engine.pbxs()["hts32"].plan[""]
    assert (settings["country"], settings["outside"]) == ("GB", "9")
    assert next(iter(entries(AuditFilter()))).said == "changed the dial plan of hts32"
    assert f'href="{PAGE}"' not in admin.get("/").content.decode()


def test_the_page_says_how_much_a_plan_explains_and_what_it_does_not(viewer: Client, engine: Engine) -> None:
    set_plan(engine, {"": {"country": "GB", "outside": "9"}})

    text = page(viewer)

    assert '<strong class="percent">80.0 %</strong> of 10 outside calls' in text
    assert re.findall(r"<code>(\d+)</code></a></th><td>([\w ]+)</td>", text) == [
        ("7777777", "not recognised"),
        ("979460135", "digits missing"),
    ]


def test_faults_stand_at_their_fields_and_nothing_is_kept(admin: Client, engine: Engine) -> None:
    text = admin.post(PAGE, {"set-country": "", "set-outside": "nine"}).content.decode()

    assert re.search(r'name="set-outside"[^>]*aria-invalid="true"', text)
    assert "Must be digits, several separated by commas" in text
    assert engine.pbxs()["hts32"].plan == {}


def test_only_administrators_change_it(viewer: Client, engine: Engine) -> None:
    text = page(viewer)

    assert "An administrator can set it" in text
    assert "set-outside" not in text
    assert viewer.post(PAGE, {"set-country": "GB"}).status_code == 403
    assert engine.pbxs()["hts32"].plan == {}


def test_a_number_is_tried_without_saving_with_scripts_and_without(admin: Client, engine: Engine) -> None:
    set_plan(engine, LONDON)
    before = engine.pbxs()["hts32"]
    words = "?try=90012015550135"

    part = admin.get(PAGE + words, headers={"HX-Request": "true"}).content.decode()

    assert "+1 201-555-0135, United States (fixed line or mobile, international)" in part
    assert "<html" not in part
    assert "+1 201-555-0135, United States" in page(admin, words)
    assert engine.pbxs()["hts32"] == before


def test_a_trunk_group_has_settings_of_its_own_until_they_are_removed(admin: Client, engine: Engine) -> None:
    set_plan(engine, LONDON)
    of_group = PAGE + "?group=7"
    assert "as for all lines: United Kingdom" in page(admin, "?group=7")

    admin.post(of_group, {"set-country": "US", "set-outside": "8"})
    assert engine.pbxs()["hts32"].plan["7"] == {"country": "US", "outside": "8"}
    assert "Country United States; Outside line 8" in page(admin)
    assert "+1 201-555-0135" in page(admin, "?group=7&try=812015550135")

    admin.post(of_group, {"act": "remove"})
    assert engine.pbxs()["hts32"].plan == LONDON


def test_while_calls_are_numbered_the_page_says_so_and_asks_again(
    admin: Client,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_plan(engine, LONDON)
    assert "All calls are numbered by this plan" in page(admin)

    monkeypatch.setattr(engine, "numbering", {"hts32": True}.get)

    assert "are being numbered by this plan" in page(admin)
    assert f'hx-get="{PAGE}numbering/"' in admin.get(PAGE + "numbering/").content.decode()


def test_a_call_says_what_its_number_means_and_what_was_taken_off(admin: Client, engine: Engine) -> None:
    assert 'id="meaning"' not in call_page(admin, engine, "14102079460135")
    set_plan(engine, LONDON)

    text = call_page(admin, engine, "14102079460135")

    assert "+44 20 7946 0135, London, United Kingdom (fixed line, local)" in text
    assert re.search(r"<dt>Network code</dt><dd>141</dd>", text)
    assert "hidden, since it may be a PIN" in text
    assert "999, United Kingdom (emergency)" in call_page(admin, engine, "9999")
    pbxs.remove(TOLLBOOK, "hts32")
    assert "+44 20 7946 0135, London, United Kingdom" in call_page(admin, engine, "14102079460135")


def test_the_list_shows_and_filters_by_what_numbers_mean_in_words(admin: Client, engine: Engine) -> None:
    assert 'id="filter-country"' not in admin.get("/calls/").content.decode()
    set_plan(engine, LONDON)
    words = "columns=number_e164,number_country,number_kind,number_reach"

    text = admin.get(f"/calls/?country=US&kind=fixed_or_mobile&{words}").content.decode()

    assert re.findall(r'<td[^>]*data-label="(\w+)">([^<]*)<', text) == [
        ("Number", "+1 201-555-0135"),
        ("Country", "United States"),
        ("Kind", "fixed line or mobile"),
        ("Reach", "international"),
    ]
    assert '<option value="US" selected>United States</option>' in text
    assert '<option value="fixed_or_mobile" selected>fixed line or mobile</option>' in text


def test_hidden_digits_are_neither_found_nor_shown_to_whoever_changes_nothing(
    admin: Client,
    viewer: Client,
    engine: Engine,
) -> None:
    set_plan(engine, LONDON)
    key = with_hidden_digits(viewer)

    for words in ("number=4711", "text=4711", "number=020794601354711", "text=,,4711"):
        assert viewer.get(f"/api/calls?{words}").content == b""
    assert "4711" not in call_page(viewer, engine, "••••")
    assert "4711" in call_page(admin, engine, "••••")
    assert viewer.get(f"/api/calls/{key}/raw").status_code == 403
    assert b",,4711" in admin.get(f"/api/calls/{key}/raw").content
    assert viewer.get("/api/journal").status_code == 403
    assert admin.get("/api/journal").status_code == 200


def test_a_token_that_may_look_sees_no_hidden_digits(admin: Client, visitor: Client, engine: Engine) -> None:
    set_plan(engine, LONDON)
    key = with_hidden_digits(admin)
    codes = {}
    for permission in ("read", "change"):
        made = admin.post("/api/tokens", {"name": permission, "permission": permission}, "application/json").json()
        bearer = {"Authorization": f"Bearer {made['token']}"}
        addresses = (f"/api/calls/{key}/raw", "/api/journal")
        codes[permission] = [visitor.get(each, headers=bearer).status_code for each in addresses]
    assert codes == {"read": [403, 403], "change": [200, 200]}


def test_what_two_people_change_of_a_plan_at_the_same_time_is_all_kept(admin: Client, engine: Engine) -> None:
    set_plan(engine, LONDON)
    form = {**fields(page(admin, "?group=west")), "set-outside": "8"}

    admin.patch("/api/pbxs/hts32/plan", {"settings": {"outside": "7"}, "trunk_group": "east"}, "application/json")
    admin.post(PAGE + "?group=west", form)

    kept = engine.pbxs()["hts32"].plan
    assert (kept["east"]["outside"], kept["west"]["outside"], kept[""]) == ("7", "8", LONDON[""])


def test_a_change_of_a_plan_reads_and_keeps_it_in_one_transaction(pbx: str) -> None:
    pbxs.set_plan(TOLLBOOK, pbx, LONDON)
    with CaptureQueriesContext(connection) as asked:
        pbxs.change_plan(TOLLBOOK, pbx, PlanChange(settings={"outside": "7"}, trunk_group="east"))
    said = [each["sql"].split()[0] for each in asked]
    assert said[0] == "BEGIN"
    assert said.count("BEGIN") == 1


def test_a_trunk_group_may_have_no_prefix_where_all_lines_have_one(admin: Client, engine: Engine) -> None:
    set_plan(engine, LONDON)

    admin.patch("/api/pbxs/hts32/plan", {"settings": {"outside": "none"}, "trunk_group": "mobile"}, "application/json")

    plans = read_plans(engine.pbxs()["hts32"].plan, "a test")
    assert plans.number("902079460135", calling=False, trunk_group="").e164 == "+442079460135"
    assert plans.number("902079460135", calling=False, trunk_group="mobile").e164 is None
    assert "none" in page(admin, "?group=mobile")


def test_a_trunk_group_has_a_name_that_can_be_seen(admin: Client) -> None:
    for group in ("\0", " ", "a\nb"):
        change = {"settings": {"outside": "7"}, "trunk_group": group}
        assert admin.patch("/api/pbxs/hts32/plan", change, "application/json").status_code == 422

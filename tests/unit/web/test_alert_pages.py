"""The pages of alerts: what was found, by whom it may be seen, and setting alerts up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests.fakes.people import PASSWORD, let_in
from tests.unit.store.test_pricing import BERLIN, put
from tests.unit.web.test_alerts import EMERGENCY, recent
from tollbook.cli.alert_desk import SiteDesk
from tollbook.clock import now
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.site.alerts import operations
from tollbook.site.alerts.models import AlertHitRecord, AlertRuleRecord
from tollbook.site.alerts.operations import GivenAlert
from tollbook.site.people.roles import set_role_of_site

pytestmark = pytest.mark.usefixtures("found")


@pytest.fixture
def found(engine: Engine) -> Engine:
    """A site whose alert has found two calls, one of extension 101 and one of 102."""
    engine.site.store.renumber("hts", BERLIN)
    operations.add(TOLLBOOK, GivenAlert(name="abroad", kind="international_call"))
    AlertRuleRecord.objects.update(since=now() - timedelta(days=2))
    engine.alert_watch.desk = SiteDesk(engine)
    engine.alert_watch.begin()
    engine.alert_watch.step()
    put(engine.site.store, recent(5, "000442079460135"), recent(4, "000442079460136", extension="102"))
    engine.alert_watch.step()
    return engine


def signed_in(name: str, role: str, scope: str = "") -> Client:
    let_in(name, role, scope)
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_hits_are_listed_counted_and_acknowledged() -> None:
    client = signed_in("anna", "admin")
    shown = page(client, "/alerts/")
    assert "Extension 101 called +442079460135 (United Kingdom) abroad" in shown
    assert '<span class="badge">2' in shown

    hit = AlertHitRecord.objects.get(text__startswith="extension 101")
    client.post("/alerts/acknowledge/", {"hit": [str(hit.pk)], "note": "a colleague at a fair"})
    hit.refresh_from_db()
    assert hit.note == "a colleague at a fair"
    assert "extension 101" not in page(client, "/alerts/").lower()
    assert "a colleague at a fair" in page(client, "/alerts/?show=all")
    assert '<span class="badge">1' in page(client, "/alert/abroad/")


def test_somebody_sees_hits_of_their_own_calls_alone_and_no_whole_numbers() -> None:
    client = signed_in("ben", "manager", "extension=102")
    shown = page(client, "/alerts/?show=all")

    assert "Extension 102 called" in shown
    assert "Extension 101" not in shown
    assert client.get("/alert/abroad/").status_code == 404

    set_role_of_site(TOLLBOOK, "desk", "Desk", ["calls.see"])
    shown = page(signed_in("cleo", "desk"), "/alerts/?show=all")
    assert "called +442079460••• (United Kingdom)" in shown
    assert "+442079460135" not in shown


def test_an_alert_is_tried_set_up_changed_muted_and_removed() -> None:
    client = signed_in("anna", "admin")
    asked = {"name": "long-ones", "set-warning": "10s", "when": "always", "digest_m": "0", "throttle_m": "60"}
    asked |= {"history_days": "0", "deliveries": "", "where-extension": "101"}
    tried = client.post("/alerts/add/long-call/", {**asked, "try": "yes"}).content.decode()
    assert "It would have told you once in the last 30 days" in tried
    assert not AlertRuleRecord.objects.filter(name="long-ones").exists()

    client.post("/alerts/add/long-call/", asked)
    rule = operations.find("long-ones")
    assert (rule.settings, rule.words, rule.owner.kind) == ({"warning": "10s"}, {"extension": "101"}, "person")
    client.post("/alert/long-ones/edit/", {**asked, "set-warning": "20s", "where-extension": ""})
    rule = operations.find("long-ones")
    assert (rule.settings, rule.words) == ({"warning": "20s"}, {})
    client.post("/alert/long-ones/mute-day/")
    assert operations.find("long-ones").muted_until
    client.post("/alert/long-ones/off/")
    assert not operations.find("long-ones").enabled
    client.post("/alert/long-ones/remove/")
    assert not AlertRuleRecord.objects.filter(name="long-ones").exists()


def test_what_is_wrong_stands_beside_its_field() -> None:
    client = signed_in("anna", "admin")
    asked = {"name": "Odd Name", "set-warning": "soon", "when": "outside", "digest_m": "0", "throttle_m": "60"}
    shown = client.post("/alerts/add/long-call/", {**asked, "history_days": "0"}).content.decode()

    for name in ("name", "set-warning", "hours"):
        assert f'id="id_{name}_error"' in shown


def test_each_kind_has_a_form() -> None:
    from tollbook.alerts import known

    client = signed_in("anna", "admin")
    chosen = page(client, "/alerts/add/")
    for kind in known.kinds():
        address = f"/alerts/add/{kind.replace('_', '-')}/"
        assert address in chosen
        assert known.find(kind).title in page(client, address)


def test_the_rule_of_another_is_looked_at_and_changed_by_those_who_see_all() -> None:
    operations.add(TOLLBOOK, GivenAlert(name="mine", kind=EMERGENCY.kind))
    client = signed_in("ben", "manager", "extension=102")

    assert client.post("/alert/mine/off/").status_code == 404
    assert operations.find("mine").enabled


def test_alerts_are_part_of_the_set_up() -> None:
    client = signed_in("anna", "admin")
    files = client.post("/api/config/export", {}, "application/json").json()["files"]
    assert "[abroad]" in files["alerts.toml"]
    operations.remove(TOLLBOOK, "abroad")

    for becomes in (["add"], []):
        answer = client.post("/api/config", {"files": {"alerts.toml": files["alerts.toml"]}}, "application/json")
        told = answer.json()["changes"]
        assert [each["becomes"] for each in told if each["name"] == "abroad"] == becomes
    assert operations.find("abroad").kind == "international_call"


def test_what_was_found_leads_to_no_alert_of_somebody_else() -> None:
    assert '<a href="/alert/abroad/">' in page(signed_in("anna", "admin"), "/alerts/")
    assert "abroad" in (shown := page(signed_in("bob", "viewer", "extension=101"), "/alerts/"))
    assert '<a href="/alert/abroad/">' not in shown

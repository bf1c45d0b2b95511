"""The pages and the API of destinations, as an administrator and a viewer see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from django.test import Client

from tests.fakes.mail_server import MailPeer, a_mail_server
from tollbook.engine.engine import Engine
from tollbook.model.message import DeliveryMessage
from tollbook.site.destinations import operations as destinations


@pytest.fixture
def mails(engine: Engine) -> Iterator[MailPeer]:
    engine.outbox.directory = destinations.every
    with a_mail_server() as server:
        yield server


def form(mails: MailPeer, **more: str) -> dict[str, str]:
    return {"name": "office", **{f"set-{name}": text for name, text in mails.settings().items()}, **more}


def add(admin: Client, mails: MailPeer, **more: str) -> str:
    return admin.post("/deliveries/add/mail/", form(mails, **more), follow=True).content.decode()


def test_a_destination_is_added_and_tested(admin: Client, mails: MailPeer, engine: Engine) -> None:
    assert "Add the first destination" in admin.get("/deliveries/").content.decode()
    assert "office is set up" in add(admin, mails)
    engine.outbox.apply(run=False)

    page = admin.post("/delivery/office/test/", {"recipient": "anne@example.com"}, follow=True).content.decode()
    assert "a test message was taken: 250 OK, queued" in page
    page = admin.post("/delivery/office/test/", {}, follow=True).content.decode()
    assert "it answers, without TLS, and takes the sender" in page

    assert [mail.recipient for mail in mails.taken] == ["anne@example.com"]


def test_a_destination_is_tested_before_it_is_kept(admin: Client, mails: MailPeer) -> None:
    page = add(admin, mails, test="yes", recipient="anne@example.com")
    assert "The test went well." in page
    assert 'id="tested" role="status" tabindex="-1" autofocus' in page
    assert destinations.every() == []
    assert len(mails.taken) == 1


def test_every_fault_of_a_new_destination_is_shown_beside_its_field(admin: Client, mails: MailPeer) -> None:
    page = add(admin, mails, name="Bad Name", **{"set-sender": "nobody", "set-port": "x", "set-bounces": "y"})
    assert "begins with a letter or digit" in page
    assert "Must be a mail address, such as Tollbook" in page
    assert "Must be a whole number" in page
    assert "Must be a mail address, such as bounces" in page

    page = add(admin, mails, **{"set-password": "s3cret-word"})
    assert "Must not be set for this way" in page
    assert "s3cret-word" not in page


def test_a_secret_is_never_shown_and_stays_where_none_is_written(admin: Client, engine: Engine) -> None:
    engine.outbox.directory = destinations.every
    secret = "https://hooks.example.com/services/s3cret-part"
    admin.post("/deliveries/add/slack/", {"name": "chat", "set-url": secret})
    admin.post("/delivery/chat/edit/", {"set-url": "", "set-timeout": "5s"})

    assert destinations.find("chat").settings == {"url": secret, "timeout": "5s"}
    addresses = ("/deliveries/", "/delivery/chat/", "/delivery/chat/edit/", "/audit/", "/api/destinations")
    assert [each for each in addresses if b"s3cret-part" in admin.get(each).content] == []


def test_a_folder_of_the_site_cannot_be_written_to(admin: Client, engine: Engine) -> None:
    path = str(engine.site.path / "tariffs")
    page = admin.post("/deliveries/add/folder/", {"name": "own", "set-path": path}, follow=True).content.decode()
    assert "own files" in page
    assert destinations.every() == []


def test_what_was_refused_is_sent_again_from_the_page(admin: Client, mails: MailPeer, engine: Engine) -> None:
    add(admin, mails)
    mails.refused = {"anne@example.com": "550 no such user"}
    engine.outbox.start()
    engine.outbox.apply(run=True)
    engine.outbox.put(DeliveryMessage(key="1", subject="Calls of last week", text="12"), "office", ["anne@example.com"])
    from tests.fakes.sites import until
    from tollbook.site.outbox import operations as box

    until(lambda: box.entries(1)[0].state == "refused")
    assert "550 no such user" in admin.get("/delivery/office/").content.decode()
    mails.refused = {}

    page = admin.post(f"/deliveries/message/{box.entries(1)[0].number}/again/", follow=True).content.decode()

    assert "It is being sent again" in page
    until(lambda: box.entries(1)[0].state == "sent")
    engine.outbox.stop()


def test_the_address_of_the_pages_is_set(admin: Client) -> None:
    page = admin.post("/deliveries/address/", {"address": "https://calls.example.com/"}, follow=True).content.decode()
    assert "Links in messages lead to https://calls.example.com" in page
    page = admin.post("/deliveries/address/", {"address": "javascript:alert(1)"}, follow=True).content.decode()
    assert "full address beginning with" in page
    assert destinations.pages_address() == "https://calls.example.com"


@pytest.mark.usefixtures("mails")
def test_a_viewer_sees_destinations_and_changes_nothing(viewer: Client, admin: Client, tmp_path: Path) -> None:
    admin.post("/deliveries/add/folder/", {"name": "archive", "set-path": str(tmp_path / "reports")})
    seen = [viewer.get(path).status_code for path in ("/deliveries/", "/delivery/archive/")]
    refused = [
        viewer.post(path).status_code
        for path in ("/deliveries/add/mail/", "/delivery/archive/test/", "/delivery/archive/remove/")
    ]
    assert seen == [200, 200]
    assert refused == [403, 403, 403]


def test_the_api_does_what_the_pages_do(admin: Client, mails: MailPeer, engine: Engine) -> None:
    wanted = {"name": "office", "kind": "mail", "settings": mails.settings()}
    made = admin.post("/api/destinations", wanted, content_type="application/json")
    assert made.status_code == 201
    engine.outbox.apply(run=False)
    asked = {"recipient": "anne@example.com"}
    tested = admin.post("/api/destinations/office/test", asked, content_type="application/json")
    assert tested.json()["well"]
    changed = {"settings": {"bounces": "b@example.com"}}
    admin.patch("/api/destinations/office", msgspec.json.encode(changed), content_type="application/json")
    assert admin.get("/api/destinations/office").json()["settings"]["bounces"] == "b@example.com"
    assert admin.get("/api/outbox?state=lost").status_code == 422
    assert admin.delete("/api/destinations/office").status_code == 200
    assert destinations.every() == []

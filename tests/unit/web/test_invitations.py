"""Links by mail: an invitation, a forgotten password; each opens once, in time, for the person it is of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import time

import msgspec
import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.fakes.people import let_in
from tests.unit.web.conftest import PASSWORD
from tests.unit.web.test_two_steps import code_of
from tollbook.cli import logs
from tollbook.model.actor import TOLLBOOK
from tollbook.model.message import DeliveryMessage, MessageDestination
from tollbook.model.problem import Misconfigured
from tollbook.site.audit.models import AuditRecord
from tollbook.site.destinations import operations as destinations
from tollbook.site.outbox.models import OutboxMessageRecord, OutboxRecipientRecord
from tollbook.site.people import invitations, second_step
from tollbook.site.people.operations import role_of

NEW = "battery staple 7"
INVITED = {"name": "paul", "mail": "paul@example.com", "role": "manager", "scope": "department=Sales"}
Later = Callable[[timedelta], None]


@pytest.fixture
def mails(admin: Client) -> Client:
    """Where mails can be sent; nobody takes them here. Returns the administrator's browser."""
    settings = {"host": "127.0.0.1", "port": "9", "tls": "none", "sender": "tollbook@example.com"}
    mail = MessageDestination(name="office-mail", kind="mail", settings=settings)
    destinations.add(TOLLBOOK, mail, lambda _: [])
    destinations.set_pages_address(TOLLBOOK, "https://calls.example.com")
    return admin


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[Later]:
    """Lets time pass for what was signed."""

    def pass_by(span: timedelta) -> None:
        moment = time() + span.total_seconds()
        monkeypatch.setattr("django.core.signing.time.time", lambda: moment)

    return pass_by  # type: ignore[return-value] # a fixture without an end


def sent() -> list[str]:
    """Return the texts of what stands in the outbox, the latest last."""
    kept = OutboxMessageRecord.objects.order_by("made_at", "pk").values_list("content", flat=True)
    return [msgspec.msgpack.decode(each, type=DeliveryMessage).text for each in kept]


def link_in(text: str) -> str:
    """Return the address of a link in a mail, without the site's own."""
    found = re.search(r"https://calls\.example\.com(/welcome/\S+/)", text)
    assert found
    return found.group(1)


def choosing(place: str, password: str = NEW) -> str:
    """Open a link in a fresh browser and choose a password; return what is said."""
    client = Client()
    opened = client.get(place)
    if opened.status_code != 302:
        return opened.content.decode()
    return client.post(opened["Location"], {"password": password, "again": password}, follow=True).content.decode()


def can_sign_in(name: str, password: str) -> bool:
    return Client().post("/sign-in/", {"username": name, "password": password}).status_code == 302


def test_somebody_who_is_invited_chooses_a_password_and_signs_in(mails: Client) -> None:
    assert "a mail is on its way" in mails.post("/people/invite/", INVITED, follow=True).content.decode()
    assert list(OutboxRecipientRecord.objects.values_list("recipient", flat=True)) == ["paul@example.com"]
    assert not can_sign_in("paul", NEW)

    assert "Your password is set" in choosing(link_in(sent()[-1]))

    assert can_sign_in("paul", NEW)
    assert role_of(User.objects.get(username="paul")) == "manager"


@pytest.mark.usefixtures("mails")
def test_a_link_opens_once(mails: Client) -> None:
    mails.post("/people/invite/", INVITED)
    place = link_in(sent()[-1])
    choosing(place)

    assert "This link opens nothing" in choosing(place, "another staple 8")
    assert can_sign_in("paul", NEW)


def test_an_invitation_opens_for_three_days(mails: Client, later: Later) -> None:
    mails.post("/people/invite/", INVITED)
    place = link_in(sent()[-1])

    later(timedelta(days=3, minutes=1))
    assert "This link opens nothing" in choosing(place)
    later(timedelta(days=2, hours=23))
    assert "Your password is set" in choosing(place)


def test_inviting_again_ends_the_link_of_before(mails: Client) -> None:
    for _ in range(2):
        mails.post("/people/invite/", INVITED)
    first, second = map(link_in, sent())

    assert "This link opens nothing" in choosing(first)
    assert "Your password is set" in choosing(second)


@pytest.mark.usefixtures("mails")
def test_a_link_that_was_altered_opens_nothing(mails: Client) -> None:
    mails.post("/people/invite/", INVITED)
    place = link_in(sent()[-1])

    assert all(
        "opens nothing" in choosing(each) for each in (f"{place[:-2]}x/", "/welcome/x/", f"/welcome/{'x' * 600}/")
    )
    assert Client().get("/welcome/").status_code == 410


def test_the_secret_is_gone_from_the_address_before_a_page_is_shown(mails: Client) -> None:
    mails.post("/people/invite/", INVITED)
    opened = Client().get(link_in(sent()[-1]))

    assert (opened.status_code, opened["Location"]) == (302, "/welcome/")
    assert b"".join(opened) == b""


def test_a_password_that_will_not_do_leaves_the_link_open(mails: Client) -> None:
    mails.post("/people/invite/", INVITED)
    place = link_in(sent()[-1])

    assert "at least 10 characters" in choosing(place, "short")
    assert "Your password is set" in choosing(place)


def forgotten_of(who: str) -> tuple[str, int]:
    """Ask for a link; return what is said, without what differs from page to page, and how many mails wait."""
    page = Client().post("/forgotten/", {"who": who}).content.decode()
    return re.sub(r'value="\w{64}"', "", page), len(sent())


def with_mail(name: str) -> None:
    let_in(name)
    invitations.set_mail(TOLLBOOK, name, f"{name}@example.com")


@pytest.mark.usefixtures("mails")
def test_who_forgot_a_password_gets_a_link_and_the_page_says_the_same_of_nobody() -> None:
    with_mail("vera")
    let_in("without-mail")

    known, unknown = forgotten_of("vera"), forgotten_of("nobody")
    by_mail, without = forgotten_of("Vera@example.com"), forgotten_of("without-mail")

    assert known[0] == unknown[0] == by_mail[0] == without[0]
    assert (known[1], unknown[1], by_mail[1], without[1]) == (1, 1, 2, 2)
    assert "Your password is set" in choosing(link_in(sent()[-1]))
    assert (can_sign_in("vera", NEW), can_sign_in("vera", PASSWORD)) == (True, False)


@pytest.mark.usefixtures("mails")
def test_a_link_for_a_forgotten_password_opens_for_an_hour_and_not_after_a_sign_in(later: Later) -> None:
    with_mail("vera")
    forgotten_of("vera")
    place = link_in(sent()[-1])

    later(timedelta(minutes=61))
    assert "This link opens nothing" in choosing(place)
    later(timedelta(minutes=59))
    assert can_sign_in("vera", PASSWORD)
    assert "This link opens nothing" in choosing(place)


@pytest.mark.usefixtures("mails")
def test_another_password_signs_out_everywhere_and_asks_for_the_second_step_as_ever() -> None:
    with_mail("vera")
    vera = User.objects.get(username="vera")
    secret = second_step.new_secret()
    second_step.switch_on(TOLLBOOK, vera, secret, code_of(secret))
    client = Client()
    client.force_login(vera, "django.contrib.auth.backends.ModelBackend")
    forgotten_of("vera")

    choosing(link_in(sent()[-1]))

    assert client.get("/calls/").status_code == 302
    answer = Client().post("/sign-in/", {"username": "vera", "password": NEW})
    assert answer["Location"] == "/second-step/"


@pytest.mark.usefixtures("mails")
def test_links_are_limited_for_each_name_whether_it_is_known_or_not() -> None:
    with_mail("vera")

    for name in ("vera", "nobody"):
        statuses = [Client().post("/forgotten/", {"who": name}).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]


def test_without_a_way_to_send_mail_the_pages_say_so(admin: Client) -> None:
    assert "This site sends no mail" in Client().get("/forgotten/").content.decode()
    page = admin.post("/people/invite/", INVITED).content.decode()

    assert "No mail can be sent" in page
    assert "no public address yet" in page
    assert not User.objects.filter(username="paul").exists()


def test_no_link_is_made_of_what_a_request_says_of_its_host(mails: Client) -> None:
    mails.post("/people/invite/", INVITED, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})

    assert "evil.example" not in sent()[-1]


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize(
    ("name", "mail", "reason"),
    [
        ("anna", "anna@example.com", "somebody has this name and signs in already"),
        ("paul", "paul", "cannot be a mail address"),
        ("paul", "päul@example.com", "cannot be a mail address"),
        ("paul", f"{'p' * 250}@example.com", "cannot be a mail address"),
        ("pa ul", "paul@example.com", "cannot be a person's name"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(name: str, mail: str, reason: str) -> None:
    from tollbook.site.people.access import GivenAccess

    with pytest.raises(Misconfigured) as fault:
        invitations.invite(TOLLBOOK, name, mail, GivenAccess(role="viewer"))

    assert reason in str(fault.value)


def test_no_secret_of_a_link_stands_in_the_audit_or_a_log(mails: Client) -> None:
    import logging

    mails.post("/people/invite/", INVITED)
    secret = link_in(sent()[-1]).split("/")[2]
    line = logging.LogRecord("django.request", logging.WARNING, "", 1, "Gone: %s", (f"/welcome/{secret}/",), None)
    logs._without_secrets(line)  # noqa: SLF001 - what every line goes through

    assert secret not in line.getMessage()
    assert secret not in str(list(AuditRecord.objects.values()))

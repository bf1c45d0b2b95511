"""Signing on at a real OpenID Connect issuer, and every answer of one that is not to be believed."""

from __future__ import annotations

import hmac
import json
import socket
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from time import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from joserfc import jwk, jwt

from tests.fakes.oidc_issuer import CLIENT, SECRET, IssuerPeer, an_issuer, signed, words_of
from tests.unit.web.conftest import PASSWORD
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.fence import Fence
from tollbook.model.problem import Misconfigured
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.destinations.operations import set_pages_address
from tollbook.site.people import groups, outside, sign_on
from tollbook.site.people.operations import remove_person, role_of
from tollbook.web.people import oidc_pages

PEOPLE: dict[str, dict[str, object]] = {
    "s-1": {
        "preferred_username": "maria",
        "email": "maria@example.com",
        "email_verified": True,
        "groups": ["Staff", "Sales EMEA"],
    },
    "s-2": {"preferred_username": "paul", "groups": ["Heads", "Sales EMEA"]},
    "s-3": {"preferred_username": "stranger", "groups": ["Visitors"]},
    "s-4": {"preferred_username": "anna", "email": "anna@example.com", "groups": "Sales EMEA"},
}
Bend = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def issuer(engine: Engine) -> Iterator[IssuerPeer]:
    """An issuer that this site trusts, and groups of ours that are named there."""
    oidc_pages.SIGN_ONS_TRIED.forget()
    with an_issuer(PEOPLE) as peer:
        set_pages_address(TOLLBOOK, "http://testserver")
        groups.add_group(TOLLBOOK, groups.GivenGroup(name="sales", role="manager", outside=("Sales EMEA",)))
        groups.add_group(TOLLBOOK, groups.GivenGroup(name="heads", role="auditor", outside=("Heads",), rank=1))
        given = {"issuer": peer.url, "client-id": CLIENT, "client-secret": SECRET}
        sign_on.change(TOLLBOOK, "oidc", given, engine.site.fence)
        yield peer


def begun(client: Client, following: str = "") -> str:
    """Begin to sign on; return where the browser is led."""
    return str(client.get(f"/sign-in/oidc/?next={following}")["Location"])


def led_back(client: Client, issuer: IssuerPeer, subject: str, following: str = "") -> str:
    """Sign on as somebody at the issuer; return the address that leads back."""
    return issuer.sign_on(begun(client, following), subject)


def sign_on_as(issuer: IssuerPeer, subject: str, following: str = "") -> tuple[Client, str]:
    """Sign on as somebody; return their browser, and the answer's address or text."""
    client = Client()
    answer = client.get(led_back(client, issuer, subject, following))
    return client, str(answer["Location"]) if answer.status_code == 302 else answer.content.decode()


def set_(**given: str) -> None:
    sign_on.change(TOLLBOOK, "oidc", {name.replace("_", "-"): text for name, text in given.items()}, Fence())


# ---------------------------------------------------------------- who is let in


def test_somebody_of_a_group_signs_on_and_goes_on_to_the_page_asked_for(issuer: IssuerPeer) -> None:
    client, place = sign_on_as(issuer, "s-1", "/calls/")

    assert place == "/calls/"
    assert client.get("/calls/").status_code == 200
    maria = User.objects.get(username="maria")
    assert (role_of(maria), maria.email, maria.has_usable_password()) == ("manager", "maria@example.com", False)
    assert [each.action for each in entries(AuditFilter(what="person"))] == ["person.sign-in", "person.add"]


def test_the_issuer_is_asked_by_code_with_pkce_state_and_nonce(issuer: IssuerPeer) -> None:
    client = Client()
    asked = words_of(begun(client))
    sign_on_as(issuer, "s-1")

    assert asked["redirect_uri"] == "http://testserver/sign-in/oidc/back/"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert all(len(asked[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert len(issuer.asked[-1]["code_verifier"]) >= 43
    assert "client_secret" not in issuer.asked[-1]  # it is in a header


def test_of_several_groups_the_lowest_rank_counts(issuer: IssuerPeer) -> None:
    sign_on_as(issuer, "s-2")

    assert role_of(User.objects.get(username="paul")) == "auditor"


def test_who_has_none_of_our_groups_is_refused_with_what_to_do(issuer: IssuerPeer) -> None:
    client, told = sign_on_as(issuer, "s-3")

    assert "none of your groups there is one that may sign in here" in told
    assert "ask an administrator" in told.lower()
    assert client.get("/calls/").status_code == 302
    assert not User.objects.filter(username="stranger").exists()


def test_a_fallback_group_takes_those_of_no_group_of_ours(issuer: IssuerPeer) -> None:
    set_(fallback_group="sales")

    assert sign_on_as(issuer, "s-3")[1] == "/"


def test_another_group_counts_at_the_next_sign_on_and_signs_the_person_out(issuer: IssuerPeer) -> None:
    before, _ = sign_on_as(issuer, "s-1")
    groups.set_group(TOLLBOOK, groups.GivenGroup(name="heads", role="auditor", outside=("Staff",), rank=1))

    after, _ = sign_on_as(issuer, "s-1")

    assert role_of(User.objects.get(username="maria")) == "auditor"
    assert before.get("/calls/").status_code == 302
    assert after.get("/calls/").status_code == 200


def test_who_lost_the_group_is_refused_and_nobody_is_made_twice(issuer: IssuerPeer) -> None:
    sign_on_as(issuer, "s-1")
    groups.set_group(TOLLBOOK, groups.GivenGroup(name="sales", role="manager"))

    assert "none of your groups" in sign_on_as(issuer, "s-1")[1]
    assert User.objects.count() == 1


@pytest.mark.usefixtures("admin")
def test_a_name_or_mail_that_somebody_has_here_makes_nobody_that_person(issuer: IssuerPeer) -> None:
    User.objects.filter(username="anna").update(email="anna@example.com")

    sign_on_as(issuer, "s-4")

    assert role_of(User.objects.get(username="anna")) == "admin"
    assert role_of(User.objects.get(username="anna-2")) == "manager"


@pytest.mark.usefixtures("admin")
def test_who_was_linked_by_an_administrator_keeps_what_they_may(issuer: IssuerPeer) -> None:
    set_(make_people="no")
    assert "tollbook person link NAME" in sign_on_as(issuer, "s-4")[1]

    outside.link(TOLLBOOK, "anna", issuer.url, "s-4")
    client, _ = sign_on_as(issuer, "s-4")

    assert client.get("/people/").status_code == 200
    assert role_of(User.objects.get(username="anna")) == "admin"


def test_who_was_locked_out_here_is_refused(issuer: IssuerPeer) -> None:
    sign_on_as(issuer, "s-1")
    User.objects.update(is_active=False)

    assert "locked you out" in sign_on_as(issuer, "s-1")[1]


def test_who_was_removed_here_and_has_the_group_comes_anew(issuer: IssuerPeer) -> None:
    sign_on_as(issuer, "s-1")
    remove_person(TOLLBOOK, User.objects.get(username="maria").pk)

    assert sign_on_as(issuer, "s-1")[1] == "/"


def test_groups_are_asked_for_beside_a_token_that_has_none(issuer: IssuerPeer) -> None:
    issuer.bend = lambda claims: {name: value for name, value in claims.items() if name != "groups"}

    assert sign_on_as(issuer, "s-1")[1] == "/"


# ---------------------------------------------------------------- what is not to be believed


@pytest.mark.parametrize(
    ("bend", "reason"),
    [
        (lambda claims: {**claims, "nonce": "another"}, "nonce"),
        (lambda claims: {name: value for name, value in claims.items() if name != "nonce"}, "nonce"),
        (lambda claims: {**claims, "aud": "another"}, "aud"),
        (lambda claims: {**claims, "aud": [CLIENT, "another"]}, "azp"),
        (lambda claims: {**claims, "aud": [CLIENT, "another"], "azp": "another"}, "azp"),
        (lambda claims: {**claims, "iss": "https://login.example.com"}, "iss"),
        (lambda claims: {**claims, "exp": int(time()) - 3600}, "ExpiredToken"),
        (lambda claims: {**claims, "iat": int(time()) + 3600}, "iat"),
        (lambda claims: {name: value for name, value in claims.items() if name != "exp"}, "exp"),
        (lambda claims: {name: value for name, value in claims.items() if name != "sub"}, "sub"),
        (lambda claims: {**claims, "sub": 7}, "sub"),
        (lambda claims: {**claims, "at_hash": "another"}, "at_hash"),
    ],
)
def test_a_token_whose_claims_are_not_ours_opens_nothing(issuer: IssuerPeer, bend: Bend, reason: str) -> None:
    issuer.bend = bend

    client, told = sign_on_as(issuer, "s-1")

    assert "not to be believed" in told
    assert reason in told
    assert client.get("/calls/").status_code == 302
    assert not User.objects.exists()


def tampered(claims: dict[str, Any], key: jwk.RSAKey) -> str:
    head, _, mark = signed(claims, key).split(".")
    return ".".join((head, signed({**claims, "sub": "s-2"}, key).split(".")[1], mark))


def unsigned(claims: dict[str, Any], _key: jwk.RSAKey) -> str:
    return jwt.encode({"alg": "none"}, claims, jwk.OctKey.import_key("x" * 32), algorithms=["none"])


def by_secret(claims: dict[str, Any], _key: jwk.RSAKey) -> str:
    return jwt.encode({"alg": "HS256"}, claims, jwk.OctKey.import_key(SECRET + "x" * 32))


def by_public_key(claims: dict[str, Any], key: jwk.RSAKey) -> str:
    """As an attacker would write it: the library refuses to."""
    parts = (json.dumps({"alg": "HS256"}), json.dumps(claims))
    text = ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    mark = hmac.digest(key.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{urlsafe_b64encode(mark).decode().rstrip('=')}"


def by_another_key(claims: dict[str, Any], _key: jwk.RSAKey) -> str:
    return jwt.encode({"alg": "RS256"}, claims, jwk.RSAKey.generate_key(2048))


@pytest.mark.parametrize("sign", [tampered, unsigned, by_secret, by_public_key, by_another_key, lambda _c, _k: "a.b.c"])
def test_a_token_that_the_issuer_did_not_sign_opens_nothing(
    issuer: IssuerPeer,
    sign: Callable[[dict[str, Any], jwk.RSAKey], str],
) -> None:
    issuer.sign = sign

    client, told = sign_on_as(issuer, "s-1")

    assert "not to be believed" in told
    assert client.get("/calls/").status_code == 302


def test_an_answer_is_good_once(issuer: IssuerPeer) -> None:
    client = Client()
    place = led_back(client, issuer, "s-1")
    assert client.get(place).status_code == 302
    client.post("/sign-out/")

    again = client.get(place)

    assert again.status_code == 403
    assert "belongs to no sign-on" in again.content.decode()


def test_an_answer_in_another_browser_opens_nothing(issuer: IssuerPeer) -> None:
    place = led_back(Client(), issuer, "s-1")
    other = Client()
    begun(other)

    assert other.get(place).status_code == 403
    assert Client().get(place).status_code == 403
    assert not User.objects.exists()


def test_a_wrong_state_opens_nothing(issuer: IssuerPeer) -> None:
    client = Client()
    place = led_back(client, issuer, "s-1")

    assert client.get(f"{place}x").status_code == 403
    assert client.get(place).status_code == 403  # what was begun is over


def test_who_is_denied_at_the_issuer_is_told_so(issuer: IssuerPeer) -> None:
    client = Client()
    place = issuer.sign_on(begun(client), "", "deny")
    state = words_of(place).get("state", "")

    told = client.get(f"/sign-in/oidc/back/?error=access_denied&state={state or 'x'}").content.decode()

    assert "Not signed in" in told


def test_an_answer_of_another_issuer_opens_nothing(issuer: IssuerPeer) -> None:
    client = Client()
    place = led_back(client, issuer, "s-1")

    assert "another issuer" in client.get(f"{place}&iss=https://evil.example").content.decode()


@pytest.mark.parametrize("following", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_on_to_another_site(issuer: IssuerPeer, following: str) -> None:
    assert sign_on_as(issuer, "s-1", following)[1] == "/"


def test_a_refusal_of_the_issuer_is_named_and_nothing_of_it_repeated(issuer: IssuerPeer) -> None:
    issuer.token_error = "invalid_client"

    told = sign_on_as(issuer, "s-1")[1]

    assert "invalid_client" in told
    assert SECRET not in told


# ---------------------------------------------------------------- issuers that fail


@pytest.mark.parametrize(
    "published",
    [
        {"issuer": "https://login.example.com"},
        {"token_endpoint": "http://login.example.com/token"},
        {"authorization_endpoint": 7},
    ],
)
def test_an_issuer_that_is_another_than_it_says_is_not_used(
    issuer: IssuerPeer,
    published: dict[str, object],
) -> None:
    issuer.published = published

    answer = Client().get("/sign-in/oidc/")

    assert answer.status_code == 502
    assert "cannot be used at the moment" in answer.content.decode()


def test_an_issuer_that_hangs_holds_nobody_up_for_long(issuer: IssuerPeer) -> None:
    set_(timeout="0.2")
    issuer.hangs.set()

    before = time()
    answer = Client().get("/sign-in/oidc/")

    assert answer.status_code == 502
    assert time() - before < 5


def test_an_issuer_that_is_away_is_told_of_without_its_address(issuer: IssuerPeer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    set_(issuer=f"http://127.0.0.1:{port}")

    told = Client().get("/sign-in/oidc/").content.decode()

    assert "cannot be used at the moment" in told
    assert str(port) not in told
    assert issuer.asked == []


# ---------------------------------------------------------------- settings


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"issuer": "http://login.example.com"}, "beginning with https://; http:// is for this machine alone"),
        ({"issuer": "https://login.example.com/?a=b"}, "without ? and #"),
        ({"issuer": "login.example.com"}, "a full address"),
        ({"fallback-group": "nobody"}, "'fallback-group' must be a group of this site"),
        ({"client-id": ""}, "'client-id' is missing"),
        ({"nonsense": "1"}, "unknown option 'nonsense'"),
        ({"passwords": "maybe"}, "'passwords' must be one of on, off"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_the_reason(given: dict[str, str], reason: str) -> None:
    set_pages_address(TOLLBOOK, "https://calls.example.com")
    whole = {"issuer": "https://login.example.com", "client-id": "tollbook", **given}

    with pytest.raises(Misconfigured) as fault:
        sign_on.change(TOLLBOOK, "oidc", whole, Fence())

    assert reason in str(fault.value)


@pytest.mark.usefixtures("engine")
def test_without_an_address_of_the_pages_no_issuer_can_lead_back() -> None:
    with pytest.raises(Misconfigured, match="the pages have no public address yet"):
        set_(issuer="https://login.example.com", client_id="tollbook")


@pytest.mark.usefixtures("issuer")
def test_a_secret_goes_to_no_other_issuer_and_into_no_audit() -> None:
    set_(issuer="https://login.example.com")

    assert "client-secret" not in sign_on.settings_of("oidc")
    assert SECRET not in str([each.changes for each in entries(AuditFilter(what="sign-on"))])


def test_passwords_can_be_closed(admin: Client, issuer: IssuerPeer) -> None:
    assert "Single sign-on" in Client().get("/sign-in/").content.decode()
    set_(passwords="off", button="Office sign-on")

    page = Client().get("/sign-in/").content.decode()

    assert "Office sign-on" in page
    assert 'type="password"' not in page
    assert Client().post("/sign-in/", {"username": "anna", "password": PASSWORD}).status_code == 403
    assert sign_on_as(issuer, "s-1")[1] == "/"
    assert admin.get("/calls/").status_code == 200


@pytest.mark.usefixtures("engine")
def test_without_an_issuer_there_is_no_button_and_no_way() -> None:
    assert "oidc" not in Client().get("/sign-in/").content.decode()
    assert Client().get("/sign-in/oidc/")["Location"] == "/sign-in/"
    assert Client().get("/sign-in/oidc/back/?code=a&state=b")["Location"] == "/sign-in/"

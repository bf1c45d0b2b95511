"""The page on which an administrator gives programs their tokens."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tollbook.site.people.models import TokenRecord

WALLBOARD = {"name": "wallboard", "permission": "read", "days": "30"}


def token_in(page: str) -> str:
    found = re.search(r"tollbook_[\w-]+", page)
    return found[0] if found else ""


def status_of(visitor: Client, token: str) -> int:
    return visitor.get("/api/pbxs", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_is_shown_once_and_opens_the_api_until_it_is_removed(admin: Client, visitor: Client) -> None:
    answer = admin.post("/tokens/", WALLBOARD)
    token = token_in(answer.content.decode())

    assert "no-store" in answer.headers["Cache-Control"]
    assert status_of(visitor, token) == 200
    later = admin.get("/tokens/").content.decode()
    assert "wallboard" in later
    assert not token_in(later)

    admin.post("/tokens/wallboard/remove/")

    assert status_of(visitor, token) == 401


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "Wall Board"}, "cannot be a token&#x27;s name"),
        ({"name": ""}, "This field is required"),
        ({"days": "-1"}, "greater than or equal to 0"),
        ({"permission": "all"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_a_token_is_said_beside_the_field_and_none_is_made(
    admin: Client,
    given: dict[str, str],
    told: str,
) -> None:
    page = admin.post("/tokens/", {**WALLBOARD, **given}).content.decode()

    assert told in page
    assert not token_in(page)
    assert not TokenRecord.objects.exists()


def test_a_name_stands_for_one_token(admin: Client) -> None:
    admin.post("/tokens/", WALLBOARD)

    page = admin.post("/tokens/", WALLBOARD).content.decode()

    assert "There is a token called &#x27;wallboard&#x27; already" in page
    assert TokenRecord.objects.count() == 1


def test_a_page_without_tokens_says_what_they_are_for(admin: Client) -> None:
    assert "Create one for each program" in admin.get("/tokens/").content.decode()


def test_a_token_that_is_not_there_cannot_be_removed(admin: Client) -> None:
    assert admin.post("/tokens/nobody/remove/").status_code == 404

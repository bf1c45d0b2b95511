"""Nothing that cannot be brought back is removed by one click."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.fakes.people import let_in
from tollbook.model.actor import TOLLBOOK
from tollbook.site.people import tokens

WORDS = {"vera": "Remove", "crm": "Revoke"}


@pytest.fixture
def there(admin: Client) -> dict[str, str]:
    """A person and a token, each by where it is removed."""
    vera = let_in("vera")
    tokens.make(TOLLBOOK, tokens.AskedToken(name="crm"))
    del admin
    return {"vera": f"/people/{vera.pk}/remove/", "crm": "/tokens/crm/remove/"}


def test_a_removal_asks_first_and_says_what_is_lost(admin: Client, there: dict[str, str]) -> None:
    for name, address in there.items():
        asked = admin.get(address).content.decode()
        assert f"{WORDS[name]} {name}?" in asked
        assert "Cancel" in asked

    assert User.objects.filter(username="vera").exists()
    assert [each.name for each in tokens.every()] == ["crm"]


def test_who_confirms_it_removes_it(admin: Client, there: dict[str, str]) -> None:
    assert [admin.post(address).status_code for address in there.values()] == [302, 302]

    assert not User.objects.filter(username="vera").exists()
    assert tokens.every() == []


def test_a_viewer_is_not_even_asked(viewer: Client) -> None:
    assert [viewer.get(f"/{path}/remove/").status_code for path in ("people/1", "tokens/crm", "sink/crm")] == [403] * 3

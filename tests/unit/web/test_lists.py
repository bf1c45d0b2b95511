"""What people keep of the list: saved filters and columns are their own, and go with them."""

import re
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tollbook.model.actor import TOLLBOOK, Actor
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere
from tollbook.site.lists import operations as lists
from tollbook.site.people import operations as people

pytestmark = pytest.mark.usefixtures("some_calls")


def actor_of(client: Client) -> Actor:
    return Actor(kind="person", name=User.objects.get(pk=client.session["_auth_user_id"]).username)


def saved_links(client: Client) -> list[tuple[str, str]]:
    text = client.get("/calls/").content.decode()
    part = text[text.index('class="saved-filters"') :]
    return re.findall(r'<a href="([^"]*)">([^<]+)</a>', part[: part.index("</ul>")])


def save(client: Client, name: str, words: str) -> str:
    answer = client.post("/calls/saved/", {"name": name, "list": words})
    assert answer.status_code == 302
    return str(answer["Location"])


def test_a_filter_is_saved_by_name_and_leads_back_to_its_list(viewer: Client) -> None:
    back = save(viewer, " Missed  last month ", "?outcome=missed&period=last-month&sort=caller&columns=caller&page=3")

    assert back.startswith("/calls/?")
    ((address, name),) = saved_links(viewer)
    assert name == "Missed last month"
    assert parse_qs(address.replace("&amp;", "&").removeprefix("?")) == {
        "outcome": ["missed"],
        "period": ["last-month"],
        "sort": ["caller"],
        "columns": ["started_local,caller"],
    }


def test_a_filter_of_the_same_name_takes_the_place_of_the_first(viewer: Client) -> None:
    save(viewer, "mine", "?extension=101")
    save(viewer, "mine", "?extension=102")

    assert saved_links(viewer) == [("?extension=102", "mine")]


def test_nobody_sees_the_filters_of_another(viewer: Client, admin: Client) -> None:
    save(viewer, "mine", "?extension=101")

    assert saved_links(admin) == []
    with pytest.raises(NotThere):
        lists.remove_filter(actor_of(admin), "mine")


def test_a_filter_that_is_removed_is_shown_once_more(viewer: Client) -> None:
    save(viewer, "mine", "?extension=101")

    answer = viewer.post("/calls/saved/remove/", {"name": "mine", "list": ""})

    assert answer["Location"] == "/calls/?extension=101"
    assert saved_links(viewer) == []
    assert viewer.post("/calls/saved/remove/", {"name": "mine", "list": ""})["Location"] == "/calls/?"


@pytest.mark.parametrize("name", ["", "  ", "x" * (lists.LONGEST_NAME + 1), "a\x1bb"])
def test_a_name_that_is_none_is_refused_and_said(viewer: Client, name: str) -> None:
    answer = viewer.post("/calls/saved/", {"name": name, "list": "?extension=101"}, follow=True)

    assert "The filter is not saved" in answer.content.decode()
    assert saved_links(viewer) == []


def test_a_form_leads_to_no_other_page_than_the_list(viewer: Client) -> None:
    assert save(viewer, "mine", "https://example.com/?extension=101").startswith("/calls/?")
    assert save(viewer, "mine", "//example.com").startswith("/calls/?")


def test_there_are_only_so_many_filters(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "SAVED_FILTERS", 1)
    save(viewer, "first", "?extension=101")

    with pytest.raises(Misconfigured, match="too many"):
        lists.save_filter(actor_of(viewer), "second", {})
    assert lists.save_filter(actor_of(viewer), "first", {}).words == {}


def test_a_word_that_filters_nothing_is_not_kept(viewer: Client) -> None:
    with pytest.raises(Misconfigured, match="nothing can be filtered by 'extention'"):
        lists.save_filter(actor_of(viewer), "mine", {"extention": "101"})
    with pytest.raises(Misconfigured, match="'text' is too long"):
        lists.save_filter(actor_of(viewer), "mine", {"text": "x" * (lists.LONGEST_WORD + 1)})


def test_columns_and_size_are_kept_for_the_person_who_chose_them(viewer: Client, admin: Client) -> None:
    answer = viewer.post("/calls/view/", {"column": ["caller", "pbx"], "size": "25", "list": "?extension=101&size=50"})

    shown, others = viewer.get("/calls/").content.decode(), admin.get("/calls/").content.decode()
    assert answer["Location"] == "/calls/?extension=101"
    assert re.findall(r'<th scope="col" class="([^"]+)"', shown) == ["when", "pbx", "party from"]
    assert '<strong aria-current="true">25</strong>' in shown
    assert re.findall(r'<th scope="col" class="([^"]+)"', others)[-1] == "number talk"


def test_an_address_has_its_own_columns_whatever_somebody_chose(viewer: Client) -> None:
    viewer.post("/calls/view/", {"column": ["caller"], "size": "25", "list": ""})

    text = viewer.get("/calls/?columns=called&size=100").content.decode()

    assert re.findall(r'<th scope="col" class="([^"]+)"', text) == ["when", "party to"]
    assert '<strong aria-current="true">100</strong>' in text


def test_a_column_that_no_call_has_is_not_kept(viewer: Client) -> None:
    with pytest.raises(Misconfigured, match="no column is called 'nosuch'"):
        lists.choose(actor_of(viewer), ["nosuch"], 50)


def test_nothing_is_kept_for_whoever_is_no_person() -> None:
    with pytest.raises(NotAllowed):
        lists.save_filter(TOLLBOOK, "mine", {})
    assert lists.saved_filters(TOLLBOOK) == []
    assert lists.choice_of(TOLLBOOK) == lists.ListChoice()


def test_what_a_person_kept_goes_with_them(viewer: Client) -> None:
    save(viewer, "mine", "?extension=101")
    lists.choose(actor_of(viewer), ["caller"], 25)
    who = actor_of(viewer)

    people.remove_person(TOLLBOOK, User.objects.get(username=who.name).pk)

    assert lists.saved_filters(who) == []
    assert lists.choice_of(who) == lists.ListChoice()


def test_the_link_to_a_list_holds_its_columns_and_no_page(viewer: Client) -> None:
    viewer.post("/calls/view/", {"column": ["caller"], "size": "25", "list": ""})

    text = viewer.get("/calls/?extension=101&page=1").content.decode()

    assert 'class="list-link" href="?extension=101&amp;columns=started_local%2Ccaller&amp;size=25"' in text

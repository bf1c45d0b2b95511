"""What each provider is asked, and how the next page is found: by the `provider.toml` of the catalogue."""

from __future__ import annotations

import pytest

from tollbook.dialects.known import layouts
from tollbook.sources.rest_poll.exchange import RestAnswer
from tollbook.sources.rest_poll.page import page_of
from tollbook.sources.rest_poll.provider import PagingWay, Provider, providers

URL = "https://api.example/calls?size=2"
TWO = b'{"list":[{"id":1},{"id":2}],"meta":{"next":"abc=/+","link":"/calls?page=2"}}'


def paged(paging: PagingWay, url: str = URL, body: bytes = TWO, **headers: str) -> str:
    provider = Provider(title="P", address="https://api.example", path="/calls", records=("list",), paging=paging)
    return page_of(RestAnswer(200, headers, body), provider, url).next


def test_each_provider_is_named_by_a_format_of_its_own() -> None:
    named = {
        slug: layout.delivered["rest_poll"]["provider"]
        for slug, layout in layouts().items()
        if "rest_poll" in layout.delivered
    }

    assert named == {name: name for name in providers()}


@pytest.mark.parametrize("provider", providers().values(), ids=providers())
def test_no_secret_is_part_of_an_address(provider: Provider) -> None:
    texts = [provider.address, provider.path, *provider.query.values()]
    texts += [provider.token.address] if provider.token else []

    assert [text for text in texts if "{client_secret}" in text or "{credential}" in text] == []


@pytest.mark.parametrize("provider", providers().values(), ids=providers())
def test_each_provider_is_asked_over_https_for_a_window(provider: Provider) -> None:
    asked = provider.path + " ".join(provider.query.values())

    assert provider.address.startswith("https://")
    assert "{from}" in asked
    assert "{to}" in asked


def test_the_next_page_is_a_token_that_is_given_back_quoted() -> None:
    way = PagingWay(way="token", key=("meta", "next"), parameter="next_page_token")

    assert paged(way, f"{URL}&next_page_token=old") == f"{URL}&next_page_token=abc%3D%2F%2B"


def test_the_next_page_is_a_link_in_the_answer_or_in_a_header() -> None:
    assert paged(PagingWay(way="link", key=("meta", "link"))) == "https://api.example/calls?page=2"
    assert paged(PagingWay(way="header"), link='<https://api.example/calls?c=1>; rel="next"') == (
        "https://api.example/calls?c=1"
    )
    assert paged(PagingWay(way="header"), link='<https://api.example/calls?c=1>; rel="first"') == ""


def test_the_next_page_is_counted_in_rows_or_pages_as_long_as_they_are_full() -> None:
    assert paged(PagingWay(way="offset", parameter="skip", size=2)) == f"{URL}&skip=2"
    assert paged(PagingWay(way="offset", parameter="skip", size=2), f"{URL}&skip=2") == f"{URL}&skip=4"
    assert paged(PagingWay(way="page", parameter="page", first=1, size=2)) == f"{URL}&page=2"
    assert paged(PagingWay(way="page", parameter="page", first=1, size=3)) == ""


def test_a_page_without_records_is_the_last_whatever_it_says() -> None:
    way = PagingWay(way="token", key=("meta", "next"), parameter="scrollId")

    assert paged(way, body=b'{"list":[],"meta":{"next":"No Data"}}') == ""

"""The list of calls, one call, and the list as a file."""

import csv
import io
import json
import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.fakes.sites import import_file
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine

pytestmark = pytest.mark.usefixtures("some_calls")


def page(client: Client, **words: str) -> str:
    return client.get(
        "/calls/?" + urlencode({name.replace("_", "-"): text for name, text in words.items()}),
    ).content.decode()


def span(text: str) -> list[str]:
    """Which calls a page says that it shows: the first, the last, and of how many."""
    found = re.search(r'class="count"><strong>(\d+)\D(\d+)</strong> of <strong>(\d+)<', text)
    return list(found.groups()) if found else []


def parties(text: str) -> list[str]:
    return re.findall(r'party to">([^<]+)<', text)


def body(client: Client, path: str) -> str:
    return b"".join(client.get(path)).decode()


def test_the_newest_call_stands_first(viewer: Client) -> None:
    text = page(viewer)

    assert parties(text)[0] == "5550101"
    assert span(text) == ["1", "5", "5"]


@pytest.mark.parametrize(
    ("words", "called"),
    [
        ({"extension": "102"}, ["5550101"]),
        ({"from": "2026-03-02", "number": "5550100"}, ["5550100"]),
        ({"to": "2026-03-01"}, ["5550102"]),
        ({"min_duration": "5m"}, ["5550101"]),
        ({"direction": "incoming"}, ["101", "101"]),
        ({"outcome": "unanswered", "direction": "outgoing"}, ["5550102"]),
    ],
)
def test_the_words_of_the_command_line_filter_the_list(
    viewer: Client,
    words: dict[str, str],
    called: list[str],
) -> None:
    assert parties(page(viewer, **words)) == called


def test_a_word_that_cannot_be_read_is_shown_beside_its_field_and_lists_nothing(viewer: Client) -> None:
    text = page(viewer, min_duration="long")

    assert re.search(r'name="min-duration"[^>]*aria-invalid="true"', text)
    assert "A duration such as 90, 90s, 5m or 1h" in text.replace("Must be a", "A")
    assert parties(text) == []


def test_a_filter_that_nothing_fits_says_what_to_do(viewer: Client) -> None:
    assert "No call fits this filter" in page(viewer, extension="999")


def test_a_heading_sorts_and_sorts_the_other_way_round_when_chosen_again(viewer: Client) -> None:
    longest_first = page(viewer, sort="-talk_s")

    assert parties(longest_first)[0] == "5550101"
    assert 'class="number" aria-sort="descending"><a href="?sort=talk_s"' in longest_first


def test_an_order_that_there_is_not_is_the_usual_one(viewer: Client) -> None:
    assert parties(page(viewer, sort="1;drop table call"))[0] == "5550101"


def test_a_long_list_comes_in_pages(viewer: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"".join(row("150", f"555{number:04}", at="2026-02-01 09:00:00") for number in range(120)))

    first, third = page(viewer, extension="150"), page(viewer, extension="150", page="3")

    assert span(first) == ["1", "50", "120"]
    assert 'href="?extension=150&amp;page=2"' in first
    assert span(third) == ["101", "120", "120"]
    assert span(page(viewer, extension="150", page="99")) == ["101", "120", "120"]


def test_only_the_plain_list_grows_by_itself(viewer: Client) -> None:
    assert 'hx-sse:connect="/live/rows/?since=' in page(viewer)
    assert "hx-sse:connect" not in page(viewer, extension="101")
    assert "hx-sse:connect" not in page(viewer, sort="talk_s")


def test_a_download_holds_what_the_filter_means(viewer: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(body(viewer, "/calls/download.csv?extension=102"))))

    assert [each["called"] for each in rows] == ["5550101"]


def test_a_download_can_have_the_names_of_agg(viewer: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(body(viewer, "/calls/download.csv?columns=agg&extension=102"))))

    assert (rows[0]["DIALED_PHONE"], rows[0]["CALL_DURATION_S"]) == ("5550101", "600")


def test_a_download_for_programs_is_one_list(viewer: Client) -> None:
    assert [each["talk_s"] for each in json.loads(body(viewer, "/calls/download.json?from=2026-03-02"))] == [
        600,
        0,
        0,
        60,
    ]
    assert json.loads(body(viewer, "/calls/download.json?extension=999")) == []


@pytest.mark.parametrize("start", list("=+-@"))
def test_no_cell_of_a_csv_file_is_a_formula(viewer: Client, engine: Engine, pbx: str, start: str) -> None:
    import_file(engine, pbx, row("103", f"{start}1+cmd"))

    rows = list(csv.DictReader(io.StringIO(body(viewer, "/calls/download.csv?extension=103"))))

    assert rows[0]["called"] == f"'{start}1+cmd"


def test_a_calls_page_shows_its_record_as_the_pbx_wrote_it_and_where_it_came_from(viewer: Client) -> None:
    address = re.search(r'<a href="(/calls/[0-9a-f-]{36}/)"', page(viewer, extension="102"))
    assert address

    text = viewer.get(address.group(1)).content.decode()

    assert "&quot;102&quot;,&quot;5550101&quot;" in text
    assert "Master.csv" in text
    assert "Panasonic KX-HTS32" in text


def test_a_call_that_there_is_not_is_said_kindly(viewer: Client) -> None:
    response = viewer.get("/calls/00000000-0000-0000-0000-000000000000/")

    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_text_of_a_pbx_is_never_markup(viewer: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, row("104", "<script>alert(1)</script>"))

    assert "<script>alert" not in page(viewer, extension="104")

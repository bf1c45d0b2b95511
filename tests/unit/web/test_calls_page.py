"""The list of calls, one call, and the list as a file."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from msgspec.structs import replace

from tests.fakes.sites import import_file
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.site.pbxs import operations as pbxs
from tollbook.store import questions
from tollbook.web.calls import workbooks
from tollbook.web.templatetags.tollbook import local_time

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
    assert 'class="number talk" aria-sort="descending"><a href="?sort=talk_s"' in longest_first


def test_an_order_that_there_is_not_is_the_usual_one(viewer: Client) -> None:
    assert parties(page(viewer, sort="1;drop table call"))[0] == "5550101"


def test_a_long_list_comes_in_pages(viewer: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"".join(row("150", f"555{number:04}", at="2026-02-01 09:00:00") for number in range(120)))

    first, third = page(viewer, extension="150"), page(viewer, extension="150", page="3")

    assert span(first) == ["1", "50", "120"]
    assert 'href="?extension=150&amp;page=2&amp;until=' in first
    assert span(third) == ["101", "120", "120"]
    assert span(page(viewer, extension="150", page="99")) == ["101", "120", "120"]


def test_every_list_says_what_is_new_and_lets_nothing_in(viewer: Client) -> None:
    for words in ({}, {"extension": "101"}, {"sort": "talk_s"}):
        assert re.search(r'role="status" data-live hx-sse:connect="/live/news/\?[^"]*until=', page(viewer, **words))
    assert "hx-sse:connect" not in page(viewer, min_duration="long")


def test_a_call_that_comes_while_the_list_is_made_is_told_as_new(
    viewer: Client, engine: Engine, pbx: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = questions.calls

    def and_one_comes(*asked: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - whatever is asked
        monkeypatch.setattr(questions, "calls", listed)
        import_file(engine, pbx, row("101", "5550142", at="2026-03-09 09:15:00"))
        return listed(*asked)

    monkeypatch.setattr(questions, "calls", and_one_comes)
    (told,) = re.findall(r'hx-sse:connect="/live/news/\?until=\w+\.(\d+)"', page(viewer))

    assert int(told) < engine.site.store.position().last


def downloaded(client: Client, words: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body(client, f"/calls/download.csv?{words}").removeprefix("\ufeff"))))


def test_a_download_holds_what_the_filter_means_in_the_columns_of_the_screen(viewer: Client) -> None:
    assert downloaded(viewer, "extension=102") == [
        {
            "Started": "2026-03-02 11:00:00",
            "Direction": "outgoing",
            "From": "102",
            "To": "5550101",
            "Extension": "102",
            "Trunk": "4",
            "Outcome": "answered",
            "Ring (s)": "5",
            "Talk (s)": "600",
        },
    ]
    assert downloaded(viewer, "outcome=missed&columns=outcome")[0] == {
        "Started": "2026-03-02 10:20:00",
        "Outcome": "missed",
    }


def test_a_download_has_the_columns_that_somebody_chose(viewer: Client) -> None:
    viewer.post("/calls/view/", {"column": ["called"], "size": "25", "list": ""})

    assert list(downloaded(viewer, "extension=102")[0]) == ["Started", "To"]


def test_a_download_can_have_all_fields_or_the_names_of_agg(viewer: Client) -> None:
    ours, agg = downloaded(viewer, "columns=tollbook&extension=102"), downloaded(viewer, "columns=agg&extension=102")

    assert (ours[0]["called"], ours[0]["started_local"]) == ("5550101", "2026-03-02 11:00:00")
    assert (agg[0]["DIALED_PHONE"], agg[0]["CALL_DURATION_S"], agg[0]["CALL_TIME"]) == (
        "5550101",
        "600",
        "2026-03-02 11:00:00",
    )


def test_a_download_for_programs_is_one_list_of_all_fields(viewer: Client) -> None:
    calls = json.loads(body(viewer, "/calls/download.json?from=2026-03-02"))

    assert [each["talk_s"] for each in calls] == [600, 0, 0, 60]
    assert len(calls[0]) > 30
    assert json.loads(body(viewer, "/calls/download.json?extension=999")) == []


def test_a_workbook_is_one_that_spreadsheets_open(viewer: Client) -> None:
    answer = viewer.get("/calls/download.xlsx?period=today")
    named = viewer.get("/calls/download.xlsx?from=2026-03-01&to=2026-03-31")
    held = zipfile.ZipFile(io.BytesIO(b"".join(named)))

    assert re.search(r'filename="calls-\d{4}-\d\d-\d\d\.xlsx"', answer["Content-Disposition"])
    assert named["Content-Disposition"] == 'attachment; filename="calls-2026-03.xlsx"'
    assert held.testzip() is None
    assert b"5550101" in held.read("xl/worksheets/sheet1.xml")


def test_a_list_too_long_for_a_workbook_is_refused_and_said(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "XLSX_ROWS", 2)

    answer = viewer.get("/calls/download.xlsx")

    assert answer.status_code == 400
    assert "the list has more" in answer.content.decode()


@pytest.mark.parametrize(("path", "code"), [("pdf", 404), ("xls", 404), ("csv?csv=odd", 400), ("csv?to=x", 400)])
def test_a_file_that_cannot_be_made_is_none(viewer: Client, path: str, code: int) -> None:
    assert viewer.get(f"/calls/download.{path}").status_code == code


@pytest.mark.parametrize("start", list("=+-@"))
def test_no_cell_of_a_csv_file_is_a_formula(viewer: Client, engine: Engine, pbx: str, start: str) -> None:
    import_file(engine, pbx, row("103", f"{start}1+cmd"))

    assert downloaded(viewer, "extension=103")[0]["To"] == f"'{start}1+cmd"


def test_a_calls_page_shows_its_record_as_the_pbx_wrote_it_and_where_it_came_from(viewer: Client) -> None:
    address = re.search(r'<a href="(/calls/[0-9a-f-]{36}/)"', page(viewer, extension="102"))
    assert address

    text = viewer.get(address.group(1)).content.decode()

    assert "&quot;102&quot;,&quot;5550101&quot;" in text
    assert "Master.csv" in text
    assert "Panasonic KX-HTS32" in text


def call_page(client: Client, **words: str) -> str:
    address = re.search(r'<a href="(/calls/[0-9a-f-]{36}/)"', page(client, **words))
    assert address
    return client.get(address.group(1)).content.decode()


def facts(text: str, title: str) -> dict[str, str]:
    part = text[text.index(f'id="{title}-title"') :]
    found = re.findall(r"<dt>([^<]+)</dt><dd>(?:<time[^>]*>)?([^<]+)", part[: part.index("</dl>")])
    return dict(found)


def test_a_call_is_told_in_words_without_empty_lines(viewer: Client) -> None:
    text = call_page(viewer, outcome="missed")

    assert facts(text, "facts") == {
        "Direction": "incoming",
        "Outcome": "missed",
        "From": "2125550177",
        "To": "101",
        "Extension": "101",
        "Trunk": "2",
    }
    assert list(facts(text, "times")) == ["Started", "Ended", "Rang", "In all"]
    assert re.search(r"<summary>All fields.*<dt><code>started_local</code></dt>", text, re.DOTALL)
    assert "<code>account_code</code>" not in text


def test_times_of_a_call_are_those_of_its_pbx_and_say_utc_to_whoever_asks(viewer: Client) -> None:
    text = call_page(viewer, extension="102")

    assert facts(text, "times")["Answered"] == "2 Mar 2026, 11:00:05"
    assert re.search(r'title="[\w/]+ \(UTC \d\d:00:05\)">2 Mar 2026, 11:00:05<', text)


def test_other_calls_of_the_number_are_beside_it_with_a_link_to_all(viewer: Client) -> None:
    text = call_page(viewer, outcome="missed")
    alone = call_page(viewer, extension="102")

    assert "Other calls of 2125550177" in text
    assert text.count('<li data-call="') == 1
    assert 'href="/calls/?number=2125550177"' in text
    assert "Other calls of" not in alone


def test_a_call_of_no_number_has_no_others(viewer: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, row("103", ""))

    assert "Other calls of" not in call_page(viewer, extension="103")


def test_seconds_are_not_shown_where_the_pbx_writes_none(engine: Engine, pbx: str) -> None:
    pbxs.add(TOLLBOOK, replace(engine.pbxs()[pbx], name="tda", dialect="panasonic-kx-tda"), engine.bounds)
    call = {"started_local": "2026-03-02T11:00:44", "started_at": "2026-03-02T16:00:44Z"}

    assert ">11:00:44</time>" in local_time({**call, "pbx": pbx})
    assert ">11:00</time>" in local_time({**call, "pbx": "tda"})
    assert ">2 Mar 2026, 11:00</time>" in local_time({**call, "pbx": "tda"}, "full")


def test_a_call_that_there_is_not_is_said_kindly(viewer: Client) -> None:
    response = viewer.get("/calls/00000000-0000-0000-0000-000000000000/")

    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_text_of_a_pbx_is_never_markup(viewer: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, row("104", "<script>alert(1)</script>"))

    assert "<script>alert" not in page(viewer, extension="104")


TOTALS = re.compile(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>")


def test_the_sums_are_those_of_the_whole_filter_whatever_page_is_shown(viewer: Client) -> None:
    of_all = page(viewer, **{"from": "2026-03-02"}, size="25")

    assert TOTALS.findall(of_all) == [("Answered", "2"), ("Missed", "2"), ("Talk time", "11 min")]


def test_a_list_has_the_columns_that_its_address_names(viewer: Client) -> None:
    text = page(viewer, columns="called,nosuch,total_s")
    headings = re.findall(r'<th scope="col"[^>]*>(?:<a [^>]*>|<span>)([^<]+)', text)

    assert headings == ["Started", "To", "Total"]
    assert 'href="?columns=started_local%2Ccalled%2Ctotal_s&amp;sort=called' in text.replace("sort=called&amp;", "")


def test_the_pbx_is_a_column_where_there_are_several(viewer: Client, engine: Engine, pbx: str) -> None:
    assert 'data-label="PBX"' not in page(viewer)
    pbxs.add(TOLLBOOK, replace(engine.pbxs()[pbx], name="second"), engine.bounds)

    assert f'data-label="PBX">{pbx}<' in page(viewer)


def test_a_page_has_as_many_calls_as_its_address_says(viewer: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"".join(row("150", f"555{number:04}", at="2026-02-01 09:00:00") for number in range(60)))

    assert span(page(viewer, extension="150", size="25")) == ["1", "25", "60"]
    assert span(page(viewer, extension="150", size="7")) == ["1", "50", "60"]


def test_calls_that_come_later_move_no_page(viewer: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"".join(row("150", f"555{number:04}", at="2026-02-01 09:00:00") for number in range(60)))
    first = page(viewer, extension="150", size="25")
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    address = "/calls/" + following.group(1).replace("&amp;", "&")
    before = parties(viewer.get(address).content.decode())
    import_file(engine, pbx, row("150", "5559999", at="2026-02-01 10:00:00"))

    after = viewer.get(address).content.decode()

    assert parties(after) == before
    assert span(after) == ["26", "50", "60"]
    assert span(page(viewer, extension="150", size="25")) == ["1", "25", "61"]


@pytest.mark.parametrize("until", ["x", "00000000.1", "9" * 30, ".", "00000000.-1"])
def test_a_state_that_the_store_does_not_know_is_that_of_now(viewer: Client, until: str) -> None:
    assert span(page(viewer, page="2", until=until)) == ["1", "5", "5"]


@pytest.mark.parametrize(
    ("order", "day", "number"),
    [("-started_at", "2026-02-02", "4"), ("started_at", "2026-02-04", "2"), ("-started_at", "2027-01-01", "")],
)
def test_a_day_leads_to_the_page_on_which_it_begins(  # noqa: PLR0917 - the parameters of the test
    viewer: Client,
    engine: Engine,
    pbx: str,
    order: str,
    day: str,
    number: str,
) -> None:
    days = [row("150", "5550123", at=f"2026-02-0{day} {hour:02}:00:00") for day in range(1, 8) for hour in range(15)]
    import_file(engine, pbx, b"".join(days))

    answer = viewer.get("/calls/", {"extension": "150", "size": "25", "sort": order, "day": day})

    assert answer.status_code == 302
    assert re.findall(r"page=(\d+)", answer["Location"]) == [number][: len(number)]


def test_an_address_is_rid_of_words_that_say_nothing(viewer: Client) -> None:
    answer = viewer.get("/calls/?extension=101&number=&from=&page=1")

    assert (answer.status_code, answer["Location"]) == (302, "/calls/?extension=101")


def test_periods_are_links_and_stay_what_they_are_when_the_form_is_sent(viewer: Client) -> None:
    shown = page(viewer, period="last-7-days", extension="101")
    days = re.findall(r'name="(?:from|to)" type="date" value="([^"]+)"', shown)
    sent = {"from": days[0], "to": days[1], "extension": "101", "period": "last-7-days"}

    answer = viewer.get("/calls/", sent)

    assert 'href="?extension=101&amp;period=last-month"' in shown
    assert 'href="?extension=101&amp;period=last-7-days" aria-current="true"' in shown
    assert answer["Location"] == "/calls/?extension=101&period=last-7-days"
    assert viewer.get("/calls/", {**sent, "from": "2020-01-01"})["Location"] == (
        f"/calls/?from=2020-01-01&to={days[1]}&extension=101"
    )


def test_days_that_end_before_they_begin_are_the_fault_of_their_field(viewer: Client) -> None:
    text = page(viewer, **{"from": "2026-03-02", "to": "2026-03-01"})

    assert re.search(r'name="to"[^>]*aria-invalid="true"', text)
    assert "Must not be before" in text
    assert parties(text) == []


def test_a_period_that_there_is_not_lists_nothing(viewer: Client) -> None:
    text = page(viewer, period="next-year")

    assert "The period must be one of today" in text
    assert parties(text) == []

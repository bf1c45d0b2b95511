"""A centre: calls that sites handed on to ClickHouse are answered there as each site answers for its own."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.fakes.centres import HandedSite, handed_sites
from tollbook.model.access import Access
from tollbook.numbering.written import MASK
from tollbook.plugins import folders
from tollbook.reports.answering import find
from tollbook.reports.breakdown import Breakdown
from tollbook.reports.case_site import CaseSite, LaidOut, case_site, small_site
from tollbook.reports.cases import answered, read_cases
from tollbook.reports.known import CATALOGUE, reports
from tollbook.store import questions
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.noted import NotedCall
from tollbook.store.questions import CallListing
from tollbook.store.scoping import scope_of

FOLDERS = {name.replace("_", "-"): folder for name, folder in folders(CATALOGUE).items()}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def here() -> Iterator[CaseSite]:
    with case_site() as made:
        yield made


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HandedSite]:
    with handed_sites(tmp_path_factory.mktemp("centre"), "") as (made,):
        yield made


@pytest.mark.parametrize("slug", sorted(reports()))
def test_a_report_of_the_catalogue_answers_at_a_centre_as_at_its_site(
    here: CaseSite, there: HandedSite, slug: str
) -> None:
    for case in read_cases(FOLDERS[slug], slug):
        near, far = answered(here, reports()[slug], case), answered(there, reports()[slug], case)
        assert far.totals == near.totals, case.name
        assert sorted(map(repr, far.rows)) == sorted(map(repr, near.rows)), case.name


# ---------------------------------------------------------------- two sites

SEES_ALL = Access(role="manager", permissions=frozenset(("calls.see", "numbers.see", "costs.see")))
REJECTS = "raw, reason\nx, no date\n"
LEGS = "call, started_local, extension, talk_s\n1, 2026-02-23 09:00:00, 101, 10\n1, 2026-02-23 09:00:20, 102, 20\n"
ALIKE = LaidOut(calls=small_site().calls, legs=LEGS, rejects=REJECTS)
"""What both sites have: the same records, of a PBX of the same name."""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[HandedSite]]:
    with handed_sites(tmp_path_factory.mktemp("sites"), "Hamburg", "Bremen") as made:
        for each in made:
            each.ledger_of(ALIKE)
            with each.store.cursor() as cursor:
                cursor.execute("UPDATE call SET legs = 2 WHERE id = $id", {"id": UUID(int=1)})
            each.hand_on()
        yield made


def of_sites(ledger: Ledger, query: str) -> list[tuple[object, ...]]:
    return ledger.rows(f"SELECT {query} GROUP BY ALL ORDER BY ALL")


def test_the_same_records_of_two_sites_are_calls_of_their_own(sites: list[HandedSite]) -> None:
    ledger = sites[0].ledger_of(ALIKE)

    assert of_sites(ledger, "pbx, count(*) FROM call") == [("Bremen/desk", 12), ("Hamburg/desk", 12)]
    assert of_sites(ledger, "count(DISTINCT id) FROM call") == [(24,)]
    assert of_sites(ledger, "pbx, count(*) FROM rejects") == [("Bremen/desk", 1), ("Hamburg/desk", 1)]
    assert of_sites(
        ledger, "count(*), count(DISTINCT assignment) FROM calls JOIN call USING (id) WHERE calls.person = 'Anna Berg'"
    ) == [(10, 2)]


def test_a_call_is_found_by_its_id_with_its_records_alone(sites: list[HandedSite]) -> None:
    ledger = sites[0].ledger_of(ALIKE)
    several = [call for call in questions.calls(ledger, CallListing()) if call["legs"] == 2]

    assert sorted(call["pbx"] for call in several) == ["Bremen/desk", "Hamburg/desk"]
    for call in several:
        assert questions.call(ledger, call["id"]) == call
        assert [leg["extension"] for leg in questions.legs(ledger, call["id"])] == ["101", "102"]
        assert {leg["pbx"] for leg in questions.legs(ledger, call["id"])} == {call["pbx"]}


def test_whoever_sees_one_site_sees_nothing_of_the_other(sites: list[HandedSite]) -> None:
    access = Access(
        role="manager", permissions=frozenset(("calls.see", "numbers.see", "costs.see")), scope=({"site": "Hamburg"},)
    )
    ledger = sites[1].ledger_of(ALIKE, scope_of(access))

    assert of_sites(ledger, "pbx, count(*) FROM calls") == [("Hamburg/desk", 12)]
    assert of_sites(ledger, "pbx, count(*) FROM rejects") == [("Hamburg/desk", 1)]
    assert of_sites(ledger, "pbx, count(*) FROM legs") == [("Hamburg/desk", 2)]
    assert of_sites(ledger, "pbx FROM span") == [("Hamburg/",)]
    narrowed = ledger.within(read_filter({"pbx": "Hamburg/desk,Bremen/desk"}), ("Hamburg/desk", "Bremen/desk"))
    assert of_sites(narrowed, "pbx, count(*) FROM rejects") == [("Hamburg/desk", 1)]


def test_calls_are_told_apart_by_site_and_chosen_by_it(sites: list[HandedSite]) -> None:
    ledger = sites[0].ledger_of(ALIKE)
    found = find(ledger, Breakdown(rows=("site",), measures=("calls",)), read_filter({"site": "Bremen"}))

    assert found.rows == {("Bremen",): (12,)}


def test_a_name_that_is_mended_at_its_site_is_mended_at_the_centre(sites: list[HandedSite]) -> None:
    ledger = sites[1].ledger_of(ALIKE)
    with sites[1].store.cursor() as cursor:
        cursor.execute("UPDATE owner SET person = 'Anna Bergmann' WHERE person = 'Anna Berg'")
    sites[1].hand_on()
    with sites[1].store.cursor() as cursor:  # as it is for the tests beside
        cursor.execute("UPDATE owner SET person = 'Anna Berg' WHERE person = 'Anna Bergmann'")

    query = "pbx, count(*) FROM calls WHERE person = 'Anna Bergmann'"
    assert of_sites(ledger, query) == [("Bremen/desk", 5)]
    sites[1].hand_on()
    assert of_sites(ledger, query) == []


def test_notes_and_private_calls_of_the_centre_count_there(sites: list[HandedSite]) -> None:
    ledger = sites[0].ledger_of(ALIKE)
    outgoing = [call for call in questions.calls(ledger, CallListing()) if call["direction"] == "outgoing"]
    noted, private = outgoing[0]["id"], outgoing[1]["id"]
    sites[0].store.copy_notes(
        [
            NotedCall(id=noted, words="It's the \\ 'pump'\nagain", tags=("urgent", "o'clock")),
            NotedCall(id=private, private=True),
        ]
    )

    for words in ({"tag": "o'clock,other"}, {"note": "'PUMP'"}):
        assert [call["id"] for call in questions.calls(ledger, CallListing(where=read_filter(words)))] == [noted]
    assert questions.count_calls(ledger, read_filter({"tag": "-"})) == 23
    assert questions.count_calls(ledger, read_filter({"note": "-"})) == 23
    seen = sites[0].ledger_of(ALIKE, scope_of(SEES_ALL, has_private=True))
    hidden = {call["id"] for call in questions.calls(seen, CallListing()) if MASK in (call["called"] or "")}
    assert hidden == {private}

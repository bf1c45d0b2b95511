"""Calls name whose telephones and numbers theirs are, wherever they are listed."""

import csv
import io
import re
from datetime import date
from html import unescape

import msgspec
import pytest
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import incoming, row
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import TOLLBOOK
from tollbook.model.directory import Assignment, CostCentre
from tollbook.numbering.plan import DialPlan
from tollbook.site.directory import assignments, operations
from tollbook.site.directory.values import KnownDepartment, KnownNumber, KnownPerson
from tollbook.site.pbxs import operations as pbxs
from tollbook.store import questions
from tollbook.web.calls.live import _rendered
from tollbook.web.calls.parties import named

MARCH = date(2026, 3, 2)
DAY = "/?whole=yes&day=2026-03-02"


def inside(caller: str, called: str, day: str = "2026-03-02") -> bytes:
    """A record of a call between two extensions."""
    return row(caller, called, at=f"{day} 12:00:00").replace(b"DAHDI/4-1", b"SIP/desk-0012ab35")


def shown(text: str) -> str:
    """A page as it is read: its text alone."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def page(client: Client, address: str) -> str:
    return shown(client.get(address).content.decode())


@pytest.fixture
def planned(engine: Engine, pbx: str) -> None:
    pbxs.set_plan(TOLLBOOK, pbx, {"": {"country": "US", "area-code": "212", "outside": "9", "extensions": "100-199"}})
    until(lambda: not engine.numbering(pbx))
    rows = [
        row("107", "9011442079460135"),
        row("107", "912135550150", at="2026-03-02 09:20:00"),
        inside("108", "107"),
        inside("108", "107", "2026-03-01"),
        incoming("2125550177", "108"),
    ]
    import_file(engine, pbx, b"".join(rows))


@pytest.fixture
def directory(engine: Engine, planned: None) -> None:
    """107 was of the help desk, and is Anna Berg's of Sales from 2 March on; 108 is of another department."""
    del planned
    sales = operations.keep_department(TOLLBOOK, KnownDepartment(name="Sales", company="Example Works")).id
    support = operations.keep_department(TOLLBOOK, KnownDepartment(name="Help desk")).id
    anna = operations.keep_person(TOLLBOOK, KnownPerson(name="Anna Berg")).id
    cost = operations.keep_cost_centre(TOLLBOOK, CostCentre(0, "4711", "Sales")).id
    before = Assignment(id=0, kind="extension", value="107", department=support, until=MARCH)
    after = msgspec.structs.replace(before, until=None, first=MARCH, person=anna, department=sales, cost_centre=cost)
    for each in (before, after, Assignment(id=0, kind="extension", value="108", department=support)):
        assignments.keep_assignment(TOLLBOOK, each)
    for number, name in (("+442079460135", "Acme Ltd"), ("+12125550177", "Bakery")):
        operations.keep_number(TOLLBOOK, KnownNumber(number=number, name=name), DialPlan(country="US"))
    known = operations.snapshot()
    engine.meanings.directory = lambda: known
    engine.meanings.look()
    until(lambda: not engine.meanings.running)


@pytest.mark.usefixtures("planned")
def test_without_a_directory_numbers_are_told_and_nobody_is_named(viewer: Client) -> None:
    text = viewer.get("/calls/").content.decode()

    assert "107 +44 20 7946 0135" in shown(text)
    assert 'title="Written by the PBX: 9011442079460135"' in text
    assert 'id="filter-person"' not in text


@pytest.mark.usefixtures("directory")
def test_the_list_names_both_sides_of_a_call_by_who_had_them_on_that_day(viewer: Client) -> None:
    text = page(viewer, "/calls/")

    assert "Anna Berg 107 Acme Ltd +44 20 7946 0135" in text
    assert "Anna Berg 107 +1 213-555-0150" in text
    assert "Bakery +1 212-555-0177 Help desk 108" in text
    assert "Help desk 108 Anna Berg 107" in page(viewer, "/calls/?from=2026-03-02&direction=internal")
    assert "Help desk 108 Help desk 107" in page(viewer, "/calls/?to=2026-03-01")


@pytest.mark.usefixtures("directory")
def test_calls_are_filtered_by_owners_that_the_form_offers(viewer: Client) -> None:
    text = viewer.get("/calls/?person=Anna+Berg").content.decode()

    assert re.search(r'<datalist id="offered-person"><option value="Anna Berg"', text)
    assert re.search(r'<datalist id="offered-department"><option value="Help desk".*<option value="Sales"', text)
    assert re.search(r'<datalist id="offered-cost-centre"><option value="4711"', text)
    assert re.search(r'class="count"><strong>1\D2</strong> of <strong>2<', text)


@pytest.mark.usefixtures("directory")
def test_the_columns_of_owners_are_listed_and_downloaded_under_their_titles(viewer: Client) -> None:
    words = "number=442079460135&columns=person,department,company,cost_centre,number_name"
    titles = ["Person", "Department", "Company", "Cost centre", "Name of the outside number"]
    names = ["Anna Berg", "Sales", "Example Works", "4711", "Acme Ltd"]

    assert " ".join(names) in page(viewer, f"/calls/?{words}")
    file = b"".join(viewer.get(f"/calls/download.csv?{words}")).decode()
    heading, only = csv.reader(io.StringIO(file))
    assert (heading[1:], only[1:]) == (titles, names)


@pytest.mark.usefixtures("directory")
def test_a_call_tells_whose_it_is_and_what_else_its_number_called(viewer: Client, engine: Engine) -> None:
    import_file(engine, "hts32", incoming("+442079460135", "108", at="2026-03-02 15:00:00"))
    ledger = engine.ledger(EVERYTHING_ALLOWED)
    found = next(each for each in questions.calls(ledger, questions.CallListing()) if "011" in each["called"])
    text = page(viewer, f"/calls/{found['id']}/")

    assert "Anna Berg, Sales 107 → to Acme Ltd +44 20 7946 0135" in text
    assert "(fixed line, international), Acme Ltd" in text
    assert "Cost centre 4711" in text
    assert "Other calls of Acme Ltd Search for it 2 Mar 2026" in text


@pytest.mark.usefixtures("directory")
def test_home_names_who_was_missed_and_who_called_most(viewer: Client) -> None:
    text = page(viewer, DAY)

    assert "Bakery +1 212-555-0177 10:00:00 Help desk 108 1" in text
    assert "107 Anna Berg 2" in text


@pytest.mark.usefixtures("directory")
def test_calls_that_arrive_are_named_by_the_same_words(engine: Engine) -> None:
    ledger = engine.ledger(EVERYTHING_ALLOWED)
    told = named(ledger, questions.calls(ledger, questions.CallListing(order="started_at")))

    assert "Help desk 107" in shown(_rendered("feed", told[:1]))
    assert "Anna Berg 107 → to Acme Ltd +44 20 7946 0135" in shown(_rendered("feed", told))

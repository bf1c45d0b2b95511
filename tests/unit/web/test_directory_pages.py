"""The directory in the browser: who is who, moving and undoing, naming, the phone book, and rows of a spreadsheet."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import TOLLBOOK
from tollbook.model.directory import Assignment, CostCentre
from tollbook.numbering.plan import DialPlan
from tollbook.site.directory import assignments, operations
from tollbook.site.directory.values import KnownDepartment, KnownNumber, KnownPerson
from tollbook.site.pbxs import operations as pbxs
from tollbook.store import questions

SPRING = date(2026, 3, 1)


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return readable(answer.content)


def readable(content: bytes) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", content.decode())))


def sent(client: Client, address: str, **words: object) -> str:
    """What the page says after a form was sent."""
    return readable(client.post(address, words, follow=True).content)


def faults(client: Client, address: str, **words: object) -> dict[str, str]:
    """What a form says at its fields."""
    page = client.post(address, words).content.decode()
    said = re.findall(r'<div id="id_(\w+)_error">(.*?)</div>', page, re.DOTALL)
    return {field: readable(each.encode()) for field, each in said}


@pytest.fixture
def sales() -> int:
    return operations.keep_department(TOLLBOOK, KnownDepartment(name="Sales")).id


@pytest.fixture
def stores() -> int:
    return operations.keep_department(TOLLBOOK, KnownDepartment(name="Stores")).id


@pytest.fixture
def anna(admin: Client, sales: int) -> int:
    """Somebody of Sales with extension 107."""
    del admin  # the site has to be there
    anna = operations.keep_person(TOLLBOOK, KnownPerson(name="Anna Berg", mail="anna@example.com")).id
    cost = operations.keep_cost_centre(TOLLBOOK, CostCentre(0, "4711", "Selling")).id
    wanted = Assignment(id=0, kind="extension", value="107", person=anna, department=sales, cost_centre=cost)
    assignments.keep_assignment(TOLLBOOK, wanted)
    return anna


def holders(value: str) -> list[tuple[str, str, date | None, date | None]]:
    every = assignments.assignments()
    return [(each.name, each.department, each.first, each.until) for each in every if each.value == value]


def test_empty_pages_say_what_to_do_next(admin: Client) -> None:
    assert "paste a list from a spreadsheet" in text(admin, "/directory/")
    assert "Add the first one" in text(admin, "/directory/departments/")
    assert "Name the extensions of your calls" in text(admin, "/directory/extensions/")
    assert "No extension yet" in text(admin, "/directory/extensions/unnamed/")
    assert "Add a number" in text(admin, "/directory/phone-book/")


def test_a_person_is_found_by_name_mail_extension_department_and_cost_centre(admin: Client, anna: int) -> None:
    assert "Anna Berg anna@example.com Sales 107 4711" in text(admin, "/directory/")
    for words in ("berg", "anna@", "107", "sales anna", "4711"):
        assert "Anna Berg" in text(admin, f"/directory/?q={words}"), words
    assert "Nobody fits" in text(admin, "/directory/?q=stores")
    assert "Extension 107 any Sales" in text(admin, f"/directory/people/{anna}/")


def test_a_person_is_added_renamed_and_what_cannot_be_stands_at_its_field(admin: Client, anna: int) -> None:
    assert "Bert Cole is in the directory" in sent(admin, "/directory/people/add/", name="Bert Cole")
    wrong = faults(
        admin,
        "/directory/people/add/",
        name="Bo",
        mail="nowhere",
        valid_from="2026-03-02",
        valid_until="2026-03-01",
    )
    assert set(wrong) == {"mail", "valid_until"}
    assert "already" in faults(admin, "/directory/people/add/", name="Eve", mail="anna@example.com")["name"]
    assert "Anna Hill" in sent(admin, f"/directory/people/{anna}/edit/", name="Anna Hill", mail="anna@example.com")
    assert holders("107")[0][0] == "Anna Hill"


def test_who_moves_keeps_earlier_calls_where_they_were_and_the_move_is_undone(
    admin: Client,
    anna: int,
    stores: int,
) -> None:
    del stores
    answer = sent(admin, f"/directory/people/{anna}/move/", on="2026-03-01", department="Stores", cost_centre="same")
    assert "Earlier calls stay with the old department" in answer
    assert holders("107") == [("Anna Berg", "Sales", None, SPRING), ("Anna Berg", "Stores", SPRING, None)]
    page = admin.get("/directory/").content.decode()
    undo = re.search(r'action="(/directory/moves/\d+/undo/)"', page)
    assert undo
    assert "is undone" in sent(admin, undo[1])
    assert holders("107") == [("Anna Berg", "Sales", None, None)]
    assert "Last move" not in text(admin, "/directory/")
    assert "on" in faults(
        admin,
        f"/directory/people/{anna}/move/",
        on="2026-03-01",
        department="same",
        cost_centre="same",
    )


def test_who_leaves_has_nothing_from_that_day_on(admin: Client, anna: int) -> None:
    assert "ends on 2026-03-01" in sent(admin, f"/directory/people/{anna}/end/", until="2026-03-01")
    assert holders("107") == [("Anna Berg", "Sales", None, SPRING)]
    assert "Anna Berg <anna@example.com> cannot be removed" in sent(admin, f"/directory/people/{anna}/remove/")
    assert "Until 1 Mar 2026" in text(admin, f"/directory/people/{anna}/")


def test_departments_are_a_tree_of_any_depth(admin: Client, anna: int, sales: int) -> None:
    del anna
    sent(admin, "/directory/departments/add/", name="North", parent=sales)
    north = next(each.id for each in operations.departments() if each.name == "North")
    sent(admin, "/directory/departments/add/", name="Export", parent=north, company="Acme Ltd")
    page = text(admin, "/directory/departments/")
    assert re.search(r"Sales .* North .* Acme Ltd", page)
    assert (
        f'<option value="{north}" selected>' in admin.get(f"/directory/departments/add/?below={north}").content.decode()
    )
    assert "below itself" in faults(admin, f"/directory/departments/{sales}/", name="Sales", parent=north)["parent"]
    assert "cannot be removed" in (said := sent(admin, f"/directory/departments/{sales}/remove/"))
    assert "departments: North; assignments: extension 107" in said
    assert "Dispatch / North" in sent(admin, f"/directory/departments/{sales}/", name="Dispatch") + text(
        admin,
        "/directory/departments/",
    )


def test_an_overlap_stands_at_its_field_with_both_named(admin: Client, anna: int) -> None:
    del anna
    given = {"kind": "extension", "value": "107", "first": "2026-03-01"}
    told = faults(admin, "/directory/extensions/add/", **given, person="Bert Cole", create="on")
    assert "107 of any PBX, from 2026-03-01: Bert Cole" in told["first"]
    assert "Anna Berg" in told["first"]
    assert "Bert Cole" not in text(admin, "/directory/")
    assert (
        "nobody is called"
        in faults(admin, "/directory/extensions/add/", **given, person="Bert Cole")["person"].casefold()
    )
    assert "person" in faults(admin, "/directory/extensions/add/", **given)


def test_what_ended_and_went_on_later_has_a_gap_that_can_be_filled(admin: Client, anna: int) -> None:
    del anna
    number = next(assignments.assignments()).id
    sent(admin, f"/directory/extensions/{number}/end/", until="2026-03-01")
    sent(
        admin,
        "/directory/extensions/add/",
        kind="extension",
        value="107",
        first="2026-04-01",
        person="Bo",
        create="on",
    )
    page = text(admin, "/directory/extensions/?when=all")
    assert "Extension 107 any 1 Mar 2026 1 Apr 2026 31" in page
    assert "Anna Berg" not in text(admin, "/directory/extensions/")
    assert "Nothing fits" in text(admin, "/directory/extensions/?kind=ddi")
    sent(admin, f"/directory/extensions/{number}/remove/")
    assert [each[0] for each in holders("107")] == ["Bo"]


def test_extensions_of_calls_that_nobody_had_are_named_at_once(
    admin: Client,
    engine: Engine,
    pbx: str,
    anna: int,
) -> None:
    del anna
    import_file(engine, pbx, row("107") + row("108") + row("109"))
    page = text(admin, "/directory/extensions/unnamed/")
    assert "108 hts32" in page
    assert "Every extension has a name" not in page
    assert "107 hts32" not in page
    address = "/directory/extensions/unnamed/"
    told = sent(admin, address, value="108", pbx=pbx, person="Bert Cole", department="Sales / North")
    assert "108 of hts32 is assigned to Bert Cole" in told
    assert "108 hts32" not in told
    assert holders("108") == [("Bert Cole", "Sales / North", None, None)]
    assert "nobody" in sent(admin, address, value="109", pbx=pbx)


def test_the_phone_book_is_searched_in_any_spelling(admin: Client) -> None:
    sent(admin, "/directory/phone-book/add/", number="020 7946 0135", country="GB", company="Acme Ltd", tags="a, b")
    sent(admin, "/directory/phone-book/add/", number="+49 89 1234*", name="Example GmbH")
    assert [each.number for each in operations.phone_book()] == ["+442079460135", "+49891234*"]
    for words in ("acme", "0044 20 79460135", "+44 (0)20 7946 0135", "7946 0135", "b"):
        assert "Acme Ltd" in text(admin, f"/directory/phone-book/?q={words.replace('+', '%2B')}"), words
    for words in ("+49 89 123456", "0049 89 12345", "089 1234567"):
        page = text(admin, f"/directory/phone-book/?q={words.replace('+', '%2B')}")
        assert "Example GmbH" in page, words
        assert "Acme" not in page, words
    assert "number" in faults(admin, "/directory/phone-book/add/", number="12", name="Nobody")
    number = next(operations.phone_book()).id
    sent(admin, f"/directory/phone-book/{number}/", number="+442079460135", name="Acme", unlisted="on")
    assert "a, b" not in (page := text(admin, "/directory/phone-book/"))
    assert "nobody" in page
    sent(admin, f"/directory/phone-book/{number}/remove/")
    assert [each.number for each in operations.phone_book()] == ["+49891234*"]


def test_the_page_of_a_call_leads_to_naming_its_number(admin: Client, engine: Engine, pbx: str) -> None:
    pbxs.set_plan(TOLLBOOK, pbx, {"": {"country": "GB", "area-code": "20", "outside": "9"}})
    import_file(engine, pbx, row("101", "902079460135"))
    until(lambda: not engine.numbering(pbx))
    key = next(iter(questions.calls(engine.ledger(EVERYTHING_ALLOWED), questions.CallListing())))["id"]
    page = admin.get(f"/calls/{key}/").content.decode()
    link = re.search(r'href="(/directory/phone-book/add/[^"]*)"', page)
    assert link
    assert 'value="+442079460135"' in admin.get(link[1]).content.decode()
    operations.keep_number(TOLLBOOK, KnownNumber(number="+44207946*", name="Acme"), DialPlan())
    assert "/directory/phone-book/add/" not in admin.get(f"/calls/{key}/").content.decode()


GOOD = "kind\tvalue\tname\tdepartment\nextension\t201\tCarla Diaz\tStores / West\n"
BAD = "extension\t202\tDora\tStores\nextention\t203\tEmil\tStores\n"


def test_pasted_rows_are_shown_first_and_then_applied(admin: Client) -> None:
    address = "/directory/from-file/extensions/"
    shown = sent(admin, address, text=GOOD, act="preview")
    assert "No fault" in shown
    assert "New people 1: Carla Diaz" in shown
    assert holders("201") == []
    assert "1 new, 0 changed, 0 ended, 0 left out" in sent(admin, address, text=GOOD, act="apply")
    assert holders("201") == [("Carla Diaz", "Stores / West", None, None)]
    assert "Unchanged 1" in sent(admin, address, text=GOOD, act="preview")


def test_a_row_with_a_fault_stops_all_rows_unless_it_is_left_out(admin: Client) -> None:
    address = "/directory/from-file/extensions/"
    shown = sent(admin, address, text=GOOD + BAD, act="apply")
    assert "Line 4 kind There is no kind 'extention'" in shown
    assert holders("201") == []
    assert "2 new, 0 changed, 0 ended, 1 left out" in sent(admin, address, text=GOOD + BAD, act="leave-out")
    assert holders("202") == [("Dora", "Stores", None, None)]


def test_a_file_is_read_in_the_encoding_of_windows_and_comes_back_as_it_is(admin: Client) -> None:
    data = "number;name\n+442079460135;Jörg\n".encode("cp1252")
    address = "/directory/from-file/phone-book/"
    shown = sent(admin, address, file=SimpleUploadedFile("numbers.csv", data), act="preview")
    assert "Jörg" in shown
    sent(admin, address, text=data.decode("cp1252"), act="apply")
    file = admin.get("/directory/as-file/phone-book.csv")
    assert file.content.decode().splitlines()[1] == "+442079460135,Jörg,,,no,no"
    assert "Unchanged 1" in sent(admin, address, text=file.content.decode(), act="preview")


def test_nothing_and_too_much_are_refused_at_their_field(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    address = "/directory/from-file/extensions/"
    assert "Paste the rows" in sent(admin, address, text=" ", act="apply")
    monkeypatch.setattr("tollbook.web.directory.file_pages.DIRECTORY_PASTE", 20)
    assert "too much" in sent(admin, address, text=GOOD, act="preview")
    assert "too much" in sent(admin, address, file=SimpleUploadedFile("a.csv", GOOD.encode()), act="preview")


def test_only_administrators_change_anything_and_others_see_no_private_number(
    viewer: Client,
    admin: Client,
    anna: int,
    sales: int,
) -> None:
    sent(admin, "/directory/phone-book/add/", number="+442079460136", name="Mrs Hidden", private="on")
    for address in ("", "departments/", "extensions/", "extensions/unnamed/", "phone-book/", f"people/{anna}/"):
        page = viewer.get(f"/directory/{address}")
        assert page.status_code == 200
        assert not re.search(r'href="/directory/[^"]*/(add|edit|move|end|remove|from-file)/', page.content.decode())
    assert "Hidden" not in text(viewer, "/directory/phone-book/")
    assert b"Hidden" not in viewer.get("/directory/as-file/phone-book.csv").content
    changing = (
        *("people/add/", f"people/{anna}/edit/", f"people/{anna}/move/", f"people/{anna}/end/", "moves/1/undo/"),
        *(f"people/{anna}/remove/", "departments/add/", f"departments/{sales}/", f"departments/{sales}/remove/"),
        *("cost-centres/add/", "cost-centres/1/", "cost-centres/1/remove/", "extensions/add/", "extensions/1/"),
        *("extensions/1/end/", "extensions/1/remove/", "phone-book/add/", "phone-book/1/", "phone-book/1/remove/"),
        *("from-file/extensions/", "from-file/phone-book/"),
    )
    for address in changing:
        assert viewer.post(f"/directory/{address}", {"name": "x"}).status_code == 403, address
    said = {"value": "107", "pbx": "", "person": "Eve"}
    assert viewer.post("/directory/extensions/unnamed/", said).status_code == 403
    assert [each.name for each in operations.people()] == ["Anna Berg"]

"""A directory of thousands: pages and forms read the rows that they show, and say no more than a person can read."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.fakes.work import rows_read
from tests.unit.web.conftest import row
from tests.unit.web.test_directory_pages import sent, text
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.problem import NotThere
from tollbook.numbering.plan import DialPlan
from tollbook.site import changed
from tollbook.site.directory import importing, operations, owners, phone_book_import
from tollbook.site.directory.values import KnownPerson

PAGES = (
    "/directory/",
    "/directory/?page=2",
    "/directory/?q=anna+sales",
    "/directory/people/3/",
    "/directory/people/3/edit/",
    "/directory/people/3/move/",
    "/directory/departments/add/",
    "/directory/extensions/",
    "/directory/extensions/?q=sales&when=all",
    "/directory/extensions/add/",
    "/directory/extensions/3/",
    "/directory/extensions/unnamed/",
    "/directory/phone-book/",
    "/directory/phone-book/?q=acme",
    "/directory/phone-book/?q=20+7946+0",
    "/directory/phone-book/3/",
    "/calls/",
)
DAY = date(2026, 3, 1)


def grow(first: int, last: int) -> None:
    """Add people, each with an extension of Sales, and as many numbers."""
    numbers = range(first, last)
    people = "".join(f"extension;{1000 + n};Anna {n};a{n}@example.com;Sales;47\n" for n in numbers)
    heading = "kind;value;name;mail;department;cost_centre\n"
    importing.apply(TOLLBOOK, (heading + people).encode(), importing.Strictness())
    book = "".join(f"+442079460{n:03};Acme {n};supplier\n" for n in numbers)
    phone_book_import.apply(TOLLBOOK, ("number;name;tags\n" + book).encode(), DialPlan(), leave_out=False)


def read_by(client: Client) -> dict[str, tuple[int, int]]:
    return {page: rows_read(partial(client.get, page)) for page in PAGES}


def test_no_page_reads_more_when_the_directory_has_grown(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, b"".join(row(str(1000 + n)) for n in (0, 600, 999)))
    grow(0, 250)
    text(admin, "/directory/")  # what is read once is read
    few = read_by(admin)
    grow(250, 900)
    until(lambda: not engine.meanings.running)
    assert read_by(admin) == few


def test_who_is_assigned_or_added_is_looked_up_alone(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    del admin  # the site has to be there
    monkeypatch.setattr(changed, "tell", lambda: None)  # the engine reads all of it, beside whoever asks

    def change(number: int) -> None:
        operations.keep_person(TOLLBOOK, KnownPerson(name=f"New {number}"))
        owners.move_person(TOLLBOOK, f"a{number}@EXAMPLE.com", DAY, owners.Owners(cost_centre=None))

    grow(0, 20)
    few = rows_read(partial(change, 0))
    grow(20, 200)
    assert rows_read(partial(change, 1)) == few


def test_letters_of_all_languages_are_found_large_and_small(admin: Client) -> None:
    sent(admin, "/directory/people/add/", name="Ägidius Straße", mail="Ö@example.com")
    sent(admin, "/directory/phone-book/add/", number="+442079460135", company="Ärger AG", tags="ÜBUNG, b")
    for words in ("ägidius", "STRASSE", "ö@EXAMPLE.com"):
        assert "Ägidius" in text(admin, f"/directory/?q={words}"), words
    for words in ("ärger", "übung ÄRGER", "B"):
        assert "Ärger" in text(admin, f"/directory/phone-book/?q={words}"), words
    for words in ("%", "_", "übung stores"):
        assert "No number fits" in text(admin, f"/directory/phone-book/?q={words}"), words
    assert "already" in sent(admin, "/directory/people/add/", name="Another", mail="ö@EXAMPLE.COM")


def test_more_extensions_than_are_looked_at_hide_none_without_a_name(
    admin: Client,
    engine: Engine,
    pbx: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tollbook.store.dialled._MOST", 2)
    grow(0, 3)
    import_file(engine, pbx, b"".join(map(row, ("1000", "1001", "1002", "1099"))))
    until(lambda: not engine.meanings.running)
    assert "1099 hts32" in text(admin, "/directory/extensions/unnamed/")


def test_who_is_not_there_is_told_with_some_of_those_who_are(admin: Client) -> None:
    del admin
    grow(0, 120)
    with pytest.raises(NotThere) as fault:
        owners.move_person(TOLLBOOK, "Zeno", DAY, owners.Owners(department="Sales"))
    assert "and 70 more" in str(fault.value)

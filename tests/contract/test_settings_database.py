"""PostgreSQL keeps settings as SQLite does: texts, numbers and documents, letters, and one transaction at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import django
import pytest
from django.db import connections, transaction
from django.db.models import Value

import tollbook.site
from tests.fakes.databases import Database
from tests.fakes.settings_databases import an_empty_database, told_of

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollbook.web.settings")
django.setup()

LETTERS = "".join(map(chr, range(1, 0x590))) + "ẞﬁﬃἈὨΣς"
PATIENCE_S = 20
MIGRATIONS = sorted(Path(tollbook.site.__file__).parent.glob("*/migrations/0*.py"))


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with an_empty_database() as made:
        yield made


@pytest.fixture(scope="module")
def made_tables(database: Database) -> Iterator[str]:
    from tollbook.site.copying import another
    from tollbook.site.database import upgrade

    with another(told_of(database)) as alias:
        upgrade(alias)
        yield alias


@pytest.fixture
def tables(made_tables: str) -> str:
    from tollbook.site.destinations.models import DestinationRecord

    DestinationRecord.objects.using(made_tables).delete()
    return made_tables


def test_large_and_small_letters_are_told_apart_as_python_does(tables: str) -> None:
    from tollbook.site.destinations.models import DestinationRecord
    from tollbook.site.folding import Casefold, CasefoldList

    rows = DestinationRecord.objects.using(tables)
    rows.create(name="letters", kind="mail", settings=["Straße", "Il\N{LATIN SMALL LETTER DOTLESS I}k ΟΔΟΣ"])
    found = {letter: rows.annotate(told=Casefold(Value(letter))).get().told for letter in LETTERS}
    listed = rows.annotate(told=CasefoldList("settings")).get().told

    assert found == {letter: letter.casefold() for letter in LETTERS}
    assert listed == "strasse\nil\N{LATIN SMALL LETTER DOTLESS I}k οδοσ"


def test_documents_texts_and_numbers_are_kept_as_they_were_written(tables: str) -> None:
    from tollbook.site.destinations.models import DestinationRecord
    from tollbook.site.retention.models import RetentionPolicyRecord

    told = {"b": 1, "a": ["\\u0000", "ä\N{REPLACEMENT CHARACTER}"], "aa": None}
    rows = DestinationRecord.objects.using(tables)
    rows.create(name="n\0ul", kind="k" * 10_000, settings=told | {"a": ["\\u0000", "ä\0"]})
    kept = rows.get()
    RetentionPolicyRecord.objects.using(tables).create(pk=1, calls=2**40, set_at=datetime(2026, 1, 1, tzinfo=UTC))

    assert (kept.name, len(kept.kind)) == ("n\N{REPLACEMENT CHARACTER}ul", 10_000)
    assert list(kept.settings) == ["b", "a", "aa"]
    assert kept.settings == told
    assert rows.filter(settings=dict(reversed(told.items()))).exists()
    assert RetentionPolicyRecord.objects.using(tables).get().calls == 2**40


def test_a_transaction_waits_for_another_to_end_before_it_reads(tables: str) -> None:
    from tollbook.site.destinations.models import DestinationRecord

    rows, seen, begun = DestinationRecord.objects.using(tables), [], threading.Event()

    def count_in_turn() -> None:
        begun.set()
        with transaction.atomic(using=tables):
            seen.append(rows.count())
        connections[tables].close()

    with transaction.atomic(using=tables):
        thread = threading.Thread(target=count_in_turn)
        thread.start()
        begun.wait(PATIENCE_S)
        rows.create(name="first", kind="mail")
    thread.join(PATIENCE_S)

    assert seen == [1]


def test_a_connection_that_the_server_has_ended_is_made_anew_without_a_fault(tables: str, database: Database) -> None:
    from tollbook.site.destinations.models import DestinationRecord

    rows = DestinationRecord.objects.using(tables)
    before = rows.count()
    database.end_connections()
    after = rows.count()
    database.end_connections()
    with transaction.atomic(using=tables):
        within = rows.count()

    assert [before, after, within] == [0, 0, 0]


def test_what_changes_rows_as_tables_are_made_does_so_in_the_database_that_is_made() -> None:
    changing = [each for each in MIGRATIONS if "RunPython(" in each.read_text("utf-8")]

    assert changing
    assert [each.name for each in changing if "schema_editor.connection.alias" not in each.read_text("utf-8")] == []


def test_what_holds_since_ever_stands_before_what_began_on_a_day(tables: str) -> None:
    from tollbook.site.directory.models import AssignmentRecord

    rows = AssignmentRecord.objects.using(tables)
    for first in (date(2026, 1, 1), None):
        rows.create(kind="extension", value="101", first=first)

    assert [each.first for each in rows.all()] == [None, date(2026, 1, 1)]

"""The pages of sinks, as an administrator and a viewer see them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.test import Client

from tests.fakes.sites import sink_health, until
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.store.outgoing import LATER
from tollbook.store.schema import CALL_VIEW


def add(admin: Client, tmp_path: Path, **more: str) -> str:
    form = {"name": "warehouse", "set-url": f"sqlite:///{tmp_path / 'user.sqlite'}", "set-table": "calls", **more}
    return admin.post("/sinks/add/sql/", form, follow=True).content.decode()


def test_a_sink_is_added_and_shows_how_it_is_doing(admin: Client, tmp_path: Path) -> None:
    page = add(admin, tmp_path, **{"only-direction": "outgoing"})

    assert "warehouse is set up" in page
    assert "Behind" in page
    assert "Only direction" in page
    assert "warehouse" in admin.get("/sinks/").content.decode()


def test_every_fault_of_a_new_sink_is_shown_beside_its_field(admin: Client, tmp_path: Path) -> None:
    page = add(admin, tmp_path, name="Bad Name", **{"set-url": "ftp://x", "columns": "id", "only-direction": "up"})

    assert "begins with a letter or digit" in page
    assert "Must be an address that begins with" in page
    assert "Must be one of incoming" in page


def test_a_sink_writes_nowhere_that_a_pbx_is_read_from(admin: Client, tmp_path: Path) -> None:
    from tollbook.site.crossing import problems_of_pbx
    from tollbook.site.pbxs.models import PbxRecord

    read, settings = tmp_path / "records", {"path": str(tmp_path / "records")}
    pbx = PbxRecord.objects.create(name="gate", dialect="d", source="folder", timezone="UTC", settings=settings)
    answers = [
        admin.post("/sinks/add/file/", {"name": name, "set-path": str(path)}, follow=True).content.decode()
        for name, path in {"same": read, "in-it": read / "out", "beside": tmp_path / "lake"}.items()
    ]

    assert ["a folder that no PBX is read from" in answer for answer in answers] == [True, True, False]
    assert problems_of_pbx(pbx.value()) == []
    moved = pbx.value()
    moved.settings["path"] = str(tmp_path / "lake")
    assert ["no sink writes to" in each.what for each in problems_of_pbx(moved)] == [True]


def test_an_export_is_tested_before_it_is_kept_and_nothing_is_written(admin: Client, tmp_path: Path) -> None:
    path = tmp_path / "user.sqlite"
    path.touch()
    well = add(admin, tmp_path, test="yes")
    failed = add(admin, tmp_path, test="yes", **{"set-create": "no"})
    wrong = add(admin, tmp_path, test="yes", **{"only-direction": "up"})

    assert "The test went well." in well
    assert ['id="tested" role="status" tabindex="-1" autofocus' in page for page in (well, failed, wrong)] == [
        True,
        True,
        False,
    ]
    assert 'value="warehouse"' in well
    assert "The test failed." in failed
    assert "set create=yes, or make it" in failed
    assert "Only direction: Must be one of incoming" in wrong
    assert "warehouse" not in admin.get("/sinks/").content.decode()
    assert path.read_bytes() == b""


def test_a_change_of_an_export_is_tested_before_it_is_kept(admin: Client, tmp_path: Path) -> None:
    add(admin, tmp_path)
    form = {"set-url": f"sqlite:///{tmp_path / 'nowhere' / 'user.sqlite'}", "set-table": "calls"}
    tested = admin.post("/sink/warehouse/edit/", {**form, "test": "yes"}).content.decode()

    assert "The test failed." in tested
    assert "nowhere" not in admin.get("/sink/warehouse/").content.decode()


def test_columns_that_the_table_lacks_since_an_update_are_told_with_what_adds_them(
    admin: Client,
    engine: Engine,
    tmp_path: Path,
) -> None:
    columns = ", ".join(f"{name} TEXT" for name in CALL_VIEW if name not in LATER)
    with closing(sqlite3.connect(tmp_path / "user.sqlite")) as connection:
        connection.execute(f"CREATE TABLE calls ({columns}, UNIQUE (id))")
    add(admin, tmp_path, **{"set-create": "no"})
    engine.sinks.apply(run=True)
    until(lambda: sink_health(engine, "warehouse").left_out)
    page = admin.get("/sink/warehouse/").content.decode()

    assert "Columns left out" in page
    assert "ALTER TABLE calls ADD department TEXT;" in page
    told = [each for each in engine.doctor() if "department" in each.what]
    assert [(each.well, "backfill warehouse" in each.help) for each in told] == [(True, True)]


def test_a_site_has_so_many_sinks_and_no_more(
    admin: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tollbook.site.sinks import operations

    monkeypatch.setattr(operations, "SINKS", 1)

    assert "warehouse is set up" in add(admin, tmp_path)
    assert "1 sinks at most" in add(admin, tmp_path, name="another")


def test_columns_that_cannot_be_read_are_told_of(admin: Client, tmp_path: Path) -> None:
    assert "no field is called" in add(admin, tmp_path, columns="id; colour").replace("&#x27;", "'")


def test_a_secret_is_never_sent_back(admin: Client, tmp_path: Path) -> None:
    add(admin, tmp_path, **{"set-password": "s3cret word"})
    pages = [admin.get(path).content.decode() for path in ("/sink/warehouse/", "/sink/warehouse/edit/", "/sinks/")]

    assert not any("s3cret word" in page for page in pages)
    assert "set, not shown" in pages[0]


def test_what_is_no_secret_of_a_sink_without_any_is_shown(admin: Client, engine: Engine, tmp_path: Path) -> None:
    admin.post("/sinks/add/file/", {"name": "lake", "set-path": str(tmp_path / "lake")})
    engine.sinks.apply(run=True)
    until(lambda: sink_health(engine, "lake").state is State.WORKING)
    page = admin.get("/sink/lake/").content.decode()

    assert str(tmp_path / "lake") in page
    assert "not shown" not in page
    assert "Files are made equal to all calls every" in page


def test_a_secret_left_empty_stays_and_other_settings_change(admin: Client, tmp_path: Path) -> None:
    from tollbook.site.sinks.operations import find

    add(admin, tmp_path, **{"set-password": "s3cret word"})
    form = {"set-url": f"sqlite:///{tmp_path / 'user.sqlite'}", "set-table": "other", "columns": "agg"}
    admin.post("/sink/warehouse/edit/", form)

    assert find("warehouse").settings["password"] == "s3cret word"
    assert find("warehouse").settings["table"] == "other"
    assert find("warehouse").columns == "agg"


@pytest.mark.parametrize(
    ("deed", "says"),
    [
        ("pause", "is paused"),
        ("test", "everything fits"),
        ("backfill", "history is being sent"),
        ("remove", "is removed"),
    ],
)
def test_what_can_be_done_with_a_sink_is_done_and_said(admin: Client, tmp_path: Path, deed: str, says: str) -> None:
    add(admin, tmp_path)

    assert says in admin.post(f"/sink/warehouse/{deed}/", follow=True).content.decode()


def test_a_viewer_looks_and_changes_nothing(admin: Client, viewer: Client, tmp_path: Path, engine: Engine) -> None:
    add(admin, tmp_path)

    assert viewer.get("/sink/warehouse/").status_code == 200
    assert viewer.post("/sink/warehouse/remove/").status_code == 403
    assert viewer.get("/sinks/add/sql/").status_code == 403
    assert len(engine.sinks.health()) == 1

"""A PBX that neither sends nor can be asked: nothing comes by itself, and its files are imported."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.commands import Commands, serving
from tests.fakes.records import some_lines
from tests.fakes.sites import ZONE, at_work, import_file, until
from tollbook.model.health import State
from tollbook.model.pbx import Pbx

BY_HAND = Pbx(name="office", dialect="panasonic-kx-hts", source="by_hand", timezone=ZONE)
AT_REST = "nothing is asked of it; files are imported by hand"


def test_nothing_is_wrong_with_it_and_its_health_says_that_nothing_is_asked(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", BY_HAND) as engine:
        until(lambda: engine.health()[0].state is not State.STARTING)

        health = engine.health()[0]
        assert (health.state, health.message, health.trouble) == (State.WAITING, AT_REST, 0)
        tested = engine.test("office")
        assert (tested.well, tested.message) == (True, AT_REST)
        assert [found.what for found in engine.troubles.found() if not found.well] == []


def test_its_files_are_imported_and_it_stays_at_rest(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", BY_HAND) as engine:
        import_file(engine, "office", b"".join(some_lines(5)))

        assert engine.site.store.rows("SELECT count(*) FROM call") == [(5,)]
        assert engine.health()[0].message == AT_REST


def test_the_command_line_needs_nothing_but_its_time_zone_and_says_what_to_do(tmp_path: Path) -> None:
    site = Commands(tmp_path / "site")
    (tmp_path / "Master.csv").write_bytes(b"".join(some_lines(5)))
    given = ["--dialect", "panasonic-kx-hts", "--source", "by_hand", "--set", "timezone=Europe/London"]

    with serving(site.site):
        added = site.run("pbx", "add", "office", *given)
        tested = site.run("pbx", "test", "office")
        imported = site.run("import", str(tmp_path / "Master.csv"), "--pbx", "office")

    assert added.out.strip() == "added office (panasonic-kx-hts, by_hand, Europe/London)"
    assert "tollbook import FILE --pbx office" in added.err
    assert (tested.code, tested.out.strip()) == (0, f"ok: {AT_REST}")
    assert "tollbook import FILE --pbx office" in tested.err
    assert imported.code == 0

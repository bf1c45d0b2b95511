from typer.main import get_command

from tollbook.cli import app
from tollbook.cli.call_filters import FILTERS, parameter
from tollbook.cli.calls_commands import _AGG, CsvStyleName, table_of
from tollbook.render.tables import CSV_STYLES
from tollbook.store.filters import ASKED


def test_the_command_has_every_filter_there_is_with_the_same_help() -> None:
    context = get_command(app).make_context("tollbook", ["--version-of-nothing"], resilient_parsing=True)
    calls = get_command(app).get_command(context, "calls")  # type: ignore[attr-defined] # it is a group
    helps = {option.name: option.help for option in calls.params}

    assert tuple(ASKED) == tuple(FILTERS)
    assert {name: helps[parameter(name)].rstrip(".").lower() for name in FILTERS} == {
        name: word.help.lower() for name, word in ASKED.items()
    }


def test_a_table_of_agg_columns_has_all_that_users_of_agg_know() -> None:
    assert sorted(_AGG) == [
        "ACC", "CALLER_PHONE", "CALL_DURATION", "CALL_DURATION_S", "CALL_TIME", "CALL_TYPE", "DIALED_PHONE",
        "DIRECTION", "EXT", "FLAG1", "FLAG2", "FLAG3", "FLAG4", "FLAG5", "RING", "TOTAL_DURATION_S", "TRUNK",
    ]  # fmt: skip


def test_csv_can_be_written_in_every_style_there_is() -> None:
    assert [each.value for each in CsvStyleName] == list(CSV_STYLES)


def test_a_table_can_have_fields_of_ones_choice() -> None:
    columns = table_of("started_local, called,talk_s")
    started, called, talk = columns.values()

    assert list(columns) == ["started_local", "called", "talk_s"]
    assert callable(started)
    assert callable(talk)
    assert (started({"started_local": "2026-03-02T09:00:00"}), called) == ("2026-03-02 09:00:00", "called")
    assert talk({"talk_s": 65}) == "1:05"

from typer.main import get_command

from tollbook.cli import app
from tollbook.cli.calls_commands import _AGG, FILTERS, parameter
from tollbook.store.filters import WORDS
from tollbook.store.schema import AGG_VIEW


def test_the_command_has_every_filter_there_is_with_the_same_help() -> None:
    context = get_command(app).make_context("tollbook", ["--version-of-nothing"], resilient_parsing=True)
    calls = get_command(app).get_command(context, "calls")  # type: ignore[attr-defined] # it is a group
    helps = {option.name: option.help for option in calls.params}

    assert tuple(WORDS) == FILTERS
    assert {name: helps[parameter(name)].rstrip(".").lower() for name in FILTERS} == {
        name: word.help.lower() for name, word in WORDS.items()
    }


def test_a_table_of_agg_columns_has_all_of_them() -> None:
    assert set(_AGG) == set(AGG_VIEW)

"""The command line: a client of the REST API, whether a server runs or not (`docs/decisions/0001`).

Every heavy module is imported by the command that needs it, so that help and completion come at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tollbook.cli import calls_commands, exits, import_command, site_commands
from tollbook.cli.alert_commands import alert
from tollbook.cli.audit_command import audit
from tollbook.cli.audit_looks_command import audit_looks
from tollbook.cli.backup_commands import backup, backup_plan
from tollbook.cli.bill_commands import bill
from tollbook.cli.budget_commands import budget
from tollbook.cli.chargeback_command import chargeback
from tollbook.cli.config_commands import config
from tollbook.cli.demo_command import demo
from tollbook.cli.destination_commands import destination
from tollbook.cli.dialect_commands import dialect
from tollbook.cli.directory_commands import directory
from tollbook.cli.erlang_command import erlang
from tollbook.cli.files_commands import files
from tollbook.cli.group_commands import group
from tollbook.cli.guide_command import guide
from tollbook.cli.imports_commands import imports
from tollbook.cli.journal_commands import journal
from tollbook.cli.load_command import load
from tollbook.cli.logo_command import logo
from tollbook.cli.missed_commands import missed
from tollbook.cli.monthly_charge_commands import monthly_charge
from tollbook.cli.note_commands import note
from tollbook.cli.number_command import number
from tollbook.cli.options import Given
from tollbook.cli.output import OutputFormat
from tollbook.cli.pbx_commands import pbx
from tollbook.cli.person_commands import person
from tollbook.cli.personal_data_commands import personal_data
from tollbook.cli.phone_bill_command import phone_bill, phone_bill_mask
from tollbook.cli.place_commands import join, leave, place
from tollbook.cli.plan_commands import plan
from tollbook.cli.rate_commands import rate
from tollbook.cli.rejects_commands import rejects
from tollbook.cli.report_commands import report
from tollbook.cli.restore_command import restore
from tollbook.cli.retention_commands import retention
from tollbook.cli.role_commands import role
from tollbook.cli.schedule_commands import schedule
from tollbook.cli.service_commands import service
from tollbook.cli.settings_commands import settings
from tollbook.cli.sign_on_commands import sign_on
from tollbook.cli.simulate_command import simulate
from tollbook.cli.sink_commands import sink
from tollbook.cli.tariff_commands import explain, tariff
from tollbook.cli.token_commands import token
from tollbook.cli.wallboard_commands import wallboard

_LISTING = ("audit", "calls", "doctor", "import", "rejects", "status")
"""Commands whose `--format` may also be given before their name."""
_OF_DIALECTS = ("list", "detect", "try", "test")

app = typer.Typer(name="tollbook", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tollbook {version('tollbook')}")
        raise typer.Exit


@app.callback()
def _given(
    context: typer.Context,
    site: Annotated[
        Path | None,
        typer.Option(metavar="DIR", envvar="TOLLBOOK_SITE", file_okay=False, help="The site's folder."),
    ] = None,
    form: Annotated[OutputFormat | None, typer.Option("--format", help="Output format.")] = None,
    _version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Collect every call record of your PBX, lose none, and answer questions about your calls."""
    context.obj = Given(site)
    if form:
        chosen = {"form": form.value}
        context.default_map = {
            **dict.fromkeys(_LISTING, chosen),
            "imports": {"list": chosen},
            "budget": {"list": chosen, "show": chosen},
            "alert": dict.fromkeys(("list", "show", "try", "history", "kinds"), chosen),
            "missed": {"list": chosen, "settings": chosen},
            "monthly-charge": {"list": chosen},
            "pbx": {"list": chosen},
            "place": {"list": chosen, "groups": chosen},
            "dialect": dict.fromkeys(_OF_DIALECTS, chosen),
            "destination": {"list": chosen, "outbox": chosen},
            "directory": {"list": chosen},
            "schedule": {"list": chosen, "history": chosen},
            "sink": {"list": chosen},
            "tariff": {"list": chosen, "rules": chosen},
            "person": {"list": chosen},
            "group": {"list": chosen},
            "role": {"list": chosen, "permissions": chosen},
            "report": {"list": chosen, "words": chosen},
            "files": {"list": chosen},
            "token": {"list": chosen},
            "wallboard": {"list": chosen},
        }


for _command in (site_commands.init, site_commands.serve, demo, site_commands.status, site_commands.doctor):
    app.command()(_command)
app.add_typer(pbx, name="pbx")
app.add_typer(plan, name="plan")
app.add_typer(config, name="config")
app.add_typer(directory, name="directory")
app.add_typer(dialect, name="dialect")
app.command("import")(import_command.import_files)
app.add_typer(imports, name="imports")
app.command()(calls_commands.calls)
app.add_typer(missed, name="missed")
app.add_typer(rejects, name="rejects")
app.command()(site_commands.rebuild)
app.command()(logo)
app.command()(guide)
app.command()(number)
app.command()(erlang)
app.add_typer(rate, name="rate")
app.add_typer(tariff, name="tariff")
app.command()(explain)
app.add_typer(report, name="report")
app.add_typer(files, name="files")
app.add_typer(budget, name="budget")
app.add_typer(alert, name="alert")
app.command()(chargeback)
app.command("phone-bill")(phone_bill)
app.command("phone-bill-mask")(phone_bill_mask)
app.add_typer(monthly_charge, name="monthly-charge")
app.add_typer(bill, name="bill")
app.add_typer(journal, name="journal")
app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)(simulate)
app.add_typer(sink, name="sink")
app.command()(load)
app.add_typer(place, name="place")
app.command()(join)
app.command()(leave)
app.add_typer(destination, name="destination")
app.add_typer(schedule, name="schedule")
app.add_typer(wallboard, name="wallboard")
app.add_typer(person, name="person")
app.add_typer(note, name="note")
app.add_typer(group, name="group")
app.add_typer(role, name="role")
app.add_typer(sign_on, name="sign-on")
app.add_typer(token, name="token")
app.command()(audit)
app.command("audit-looks")(audit_looks)
app.command()(backup)
app.command()(restore)
app.add_typer(settings, name="settings")
app.add_typer(backup_plan, name="backup-plan")
app.add_typer(retention, name="retention")
app.add_typer(personal_data, name="personal-data")
app.add_typer(service, name="service")


def main() -> None:
    """Run the command that was typed and leave with its exit code."""
    sys.exit(exits.run(app))

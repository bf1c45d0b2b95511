"""Opens a site in this process: for the server, and for a command while no server runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tollbook.cli.exits import Busy
from tollbook.clock import monotonic_s
from tollbook.model.problem import Misconfigured, Problem

if TYPE_CHECKING:
    from tollbook.budgets.evaluating import KnownBudgets
    from tollbook.engine.care.doctor import Finding
    from tollbook.engine.engine import Engine
    from tollbook.engine.schedules.making import MakingTools
    from tollbook.engine.site import Site
    from tollbook.model.budget import BudgetNote
    from tollbook.model.missed import MissedSettings
    from tollbook.site.postgres.duty import Duty

PATIENCE_S = 3.0
"""How long to wait for another command to be done with the site."""
_LOOK_S = 0.05
_OWNER_ALONE = 0o077
_PUT_THERE_BEFORE = frozenset(
    ("tollbook.toml", "dialects", "tariffs", "reports", "secret-key", "api-token", "sinks.sqlite", "calls.duckdb"),
)
"""What a person may lay into a folder before it becomes a site."""
_LEFT = frozenset(("lost+found", "moment", "setup-code", "server.json", "journal.reserve", "uploads"))
_LEFT_BY = ("site.", "journal.", "calls.", "sinks.")
"""What a start that was broken off has left, or the file system."""


def is_site(path: Path) -> bool:
    """Say whether a folder is a site: it has settings, or has begun with settings that are elsewhere."""
    if (path / "site.sqlite").exists():
        return True
    if not (path / "journal.sqlite").exists():
        return False
    from tollbook.engine.fence_file import read_settings

    return read_settings(path) is not None


def check_site(path: Path) -> None:
    """Raise `Misconfigured` for a folder that is no site."""
    if not is_site(path):
        hint = f"`tollbook --site {path} init` makes a site"
        raise Misconfigured(Problem("there is no site here", "the folder has no site.sqlite", str(path), hint))


def _check_place(path: Path) -> None:
    """Raise `Misconfigured` for a folder of other things: a site would be strewn among them."""
    if not path.is_dir() or is_site(path) or (path / "journal.sqlite").exists():
        return
    known = _PUT_THERE_BEFORE | _LEFT
    others = sorted(
        each.name for each in path.iterdir() if each.name not in known and not each.name.startswith(_LEFT_BY)
    )
    if others:
        reason = f"it holds other things: {', '.join(others[:3])}{' and more' if others[3:] else ''}"
        help_ = "name an empty folder, or one that is not there yet, such as a new one in it"
        raise Misconfigured(Problem("this folder is no site", reason, str(path), help_))


@contextmanager
def opened(path: Path, purpose: str) -> Iterator[Site]:
    """Hold a site open, its settings database ready; makes what is not there yet."""
    _check_place(path)
    os.umask(_OWNER_ALONE)  # whatever this process makes from now on is its owner's alone
    # Django's settings read the site's folder from the environment.
    os.environ["TOLLBOOK_SITE"] = str(path)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollbook.web.settings")
    site = _open(path, purpose)
    try:
        import django

        django.setup()
        from tollbook.site.database import prepare_database

        prepare_database()
        yield site
    finally:
        site.close()


@contextmanager
def on_duty(site: Site) -> Iterator[Duty | None]:
    """Find out whether this process is the one that works; None where nobody else can have the settings.

    Raises `Misconfigured` where another one works with them, unless the site is a centre, whose pages several serve.
    """
    if not site.settings_elsewhere:
        yield None
        return
    from tollbook.site.postgres.duty import duty_of_settings

    duty = duty_of_settings()
    try:
        if not duty.begin() and site.centre is None:
            reason = "it takes the calls of the PBXs that are set up there; only at a centre may several serve pages"
            help_ = "stop the other one first, or give this site a database of its own"
            raise Misconfigured(Problem("another Tollbook works with these settings", reason, str(site.path), help_))
        yield duty
    finally:
        duty.end()


@contextmanager
def at_work(site: Site, *, sources: bool, duty: Duty | None = None) -> Iterator[Engine]:
    """Run an engine over an open site; with `sources` it asks the PBXs, and does whatever one process alone does.

    Where another process has that duty, this one shows pages until the duty comes to it.
    """
    from tollbook.cli.alert_desk import SiteDesk
    from tollbook.cli.retention_desk import RetentionRuns
    from tollbook.engine import runtime
    from tollbook.engine.engine import Engine
    from tollbook.site.backups import operations as backups
    from tollbook.site.destinations import operations as destinations
    from tollbook.site.directory import operations as directory
    from tollbook.site.directory.ldap import operations as ldap
    from tollbook.site.pbxs import operations as pbxs
    from tollbook.site.sinks import operations as sinks
    from tollbook.site.tariffs import operations as tariffs

    engine = Engine(site, pbxs.every, sinks.every, backups.plan)
    engine.meanings.directory = directory.snapshot
    engine.regular.people_read = ldap.state
    engine.regular.work = lambda: _read_people(site)
    engine.meanings.prices = tariffs.pricing
    engine.budget_watch.known, engine.budget_watch.note = _known_budgets, _note_reached
    engine.outbox.directory = destinations.every
    engine.schedules.tools = lambda: _making_tools(engine)
    engine.alert_watch.desk = SiteDesk(engine)
    engine.missed_watch.settings = _missed_settings
    engine.troubles.besides = partial(_silent_places, monotonic_s())
    engine.retention.use(RetentionRuns(engine))
    _copy_in(engine)
    runtime.bind(engine)
    _start(engine, duty, sources=sources)
    try:
        yield engine
    finally:
        if duty:
            duty.stop()
        engine.stop()
        runtime.release()


def _copy_in(engine: Engine) -> None:
    """Let calls and rejects be found by what people said of them."""
    from tollbook.site.notes import operations as notes
    from tollbook.site.rejects import operations as rejects

    engine.copy_put_aside(rejects.every())
    engine.copy_notes(notes.every())


def _start(engine: Engine, duty: Duty | None, *, sources: bool) -> None:
    """Start an engine, and let it hear what other processes change, and take up their work."""
    from django.db import connections

    from tollbook.site import changed

    engine.start(sources=sources and (duty is None or duty.works))
    if duty is None:
        return

    def heard() -> None:
        try:
            changed.hear()
            _copy_in(engine)
            engine.schedules.news()
        finally:
            connections.close_all()

    def taken() -> None:
        try:
            engine.take_up()
        finally:
            connections.close_all()

    if not duty.works:
        engine.follow()
    duty.heard, duty.taken = heard, taken
    duty.start()


def _making_tools(engine: Engine) -> MakingTools:
    from tollbook.engine.schedules.making import MakingTools
    from tollbook.site.destinations import operations as destinations
    from tollbook.site.people.access import access_of
    from tollbook.web.schedules.answering import answer

    return MakingTools(
        answer=answer,
        ledger_of=lambda schedule: engine.ledger(access_of(schedule.owner)),
        jobs=engine.jobs,
        address=destinations.pages_address(),
    )


def _known_budgets() -> KnownBudgets:
    from django.db import connections

    from tollbook.budgets.evaluating import KnownBudgets
    from tollbook.site.budgets import operations as budgets
    from tollbook.site.directory import operations as directory

    try:
        return KnownBudgets(budgets.every(), directory.owners_alone())
    finally:
        connections.close_all()


def _note_reached(reached: Iterable[BudgetNote]) -> None:
    from django.db import connections

    from tollbook.site.budgets import operations as budgets

    try:
        budgets.note_reached(reached)
    finally:
        connections.close_all()


def _missed_settings() -> MissedSettings:
    from tollbook.site.missed import operations as missed

    return missed.settings()


def _silent_places(since_s: float) -> list[Finding]:
    """Find places that are silent, once they have had the time to be heard since this process is there."""
    from django.db import connections

    from tollbook.clock import now
    from tollbook.engine.care.doctor import Finding
    from tollbook.site.places.standing import SILENT_AFTER, silences

    if monotonic_s() < since_s + SILENT_AFTER.total_seconds():
        return []
    help_ = "look whether its machine and its network are up"
    try:
        return [Finding(well=False, what=each, help=help_, topic="places") for each in silences(now())]
    finally:
        connections.close_all()


def _read_people(site: Site) -> None:
    from django.db import connections

    from tollbook.site.directory.ldap import operations as ldap

    try:
        ldap.run_if_due(site.fence)
    finally:
        connections.close_all()


def _open(path: Path, purpose: str) -> Site:
    from tollbook.engine.site import Site, SiteBusy

    until = monotonic_s() + PATIENCE_S
    while True:
        try:
            return Site.open(path, purpose=purpose)
        except SiteBusy as fault:
            if monotonic_s() > until:
                raise Busy(str(fault)) from fault
        time.sleep(_LOOK_S)

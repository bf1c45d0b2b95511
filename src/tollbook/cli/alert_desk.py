"""What the watch of alerts reads and keeps in the settings database, on its own thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connections

from tollbook import clock
from tollbook.model.access import Access
from tollbook.model.actor import Actor
from tollbook.model.alert import AlertFound, AlertPosition, OwnedRule
from tollbook.model.budget import BudgetNote
from tollbook.site.alerts import noting
from tollbook.site.alerts import operations as alerts
from tollbook.site.budgets import operations as budgets
from tollbook.site.people.access import access_of


@contextmanager
def _connected() -> Iterator[None]:
    try:
        yield
    finally:
        connections.close_all()


class SiteDesk:
    """The settings database, as the watch asks it. Each call is one transaction at most."""

    @staticmethod
    def rules() -> list[OwnedRule]:
        """Return the rules that are on, with what their owners may see now."""
        with _connected():
            known: dict[Actor, Access] = {}
            rules = [rule for rule in alerts.every() if rule.enabled]
            for rule in rules:
                if rule.owner not in known:
                    known[rule.owner] = access_of(rule.owner)
            return [OwnedRule(rule, known[rule.owner]) for rule in rules]

    @staticmethod
    def position() -> AlertPosition | None:
        """Return how far calls were looked at."""
        with _connected():
            return noting.position()

    @staticmethod
    def note(found: Sequence[AlertFound], before: AlertPosition | None, after: AlertPosition) -> None:
        """Keep what was found and how far calls were looked at, both or neither."""
        with _connected():
            noting.note(found, before, after, clock.now())

    @staticmethod
    def note_states(found: Sequence[AlertFound], rules: Sequence[int]) -> None:
        """Keep which troubles stand."""
        with _connected():
            noting.note_states(found, rules, clock.now())

    @staticmethod
    def note_once(found: Sequence[AlertFound]) -> None:
        """Keep what hangs on no position."""
        with _connected():
            noting.note_once(found, clock.now())

    @staticmethod
    def budget_notes() -> list[BudgetNote]:
        """Return the states that budgets have reached."""
        with _connected():
            return budgets.notes()

    @staticmethod
    def tell() -> None:
        """Hand on messages that are due."""

    @staticmethod
    def forget_old() -> None:
        """Let go of what was found long ago."""
        with _connected():
            noting.forget_old(clock.now())

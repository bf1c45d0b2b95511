"""What the watch of alerts reads and keeps in the settings database, on its own thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connections

from tollbook import clock
from tollbook.engine.alerts.messages import HitsTold, HitTold, message_of, zones
from tollbook.engine.engine import Engine
from tollbook.model.access import Access
from tollbook.model.actor import Actor
from tollbook.model.alert import AlertFound, AlertPosition, AlertRule, OwnedRule
from tollbook.model.budget import BudgetNote
from tollbook.model.problem import Misconfigured
from tollbook.site.alerts import noting, telling
from tollbook.site.alerts import operations as alerts
from tollbook.site.alerts.checks import recipients_of
from tollbook.site.budgets import operations as budgets
from tollbook.site.destinations import operations as destinations
from tollbook.site.people.access import access_of
from tollbook.web.missed.overdue import overdue


@contextmanager
def _connected() -> Iterator[None]:
    try:
        yield
    finally:
        connections.close_all()


class SiteDesk:
    """The settings database and the outbox, as the watch asks them. Each call is one transaction at most."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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

    def overdue(self, access: Access, rule: AlertRule) -> list[AlertFound]:
        """Return the lost callers whom a rule means who are overdue since it is on; none while more is to be read."""
        with _connected():
            return overdue(self._engine.site.recent(self._engine.ledger(access)), rule)

    def tell(self) -> None:
        """Put messages that are due into the outbox."""
        with _connected():
            now = clock.now()
            for rule in telling.due(now):
                telling.tell(rule, now, self._send)

    def _send(self, given: telling.AlertTold) -> str:
        """Put a message into the outbox for all whom a rule tells; return why it could not be."""
        fields = HitTold.__struct_fields__
        hits = [HitTold(**{name: getattr(each, name) for name in fields}) for each in given.hits]
        told = HitsTold(
            key=given.key,
            alert=given.rule.name,
            access=given.access,
            hits=hits,
            pages=destinations.pages_address(),
        )
        message = message_of(told, zones(self._engine.pbxs_of_calls()))
        faults = []
        for destination, recipients in recipients_of(given.rule.deliveries).items():
            try:
                self._engine.outbox.put(message, destination, recipients)
            except Misconfigured as fault:
                faults += [f"{each.what}: {each.reason}" for each in fault.problems]
        return "; ".join(faults)

    @staticmethod
    def forget_old() -> None:
        """Let go of what was found long ago."""
        with _connected():
            noting.forget_old(clock.now())

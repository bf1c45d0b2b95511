"""Looks at calls as they change, and at the state of the site, for what rules of alerts are about.

What was found and how far the calls were looked at are kept in one transaction. Where it was killed in between, the
same calls are looked at again, and what is found of them is known by its key: so nothing is lost, and nothing is told
twice. Calls that ended long ago are not told of, as when an old file is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from tollbook import clock
from tollbook.alerts.contract import SiteState
from tollbook.engine.alerts.evaluating import ScopedRules, scoped
from tollbook.engine.alerts.states import SiteSeen, reached, standing
from tollbook.engine.changes.consumer import Consumer, ConsumerHealth
from tollbook.engine.changes.following import AGAIN
from tollbook.model.access import Access
from tollbook.model.alert import AlertFound, AlertPosition, AlertRule, OwnedRule
from tollbook.model.budget import BudgetNote
from tollbook.store.alert_calls import ChangesAsked, rejects_since
from tollbook.store.changes import Position
from tollbook.store.ledger import Ledger

STALE = timedelta(days=3)
"""Calls that ended longer ago are not told of."""
_REJECTS_OF = timedelta(hours=1)
_LEAST, _MOST, _MANY = 2_000, 40_000, 10_000
"""Changes that are looked at at once, at least and at most, and changed calls from which on these are fewer."""
_LAZY_S, _STATES_S, _RULES_S, _FORGET_S = 5.0, 30.0, 60.0, 3600.0
_REST_S = 0.05


class AlertDesk(Protocol):
    """Where rules come from, and where what they found is kept."""

    def rules(self) -> list[OwnedRule]:
        """Return the rules with what their owners may see."""

    def position(self) -> AlertPosition | None:
        """Return how far calls were looked at."""

    def note(self, found: Sequence[AlertFound], before: AlertPosition | None, after: AlertPosition) -> None:
        """Keep what was found and how far calls were looked at, both or neither."""

    def note_states(self, found: Sequence[AlertFound], rules: Sequence[int]) -> None:
        """Keep which troubles stand."""

    def note_once(self, found: Sequence[AlertFound]) -> None:
        """Keep what hangs on no position."""

    def budget_notes(self) -> list[BudgetNote]:
        """Return the states that budgets have reached."""

    def overdue(self, access: Access, rule: AlertRule) -> Sequence[AlertFound]:
        """Return the lost callers whom a rule means, of those that somebody may see, who are overdue since it is on."""

    def tell(self) -> None:
        """Hand on messages that are due."""

    def forget_old(self) -> None:
        """Let go of what was found long ago."""


class AlertWatch:
    """The consumer of one site. `start` it once, `stop` it once; `apply` after a change of what the site knows."""

    def __init__(
        self,
        ledger_of: Callable[[Access], Ledger],
        whole: Ledger,
        seen: Callable[[], SiteSeen] = lambda: SiteSeen(now=clock.now()),
        local_now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._ledger_of, self._whole = ledger_of, whole
        self.desk: AlertDesk | None = None
        """Without one nothing is looked at."""
        self._seen, self._local_now = seen, local_now
        self._consumer = Consumer("alert watch", "of the site")
        self.news = self._consumer.news
        self._started, self._applied, self._read = False, 0, -1
        self._rules: list[tuple[Access, ScopedRules]] = []
        self._known: list[OwnedRule] = []
        self._at: AlertPosition | None = None
        self._kept: AlertPosition | None = None
        self._begun = False
        self._most = _LEAST
        self._due = dict.fromkeys(("rules", "states", "position", "forget"), 0.0)

    @property
    def health(self) -> ConsumerHealth:
        """How it is doing."""
        return self._consumer.health

    def start(self) -> None:
        """Begin, where there is a desk."""
        if self.desk is not None:
            self._started = True
            self._consumer.start(self)

    def stop(self) -> None:
        """End."""
        if self._started:
            self._consumer.stop()

    def apply(self) -> None:
        """Read the rules again."""
        self._applied += 1
        self.news()

    # ------------------------------------------------------------------ work of a consumer

    def begin(self) -> None:
        """Begin where it was noted last; what was looked at since is looked at again."""
        self._begun, self._read = False, -1
        self._due = dict.fromkeys(self._due, 0.0)

    def end(self) -> None:
        """Nothing was reached that would have to be let go."""

    def failed(self, *, permanent: bool) -> None:
        """Begin again; that is all there is to do."""

    def step(self) -> bool:
        """Look at the next changes; return whether there may be more."""
        desk = self.desk
        assert desk is not None  # noqa: S101 - it is started with one only
        self._read_rules(desk)
        there = self._whole.position()
        if not there.settled:
            self._consumer.waits(AGAIN)
            return False
        if not self._begun:
            self._kept = self._at = desk.position()
            self._begun = True
        moved = self._look_at_calls(desk, there)
        self._look_at_states(desk)
        desk.tell()
        if self._is_due("forget", _FORGET_S):
            desk.forget_old()
        self._consumer.well("up to date")
        if moved:
            self._consumer.pause(_REST_S)
        return moved

    def _is_due(self, what: str, every_s: float) -> bool:
        now_s = clock.monotonic_s()
        if now_s < self._due[what]:
            return False
        self._due[what] = now_s + every_s
        return True

    def _read_rules(self, desk: AlertDesk) -> None:
        """Read the rules again after a change; now and then too, for what their owners may see."""
        applied = self._applied
        if self._is_due("rules", _RULES_S) or self._read != applied:
            rules = desk.rules()
            if rules != self._known or self._read < 0:
                self._rules, self._known = scoped(rules, self._ledger_of), rules
            self._read = applied

    def _look_at_calls(self, desk: AlertDesk, there: Position) -> bool:
        """Look at changes, and keep what is found with the position; where nothing is, that is kept now and then."""
        at, epoch = self._at, str(there.epoch)
        if at is None:
            self._keep(desk, [], AlertPosition(epoch, there.last))
            return False
        after = at.change if at.epoch == epoch else 0
        upto = min(there.last, after + self._most)
        if upto <= after and at.epoch == epoch:
            if at != self._kept and self._is_due("position", _LAZY_S):
                self._keep(desk, [], at)
            return False
        since = (clock.now() - STALE).astimezone(UTC).replace(tzinfo=None)
        asked = ChangesAsked(after, upto, since)
        found = [hit for _, rules in self._rules for hit in rules.found(asked)]
        busy = len(found) >= _MANY or any(rules.looked_at >= _MANY for _, rules in self._rules)
        self._most = max(_LEAST, self._most // 2) if busy else min(_MOST, self._most * 2)
        moved = AlertPosition(epoch, upto)
        if found or self._is_due("position", _LAZY_S):
            self._keep(desk, found, moved)
        self._at = moved
        return True

    def _keep(self, desk: AlertDesk, found: Sequence[AlertFound], moved: AlertPosition) -> None:
        desk.note(found, self._kept, moved)
        self._kept = self._at = moved

    def _look_at_states(self, desk: AlertDesk) -> None:
        states = [
            (access, rule)
            for access, rules in self._rules
            for rule in rules.rules
            if isinstance(rule.looked, SiteState)
        ]
        if not states or not self._is_due("states", _STATES_S):
            return
        local = self._local_now().replace(tzinfo=None)
        meant = [(access, rule) for access, rule in states if rule.hours.meant(local)]
        of_site = [rule for access, rule in meant if access.may("pbxs.see") and _is_of_troubles(rule.looked)]
        if of_site:
            seen = self._seen()
            rejects = rejects_since(self._whole, seen.now - _REJECTS_OF)
            desk.note_states(
                standing(of_site, msgspec.structs.replace(seen, rejects=rejects)), [rule.rule.id for rule in of_site]
            )
        of_budgets = [rule for access, rule in meant if access.may("costs.see") and _is_of_budgets(rule.looked)]
        if of_budgets:
            desk.note_once(reached(of_budgets, desk.budget_notes()))
        for access, rule in meant:
            if access.may("calls.see") and isinstance(rule.looked, SiteState) and rule.looked.overdue:
                desk.note_once(desk.overdue(access, rule.rule))


def _is_of_troubles(looked: object) -> bool:
    return isinstance(looked, SiteState) and not (looked.budgets or looked.overdue)


def _is_of_budgets(looked: object) -> bool:
    return isinstance(looked, SiteState) and looked.budgets

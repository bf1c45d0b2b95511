"""Notes the states that budgets reach, as calls come: each once per period, with the moment at which it was found.

It follows the changes of the ledger, but not call by call: what a budget has used is asked of the ledger as it stands,
and what is reached and not noted is noted, in one transaction. So nothing is lost where it was killed in between, and
nothing comes twice, whatever was seen before. Of its time it works a part only, however fast calls come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tollbook import clock
from tollbook.budgets.evaluating import KnownBudgets, evaluated
from tollbook.engine.changes.consumer import Consumer, ConsumerHealth
from tollbook.engine.changes.following import AGAIN
from tollbook.model.budget import STATES, BudgetNote, BudgetPeriod
from tollbook.model.pbx import Pbx
from tollbook.store.ledger import Ledger

_PAUSES = 20
"""How often as long as it looked it then rests."""
_LONGEST_PAUSE_S = 60.0


def now_of(pbxs: Mapping[str, Pbx], name: str = "") -> datetime:
    """Return the moment by the clock of a PBX; where none is so called, by that of the first, else in UTC."""
    chosen = pbxs.get(name) or next(iter(pbxs.values()), None)
    return clock.now().astimezone(chosen.zone if chosen else ZoneInfo("UTC"))


def today_of(pbxs: Mapping[str, Pbx], name: str = "") -> date:
    """Return what day it is by the clock of a PBX; where none is so called, by that of the first, else in UTC."""
    return now_of(pbxs, name).date()


class BudgetWatch:
    """The follower of one site. `start` it once, `stop` it once; `apply` after a change of what the site knows."""

    def __init__(self, ledger: Ledger, today: Callable[[str], date]) -> None:
        self._ledger, self._today = ledger, today
        self.known: Callable[[], KnownBudgets] = KnownBudgets
        self.note: Callable[[Iterable[BudgetNote]], object] = list
        """Keeps those notes that are not there yet."""
        self._consumer = Consumer("budget watch", "of the site")
        self.news, self._started = self._consumer.news, False
        self._applied = 0
        self._seen: object = None

    @property
    def health(self) -> ConsumerHealth:
        """How it is doing."""
        return self._consumer.health

    def start(self) -> None:
        """Begin."""
        self._started = True
        self._consumer.start(self)

    def stop(self) -> None:
        """End."""
        if self._started:
            self._consumer.stop()

    def apply(self) -> None:
        """Read budgets and directory again."""
        self._applied += 1
        self.news()

    # ------------------------------------------------------------------ work of a consumer

    def begin(self) -> None:
        """Look at everything again: what was noted before a failure is not known."""
        self._seen = None

    def step(self) -> bool:
        """Note what has been reached since; return whether there may be more."""
        there, applied = self._ledger.position(), self._applied
        if not there.settled:
            self._consumer.waits(AGAIN)
            return False
        if self._seen == (there, applied, self._today("")):
            self._consumer.well("up to date")
            return False
        begun_s = clock.monotonic_s()
        known = self.known()
        if known.budgets:
            found = evaluated(self._ledger, known.directory, known.budgets, self._today)
            self.note(list(reached(found, datetime.fromtimestamp(clock.now_us() // 1_000_000, UTC))))
        self._seen = (there, applied, self._today(""))
        self._consumer.well("up to date")
        self._consumer.pause(min(_PAUSES * (clock.monotonic_s() - begun_s), _LONGEST_PAUSE_S))
        return True

    def end(self) -> None:
        """Nothing was reached that would have to be let go."""

    def failed(self, *, permanent: bool) -> None:
        """Begin again; that is all there is to do."""


def reached(periods: Mapping[str, Iterable[BudgetPeriod]], now: datetime) -> Iterator[BudgetNote]:
    """Yield the states that budgets have reached by now; whoever is over has been near, too."""
    for budget, found in periods.items():
        for each in found:
            for state in STATES[1 : STATES.index(each.state) + 1]:
                yield BudgetNote(
                    budget=budget,
                    first=each.first,
                    state=state,
                    reached_at=now,
                    used=each.use.used,
                    available=each.available,
                )

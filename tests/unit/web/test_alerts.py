"""What alerts find is kept and told of once, whatever fails in between, and shown to whom it may be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.calls import Made
from tests.fakes.mail_server import MailPeer, a_mail_server
from tests.fakes.sites import until
from tests.unit.store.test_pricing import BERLIN, called, put
from tollbook.cli.alert_desk import SiteDesk
from tollbook.clock import now
from tollbook.engine.alerts.watch import AlertWatch
from tollbook.engine.care.doctor import Finding
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.alert import AlertFound, AlertPosition
from tollbook.model.message import MessageDestination
from tollbook.model.missed import MissedSettings
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.site.alerts import noting, operations
from tollbook.site.alerts.models import AlertHitRecord, AlertRuleRecord
from tollbook.site.alerts.operations import GivenAlert
from tollbook.site.destinations import operations as destinations
from tollbook.site.missed import operations as missed
from tollbook.site.outbox import operations as box

ANNE = "anne@example.com"
EMERGENCY = GivenAlert(name="emergency", kind="emergency_call", deliveries=(f"office:{ANNE}",))
BURST = {"per": "extension", "within": "10m", "warning": "3", "critical": "5"}


@pytest.fixture
def mails() -> Iterator[MailPeer]:
    with a_mail_server() as server:
        yield server


@pytest.fixture
def watch(engine: Engine, mails: MailPeer) -> Iterator[AlertWatch]:
    """The watch of a site with a mail server; its steps are made by hand."""
    AlertRuleRecord.objects.all().delete()
    engine.outbox.directory = destinations.every
    office = MessageDestination(name="office", kind="mail", settings=mails.settings(timeout="2s"))
    destinations.add(TOLLBOOK, office, engine.outbox.in_reach)
    engine.outbox.start()
    engine.outbox.apply(run=True)
    engine.site.store.renumber("hts", BERLIN)
    engine.alert_watch.desk = SiteDesk(engine)
    looked(engine.alert_watch)
    yield engine.alert_watch
    engine.outbox.stop()


def looked(watch: AlertWatch) -> None:
    """Let a watch begin, and look at all that there is."""
    watch.begin()
    while watch.step():
        pass


def set_up(given: GivenAlert) -> None:
    operations.add(TOLLBOOK, given)
    AlertRuleRecord.objects.update(since=now() - timedelta(days=2))


def recent(minutes_ago: float, number: str = "112", **other: object) -> Made:
    begun = now().replace(microsecond=0) - timedelta(minutes=minutes_ago)
    return called(number, begun=begun, **{"talk_s": 20, "extension": "101", **other})  # type: ignore[arg-type]


def test_a_call_is_told_of_by_mail_and_never_again(watch: AlertWatch, engine: Engine, mails: MailPeer) -> None:
    set_up(EMERGENCY)
    put(engine.site.store, recent(5))
    looked(watch)
    engine.outbox.apply(run=True)  # a process without sources sends nothing
    until(lambda: len(mails.taken) == 1)

    (mail,) = mails.taken
    assert mail.recipient == ANNE
    assert (
        mail.mail["Subject"].strip() == "Critical: emergency: extension 101 dialled the emergency number 112 (Germany)"
    )
    engine.site.store.renumber("hts", {"": {"country": "DE", "outside": "0", "area-code": "89"}})
    looked(watch)
    assert AlertHitRecord.objects.count() == 1
    assert len(box.entries(10)) == 1


def test_a_burst_grows_and_is_told_of_again_once_it_is_critical(watch: AlertWatch, engine: Engine) -> None:
    set_up(GivenAlert(name="burst", kind="usage", settings=BURST, throttle_m=0, deliveries=(f"office:{ANNE}",)))
    base = now().replace(minute=30, second=0, microsecond=0) - timedelta(hours=2)

    def at(minute: int) -> Made:
        return called("0089230025", begun=base + timedelta(minutes=minute), talk_s=20, extension="101")

    put(engine.site.store, *(at(minute) for minute in range(3)))
    looked(watch)
    put(engine.site.store, at(3), body=2)
    looked(watch)
    put(engine.site.store, at(4), at(5), body=3)
    looked(watch)

    hit = AlertHitRecord.objects.get()
    assert (hit.level, hit.amount, hit.text) == ("critical", 6, "extension 101: 6 outgoing calls in 10 minutes")
    assert [each.subject for each in reversed(box.entries(10))] == [
        "burst: extension 101: 3 outgoing calls in 10 minutes",
        "Critical: burst: extension 101: 6 outgoing calls in 10 minutes",
    ]


def test_hits_within_the_throttle_stand_in_one_message(watch: AlertWatch, engine: Engine) -> None:
    given = GivenAlert(name="emergency", kind="emergency_call", throttle_m=60, deliveries=(f"office:{ANNE}",))
    set_up(given)
    for body in (1, 2, 3):
        put(engine.site.store, recent(10 - body), body=body)
        looked(watch)
    assert len(box.entries(10)) == 1

    AlertRuleRecord.objects.update(told_at=now() - timedelta(hours=2))
    looked(watch)
    assert box.entries(10)[0].subject == "emergency: 2 hits, 2 critical"


def test_a_digest_waits_for_what_else_comes(watch: AlertWatch, engine: Engine) -> None:
    set_up(GivenAlert(name="missed", kind="emergency_call", digest_m=15, deliveries=(f"office:{ANNE}",)))
    put(engine.site.store, recent(3), recent(2))
    looked(watch)
    assert box.entries(10) == []

    AlertHitRecord.objects.update(found_at=now() - timedelta(minutes=16))
    looked(watch)
    assert [each.subject for each in box.entries(10)] == ["missed: 2 hits, 2 critical"]


def test_a_muted_alert_finds_and_does_not_tell(watch: AlertWatch, engine: Engine) -> None:
    set_up(EMERGENCY)
    operations.mute(TOLLBOOK, "emergency", now() + timedelta(hours=1))
    put(engine.site.store, recent(5))
    looked(watch)

    assert AlertHitRecord.objects.count() == 1
    assert box.entries(10) == []


def test_calls_of_long_ago_and_of_before_the_alert_are_not_told_of(watch: AlertWatch, engine: Engine) -> None:
    operations.add(TOLLBOOK, EMERGENCY)
    put(engine.site.store, recent(60), recent(5 * 1440))
    looked(watch)
    assert AlertHitRecord.objects.count() == 0

    AlertRuleRecord.objects.update(since=now() - timedelta(days=30))
    put(engine.site.store, recent(61), recent(5 * 1440 + 1), body=2)
    looked(watch)
    assert AlertHitRecord.objects.count() == 1


def test_a_lost_and_made_again_store_tells_of_nothing_twice(watch: AlertWatch, engine: Engine) -> None:
    set_up(EMERGENCY)
    put(engine.site.store, recent(5))
    looked(watch)
    with engine.site.store.cursor() as cursor:
        cursor.execute("UPDATE changes SET epoch = uuid()")
    looked(watch)

    assert AlertHitRecord.objects.count() == 1
    assert len(box.entries(10)) == 1


class Failing(SiteDesk):
    """A desk that fails once before or after one of its deeds, as a program does that is killed there."""

    def __init__(self, engine: Engine, deed: str, *, after: bool) -> None:
        super().__init__(engine)
        self.deed, self.after, self.failed = deed, after, False

    def _around(self, deed: str, do: Callable[[], None]) -> None:
        failing = deed == self.deed and not self.failed
        if failing and not self.after:
            self.failed = True
            raise Unavailable("killed before")
        do()
        if failing:
            self.failed = True
            raise Unavailable("killed after")

    def note(  # type: ignore[override] # a method in place of a function
        self, found: Sequence[AlertFound], before: AlertPosition | None, after: AlertPosition
    ) -> None:
        self._around("note", lambda: SiteDesk.note(found, before, after))

    def tell(self) -> None:
        self._around("tell", super().tell)

    def _send(self, given: object) -> str:
        said: list[str] = []
        self._around("send", lambda: said.append(super(Failing, self)._send(given)))  # type: ignore[arg-type] # as above
        return said[0]


@pytest.mark.parametrize("deed", ["note", "tell", "send"])
@pytest.mark.parametrize("after", [False, True])
def test_nothing_is_lost_or_doubled_where_it_fails_at_any_step(
    watch: AlertWatch, engine: Engine, deed: str, *, after: bool
) -> None:
    set_up(EMERGENCY)
    desk = Failing(engine, deed, after=after)
    watch.desk = desk
    put(engine.site.store, recent(5), recent(4))
    with pytest.raises(Unavailable):
        looked(watch)
    looked(watch)
    put(engine.site.store, recent(3), body=2)
    looked(watch)

    assert desk.failed
    assert AlertHitRecord.objects.count() == 3
    assert sum(each.subject.count("hits") or 1 for each in box.entries(10)) == 2
    assert AlertHitRecord.objects.filter(tell=True).count() == 0


def test_a_destination_that_is_gone_is_said_at_the_alert(watch: AlertWatch, engine: Engine) -> None:
    set_up(EMERGENCY)
    AlertRuleRecord.objects.update(deliveries=["gone:anne@example.com"])
    put(engine.site.store, recent(5))
    looked(watch)

    assert "no destination is called 'gone'" in AlertRuleRecord.objects.get().fault
    with pytest.raises(Misconfigured, match="no destination is called 'none'"):
        operations.add(TOLLBOOK, GivenAlert(name="other", kind="missed_call", deliveries=("none",)))


def test_a_trouble_of_the_site_is_told_of_as_it_appears_and_again_after_it_was_mended(
    watch: AlertWatch, engine: Engine
) -> None:
    set_up(GivenAlert(name="disk", kind="disk"))
    troubles = [[Finding(well=False, what="12 MB are free on the disk", help="make room", topic="room")]]
    engine.troubles.found = lambda: troubles[-1]  # type: ignore[method-assign] # what is found is said here
    for found in (
        troubles[0],
        [Finding(well=False, what="11 MB are free on the disk", help="make room", topic="room")],
        [],
        [Finding(well=False, what="9 MB are free on the disk", help="make room", topic="room")],
    ):
        troubles.append(found)
        looked(watch)

    assert [hit.text for hit in AlertHitRecord.objects.order_by("pk")] == [
        "12 MB are free on the disk (make room)",
        "9 MB are free on the disk (make room)",
    ]


def test_rejects_of_the_last_hour_are_told_of_once(watch: AlertWatch, engine: Engine) -> None:
    set_up(GivenAlert(name="rejects", kind="rejects_rising", settings={"rejects": "3"}))
    engine.troubles.found = list  # type: ignore[method-assign] # nothing else is wrong
    query = """
    INSERT INTO reject (id, occurrence, pbx, body, member, position, received_at, raw, reason, rule, field)
    SELECT uuid(), 0, 'hts', 1, 0, n, $now::TIMESTAMP, 'x'::BLOB, 'no rule matches', '', '' FROM range(4) t(n)
    """
    with engine.site.store.cursor() as cursor:
        cursor.execute(query, {"now": now().replace(tzinfo=None)})
    looked(watch)
    looked(watch)

    assert AlertHitRecord.objects.get().text == "PBX hts: 4 records could not be read in the last hour"


@pytest.mark.usefixtures("watch")
def test_a_call_that_is_known_by_another_record_since_a_late_one_came_stays_the_same_hit() -> None:
    set_up(EMERGENCY)
    rule = AlertRuleRecord.objects.get().pk

    def found(key: str, *was: str) -> AlertFound:
        return AlertFound(rule=rule, key=key, level="critical", at=now(), text="told", calls=(key,), was=was)

    assert noting.note_once([found("second")], now()).new == 1
    assert noting.note_once([found("first", "first", "second")], now()).new == 0
    hit = AlertHitRecord.objects.get()
    assert (hit.key, hit.calls) == ("first", ["first"])


def test_old_hits_are_let_go_of(watch: AlertWatch, engine: Engine) -> None:
    set_up(EMERGENCY)
    put(engine.site.store, recent(5))
    looked(watch)
    AlertHitRecord.objects.update(found_at=datetime(2020, 1, 1, tzinfo=now().tzinfo))
    looked(watch)

    assert AlertHitRecord.objects.count() == 0


OVERDUE = GivenAlert(name="overdue", kind="missed_overdue", deliveries=(f"office:{ANNE}",))


def lost(minutes_ago: float, **other: object) -> Made:
    """A call from outside that nobody answered."""
    made: dict[str, Any] = {
        "direction": "incoming",
        "outcome": "unanswered",
        "caller": "02079460135",
        "called": "101",
        "talk_s": 0,
    }
    return recent(minutes_ago, **{**made, "ring_s": 20, **other})


def told(kind: str) -> list[str]:
    rows = AlertHitRecord.objects.filter(rule__kind=kind).order_by("at", "id")
    return [each.text.replace("{number}", each.parts.get("number", "")) for each in rows]


def test_a_lost_caller_is_told_of_once_when_nobody_called_back_in_time(watch: AlertWatch, engine: Engine) -> None:
    missed.change_settings(TOLLBOOK, MissedSettings(open="always", target_minutes=30, shortest_s=5))
    engine.missed_watch.apply()
    set_up(OVERDUE)
    put(engine.site.store, lost(50), lost(10, caller="02079460136"), lost(55, caller=""))

    looked(watch)
    watch.begin()
    looked(watch)

    (only,) = told("missed_overdue")
    assert only.startswith("nobody has called back ")
    assert "2079460135" in only.replace(" ", "")
    assert "who tried once" in only


def test_who_was_called_back_in_time_is_not_told_of(watch: AlertWatch, engine: Engine) -> None:
    missed.change_settings(TOLLBOOK, MissedSettings(open="always", target_minutes=30, shortest_s=5))
    engine.missed_watch.apply()
    set_up(OVERDUE)
    put(engine.site.store, lost(50), recent(40, "02079460135", direction="outgoing", outcome="answered"))

    looked(watch)

    assert told("missed_overdue") == []

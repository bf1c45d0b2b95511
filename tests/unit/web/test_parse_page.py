"""The page that says how a PBX's records are read: shares of lines, and what looks like a wrong parse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.test import Client

from tests.fakes.people import let_in
from tests.fakes.sites import import_file, settle, until
from tests.unit.web.conftest import PASSWORD, row
from tests.unit.web.test_import_pages import words
from tollbook import clock
from tollbook.engine.care.parses import kept_suspicions
from tollbook.engine.engine import Engine
from tollbook.site.audit.models import AuditRecord
from tollbook.store.ledger import Ledger
from tollbook.store.parse_figures import parse_figures

PAGE, API = "/pbx/hts32/parse/", "/api/pbxs/hts32/parse"


def office(calls: int = 120, talk_s: int = 0) -> bytes:
    """Calls of some working days, one each quarter of an hour, each of another length unless one is given."""
    first = datetime(2026, 3, 2, 8)  # noqa: DTZ001 - the wall clock of a PBX
    starts = [first + timedelta(days=n // 30, minutes=15 * (n % 30)) for n in range(calls)]
    return b"".join(
        row("101", f"55501{n % 100:02d}", at=f"{at:%Y-%m-%d %H:%M:%S}", talk_s=talk_s or 30 + 7 * n % 50)
        for n, at in enumerate(starts)
    )


def test_before_anything_arrived_the_page_says_what_to_do(admin: Client, pbx: str) -> None:
    text = words(admin.get(f"/pbx/{pbx}/parse/").content)

    assert "Nothing to look at yet" in text
    assert "Import a file" in text


def test_shares_are_told_by_day_and_reason_and_a_sound_parse_raises_no_suspicion(
    admin: Client, engine: Engine, pbx: str
) -> None:
    import_file(engine, pbx, office() + b"one\n")

    text = words(admin.get(PAGE).content)

    assert "121 lines arrived in the last 30 days: 99.2 % read, 0 % skipped, 0.8 % not readable." in text
    assert "checks found anything odd" in text
    assert f"{clock.now():%Y-%m-%d}" in text
    assert PAGE in admin.get("/pbx/hts32/").content.decode()


def page_acts(admin: Client, act: str, **said: str) -> str:
    return words(admin.post(f"{PAGE}{act}/", said, follow=True).content)


def test_what_is_odd_is_put_aside_with_a_note_and_told_to_nobody_until_it_is_brought_back(
    admin: Client, engine: Engine, pbx: str
) -> None:
    import_file(engine, pbx, office(talk_s=60))
    text = page_acts(admin, "aside", check="same-talk", note="a test of lines, each of a minute")

    told = admin.get(API).json()
    assert "Put aside. " in text
    assert "A test of lines, each of a minute, anna on" in text
    assert "Nothing odd but what was put aside" in text
    assert (told["suspicions"], [each["odd"]["check"] for each in told["aside"]]) == ([], ["same-talk"])
    assert [each for each in engine.doctor() if each.topic == "parses" and not each.well] == []

    assert "Brought back." in page_acts(admin, "back", check="same-talk")
    assert [each["check"] for each in admin.get(API).json()["suspicions"]] == ["same-talk"]
    assert [each.topic for each in engine.doctor() if each.topic == "parses" and not each.well] == ["parses"]
    told_of = AuditRecord.objects.filter(action__startswith="pbx.finding").order_by("id")
    assert [each.action for each in told_of] == ["pbx.finding-aside", "pbx.finding-back"]
    assert "a test of lines" in str(told_of[0].changes)


def test_what_was_put_aside_comes_back_when_it_is_about_more_than_twice_as_much(
    admin: Client, engine: Engine, pbx: str
) -> None:
    import_file(engine, pbx, office(talk_s=60))
    page_acts(admin, "aside", check="same-talk", note="tests")
    import_file(engine, pbx, office(calls=190, talk_s=60))
    assert admin.get(API).json()["suspicions"] == []

    import_file(engine, pbx, office(calls=300, talk_s=60))

    assert "same-talk" in [each["check"] for each in admin.get(API).json()["suspicions"]]


def test_what_does_not_stand_or_has_no_reason_is_not_put_aside(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, office(talk_s=60))

    assert "It is to be said why: it is told to nobody any more." in page_acts(
        admin, "aside", check="same-talk", note=" "
    )
    assert "Nothing odd is called 'night'" in page_acts(admin, "aside", check="night", note="x")
    assert "Nothing called 'night' is put aside" in page_acts(admin, "back", check="night")
    long = {"check": "same-talk", "note": "x" * 201}
    assert admin.post(f"{API}/put-aside", long, content_type="application/json").status_code == 422
    assert [each["check"] for each in admin.get(API).json()["suspicions"]] == ["same-talk"]


def test_what_is_odd_is_put_aside_and_brought_back_by_the_api(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, office(talk_s=60))

    aside = admin.post(
        f"{API}/put-aside", {"check": "same-talk", "note": "tests"}, content_type="application/json"
    ).json()
    back = admin.post(f"{API}/bring-back", {"check": "same-talk"}, content_type="application/json").json()
    again = admin.post(f"{API}/bring-back", {"check": "same-talk"}, content_type="application/json")

    assert [(each["aside"]["note"], each["aside"]["who"]) for each in aside["aside"]] == [("tests", "anna")]
    assert ([each["check"] for each in back["suspicions"]], back["aside"]) == (["same-talk"], [])
    assert again.status_code == 404


def test_what_is_odd_is_told_on_the_page_by_the_doctor_and_by_the_api(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, office(talk_s=60))

    [odd] = admin.get(API).json()["suspicions"]
    text = words(admin.get(PAGE).content)
    found = [each for each in engine.doctor() if each.topic == "parses"]

    assert (odd["check"], odd["mild"]) == ("same-talk", False)
    assert odd["reason"][1:] in text
    assert "/pbx/hts32/format/" in admin.get(PAGE).content.decode()
    assert [(each.well, odd["seen"] in each.what, each.help) for each in found] == [(False, True, odd["help"])]


def test_a_record_put_aside_counts_as_skipped(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, office() + b"one\n")
    admin.post("/pbx/hts32/rejects/move/", {"which": "all", "note": "a test"})

    told = admin.get(API).json()

    assert told["whole"] == {"lines": 121, "read": 120, "skipped": 1, "rejected": 0}
    assert told["reasons"] == [{"became": "skipped", "reason": "put aside", "lines": 1}]


def test_whoever_sees_some_calls_is_told_that_nothing_can_be_checked(engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, office())
    let_in("sales", "viewer", "department=Sales")
    client = Client()
    assert client.login(username="sales", password=PASSWORD)

    told = client.get(API).json()

    assert (told["is_checked"], told["whole"]["lines"], told["suspicions"]) == (False, 0, [])
    assert "you see some of them" not in words(client.get(PAGE).content)


def test_a_rebuild_gives_the_same_figures(engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, office() + b"one\n")
    before = parse_figures(Ledger(engine.site.store), clock.now())[pbx]

    engine.rebuild()
    settle(engine)

    assert parse_figures(Ledger(engine.site.store), clock.now())[pbx].days == before.days


def test_days_of_what_an_earlier_version_read_are_counted_by_reading_it_again(engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, office() + b"one\n")
    before = parse_figures(Ledger(engine.site.store), clock.now())[pbx]
    with engine.site.store.cursor() as cursor:
        cursor.execute("DELETE FROM arrival; UPDATE reading SET digest = ''")

    engine.read_again()
    settle(engine)
    until(lambda: parse_figures(Ledger(engine.site.store), clock.now())[pbx].days == before.days)


def test_what_is_odd_is_kept_for_minutes_and_looked_for_again_once_settings_are_others(
    engine: Engine, pbx: str
) -> None:
    store, now = engine.site.store, datetime(2026, 3, 9, 12, tzinfo=UTC)
    import_file(engine, pbx, office(talk_s=60))
    odd = kept_suspicions(store, engine.pbxs().values(), now)[pbx]
    with store.cursor() as cursor:
        cursor.execute("DELETE FROM call")

    assert kept_suspicions(store, engine.pbxs().values(), now + timedelta(seconds=1))[pbx] == odd
    store.note_read({pbx: "other settings"})
    assert kept_suspicions(store, engine.pbxs().values(), now + timedelta(seconds=1)) == {}

"""What numbers mean: a table of what is dialled in forty countries, and what must hold whatever is dialled."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tollbook.model.meaning import KINDS, REACHES
from tollbook.model.problem import Misconfigured
from tollbook.numbering.dialled import number_of
from tollbook.numbering.plan import NO_PLAN, DialPlan, read_plan
from tollbook.numbering.plans import read_plans

TABLE = Path(__file__).with_name("dialled.csv")
SAID = ("e164", "kind", "reach", "number", "extension", "carrier_code", "feature_code", "after_answer", "account_code")
PLANS = [
    read_plan({"country": country, "outside": outside, "area-code": area, "extensions": "100-199,9100-9199"}, "a test")
    for country, outside, area in [
        ("US", "9", "212"), ("DE", "0", "30"), ("GB", "9", "20"), ("JP", "0", "3"), ("RU", "9", "495"), ("IT", "", ""),
        ("BR", "0", "11"), ("AU", "0", "2"), ("AR", "9,0", "11"), ("FR", "0", ""), ("CN", "9", "10"),
        ("JM", "8", "876"),
    ]
]  # fmt: skip


def the_table() -> list[dict[str, str]]:
    """Return the rows of the table."""
    return list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))


def test_what_is_dialled_in_forty_countries_is_understood() -> None:
    wrong = []
    rows = the_table()
    for row in rows:
        settings = {"country": row["country"], "outside": row["outside"], "area-code": row["area"]}
        plan = read_plan({**settings, "extensions": row["extensions"]}, "a test")
        found = number_of(row["dialled"], plan)
        said = {name: getattr(found, name) or "" for name in SAID} | {"number_country": found.country or ""}
        if said != {name: row[name] for name in said}:
            wrong.append((row, said))
    assert not wrong
    assert len(rows) > 400
    assert len({row["country"] for row in rows}) > 40


SIGNS = st.text(alphabet="0123456789*#+-,. ()pPwW~XFx;=:@/", max_size=40)
DIALLED = st.one_of(
    st.text(max_size=60),
    SIGNS,
    st.sampled_from([row["dialled"] for row in the_table()]),
    st.builds(
        "".join,
        st.lists(st.sampled_from(["9", "0", "00", "011", "+", "49", "1", "30", "20", "555", "0135", ","])),
    ),
)


@given(DIALLED, st.sampled_from(PLANS), st.booleans())
@example("9090" * 50, PLANS[6], False)  # noqa: FBT003 - hypothesis gives it so
@example("+", PLANS[0], True)  # noqa: FBT003 - hypothesis gives it so
@example("١٢٣٤٥", PLANS[0], False)  # noqa: FBT003 - digits that are not ASCII
def test_whatever_is_dialled_has_a_kind_and_a_valid_number_or_none(
    text: str,
    plan: DialPlan,
    calling: bool,  # noqa: FBT001 - hypothesis gives it so
) -> None:
    found = number_of(text, plan, calling=calling)
    assert found.dialled == text
    assert found.kind in KINDS
    assert found.reach in REACHES
    if found.e164 and found.number is None:
        assert phonenumbers.is_valid_number(phonenumbers.parse(found.e164))
        assert len(found.e164) <= len("+") + 15
    if found.reach in {"local", "national", "international"}:
        assert found.e164


@given(DIALLED, st.sampled_from(PLANS), st.booleans())
def test_a_number_that_was_found_means_the_same_when_it_is_read_again(
    text: str,
    plan: DialPlan,
    calling: bool,  # noqa: FBT001 - hypothesis gives it so
) -> None:
    found = number_of(text, plan, calling=calling)
    if found.e164:
        again = number_of(found.e164, plan)
        meaning = ("e164", "country", "kind", "reach")
        assert [getattr(again, name) for name in meaning] == [getattr(found, name) for name in meaning]


def test_without_a_country_nothing_has_a_meaning() -> None:
    assert number_of("+442079460135", NO_PLAN).kind == "unknown"


def test_a_trunk_with_a_prefix_of_its_own_and_codes_of_a_carrier_are_taken_off() -> None:
    plan = read_plan({"country": "DE", "outside": "0,88", "carriers": "7777", "international": "09"}, "a test")
    assert number_of("8803023125000", plan).e164 == "+493023125000"
    assert number_of("003023125000", plan).e164 == "+493023125000"
    assert number_of("0777703023125000", plan).carrier_code == "7777"
    assert number_of("009442079460135", plan).e164 == "+442079460135"


def test_a_prefix_that_the_pbx_never_writes_is_not_taken_off() -> None:
    settings = {"country": "US", "outside": "9", "outside-written": "never"}
    assert number_of("9725550135", read_plan(settings, "a test")).e164 == "+19725550135"


def test_a_callers_number_is_read_as_it_came_before_a_prefix_is_taken_off() -> None:
    plan = read_plan({"country": "US", "outside": "9"}, "a test")
    assert number_of("9725550135", plan, calling=True).e164 == "+19725550135"
    assert number_of("919725550135", plan, calling=True).e164 == "+19725550135"


def test_a_number_without_the_trunk_prefix_is_taken_for_one_of_another_area_only_where_nothing_was_dialled() -> None:
    plan = read_plan({"country": "DE"}, "a test")
    assert number_of("3023125000", plan).e164 is None
    assert number_of("3023125000", plan, calling=True).e164 == "+493023125000"
    assert number_of("1300123456", read_plan({"country": "AU"}, "a test")).e164 == "+611300123456"


def test_behind_the_prefix_of_an_outside_line_no_number_is_one_of_the_country_whose_code_that_is() -> None:
    north_american = read_plan({"country": "US", "outside": "9"}, "a test")
    assert number_of("917005554141", north_american).e164 is None
    assert number_of("917005554141", north_american, calling=True).country == "IN"
    assert number_of("442079460135", north_american).e164 == "+442079460135"


def test_what_begins_like_a_number_of_another_area_is_never_taken_for_one_of_the_own() -> None:
    plan = read_plan({"country": "DE", "outside": "0", "area-code": "30"}, "a test")
    for dialled in ("00900123456", "00800555012", "0019222", "00012-3456", "000"):
        assert number_of(dialled, plan).e164 is None


def test_an_area_code_may_be_written_as_it_is_dialled() -> None:
    for country, area, dialled, meant in [
        ("DE", "030", "23125000", "+493023125000"),
        ("US", "1212", "5550135", "+12125550135"),
        ("IT", "06", "12345678", "+390612345678"),
        ("RU", "812", "5550135", "+78125550135"),
    ]:
        assert number_of(dialled, read_plan({"country": country, "area-code": area}, "a test")).e164 == meant


def test_an_emergency_number_is_one_behind_a_code_that_withholds_and_behind_an_account_code() -> None:
    plan = read_plan({"country": "US", "outside": "9"}, "a test")
    for dialled in ("9*67911", "*679911", "4711#9911", "4711*911"):
        assert (number_of(dialled, plan).kind, number_of(dialled, plan).number) == ("emergency", "911")


@pytest.mark.parametrize(
    ("dialled", "shown"),
    [
        ("912125550135,,4711#", "912125550135,,••••#"),
        ("912125550135,,+4711", "912125550135,,•••••"),
        ("sip:912125550135,,4711@192.0.2.10:5060", "912125550135,,••••"),
        ("tel:+1-212-555-0135%2C%2C4711;ext=55", "+1-212-555-0135,,••••"),
        ("12125550135#4711#", "12125550135#••••#"),
        ("12125550135*4711", "12125550135*••••"),
        ("1-800-FLOWERS 4711", "1-800-FLOWERS ••••"),
        ("91212555013,,4711", "91212555013,,••••"),
        ("12125550135,,47AB", "12125550135,,••••"),
        ("XXXX,4711", "XXXX,••••"),
        ("12125550135,," + chr(0xFF14) * 4, "12125550135,,••••"),
    ],
)
def test_what_was_sent_after_a_number_is_hidden_however_it_is_written(dialled: str, shown: str) -> None:
    plans = read_plans({"": {"country": "US", "outside": "9"}}, "a test")
    assert plans.shown(plans.number(dialled, calling=False, trunk_group=""), "") == shown


@given(
    st.sampled_from(["912125550135", "0442079460135", "911", "91212555013", "sip:12125550135"]),
    st.text("0123456789#*", min_size=1, max_size=300),
)
def test_nothing_that_is_sent_after_a_pause_is_ever_shown(number: str, sent: str) -> None:
    plans = read_plans({"": {"country": "US", "outside": "9"}}, "a test")
    dialled = f"{number},,{sent}"
    shown = plans.shown(plans.number(dialled, calling=False, trunk_group=""), "")
    assert not sent.strip("#") or (shown is not None and not set(shown.partition(",,")[2]) - {"•", "#"})


def test_settings_of_a_plan_are_digits_as_telephones_have_them_and_not_without_end() -> None:
    for name, text in [
        ("outside", chr(0x669)), ("area-code", chr(0x662) * 3), ("extensions", chr(0x661) * 3), ("area-code", "1" * 9),
        ("short-numbers", ",".join(map(str, range(201)))), ("outside", ".*"),
    ]:  # fmt: skip
        with pytest.raises(Misconfigured, match=f"'{name}' must be"):
            read_plan({"country": "US", name: text}, "a test")
    assert not read_plan({"country": "US", "extensions": "100-199"}, "a test").is_extension("15*")


def test_a_plan_tells_every_fault_of_its_settings() -> None:
    settings = {"country": "Germany", "outside": "nine", "extensions": "100-99", "area-code": "0x"}
    with pytest.raises(Misconfigured) as told:
        read_plan(settings, "dial plan of reception")
    said = str(told.value)
    for fault in ("'country' must be", "'outside' must be", "'extensions' must be", "'area-code' must be"):
        assert fault in said
    with pytest.raises(Misconfigured, match="did you mean 'outside'"):
        read_plan({"outsid": "9"}, "dial plan of reception")
    with pytest.raises(Misconfigured, match="'country' is missing"):
        read_plan({"outside": "9"}, "dial plan of reception")


def test_a_number_is_a_value_that_travels() -> None:
    found = number_of("9011442079460135", PLANS[0])
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found

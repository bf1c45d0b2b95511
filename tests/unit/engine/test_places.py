"""Where numbers are at home: by the file that is made of phonenumbers' table, and by phonenumbers itself."""

from collections.abc import Callable
from pathlib import Path

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from tollbook.engine.jobs import HeavyJob, JobFailed, Jobs, Result
from tollbook.engine.places import FILE, PlacesFile
from tollbook.numbering.places import country_name, country_names, place_of

LONDON = "+442079460135"
_TYPES = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)


def samples() -> list[phonenumbers.PhoneNumber]:
    """Return a number of each type in every country that has one."""
    return [
        found
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in _TYPES
        if (found := phonenumbers.example_number_for_type(region, kind)) and phonenumbers.is_valid_number(found)
    ]


class JobsHere(Jobs):
    """Work that is done at once; a process of its own would load the table a second time."""

    def __init__(self, fault: str = "") -> None:
        super().__init__()
        self.fault, self.done = fault, 0

    def run(self, work: Callable[..., Result], *arguments: object, wanted: HeavyJob | None = None) -> Result:
        del wanted
        self.done += 1
        if self.fault:
            raise JobFailed(self.fault)
        return work(*arguments)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> PlacesFile:
    made = PlacesFile(tmp_path_factory.mktemp("site"), JobsHere())
    made.find(LONDON)
    made.wait()
    return made


def test_the_file_says_of_every_country_what_phonenumbers_says(places: PlacesFile) -> None:
    from phonenumbers import geocoder

    def own(number: phonenumbers.PhoneNumber) -> str | None:
        told = geocoder.description_for_valid_number(number, "en")
        here = country_name(phonenumbers.region_code_for_number(number) or "")
        countries = ("", here, geocoder.country_name_for_number(number, "en"))
        return None if told in countries else told

    numbers = samples()
    e164s = [phonenumbers.format_number(each, PhoneNumberFormat.E164) for each in numbers]
    expected = [own(each) for each in numbers]

    assert [places.find(each) for each in e164s] == expected
    assert [place_of(each) for each in e164s] == expected
    assert len(numbers) > 400


def test_countries_have_the_names_that_phonenumbers_gives_them() -> None:
    from phonenumbers.geodata.locale import LOCALE_DATA

    def own(code: str) -> str:
        name = LOCALE_DATA[code]["en"]
        return LOCALE_DATA[code][name[1:]] if name.startswith("*") else name

    assert country_names().keys() == phonenumbers.SUPPORTED_REGIONS
    assert {code: country_name(code) for code in LOCALE_DATA if code in country_names()} == {
        code: own(code) for code in LOCALE_DATA if code in country_names()
    }


def test_a_file_that_is_gone_broken_or_of_another_version_is_made_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tollbook.engine.places.place_names", lambda: [("4420", "London")])
    jobs = JobsHere()
    made = PlacesFile(tmp_path, jobs)

    def ask_twice() -> list[str | None]:
        first = made.find(LONDON)
        made.wait()
        return [first, made.find(LONDON)]

    assert ask_twice() == [None, "London"]
    (tmp_path / FILE).write_bytes(b"nothing of the kind" * 100)
    assert ask_twice() == [None, "London"]
    (tmp_path / FILE).unlink()
    assert ask_twice() == [None, "London"]
    monkeypatch.setattr("tollbook.engine.places._VERSION", "10.0.0")
    assert ask_twice() == [None, "London"]
    assert jobs.done == 4
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_made_is_tried_once_and_missed_by_nothing_else(tmp_path: Path) -> None:
    jobs = JobsHere("no room")
    made = PlacesFile(tmp_path, jobs)

    for _ in range(3):
        assert made.find(LONDON) is None
        made.wait()

    assert (jobs.done, made.is_coming) == (1, False)

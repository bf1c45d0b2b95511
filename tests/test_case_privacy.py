"""No case holds a telephone number that could be somebody's.

Long digits in a case are an extension of this PBX, a number of the range set aside for fiction (555-0100 to 555-0199,
whatever stands before it), or the PBX's own id of a call. Cases are typed anew, never copied from a real PBX.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalogue.found import cases
from tollbook.dialects.authoring.cases import Case
from tollbook.dialects.authoring.privacy import Masker, suspicious


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_case_holds_no_number_that_could_be_somebodys(case: Case) -> None:
    settings = "\n".join(case.settings.values())

    assert suspicious(case.data.decode("latin-1") + "\n" + settings) == []


@pytest.mark.parametrize("text", ["2125550123", "+44205550142", "0205550142", "102", "1772442000.12"])
def test_a_fictitious_number_is_no_cause_for_suspicion(text: str) -> None:
    assert suspicious(text) == []


@pytest.mark.parametrize("text", ["2125559876", "(212) 555-9876", "+49 30 1234567", "0301234567"])
def test_a_number_that_could_be_somebodys_is_found(text: str) -> None:
    assert suspicious(text) != []


@given(st.text(alphabet="0123456789+() -:/'.,IO", max_size=60))
def test_what_is_masked_is_no_cause_for_suspicion_and_stands_where_it_stood(text: str) -> None:
    masked = Masker().masked(text)

    assert suspicious(masked) == []
    assert [sign.isdigit() for sign in masked] == [sign.isdigit() for sign in text]


def test_the_same_number_is_masked_alike_and_another_one_otherwise() -> None:
    masker = Masker()

    assert masker.masked("0301234567 101 0301234567 0301234568") == "0005550100 101 0005550100 0005550101"

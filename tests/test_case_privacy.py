"""No case holds a telephone number that could be somebody's.

Long digits in a case are an extension of this PBX, a number of the range set aside for fiction (555-0100 to 555-0199,
whatever stands before it), or the PBX's own id of a call. Cases are typed anew, never copied from a real PBX.
"""

import re

import pytest

from tests.catalogue.outcomes import Case, cases

LONGEST_EXTENSION = 6
FICTITIOUS = re.compile(r"\+?\d{0,8}55501\d\d")
NOT_A_NUMBER = re.compile(
    r"""
      (?<!\d)1[67]\d{5,8}(\.\d+)?(?!\d)      # an epoch second of these years, as PBXs name their calls; maybe cut off
    | (?<!\d)(946684798|2147483648|4294967295)(?!\d)  # ends of ranges that programs count in
    | (?<!\d)\d?(\d)\3{6,}(?!\d)             # one digit over and over
    | -[0-9a-f]{8}\b                         # the part of a channel that is the PBX's own
    | ((00|19|20|99)\d\d[-/.]\d\d?[-/.]\d\d?|\d\d/\d\d/20\d\d)([ T]+[\d:]+)?  # a date, and a time
    """,
    re.VERBOSE,
)


def suspicious(text: str) -> list[str]:
    """Return the digits in a text that could be a real telephone number, grouped in writing or not."""
    found = re.findall(r"\+?\d(?:[ ()-]?\d)+", NOT_A_NUMBER.sub(" ", text))
    bare = [re.sub(r"[^\d+]", "", digits) for digits in found]
    return [digits for digits in bare if len(digits) > LONGEST_EXTENSION and not FICTITIOUS.fullmatch(digits)]


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

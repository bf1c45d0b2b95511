"""What is behind a channel, and what two of them make of a call, remembered within limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.dialects.known import layouts
from tollbook.dialects.layout.layout import Channel
from tollbook.dialects.reading import channels
from tollbook.dialects.reading.channels import Ends, Sides
from tollbook.dialects.reading.memo import MOST
from tollbook.model.texts import FEW, texts_of


def test_routes_begin_again_rather_than_fill_the_memory() -> None:
    ends = Ends(layouts()["panasonic-kx-hts"].channel, frozenset(), {}, trusted=True)
    for number in range(MOST + 1):
        assert ends.routes[Sides(f"SIP/{number}", "DAHDI/1", "", "")].direction == "outgoing"

    assert len(ends.routes) == 1


def ends(*, trunk_ids: frozenset[str] = frozenset(), extensions: dict[str, str] | None = None) -> Ends:
    shapes = [Channel(match="^DAHDI/([^/]+)", role="trunk"), Channel(match="^SIP/(.+)$", role="either")]
    return Ends(shapes, trunk_ids, extensions or {}, trusted=True)


def test_a_channel_that_may_be_either_is_a_telephone_unless_a_rule_says_otherwise() -> None:
    found = ends()

    assert found.routes[Sides("SIP/acme", "SIP/101", "", "")].direction == "internal"
    assert found.routes[Sides("SIP/acme", "SIP/101", "trunk", "")][:4] == ("incoming", "101", "called", "acme")
    assert found.routes[Sides("SIP/101", "SIP/acme", "", "trunk")][:4] == ("outgoing", "101", "caller", "acme")


def test_what_the_owner_says_of_a_channel_goes_before_its_shape_and_before_rules() -> None:
    found = ends(trunk_ids=frozenset(("acme", "SIP/7")), extensions={"reception": "101", "DAHDI/9": "201"})

    assert found.routes[Sides("SIP/acme", "DAHDI/9", "extension", "")][:2] == ("incoming", "201")
    assert found.routes[Sides("SIP/reception", "SIP/7", "trunk", "")][:2] == ("outgoing", "101")
    assert found.end("DAHDI/7").role == "trunk"


@pytest.mark.parametrize("trusted", [True, False])
def test_a_shape_names_its_channel_whoever_wrote_it(trusted: bool) -> None:  # noqa: FBT001 - a parameter of the test
    shapes = [Channel(match="^DAHDI/([^/]+)", role="trunk")]

    assert Ends(shapes, frozenset(), {}, trusted=trusted).end("DAHDI/7").name == "7"


@pytest.mark.timeout(20)
def test_a_shape_of_a_sites_own_cannot_hold_the_server_up() -> None:
    ends_of_own = Ends([Channel(match="^(a+)+$", role="trunk")], frozenset(), {}, trusted=False)

    assert ends_of_own.end("a" * 5000 + "!").role == "extension"


@given(st.lists(st.text("a-/", max_size=40), min_size=1, max_size=5), st.sampled_from([1, FEW]))
def test_a_channel_is_what_stands_before_its_last_hyphen_unless_that_is_nothing(texts: list[str], times: int) -> None:
    bare = [text.rpartition("-")[0] or text for text in texts]

    found = channels._bare(texts_of(texts * (times + 1)))  # noqa: SLF001 - many columns at once and one give the same

    assert list(found) == bare * (times + 1)

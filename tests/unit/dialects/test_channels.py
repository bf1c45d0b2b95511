"""What is behind a channel, and what two of them make of a call, remembered within limits."""

from __future__ import annotations

from tollbook.dialects.channels import Ends
from tollbook.dialects.known import layout_of
from tollbook.dialects.memo import MOST


def test_routes_begin_again_rather_than_fill_the_memory() -> None:
    ends = Ends(layout_of("panasonic-kx-hts").channel, frozenset(), {})
    for number in range(MOST + 1):
        assert ends.routes[f"SIP/{number}", "DAHDI/1"].direction == "outgoing"

    assert len(ends.routes) == 1

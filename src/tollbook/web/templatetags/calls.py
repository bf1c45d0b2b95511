"""The tags that write calls in lists."""

from __future__ import annotations

from django import template

from tollbook.web.calls.columns import cells
from tollbook.web.calls.parties import party, party_shown

register = template.Library()
register.simple_tag(cells, name="call_cells")
register.simple_tag(party)
register.simple_tag(party_shown)

"""Hosted telephony: asks a provider's REST API for call records, at an interval.

Nothing is cleared as it is asked, so an answer that is cut or makes no sense is dropped whole and asked for again. Each
window of time overlaps the one before; a record is handed on as canonical JSON, one a line, so that one that comes
again is the same bytes, which the store knows.
"""

from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.rest_poll.chosen_provider import problems_of_provider
from tollbook.sources.rest_poll.options import Options
from tollbook.sources.rest_poll.polling import arrivals

SOURCE = SourceKind(
    title="Hosted telephony, REST API",
    group=Group.ASKED,
    about="The telephone system is a provider's, such as RingCentral: its call records are asked for over the "
    "Internet. What goes on at the provider stays as it is.",
    checklist=(
        "Does the application at the provider have the permission to read call records?",
        "Do client ID, client secret and account belong to each other, and to this region or test system?",
        "Does a firewall let this machine reach the provider over HTTPS?",
    ),
    options=Options,
    arrivals=arrivals,
    problems=problems_of_provider,
)

__all__ = ["SOURCE", "Options", "arrivals"]

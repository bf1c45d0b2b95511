"""Listens for PBXs that post each call over HTTP(S), and says "taken" only once the post is on the disk."""

from tollbook.sources.common import SENT_HERE
from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.http_push.options import Options
from tollbook.sources.http_push.push import arrivals

SOURCE = SourceKind(
    title="HTTP push (the PBX posts each call)",
    group=Group.SENT,
    about="The PBX posts its records to a web address of Tollbook's.",
    checklist=(*SENT_HERE, "Does the PBX show an error for its posts, such as a wrong address or password?"),
    options=Options,
    arrivals=arrivals,
)

__all__ = ["SOURCE", "Options", "arrivals"]

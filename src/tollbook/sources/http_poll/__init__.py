"""External Application: asks a PBX over HTTP(S) for the records it holds, at an interval.

The PBX clears its file as it answers, so nothing is ever asked twice, probed or retried: every byte of every answer
goes to the journal, whatever the answer looks like.
"""

from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.http_poll.options import Options
from tollbook.sources.http_poll.poll import arrivals

SOURCE = SourceKind(
    title="HTTP polling",
    group=Group.ASKED,
    about="The PBX hands its records over at a web address, and clears them as it does. A KX-HTS calls it External "
    "Application.",
    options=Options,
    arrivals=arrivals,
    clears=True,
)

__all__ = ["SOURCE", "Options", "arrivals"]

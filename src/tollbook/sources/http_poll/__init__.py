"""External Application: asks a PBX over HTTP(S) for the records it holds, at an interval.

The PBX clears its file as it answers, so nothing is ever asked twice, probed or retried: every byte of every answer
goes to the journal, whatever the answer looks like.
"""

from tollbook.sources.http_poll.options import Options
from tollbook.sources.http_poll.poll import arrivals

TITLE = "External Application (asks the PBX over HTTP)"
GOES_ON = False
STREAM = False
CLEARS = True

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]

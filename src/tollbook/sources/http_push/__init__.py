"""Listens for PBXs that post each call over HTTP(S), and says "taken" only once the post is on the disk."""

from tollbook.sources.http_push.options import Options
from tollbook.sources.http_push.push import arrivals

TITLE = "HTTP push (the PBX posts each call)"
GOES_ON = False
STREAM = False
CLEARS = False

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]

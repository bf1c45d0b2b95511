"""Files on an SFTP server: taken as they come and as they grow, over a connection whose key is pinned."""

from tollbook.sources.sftp.options import Options
from tollbook.sources.sftp.poll import arrivals

TITLE = "SFTP server (fetches files)"
GOES_ON = True
STREAM = False
CLEARS = False

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]

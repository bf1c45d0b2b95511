"""Files on an FTP server: taken as they come and as they grow, over TLS unless that is switched off."""

from tollbook.sources.ftp.options import Options
from tollbook.sources.ftp.poll import arrivals

TITLE = "FTP server (fetches files)"
GOES_ON = True
STREAM = False
CLEARS = False

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]

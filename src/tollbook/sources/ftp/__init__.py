"""Files on an FTP server: taken as they come and as they grow, over TLS unless that is switched off."""

from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.ftp.options import Options
from tollbook.sources.ftp.poll import arrivals

SOURCE = SourceKind(
    title="FTP server (fetches files)",
    group=Group.FILED,
    about="Files lie on an FTP server, perhaps the PBX itself; Tollbook fetches them.",
    options=Options,
    arrivals=arrivals,
    goes_on=True,
)

__all__ = ["SOURCE", "Options", "arrivals"]

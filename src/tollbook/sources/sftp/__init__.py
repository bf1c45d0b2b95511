"""Files on an SFTP server: taken as they come and as they grow, over a connection whose key is pinned."""

from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.sftp.options import Options
from tollbook.sources.sftp.poll import arrivals

SOURCE = SourceKind(
    title="SFTP server (fetches files)",
    group=Group.FILED,
    about="Files lie on a server that is reached over SSH; Tollbook fetches them.",
    options=Options,
    arrivals=arrivals,
    goes_on=True,
)

__all__ = ["SOURCE", "Options", "arrivals"]

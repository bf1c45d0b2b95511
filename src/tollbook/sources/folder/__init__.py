"""Web Console: takes record files that a person or a script puts into a folder, as they come and as they grow."""

from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.folder.options import Options
from tollbook.sources.folder.watch import arrivals

SOURCE = SourceKind(
    title="Files in a folder",
    group=Group.FILED,
    about="Files appear in a folder of this machine or of a network share, or one file grows. So do files "
    "that a KX-HTS offers in its Web Console.",
    options=Options,
    arrivals=arrivals,
    goes_on=True,
)

__all__ = ["SOURCE", "Options", "arrivals"]

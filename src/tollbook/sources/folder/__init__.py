"""Web Console: takes record files that a person or a script puts into a folder, as they come and as they grow."""

from tollbook.sources.folder.options import Options
from tollbook.sources.folder.watch import arrivals

TITLE = "Web Console (files in a folder)"
GOES_ON = True
STREAM = False
CLEARS = False

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]

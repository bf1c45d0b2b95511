"""Asks for nothing and listens to nothing: the files of such a PBX are imported by a person."""

from tollbook.sources.by_hand.options import Options
from tollbook.sources.by_hand.rest import arrivals
from tollbook.sources.contract import Group, SourceKind

SOURCE = SourceKind(
    title="By hand (files you import)",
    group=Group.BY_HAND,
    about="You save its records as files and import them, in the browser or on the command line.",
    options=Options,
    arrivals=arrivals,
)

__all__ = ["SOURCE", "Options", "arrivals"]

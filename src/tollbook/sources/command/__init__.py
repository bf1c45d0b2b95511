"""Runs a program and takes what it prints, for a PBX that only some other program can read."""

from tollbook.sources.command.options import Options
from tollbook.sources.command.running import arrivals
from tollbook.sources.contract import Group, SourceKind

SOURCE = SourceKind(
    title="Program (takes what it prints)",
    group=Group.ASKED,
    about="A program of your own prints the records; Tollbook runs it and reads what it prints.",
    checklist=("Does the command print anything when you run it by hand, as the user that the server runs as?",),
    options=Options,
    arrivals=arrivals,
    stream=True,
)

__all__ = ["SOURCE", "Options", "arrivals"]

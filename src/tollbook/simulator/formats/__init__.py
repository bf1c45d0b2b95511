"""Records in any format of the catalogue: what a format's `simulate.toml` says, filled with an office's calls.

A `Description` is a `simulate.toml` read and checked, `calls_of` are the calls of an office as such a format knows
them, and a `Writer` makes records of the one by the other. The dialects' code has no part in it: what it reads was
written by somebody else than itself.
"""

from tollbook.simulator.formats.calls import OfficeCall, PastCalls, calls_between, calls_from_now
from tollbook.simulator.formats.description import BadFormat, Description, read_description
from tollbook.simulator.formats.writing import KX_HTS, SimulatedFormat, Writer, find, found_in

__all__ = [
    "KX_HTS", "BadFormat", "Description", "OfficeCall", "PastCalls", "SimulatedFormat", "Writer", "calls_between",
    "calls_from_now", "find", "found_in", "read_description",
]  # fmt: skip

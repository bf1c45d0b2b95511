"""Reads a sample by a format that somebody is at work on, in a process that is ended where it takes too long.

Sizes are bounded and patterns are RE2's, so that each step ends; and yet a thousand rules over a long sample can take
minutes, for which the server would read nothing else as fast.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from tollbook.dialects.authoring.detecting import Fit
from tollbook.dialects.known import Catalogue
from tollbook.dialects.layout.layout import Layout
from tollbook.engine.formats_for import formats_for
from tollbook.engine.jobs import HeavyJob, JobFailed, JobLimits, Jobs
from tollbook.model.page_limits import SAMPLE_S
from tollbook.model.problem import Misconfigured, Problem
from tollbook.web.formats.preview import Preview, SampleLines, preview, sample_lines

Read = TypeVar("Read")
READING = Jobs(at_once=2)
_HELP = (
    "take lines out of the sample, or make patterns and rules of the format fewer and simpler; "
    "what you wrote is still here, and nothing was saved"
)


def previewed(layout: Layout, sample: str, received_us: int) -> Preview:
    """Return a sample as a layout reads it; raises `Misconfigured` where that takes too long."""
    return _apart(preview, layout, sample, received_us)


def lines_read(layout: Layout, sample: str) -> SampleLines:
    """Return what becomes of each line of a sample; raises `Misconfigured` where that takes too long."""
    return _apart(sample_lines, layout, sample)


class FormatsFound(msgspec.Struct, frozen=True):
    """Formats that read a sample, and why some were not looked at."""

    fits: list[Fit]
    problems: list[Problem]


def formats_found(sample: bytes, catalogue: Catalogue) -> FormatsFound:
    """Return the formats that read a sample; where those of the site's own take too long, those of Tollbook alone."""
    if not any(map(catalogue.is_own, catalogue.layouts())):
        return FormatsFound(formats_for(sample, catalogue), [])
    try:
        wanted = HeavyJob(limits=JobLimits(time_s=SAMPLE_S))
        return FormatsFound(READING.run(_fits, sample, str(catalogue.own), wanted=wanted), [])
    except JobFailed as fault:
        hint = "make patterns and rules of your formats fewer and simpler, or take lines out of the sample"
        problem = Problem("your own formats were not looked for", str(fault), "the sample", hint)
        return FormatsFound(formats_for(sample, Catalogue(None)), [problem])


def _fits(sample: bytes, own: str) -> list[Fit]:
    return formats_for(sample, Catalogue(Path(own)))


def _apart(read: Callable[..., Read], layout: Layout, *arguments: object) -> Read:
    try:
        return READING.run(read, layout, *arguments, wanted=HeavyJob(limits=JobLimits(time_s=SAMPLE_S)))
    except JobFailed as fault:
        raise Misconfigured(Problem("the sample was not read to its end", str(fault), layout.title, _HELP)) from fault

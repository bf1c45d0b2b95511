"""Makes one file of a format's folder, and says first what in it could be about somebody."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from tollbook.dialects.authoring.cases import Dialect
from tollbook.dialects.authoring.personal import PersonalFinding, personal
from tollbook.dialects.known import Catalogue
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.engine.sharing.fictitious import fictitious, laid
from tollbook.engine.sharing.parcel import gathered, packed
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.pbxs.delivered import delivered_problems
from tollbook.sources.rest_poll.own_provider import provider_in

_EVEN_SO = "mend it, or share with --even-so once you have looked at each"
_SHOWN = 20


class SharedFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A format as one file: its bytes, what in it could be about somebody, and the files that stayed behind."""

    data: bytes
    files: int
    cases: int
    replaced: int
    findings: list[PersonalFinding]
    left: list[str]

    def check(self) -> None:
        """Raise `Misconfigured` with everything that could be about somebody."""
        if self.findings:
            rest = len(self.findings) - _SHOWN
            more = [Problem(f"there are {rest} more", "the first are shown", help=_EVEN_SO)] if rest > 0 else []
            last = Problem("the format is not shared", "what it holds could be about somebody", help=_EVEN_SO)
            raise Misconfigured(*(each.problem for each in self.findings[:_SHOWN]), *more, last)


def shared(catalogue: Catalogue, slug: str, *, with_fictitious_numbers: bool = False) -> SharedFormat:
    """Return one of a site's own formats as one file; raises `Misconfigured` for one that nobody could check."""
    layout = catalogue.layout_of(slug)
    if not catalogue.is_own(slug):
        reason = "it comes with Tollbook, so that everybody has it"
        raise Misconfigured(Problem(f"the format {slug!r} need not be shared", reason, help="share one of your own"))
    dialect = next(each for each in catalogue.dialects() if each.slug == slug)
    _check_cases(dialect)
    provider_in(dialect.folder)  # one that cannot be used, or holds a secret, is not passed on
    wrong = delivered_problems(layout, slug, dialect.folder)
    if wrong:
        raise Misconfigured(*wrong)
    parcel, left = gathered(slug, dialect.folder)
    replaced = 0
    if with_fictitious_numbers:
        changed = fictitious(parcel, layout, CUTTERS)
        parcel, replaced = changed.parcel, changed.replaced
    with tempfile.TemporaryDirectory() as place:
        cases = laid(parcel, layout, Path(place)).cases(CUTTERS)
        findings = personal(parcel.files, cases)
    data = packed(parcel)
    return SharedFormat(
        data=data, files=len(parcel.files), cases=len(cases), replaced=replaced, findings=findings, left=left,
    )  # fmt: skip


def _check_cases(dialect: Dialect) -> None:
    """Refuse a format without a case, or with one whose outcomes nobody has accepted."""
    cases = dialect.cases(CUTTERS)
    if not cases:
        reason = "nobody who gets it could see whether it reads what it should"
        hint = f"put lines into {dialect.folder.name}/cases/calls.txt, then `tollbook dialect generate {dialect.slug}`"
        raise Misconfigured(Problem(f"the format {dialect.slug!r} has no case", reason, help=hint))
    for case in cases:
        if not case.expected_path.exists() or case.outcomes != case.expected:
            reason = "its outcomes are not written, or are others now"
            hint = f"`tollbook dialect generate {dialect.slug}`, read them, and `tollbook dialect test {dialect.slug}`"
            raise Misconfigured(Problem(f"the case {case.name} is not as expected", reason, dialect.slug, hint))

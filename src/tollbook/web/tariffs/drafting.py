"""A version of a tariff that is being written: its texts as a form has them, what is wrong, what it would change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date

import msgspec
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, QueryDict

from tollbook.model.limits import PRICES_FILE
from tollbook.model.page_limits import PRICES_PASTE
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.rating.tariff_text import TariffText
from tollbook.site.tariffs import operations
from tollbook.site.tariffs.drafts import DraftFolder
from tollbook.site.tariffs.examples import example
from tollbook.web.tariffs.known import folder, version_named
from tollbook.web.tariffs.texts import DOCUMENT, PRICES

STARTER = """title = "Carrier A"
currency = "EUR"
# zone = "Europe/Berlin"   # whose clock counts; without it that of the PBX

[[rate]]
to = "*"                   # all numbers that no other rate is for
price = "0.10"             # per minute
next_s = 60                # each started minute whole
"""
_LONGEST_NAME = 40


class TariffDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A version as it is being written. `first` is a day or empty.

    A price list too long for a text area is `kept`: `draft:` and the key of a file, or `version:` and a tariff's name,
    a slash and that of its version.
    """

    tariff: str = ""
    first: str = ""
    document: str = ""
    prices: str = ""
    kept: str = ""

    def given(self) -> operations.GivenVersion:
        """Return the version as it would be added; raises `Misconfigured` where its price list is gone."""
        prices = self._prices()
        return operations.GivenVersion(
            tariff=self.tariff,
            document=TariffText(self.document, DOCUMENT),
            prices=TariffText(prices, PRICES) if prices.strip() else None,
            first=self.first,
        )

    def _prices(self) -> str:
        kind, _, where = self.kept.partition(":")
        if kind == "draft":
            return text_of(drafts().path(where).read_bytes())
        if kind == "version":
            return folder().texts(*where.split("/", 1))[2]
        return self.prices

    @property
    def rows_kept(self) -> int:
        """How many lines the price list has that is too long to be shown, without its heading."""
        try:
            return max(self._prices().rstrip().count("\n"), 0) if self.kept else 0
        except Misconfigured:
            return 0


class TariffFault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a text: `text` is the name of its field, `line` 0 where none is known."""

    problem: Problem
    text: str = ""
    line: int = 0
    excerpt: str = ""


def drafts() -> DraftFolder:
    """Return the files that wait."""
    return DraftFolder(folder().path)


def text_of(data: bytes) -> str:
    """Return the text of a price list; raises `Misconfigured`."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        help_ = "save it as UTF-8, or use Import a price list, which reads files of any shape"
        raise Misconfigured(Problem("the price list cannot be read", "it is no UTF-8", PRICES, help_)) from fault


def draft_from(asked: Mapping[str, str], tariff: str, last: str) -> TariffDraft:
    """Return a draft to begin with: an example's, a copy of the version that is asked for, or of the last one."""
    if name := asked.get("example", ""):
        try:
            found = example(name)
        except NotThere as fault:
            raise Http404 from fault
        return TariffDraft(tariff=tariff or found.name, document=found.document, prices=found.prices)
    if not tariff:
        return TariffDraft(document=STARTER)
    shown = version_named(tariff, asked.get("from", "") or last)
    is_long = len(shown.prices) > PRICES_PASTE
    return TariffDraft(
        tariff=tariff,
        first=shown.version.name[:10] if asked.get("revision") else "",
        document=shown.document,
        prices="" if is_long else shown.prices,
        kept=f"version:{tariff}/{shown.version.name}" if is_long else "",
    )


def draft_sent(sent: QueryDict, file: UploadedFile[bytes] | None, tariff: str) -> TariffDraft:
    """Return the draft of a form; raises `Misconfigured` for a file that cannot be taken."""
    draft = TariffDraft(
        tariff=tariff or sent.get("tariff", "").strip()[:_LONGEST_NAME],
        first=_day(sent.get("first", "")),
        document=_lines(sent.get("document", "")),
        prices=_lines(sent.get("prices", "")),
        kept=_kept(sent),
    )
    if file is None or not file.size:
        return draft
    if file.size > PRICES_FILE:
        raise Misconfigured(Problem("the price list is too large", f"it has more than {PRICES_FILE} bytes", PRICES))
    if file.size > PRICES_PASTE:
        return msgspec.structs.replace(draft, prices="", kept=f"draft:{drafts().keep(file.chunks())}")
    return msgspec.structs.replace(draft, prices=_lines(text_of(file.read())), kept="")


def _kept(sent: QueryDict) -> str:
    if sent.get("without") == "yes":
        return ""
    return sent.get("kept", "")[:120]


def _day(text: str) -> str:
    return text.strip()[:10]


def _lines(text: str) -> str:
    """Return a text with the line ends that files have; a form sends others."""
    return text.replace("\r\n", "\n")


# ---------------------------------------------------------------- what it comes to


def seen(draft: TariffDraft, added: operations.AddedVersion) -> str:
    """Return what tells whether a draft is kept as it was looked at, and with nothing added in between."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(msgspec.json.encode([draft, added.name, added.before]))
    return digest.hexdigest()


def faults_of(draft: TariffDraft, problems: tuple[Problem, ...]) -> list[TariffFault]:
    """Return what is wrong, each with its line."""
    return list(_faults(draft, problems))


def _faults(draft: TariffDraft, problems: tuple[Problem, ...]) -> Iterator[TariffFault]:
    texts = {DOCUMENT: ("document", draft.document), PRICES: ("prices", draft.prices)}
    for problem in problems:
        name, _, number = problem.where.partition(":")
        field, text = texts.get(name, ("", ""))
        line = int(number) if number.isdecimal() else 0
        lines = text.split("\n")
        excerpt = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        yield TariffFault(problem=problem, text=field, line=line, excerpt=excerpt[:200])


def usual_first(draft: TariffDraft, today: date) -> str:
    """Return the day that a form proposes, where the document does not say one itself."""
    says = any(line.strip().startswith("valid_from") for line in draft.document.split("\n"))
    return draft.first or ("" if says else today.isoformat())

"""Writes the reference of the manual from the program: commands, exit codes, supported PBXs, sources, sinks, views.

What the program declares is stated once, there, and read from it here. `tests/test_docs.py`
compares the pages with what this would write, so they cannot fall behind.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import get_type_hints

import typer
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields
from typer.cli import get_docs_for_click
from typer.main import get_command

from tollbook.alerts import known as known_alerts
from tollbook.cli import app
from tollbook.cli.dialect_schema import FormatText, schema_text
from tollbook.cli.exits import Exit
from tollbook.delivery import known as known_deliveries
from tollbook.dialects.authoring.cases import Dialect
from tollbook.dialects.known import catalogue
from tollbook.dialects.layout.layout import Column, Layout, Record
from tollbook.model import page_limits, sharing_limits  # noqa: F401 - they add their limits to those in WAYS
from tollbook.model.limits import WAYS, Limit
from tollbook.plugins import Declared, declared
from tollbook.rating import document as written
from tollbook.rating.price_list import COLUMNS
from tollbook.rating.rates import PLACES
from tollbook.rating.tariff import Markup, NoAnswerSupervision, Tax
from tollbook.reports.breakdown import apart, offered
from tollbook.reports.case_site import read_csv, small_site
from tollbook.reports.definition import GROUPS, Report
from tollbook.reports.known import reports
from tollbook.sinks import known as known_sinks
from tollbook.site.people.ldap.options import LdapSignOnOptions
from tollbook.site.people.oidc.options import OidcOptions
from tollbook.sources import known as known_sources
from tollbook.store.expressions import FUNCTIONS
from tollbook.store.own_sql.checking import allowed
from tollbook.store.schema import VIEWS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/tollbook"
REFERENCE = PACKAGE / "manual/reference"
TARIFFS_BEGIN = """# Tariffs

A tariff is a text, `office.toml`, and where its prices are many a price list beside it, `office.csv`.
How to write one, step by step: [prices](../guide/prices.md)."""
PRICE_LIST = """Values are separated by commas; what is empty has its default.
Of a rate whose price changes in mid-call, further rows say `from_s`."""
TARIFF_TABLES: dict[str, type[Struct]] = {
    "The tariff": written.WrittenTariff,
    "[[band]]": written.WrittenBand,
    "[[rate]]": written.WrittenRate,
    "steps": written.WrittenStep,
    "[[bundle]]": written.WrittenBundle,
    "round": written.WrittenRounding,
    "tax": Tax,
    "markup": Markup,
    "no_answer_supervision": NoAnswerSupervision,
}
NOTE = "<!-- Written by `make docs` from the program; change it there. -->\n\n"


def commands() -> str:
    """Every command with its arguments and options."""
    command = get_command(app)
    context = typer.Context(command, info_name="tollbook")
    text = get_docs_for_click(obj=command, ctx=context, name="tollbook", title="Commands")
    return "\n".join(line.rstrip() for line in text.splitlines())


def pbxs() -> str:
    """Every PBX whose records are understood: models, and the page of their format."""
    rows = [
        f"| {dialect.layout.vendor} | {_cell(', '.join(dialect.layout.models))} "
        f"| [`{dialect.slug}`](pbx/{dialect.slug}.md) | {_cell(dialect.layout.certainty)} |"
        for dialect in sorted(catalogue(), key=lambda each: each.slug)
    ]
    return "# Supported PBXs\n\n" + _table(("maker", "models", "dialect", "how sure"), rows)


def sources() -> str:
    """Every way records come in, with its options."""
    found = {kind: known_sources.find(kind) for kind in known_sources.kinds()}
    return "\n\n".join(["# Sources", *(_kind(name, f"{e.title}.\n{e.about}", e.options) for name, e in found.items())])


def sinks() -> str:
    """Every place calls are copied to, with its options, and what may be written as a column."""
    rows = [f"| `{name}` | {_cell(each.help)} |" for name, each in FUNCTIONS.items()]
    functions = "## Functions of columns\n\n" + _table(("function", "gives"), rows)
    found = {kind: known_sinks.find(kind) for kind in known_sinks.kinds()}
    return "\n\n".join(["# Sinks", *(_kind(name, f"{e.title}.", e.options) for name, e in found.items()), functions])


def deliveries() -> str:
    """Every way in which messages leave, with its options."""
    return "# Deliveries\n\n" + "\n\n".join(map(_delivery, known_deliveries.kinds()))


def alerts() -> str:
    """Every kind of alert, with its options."""
    told = "How to set one up, and what all have in common: [alerts](../guide/alerts.md)."
    return "\n\n".join(["# Kinds of alert", told, *map(_alert, known_alerts.kinds())])


def sign_on() -> str:
    """Every option of signing on elsewhere."""
    told = "How to set it up: [signing on elsewhere](../guide/sign-on.md)."
    ways = [
        f"## `{name}`\n\n{title}.\n\n"
        + _table(("option", "means", "default", "example"), list(map(_option, declared(options))))
        for name, title, options in (("oidc", "OpenID Connect", OidcOptions), ("ldap", "LDAP", LdapSignOnOptions))
    ]
    return "\n\n".join(["# Sign-on", told, *ways])


def exit_codes() -> str:
    """Every exit code of a command."""
    rows = [f"| {code.value} | {_cell(code.means)} |" for code in Exit]
    return "# Exit codes\n\n" + _table(("code", "means"), rows)


def limits() -> str:
    """Every limit on what comes in, by the way it comes."""
    sections = [
        f"## {way.title}\n\n"
        + _table(("on", "at most", "beyond it"), [f"| {e.on} | {_amount(e)} | {_cell(e.beyond)} |" for e in way.limits])
        for way in WAYS
    ]
    return "# Limits\n\n" + "\n\n".join(sections)


def own_sql() -> str:
    """What SQL of one's own may use."""
    kinds = allowed()
    parts = [
        "# SQL of one's own",
        "One SELECT is asked, which may begin with WITH. [How to use it](../guide/own-sql.md).",
        "## Views\n\n" + ", ".join(f"[`{view}`](views.md#{view})" for view in VIEWS) + ".",
        "## Functions\n\n" + ", ".join(f"`{name}`" for name in sorted(kinds["functions"]) if name[0].isalpha()) + ".",
        "Behind FROM: " + ", ".join(f"`{name}`" for name in sorted(kinds["tables"])) + ".",
        "## Types\n\n" + ", ".join(f"`{name}`" for name in sorted(kinds["types"])) + ".",
    ]
    return "\n\n".join(parts)


def tariffs() -> str:
    """Every setting of a tariff's document and its price list, and every way to write a destination."""
    places = [f"| `{to}` | {_cell(means)} |" for to, means in PLACES]
    columns = ", ".join(f"`{name}`" for name in COLUMNS)
    parts = [
        TARIFFS_BEGIN,
        *(_tariff_table(title, kind) for title, kind in TARIFF_TABLES.items()),
        "## Destinations\n\nThe most exact one counts, which stands first here; of prefixes the longest.",
        _table(("`to`", "is"), places),
        f"## The price list\n\nThe first row names the columns, in any order: {columns}.\n{PRICE_LIST}",
    ]
    return "\n\n".join(parts)


def _tariff_table(title: str, kind: type[Struct]) -> str:
    said = get_type_hints(kind, include_extras=True)
    rows = [
        f"| `{field.encode_name}` | {_cell(said[field.name].__metadata__[0].description)} | {_tariff_default(field)} |"
        for field in fields(kind)
    ]
    return f"## {title}\n\n{(kind.__doc__ or '').strip()}\n\n" + _table(("setting", "means", "default"), rows)


def _tariff_default(field: FieldInfo) -> str:
    if field.required:
        return "required"
    default = field.default_factory() if field.default is NODEFAULT else field.default
    if isinstance(default, bool):
        return _code(str(default).lower())
    return "" if default is None or isinstance(default, list | Struct) else _code(str(default))


def report_page() -> str:
    """Every report with its question and parameters, then what dimensions and measures mean."""
    found = reports()
    parts = ["# Reports", "How to run one, and how to make one of your own: [reports](../guide/reports.md)."]
    for group, title in GROUPS.items():
        parts.append(f"## {title}")
        parts += [_report(slug, each) for slug, each in found.items() if each.document["group"] == group]
    told = [(f"`{name}`", each.title, each.meaning) for name, each in apart().items()]
    counted = [(f"`{name}`", each.title, each.meaning) for name, each in offered().items()]
    for title, rows in (("Dimensions", told), ("Measures", counted)):
        cells = ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
        parts += [f"## {title}", _table(("name", "title", "means"), cells)]
    return "\n\n".join([*parts, *_small_site()])


def _small_site() -> list[str]:
    """Return the calls that cases of reports are about, and whose telephones they are."""
    site = small_site()
    calls = read_csv(site.calls, VIEWS["calls"][1], "calls")
    rows = ["| " + " | ".join(call.get(name, "") or " " for name in _OF_CASES) + " |" for call in calls]
    people = {each.id: each.name for each in site.directory.people}
    paths = {each.id: each.name for each in site.directory.departments}
    owned = [
        f"{each.value}: {people[each.person]}, {paths[each.department or 0]}"
        for each in site.directory.assignments
        if each.person
    ]
    said = (
        f"What a case of a report is about that brings no calls of its own; today is {site.today}. The telephones are "
        f"{'; '.join(owned)}. North is below Sales."
    )
    return ["## The small site of cases", said, _table(_OF_CASES, rows)]


_OF_CASES = (
    *(
        "started_local",
        "direction",
        "outcome",
        "extension",
        "number_e164",
        "called",
        "ring_s",
        "talk_s",
        "trunk",
        "account_code",
    ),
    *("number_kind", "cost", "price", "billed_s", "feature"),
)


def _report(slug: str, each: Report) -> str:
    """Return what the reference says of a report."""
    document, parts = each.document, [f"### {each.document['title']}", f"`{slug}`: {each.document['question']}"]
    rows = [
        f"| `{name}` | {_cell(told.title)} | `{told.default}` | {_cell(', '.join(told.choices) or told.help)} |"
        for name, told in each.parameters.items()
    ]
    if rows:
        parts.append(_table(("parameter", "title", "unless given", "may be"), rows))
    return "\n\n".join([*parts, *document.get("notes", ())])


def views() -> str:
    """Every view of the store, the promise that reports and other programs rely on."""
    return "# Views\n\n" + "\n\n".join(_view(name, columns, means) for name, (_, columns, means) in VIEWS.items())


PAGES: dict[str, Callable[[], str]] = {
    "alerts.md": alerts,
    "commands.md": commands,
    "exit-codes.md": exit_codes,
    "limits.md": limits,
    "own-sql.md": own_sql,
    "pbxs.md": pbxs,
    "deliveries.md": deliveries,
    "sign-on.md": sign_on,
    "sinks.md": sinks,
    "sources.md": sources,
    "tariffs.md": tariffs,
    "views.md": views,
    "reports.md": report_page,
}


def pages() -> Iterator[tuple[Path, str]]:
    """Yield each page's place and its text."""
    for name, write in PAGES.items():
        yield REFERENCE / name, NOTE + write().strip() + "\n"
    for dialect in catalogue():
        yield REFERENCE / "pbx" / f"{dialect.slug}.md", NOTE + _dialect(dialect).strip() + "\n"
    for name in FormatText:
        yield REFERENCE / "schemas" / f"{name}.schema.json", schema_text(name)


def _dialect(dialect: Dialect) -> str:
    layout = dialect.layout
    readme = f"../../../{dialect.folder.relative_to(PACKAGE).as_posix()}/README.md"
    evidence = [f"- {each.title}: {each.says} ({each.certainty}). {each.address}".rstrip() for each in layout.evidence]
    options = [
        f"| `{name}` | {_cell(option.help)} | {_cell(option.form)} | {_code(option.default)} | `{option.example}` |"
        for name, option in layout.option.items()
    ]
    skips = [f"- {reason}" for reason in dict.fromkeys([each.reason for each in layout.skip] + _skips(layout))]
    parts = [
        f"# {layout.title}",
        f"Dialect `{dialect.slug}`, for {layout.vendor} {', '.join(layout.models)}.\nHow sure: {layout.certainty}.",
        f"How to switch it on at the PBX, and what is not known: [the dialect's own page]({readme}).",
        f"Usually arrives by: {', '.join(f'`{kind}`' for kind in layout.transport)}." if layout.transport else "",
        *(_record(record) for record in layout.record),
        "## Options\n\n" + _table(("option", "means", "form", "default", "example"), options) if options else "",
        "## No calls\n\nThese are known, counted and ignored:\n\n" + "\n".join(skips) if skips else "",
        "## Where this was read\n\n" + "\n".join(evidence),
    ]
    return "\n\n".join(filter(None, parts))


def _skips(layout: Layout) -> list[str]:
    return [rule.skip for rule in layout.rule if rule.skip]


def _record(record: Record) -> str:
    rows = [
        f"| {_place(record, place, column)} | `{column.name}` | {_cell(_written(column))} | {_cell(column.means)} |"
        for place, column in enumerate(record.columns, 1)
    ]
    shapes = [f"Its lines look like `{shape}`." for shape in record.shape[:1]]
    table = _table(("place", "column", "written", "means"), rows)
    return "\n\n".join([f"## Record `{record.name}` ({record.form})", *shapes, table])


def _place(record: Record, place: int, column: Column) -> str:
    start, length = column.at
    if record.form == "fixed":
        return f"{start + 1} to {start + length}" if length else f"from {start + 1}"
    return f"`{_cell(column.key or column.name)}`" if record.form in {"keyed", "json", "xml"} else str(place)


def _written(column: Column) -> str:
    return " or ".join(f"`{form}`" for form in column.form) or column.kind


def _delivery(kind: str) -> str:
    delivery = known_deliveries.find(kind)
    to = "Each message is for one address." if delivery.addressed else "Where it goes is part of the options."
    files = (
        "Files come along." if delivery.carries_files else "Files do not come along; the message says where they are."
    )
    return _kind(kind, f"{delivery.title}.\n{to} {files}", delivery.options)


def _alert(kind: str) -> str:
    alert = known_alerts.find(kind)
    when = "Unless something else is said, each hit is told at once." if alert.at_once else ""
    whom = f"Who lacks the permission `{alert.needs}` is not shown what is found." if alert.needs else ""
    told = [f"{alert.title}: {alert.about}.", when, whom]
    return _kind(kind.replace("_", "-"), "\n".join(filter(None, told)), alert.options)


def _kind(kind: str, told: str, options: type[Struct]) -> str:
    table = _table(("option", "means", "default", "example"), list(map(_option, declared(options))))
    return f"## `{kind}`\n\n{told}\n\n{table or 'There is nothing to set.'}"


def _amount(limit: Limit) -> str:
    """Write a limit with its unit: bytes in the largest binary unit that divides them.

    >>> _amount(Limit("a journal entry", 1 << 20, "bytes", ""))
    '1 MiB'
    """
    value, unit = limit.value, limit.unit
    if unit == "bytes":
        for larger in ("KiB", "MiB", "GiB"):
            if value % 1024 or not value:
                break
            value, unit = value // 1024, larger
    return f"{value:,} {unit}"


def _view(name: str, columns: Mapping[str, tuple[str, str]], means: str) -> str:
    rows = [f"| `{column}` | {_cell(text)} |" for column, (_, text) in columns.items()]
    return f"## `{name}`\n\n{means}\n\n" + _table(("column", "means"), rows)


def _option(option: Declared) -> str:
    setting = option.setting
    default = "required" if setting.required else _code(setting.default)
    former = f"; formerly {', '.join(map(_code, option.former_names))}" if option.former_names else ""
    return f"| `{option.name}` | {_cell(setting.help)}{former} | {default} | {_code(setting.example)} |"


def _table(heads: tuple[str, ...], rows: list[str]) -> str:
    if not rows:
        return ""
    return "\n".join([f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *rows])


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Write every page."""
    for place, text in pages():
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)


if __name__ == "__main__":
    main()

"""What can be generated is as the program says, and every link in the docs leads somewhere."""

import re
from collections import Counter
from pathlib import Path

from docs.generate import REFERENCE, pages
from tollbook.dialects.known import catalogue
from tollbook.model.rules import Rules

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")])


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchor(heading: str) -> str:
    """What a heading is called in a link, as forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_the_reference_says_what_the_program_says() -> None:
    behind = [relative(place) for place, text in pages() if not place.exists() or place.read_text() != text]

    assert behind == [], "make docs writes them again"


def test_the_reference_holds_no_page_that_nothing_writes() -> None:
    assert {path for path in REFERENCE.rglob("*") if path.is_file()} == {place for place, _ in pages()}


def test_a_link_to_a_file_leads_to_one() -> None:
    link = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
    links = [(path, there) for path in PAGES for there in link.findall(path.read_text())]

    assert [f"{relative(path)}: {there}" for path, there in links if not (path.parent / there).exists()] == []


def test_a_link_within_a_page_leads_to_a_heading() -> None:
    link = re.compile(r"\]\(#([^)]+)\)")

    assert [
        f"{relative(path)}: #{there}"
        for path in PAGES
        for there in link.findall(path.read_text())
        if there not in anchors(path.read_text())
    ] == []


def anchors(text: str) -> set[str]:
    return {anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def test_an_empty_line_stands_above_a_heading() -> None:
    glued = re.compile(r"^(?!```).+\n#{2,} .+$", re.MULTILINE)

    assert [f"{relative(path)}: {found}" for path in PAGES for found in glued.findall(path.read_text())] == []


def test_a_dialect_tells_how_to_switch_its_output_on() -> None:
    pages = [dialect.folder / "README.md" for dialect in catalogue()]

    assert [relative(page) for page in pages if not page.read_text().startswith("# ")] == []


def test_every_rule_of_assembly_is_explained_where_dialects_are() -> None:
    text = (ROOT / "docs/develop/add-a-dialect.md").read_text()

    assert [name for name in Rules.__struct_fields__ if f"`{name}`" not in text] == []


def test_every_decision_is_in_the_list_of_decisions_by_number() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())

    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


def test_a_decision_has_its_number_alone() -> None:
    numbers = Counter(path.name[:4] for path in (ROOT / "docs/decisions").glob("[0-9]*.md"))

    assert [number for number, times in numbers.items() if times > 1] == []


def test_the_glossary_is_in_alphabetical_order() -> None:
    words = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| ",
        (ROOT / "src/tollbook/manual/glossary.md").read_text(),
        re.MULTILINE,
    )

    assert words[2:] == sorted(words[2:], key=str.casefold)


def test_each_place_that_a_page_for_developers_names_is_there() -> None:
    named = re.compile(r"`((?:src|tests|bench|docs)/[\w/.-]+)(?:::(\w+))?`")
    places = [
        (page, path, name)
        for page in sorted((ROOT / "docs/develop").glob("*.md"))
        for path, name in named.findall(page.read_text())
    ]

    assert [f"{relative(page)}: {path}::{name}" for page, path, name in places if not is_there(ROOT / path, name)] == []
    questions = [path for page, path, _ in places if page.name == "where-is-what.md"]
    assert len(questions) >= 30


def is_there(path: Path, name: str) -> bool:
    if not name:
        return path.exists()
    return path.is_file() and bool(re.search(rf"\b{name}\b", path.read_text()))


def test_the_table_of_decisions_has_each_of_them_in_order() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"^\| \[\d{4}\]\(([^)]+)\)", (folder / "README.md").read_text(), re.MULTILINE)

    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))

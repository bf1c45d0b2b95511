"""What a reader of this repository may rely on.

Short files, short functions, a reason beside each exception, and nothing of the machine that
any of it was written on.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tollbook.dialects.known import catalogue

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/tollbook"
CATALOGUE = SOURCE / "dialects/catalogue"
LONGEST_FILE = 400
LONGEST_FUNCTION = 40

MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
LOCKS = sorted(ROOT.glob("requirements*.lock"))
DIALECTS = sorted(path.parent for path in CATALOGUE.glob("*/dialect.toml"))

CLOCKS = re.compile(
    r"time\.(?!sleep|struct_time)\w+|(datetime\.)?(datetime|date)\.(now|utcnow|today)|(\w+\.)?timezone\.(now|localdate|localtime)"
    r"|os\.times|.*loop(\(\))?\.time",
)
"""What reads a clock, as it is written."""

FOUND_BY_NAME = {"Options"}
"""Classes that a plug-in of every kind has."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def ours() -> Iterator[Path]:
    """Every text file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    for name in filter(None, listed):
        path = ROOT / name.decode()
        if path.is_file() and b"\0" not in path.read_bytes()[:4096]:
            yield path


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines from `def` to the end, with the signature and the docstring."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_a_module_is_short_enough_to_be_read_at_once() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in MODULES}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_a_function_is_short_enough_to_be_seen_at_once() -> None:
    lengths = {f"{relative(path)}: {each.name}": length(each) for path in MODULES for each in functions(path)}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_no_two_classes_have_one_name() -> None:
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in tree_of(path).body:
            if isinstance(node, ast.ClassDef) and node.name not in FOUND_BY_NAME:
                places.setdefault(node.name, []).append(relative(path))

    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_a_module_opens_with_its_purpose() -> None:
    trees = {relative(path): tree_of(path) for path in MODULES}

    assert [name for name, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []


def test_a_function_says_what_it_does_once() -> None:
    assert [
        f"{relative(path)}:{second.lineno}"
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, Function | ast.ClassDef | ast.Module) and ast.get_docstring(node)
        for second in node.body[1:2]
        if isinstance(second, ast.Expr) and isinstance(second.value, ast.Constant)
    ] == []


def test_only_the_clock_reads_the_clock() -> None:
    others = [path for path in MODULES if path != SOURCE / "clock.py"]

    assert [reading for path in others for reading in clock_readings(path)] == []


def clock_readings(path: Path) -> Iterator[str]:
    """Name every place where a module asks what time it is; to sleep is not to ask."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield f"{relative(path)}:{node.lineno}: from time import …"
        if isinstance(node, ast.Attribute) and CLOCKS.fullmatch(ast.unparse(node)):
            yield f"{relative(path)}:{node.lineno}: {ast.unparse(node)}"


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    # Put together here, so that this file does not find itself; one provider's API has such a path in its address.
    places = re.compile("|".join("(?<!analytics)/" + place for place in ("work/", "root/", r"home/\w", "tmp/")))

    found = [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in ours()
        if "cases" not in path.parts
        for number, line in enumerate(path.read_text(errors="replace").split("\n"), 1)
        if places.search(line)
    ]

    assert found == []


def test_no_file_holds_both_sides_of_a_merge() -> None:
    marks = re.compile(r"^(<{7} |>{7} )", re.MULTILINE)

    assert [relative(path) for path in ours() if marks.search(path.read_text("utf-8", "replace"))] == []


def test_a_lock_file_names_no_package_index() -> None:
    index = re.compile(r"://|--(extra-)?index-url|--find-links|file:")

    assert LOCKS
    assert [relative(path) for path in LOCKS if index.search(path.read_text())] == []


def test_a_lock_file_holds_a_hash_for_every_package() -> None:
    packages = {path: re.split(r"^(?=[a-z0-9][a-z0-9._-]*==)", path.read_text(), flags=re.MULTILINE) for path in LOCKS}

    assert [relative(path) for path, parts in packages.items() if not parts[1:]] == []
    assert [
        f"{relative(path)}: {part.splitlines()[0]}"
        for path, parts in packages.items()
        for part in parts[1:]
        if "--hash=sha256:" not in part
    ] == []


def test_what_is_installed_to_run_is_also_what_is_tested() -> None:
    pins = {path.name: set(re.findall(r"^[a-z0-9][a-z0-9._-]*==\S+", path.read_text(), re.MULTILINE)) for path in LOCKS}

    assert pins["requirements.lock"] <= pins["requirements-dev.lock"]
    assert pins["requirements-uv.lock"] <= pins["requirements-dev.lock"]


def test_every_rule_set_aside_says_why() -> None:
    settings = (ROOT / "pyproject.toml").read_text()
    ruff = settings[settings.index("[tool.ruff.lint]") : settings.index("[tool.mypy]")]
    exceptions = re.findall(r'^ {4}"[A-Z]+[0-9]*",.*$', ruff, re.MULTILINE)

    assert exceptions
    assert [line for line in exceptions if not re.search(r"# \w.{9,}", line)] == []


def test_every_check_silenced_on_a_line_says_which_and_why() -> None:
    silenced = re.compile(r"#\s*(noqa|type: ?ignore|pragma: no)")
    stated = re.compile(
        r"# (noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[\w-]+(, ?[\w-]+)*\]"
        r"|pragma: no (cover|branch)) +(- |# |: )\w",
    )
    lines = [(path, line) for path in MODULES for line in path.read_text().splitlines() if silenced.search(line)]

    assert lines
    assert [f"{relative(path)}: {line.strip()}" for path, line in lines if not stated.search(line)] == []


def test_a_dialect_goes_by_the_name_of_its_folder() -> None:
    named = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")

    assert [folder.name for folder in DIALECTS if not named.fullmatch(folder.name)] == []
    assert {dialect.slug: dialect.folder for dialect in catalogue()} == {
        folder.name.replace("_", "-"): folder for folder in DIALECTS
    }
    assert [folder.name for folder in DIALECTS if not (folder / "README.md").is_file()] == []


def test_every_case_of_a_dialect_has_its_expected_outcome_beside_it() -> None:
    cases = {path.with_suffix("") for folder in DIALECTS for path in (folder / "cases").glob("*.txt")}
    outcomes = [path for folder in DIALECTS for path in (folder / "cases").glob("*.expected.jsonl")]
    expected = {path.with_name(path.name.removesuffix(".expected.jsonl")) for path in outcomes}

    assert [folder.name for folder in DIALECTS if not any((folder / "cases").glob("*.txt"))] == []
    assert sorted(map(relative, cases ^ expected)) == []


def test_a_note_for_the_changelog_is_named_by_topic_and_kind() -> None:
    named = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.(added|changed|fixed|removed)\.md|README\.md")

    assert [p.name for p in (ROOT / "changes").iterdir() if not named.fullmatch(p.name)] == []

"""What a reader of this repository may rely on.

Short files, short functions, a reason beside each exception, and nothing of the machine that
any of it was written on.
"""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/tollbook"
CATALOGUE = SOURCE / "dialects/catalogue"
LONGEST_FILE = 400
LONGEST_FUNCTION = 40

MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
LOCKS = sorted(ROOT.glob("requirements*.lock"))
DIALECTS = sorted(path.parent for path in CATALOGUE.glob("*/dialect.toml"))

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


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return lines - documented * ((first.end_lineno or first.lineno) - first.lineno + 1)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_is_short_enough_to_be_read_at_once(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_function_is_short_enough_to_be_seen_at_once(path: Path) -> None:
    too_long = {f.name: length(f) for f in functions(path) if length(f) > LONGEST_FUNCTION}

    assert not too_long


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_opens_with_its_purpose(path: Path) -> None:
    tree = ast.parse(path.read_text())

    assert ast.get_docstring(tree) or not tree.body


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    # Put together here, so that this file does not find itself.
    places = re.compile("|".join("/" + place for place in ("work/", "root/", r"home/\w", "tmp/")))

    found = [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in ours()
        if "cases" not in path.parts
        for number, line in enumerate(path.read_text(errors="replace").split("\n"), 1)
        if places.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("path", LOCKS, ids=relative)
def test_a_lock_file_names_no_package_index(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"://|--(extra-)?index-url|--find-links|file:", text)


@pytest.mark.parametrize("path", LOCKS, ids=relative)
def test_a_lock_file_holds_a_hash_for_every_package(path: Path) -> None:
    packages = re.split(r"^(?=[a-z0-9][a-z0-9._-]*==)", path.read_text(), flags=re.MULTILINE)[1:]

    assert packages
    assert [p.splitlines()[0] for p in packages if "--hash=sha256:" not in p] == []


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


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_check_silenced_on_a_line_says_which_and_why(path: Path) -> None:
    silenced = [
        line for line in path.read_text().splitlines() if re.search(r"#\s*(noqa|type: ?ignore|pragma: no)", line)
    ]
    stated = re.compile(
        r"# (noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[\w-]+(, ?[\w-]+)*\]"
        r"|pragma: no (cover|branch)) +(- |# |: )\w",
    )

    assert [line for line in silenced if not stated.search(line)] == []


@pytest.mark.parametrize("folder", DIALECTS, ids=relative)
def test_a_dialect_goes_by_the_name_of_its_folder(folder: Path) -> None:
    layout = tomllib.loads((folder / "dialect.toml").read_text())
    slug = folder.name.replace("_", "-")

    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", folder.name)
    assert layout.get("slug", slug) == slug
    assert (folder / "README.md").is_file()


@pytest.mark.parametrize("folder", DIALECTS, ids=relative)
def test_every_case_of_a_dialect_has_its_expected_outcome_beside_it(folder: Path) -> None:
    cases = {path.stem for path in (folder / "cases").glob("*.txt")}
    expected = {path.name.removesuffix(".expected.jsonl") for path in (folder / "cases").glob("*.expected.jsonl")}

    assert cases
    assert cases == expected


def test_a_note_for_the_changelog_is_named_by_topic_and_kind() -> None:
    named = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.(added|changed|fixed|removed)\.md|README\.md")

    assert [p.name for p in (ROOT / "changes").iterdir() if not named.fullmatch(p.name)] == []

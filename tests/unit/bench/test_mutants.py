"""Mutants: which changes are made, that a survivor is told from one that was killed, and what is explained."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bench.mutants import trial
from bench.mutants.changes import Mutant, mutants_of
from bench.mutants.explained import explained
from bench.mutants.trial import NotGreen, Trial, mutants_in

ROOT = Path(__file__).parents[3]
EXPLAINED = explained()


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("a < b <= c", ["a <= b <= c", "a < b < c"]),
        ("a == 1", ["a != 1", "a == 2"]),
        ("a is not None", ["a is None"]),
        ("a not  in b", ["a in b"]),
        ("a and b or c", ["a or b or c", "a and b and c"]),
        ("(a + b) * -c", ["(a - b) * -c", "(a + b) // -c", "(a + b) * c"]),
        ("a <<= 0x10", ["a >>= 0x10", "a <<= 17"]),
        ("not a", ["a"]),
        ("not(a or b)", ["(a or b)", "not(a and b)"]),
        ("a = True", ["a = False"]),
        ("a = b'x'", ["a = b'xx'"]),
        ("'é' + a", ["'é' - a"]),
        ("flags = A | B", ["flags = A & B"]),
    ],
)
def test_one_operator_number_or_boolean_is_changed_at_a_time(line: str, changed: list[str]) -> None:
    assert [each.after for each in mutants_of("a.py", line)] == changed


@pytest.mark.parametrize(
    "line",
    [
        "a: int | None",
        "def f(a: Literal[1]) -> int | None: ...",
        "Row = tuple[int, str] | None",
        "isinstance(a, Call | bytes)",
        "@dataclass(frozen=True)\nclass A(Struct, frozen=True): ...",
        "assert a < b",
        "a = f'{b + 1}'",
        "zip(a, b, strict=True)",
        "'one'",
    ],
)
def test_types_assertions_and_texts_are_left_alone(line: str) -> None:
    assert mutants_of("a.py", line) == []


def test_a_mutant_is_the_module_with_one_line_changed() -> None:
    source = "a = 0\nif (\n    a  # or not\n    and b\n):\n    c = 1\n"
    texts = [each.text for each in mutants_of("a.py", source)]

    assert texts == [
        source.replace("a = 0", "a = 1"),
        source.replace("    and b", "    or b"),
        source.replace("c = 1", "c = 2"),
    ]
    assert [each.line for each in mutants_of("a.py", source)] == [1, 4, 6]


@pytest.mark.slow
@pytest.mark.parametrize("package", ["assembly", "framing", "journal", "model"])
def test_every_mutant_of_a_package_can_be_read_and_differs_from_it_in_one_line(package: str) -> None:
    for mutant in mutants_in(package):
        ast.parse(mutant.text)
        before, after = (ROOT / mutant.file).read_text().split("\n"), mutant.text.split("\n")
        assert [row + 1 for row, (old, new) in enumerate(zip(before, after, strict=True)) if old != new] == [
            mutant.line,
        ]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a package of one module, and its only test."""
    root = tmp_path / "project"
    for name, text in {
        "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = []\n",
        "src/tollbook/__init__.py": "",
        "src/tollbook/small/__init__.py": "",
        "src/tollbook/small/sums.py": "def bill(a):\n    while a > 5:\n        a -= 1\n    return a * 2 or 0\n",
        "tests/unit/small/test_sums.py": "from tollbook.small.sums import bill\n\n\ndef test() -> None:\n"
        "    assert bill(9) == 10\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "bench").symlink_to(ROOT / "bench")
    monkeypatch.setattr(trial, "ROOT", root)
    return root


@pytest.mark.slow
def test_a_mutant_survives_where_no_test_fails_and_an_endless_one_is_killed(project: Path, tmp_path: Path) -> None:
    every = {(each.line, each.after): each for each in mutants_in("small")}
    some = [
        every[2, "while a >= 5:"],
        every[4, "return a * 2 or 1"],
        every[3, "a += 1"],
        every[4, "return a // 2 or 0"],
    ]
    before = {path: path.read_bytes() for path in project.rglob("*.py") if "bench" not in path.parts}
    tried = Trial("small", tmp_path, at_once=2)
    tried._one_test_s = 2  # noqa: SLF001 - an endless loop is not waited for here

    assert [survived for _, survived in tried.survivors(some)] == [False, True, False, False]
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.slow
def test_tests_that_fail_by_themselves_are_told(project: Path, tmp_path: Path) -> None:
    (project / "tests/unit/small/test_sums.py").write_text("def test() -> None:\n    assert not 1\n")

    with pytest.raises(NotGreen, match="assert not 1"):
        Trial("small", tmp_path, at_once=1)


def test_every_explained_mutant_is_still_one_that_can_be_made() -> None:
    mutants: dict[str, list[Mutant]] = {
        file: mutants_of(file, (ROOT / file).read_text()) for file in {each.file for each in EXPLAINED}
    }

    assert [each for each in EXPLAINED if not any(map(each.fits, mutants[each.file]))] == []


def test_every_explanation_gives_a_reason() -> None:
    assert [each for each in EXPLAINED if len(each.why) < 20] == []

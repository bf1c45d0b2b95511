"""Every small change that can be made to a module: one operator, comparison, number, boolean or bytes literal.

The text is changed at the place that the syntax tree names, so that a change reads as a person would write it. Left
alone is what is held by other means, and what says nothing of behaviour: annotations and unions of types, decorators
and keywords of classes, assertions, strings, and whether a `zip` is strict.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

_SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "is": "is not", "is not": "is", "in": "not in", "not in": "in", "and": "or", "or": "and",
    "+": "-", "-": "+", "*": "//", "//": "*", "/": "*", "%": "//", "**": "*",
    "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "&",
}  # fmt: skip
_OPERATOR = re.compile(r"not\s+in|is\s+not|<<|>>|<=|>=|==|!=|//|\*\*|[-+*/%&|^<>]|\b(?:and|or|in|is)\b")
_COMMENT = re.compile(r"#[^\n]*")

Place = tuple[int, int, str]
"""From, up to (characters of the module), and what stands there instead."""


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """A change to a module: where, its line before and after, and all of the text after."""

    file: str
    line: int
    before: str
    after: str
    text: str


def mutants_of(file: str, source: str) -> list[Mutant]:
    r"""Return all changes that can be made to a module, in the order of its text.

    >>> [(each.line, each.after) for each in mutants_of("a.py", "if a < 1:\n    b = not c\n")]
    [(1, 'if a <= 1:'), (1, 'if a < 2:'), (2, 'b = c')]
    """
    module = _Module(source)
    return [_mutant(file, source, place) for place in sorted(set(module.places(ast.parse(source))))]


def _mutant(file: str, source: str, place: Place) -> Mutant:
    start, end, instead = place
    text = source[:start] + instead + source[end:]
    first = source.rfind("\n", 0, start) + 1
    return Mutant(
        file=file,
        line=source.count("\n", 0, start) + 1,
        before=source[first:].partition("\n")[0].strip(),
        after=text[first:].partition("\n")[0].strip(),
        text=text,
    )


class _Module:
    """The text of a module, and where in it the nodes of its tree stand."""

    def __init__(self, source: str) -> None:
        self._source = source
        lines = source.splitlines(keepends=True)
        self._lines = [line.encode() for line in lines]
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))

    def places(self, node: ast.AST) -> Iterator[Place]:
        """Yield where something below a node can be changed, and into what."""
        if isinstance(node, ast.JoinedStr | ast.Assert) or _is_type(node):
            return
        yield from self._here(node)
        for child in _children(node):
            yield from self.places(child)

    def _here(self, node: ast.AST) -> Iterator[Place]:
        if isinstance(node, ast.Compare):
            yield from self._between(node.left, *node.comparators)
        elif isinstance(node, ast.BoolOp):
            yield from self._between(*node.values)
        elif isinstance(node, ast.BinOp):
            yield from self._between(node.left, node.right)
        elif isinstance(node, ast.AugAssign):
            yield from self._between(node.target, node.value)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            start = self._start(node)
            sign = re.match(r"not\s*|-", self._source[start:])
            yield start, start + (sign.end() if sign else 0), ""
        elif isinstance(node, ast.Constant) and (instead := _another(node.value)):
            yield self._start(node), self._end(node), instead

    def _between(self, *operands: ast.expr) -> Iterator[Place]:
        """Yield the operator that stands between each two operands."""
        for left, right in pairwise(operands):
            start = self._end(left)
            gap = _COMMENT.sub(lambda comment: " " * len(comment[0]), self._source[start : self._start(right)])
            if found := _OPERATOR.search(gap):
                yield start + found.start(), start + found.end(), _SWAPS[" ".join(found[0].split())]

    def _start(self, node: ast.expr) -> int:
        return self._at(node.lineno, node.col_offset)

    def _end(self, node: ast.expr) -> int:
        return self._at(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def _at(self, line: int, byte: int) -> int:
        """Return a place in the text; the tree counts bytes."""
        return self._starts[line - 1] + len(self._lines[line - 1][:byte].decode())


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what below a node is code that does something."""
    passed = {"annotation", "returns", "decorator_list"} | ({"keywords"} if isinstance(node, ast.ClassDef) else set())
    for name, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        for child in children if name not in passed else ():
            if isinstance(child, ast.AST) and not (isinstance(child, ast.keyword) and child.arg == "strict"):
                yield child


def _is_type(node: ast.AST) -> bool:
    """Say whether an expression is a union of types, or a type with others in brackets."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Name) and node.value.id in _GENERIC
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and _names_a_type(node.right)


def _names_a_type(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        return _names_a_type(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr[0].isupper() and not node.attr.isupper()
    named = isinstance(node, ast.Name) and (node.id in _BUILT_IN or (node.id[0].isupper() and not node.id.isupper()))
    return named or (isinstance(node, ast.Constant) and node.value is None)


_BUILT_IN = frozenset(("int", "float", "bool", "str", "bytes", "tuple", "list", "dict", "set", "frozenset", "object"))
_GENERIC = frozenset(("Literal", "Callable", "Annotated", *_BUILT_IN))


def _another(value: object) -> str:
    """Return another value of a literal's kind as Python spells it, nothing for a kind that is left alone."""
    if isinstance(value, bool):
        return repr(not value)
    if isinstance(value, int | float):
        return repr(value + 1)
    return repr(value + b"x") if isinstance(value, bytes) else ""

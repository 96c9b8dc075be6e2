"""What a mutant is: one small piece of a source, written differently. Expressions and statements are found in the syntax tree, and pieces of SQL in
its strings; the rest of the text stays as it is.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from typing_extensions import override

_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
_ARITHMETIC: Final[dict[type[ast.operator], str]] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.FloorDiv: "*",
    ast.Div: "*",
    ast.Mod: "+",
    ast.BitOr: "&",
    ast.BitAnd: "|",
    ast.LShift: ">>",
    ast.RShift: "<<",
}
_SQL: Final = re.compile(r"\b(SELECT|UPDATE|DELETE|INSERT|WITH|ORDER BY|UNION ALL|expires_at)\b")
_SQL_SWAPS: Final = (
    (r"<=", "<"),
    (r"(?<![<>])>(?![=>])", ">="),
    (r"<>", "="),
    (r"(?<![<>!&:])=(?!=)", "<>"),
    (r"&&", "-|-"),
    (r"\bAND\b", "OR"),
    (r"\bOR\b", "AND"),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r"\bmin\(", "max("),
    (r"\bmax\(", "min("),
    (r"\blower\(", "upper("),
    (r"\bupper\(", "lower("),
    (r"\+ 1\b", "+ 0"),
    (r" FOR (NO KEY )?UPDATE( SKIP LOCKED)?", ""),
    (r"\bUNION ALL\b", "EXCEPT ALL"),
    (r"'\[\]'", "'[)'"),
)
# Said twice by the types, or of no consequence but speed.
_UNTOUCHED_KEYWORDS: Final = {"strict", "maxsize", "frozen", "slots", "eq", "kw_only", "repr", "compare", "init", "binary"}
# How far the planner looks before it takes another way, and which of two ways it takes: they all lead to the same plan, sooner or later.
_EFFORT: Final = {"AT_ONCE", "COMPARED_MAX", "FEW", "SHIFTS_MAX", "STEPS_MAX", "WIDER"}


@dataclass(frozen=True)
class Mutant:
    """In a file, the text between two positions is replaced."""

    path: Path
    line: int
    begin: int
    end: int
    before: str
    after: str

    def of(self, source: str) -> str:
        return source[: self.begin] + self.after + source[self.end :]

    @override
    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {' '.join(self.before.split())[:70]}  ->  {' '.join(self.after.split())[:70]}"


class _Finder(ast.NodeVisitor):
    """Goes through a module and collects its mutants."""

    def __init__(self, path: Path, source: str) -> None:
        self.path, self.source = path, source
        # The tree counts columns in bytes of UTF-8.
        self._lines = [0]
        for line in source.encode().splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._bytes = source.encode()
        self._depth = 0
        self.found: list[Mutant] = []

    def _at(self, line: int, column: int) -> int:
        return len(self._bytes[: self._lines[line - 1] + column].decode())

    def _span(self, node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, ast.expr | ast.stmt)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno, node.end_col_offset)

    def _text(self, node: ast.AST) -> str:
        begin, end = self._span(node)
        return self.source[begin:end]

    def _put(self, begin: int, end: int, after: str) -> None:
        line = self.source.count("\n", 0, begin) + 1
        self.found.append(Mutant(self.path, line, begin, end, self.source[begin:end], after))

    def _replace(self, node: ast.AST, after: str) -> None:
        self._put(*self._span(node), after)

    def _between(self, left: ast.AST, right: ast.AST, after: str) -> None:
        """The operator between two operands."""
        begin, end = self._span(left)[1], self._span(right)[0]
        operator = re.search(r"[^\s()]+(?:\s+(?:in|not))?", self.source[begin:end])
        if operator is not None:
            self._put(begin + operator.start(), begin + operator.end(), after)

    @override
    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    @override
    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Without decorators and annotations."""
        self._depth += 1
        for part in (*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None), *node.body):
            self.visit(part)
        self._depth -= 1

    @override
    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.visit(statement)

    @override
    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(map(_is_effort, node.targets)):
            self.generic_visit(node)

    @override
    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and not _is_effort(node.target):
            self.visit(node.value)

    @override
    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in _UNTOUCHED_KEYWORDS:
            self.visit(node.value)

    @override
    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self._replace(node, "pass")
            self.visit(node.value)

    @override
    def visit_Raise(self, node: ast.Raise) -> None:
        if "AssertionError" not in self._text(node):
            self._replace(node, "pass")

    @override
    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._replace(node, "pass")
        self.visit(node.value)

    @override
    def visit_Continue(self, node: ast.Continue) -> None:
        self._replace(node, "break")

    @override
    def visit_Assert(self, node: ast.Assert) -> None:
        """Is no behaviour."""

    @override
    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            # False is as good as None; that it could be True is tried with every constant.
            if not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool | None) and not node.value.value):
                self._replace(node.value, "None")
            self.visit(node.value)

    @override
    def visit_If(self, node: ast.If) -> None:
        if not _is_effort(node.test):
            self._replace(node.test, f"not ({self._text(node.test)})")
        self.generic_visit(node)

    @override
    def visit_IfExp(self, node: ast.IfExp) -> None:
        if not _is_effort(node.test):
            self._replace(node.test, f"not ({self._text(node.test)})")
        self.generic_visit(node)

    @override
    def visit_Compare(self, node: ast.Compare) -> None:
        if _is_effort(node):
            return
        for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            self._between(left, right, _COMPARISONS[type(operator)])
        self.generic_visit(node)

    @override
    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, "or" if isinstance(node.op, ast.And) else "and")
        self.generic_visit(node)

    @override
    def visit_BinOp(self, node: ast.BinOp) -> None:
        if _is_effort(node):
            return
        if type(node.op) in _ARITHMETIC and not isinstance(node.left, ast.JoinedStr):
            self._between(node.left, node.right, _ARITHMETIC[type(node.op)])
        self.generic_visit(node)

    @override
    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub):
            self._replace(node, f"({self._text(node.operand)})")
        self.generic_visit(node)

    @override
    def visit_Dict(self, node: ast.Dict) -> None:
        pairs = zip(node.keys, node.values, strict=True)
        named = [(key, value) for key, value in pairs if key is not None and not isinstance(key, ast.Constant)]
        self._drop_each([(self._span(key)[0], self._span(value)[1]) for key, value in named])
        self.generic_visit(node)

    @override
    def visit_Tuple(self, node: ast.Tuple) -> None:
        if isinstance(node.ctx, ast.Load):
            self._drop_each([self._span(one) for one in node.elts])
        self.generic_visit(node)

    @override
    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Outside of functions it says of what a type is, which is no behaviour."""
        if self._depth:
            self.generic_visit(node)

    @override
    def visit_Set(self, node: ast.Set) -> None:
        self._drop_each([self._span(one) for one in node.elts])
        self.generic_visit(node)

    def _drop_each(self, entries: list[tuple[int, int]]) -> None:
        """Of a table, which stands outside of functions."""
        if self._depth == 0 and len(entries) > 1:
            for (begin, _), (following, _) in pairwise(entries):
                self._put(begin, following, "")
            self._put(entries[-2][1], entries[-1][1], "")

    @override
    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._replace(node, str(not node.value))
        elif isinstance(node.value, int):
            self._replace(node, str(node.value + 1))
        elif isinstance(node.value, str):
            self._sql(node)

    @override
    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._sql(node)

    def _sql(self, node: ast.expr) -> None:
        begin, _ = self._span(node)
        text = self._text(node)
        if _SQL.search(text):
            for pattern, after in _SQL_SWAPS:
                for found in re.finditer(pattern, text):
                    self._put(begin + found.start(), begin + found.end(), after)


def _is_effort(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Name) and part.id in _EFFORT for part in ast.walk(node))


def mutants_of(root: Path, path: Path) -> Iterator[Mutant]:
    source = (root / path).read_text()
    finder = _Finder(path, source)
    finder.visit(ast.parse(source))
    for mutant in finder.found:
        try:
            compile(mutant.of(source), path, "exec")
        except SyntaxError:
            continue
        yield mutant

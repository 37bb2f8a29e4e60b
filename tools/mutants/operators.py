"""Small changes to Python code, each of which a good test should notice: one at a time, as text for text."""

from __future__ import annotations

import ast
from dataclasses import dataclass

_COMPARE: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "//",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.BitOr: "&",
    ast.BitAnd: "|",
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """`path`'s text between two places (line from 1, column) becomes `after`.

    `owner` is the function's qualified name, or the module's constant in angle brackets; `lines` are those on which the
    changed statement stands, `first_line` the function's first one as Python counts it (its first decorator).
    """

    path: str
    owner: str
    first_line: int
    lines: tuple[int, int]
    start: tuple[int, int]
    end: tuple[int, int]
    before: str
    after: str

    def apply(self, source: str) -> str:
        """The whole text with the change; lines stay where they are as far as that can be."""
        lines = source.splitlines(keepends=True)
        head = "".join(lines[: self.start[0] - 1]) + _cut(lines[self.start[0] - 1], self.start[1])[0]
        tail = _cut(lines[self.end[0] - 1], self.end[1])[1] + "".join(lines[self.end[0] :])
        return head + self.after + tail


def mutants_of(path: str, source: str) -> list[Mutant]:
    """All mutants of a file, in the order of its lines.

    Not changed are docstrings, annotations, `assert`, types' definitions, defaults of parameters and of fields, and
    texts with a space in them: they are words for people.
    """
    finder = _Finder(path, source)
    finder.visit(ast.parse(source))
    return sorted(finder.found, key=lambda one: (one.start, one.end, one.after))


class _Finder(ast.NodeVisitor):
    def __init__(self, path: str, source: str) -> None:
        self._path = path
        self._lines = source.splitlines(keepends=True)
        self._names: list[str] = []
        self._function: tuple[str, int] | None = None
        self._statement: ast.stmt | None = None
        self.found: list[Mutant] = []

    # ---- where we are

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(isinstance(base, ast.Name) and base.id in ("Protocol", "TypedDict") for base in node.bases):
            return
        self._names.append(node.name)
        for child in node.body:
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.visit(child)
        self._names.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer, self._names = self._function, [*self._names, node.name]
        if outer is None:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            self._function = (".".join(self._names), first)
        body = node.body
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        for child in body:
            self.visit(child)
        self._function, self._names = outer, self._names[:-1]

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit(self, node: ast.AST) -> None:
        if (
            self._function is None
            and isinstance(node, ast.stmt)
            and not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            self._constant(node)
            return
        if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom):
            return
        if isinstance(node, ast.stmt) and self._function is not None:
            outer, self._statement = self._statement, node
            super().visit(node)
            self._statement = outer
            return
        super().visit(node)

    def _constant(self, node: ast.stmt) -> None:
        """A constant of the module: its numbers, names and choices."""
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if not isinstance(target, ast.Name) or value is None or target.id == "__all__":
            return
        self._function, self._statement = (f"<{target.id}>", node.lineno), node
        if isinstance(value, ast.Tuple):
            self._leave_out([(_start(one), _end(one)) for one in value.elts])
        self.visit(value)
        self._function = self._statement = None

    # ---- what is changed

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for at, operator in enumerate(node.ops):
            for after in _COMPARE[type(operator)]:
                self._between(sides[at], sides[at + 1], after)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = "or" if isinstance(node.op, ast.And) else "and"
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, other)
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._add(_end(left), _end(right), "")
        self._add(_start(node.values[0]), _start(node.values[1]), "")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        text_only = isinstance(node.op, ast.Add) and any(
            isinstance(side, ast.Constant | ast.JoinedStr) and not isinstance(getattr(side, "value", ""), int | float)
            for side in (node.left, node.right)
        )
        if not text_only and type(node.op) in _ARITHMETIC:
            self._between(node.left, node.right, _ARITHMETIC[type(node.op)])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._add(_start(node), _start(node.operand), "")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._replace(node, str(not value))
        elif isinstance(value, int | float):
            # Of a figure that stands in a module's constant nobody can tell one more: it is doubled.
            self._replace(node, str(value + 1 if self._is_inside() else 2 * value or 1))
        elif isinstance(value, str) and " " not in value and "\n" not in value:
            self._replace(node, repr(f"{value}X"))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Words for people, mostly; what stands in them has no place of its own in this Python."""

    def visit_If(self, node: ast.If) -> None:
        self._forced(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._forced(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        if not isinstance(node.test, ast.Constant):
            self._replace(node.test, "False", brackets=True)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for one in node.ifs:
            self._forced(one)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            self._replace(node.func, _CALLS[node.func.id])
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        if not self._is_inside() and None not in node.keys:
            self._leave_out(
                [(_start(key), _end(value)) for key, value in zip(node.keys, node.values, strict=True) if key]
            )
        self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> None:
        if not self._is_inside():
            self._leave_out([(_start(one), _end(one)) for one in node.elts])
        self.generic_visit(node)

    def _leave_out(self, entries: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
        """One entry of a table after the other."""
        for at, (start, end) in enumerate(entries):
            if at + 1 < len(entries):
                self._add(start, entries[at + 1][0], "")
            elif at:
                self._add(entries[at - 1][1], end, "")

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self._drop(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not all(isinstance(target, ast.Name) for target in node.targets) and self._is_inside():
            self._drop(node)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._drop(node)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._drop(node)
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            self._drop(node)
        elif not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._replace(node.value, "None")
        self.generic_visit(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._replace(node, "break")

    def visit_Break(self, node: ast.Break) -> None:
        self._replace(node, "continue")

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        if all(item.optional_vars is None for item in node.items):
            self._add((node.lineno, node.col_offset), _end(node.items[-1].context_expr), "if True")
        self.generic_visit(node)

    visit_AsyncWith = visit_With  # noqa: N815

    # ---- how it is noted

    def _is_inside(self) -> bool:
        return self._function is not None and not self._function[0].startswith("<")

    def _forced(self, test: ast.expr) -> None:
        for after in ("True", "False"):
            self._replace(test, after, brackets=True)

    def _drop(self, node: ast.stmt) -> None:
        self._replace(node, "pass")

    def _replace(self, node: ast.expr | ast.stmt, after: str, *, brackets: bool = False) -> None:
        """`brackets`: whatever stands around the node keeps its meaning, since it is one word."""
        self._add(_start(node), _end(node), after)

    def _between(self, left: ast.expr, right: ast.expr, after: str) -> None:
        """Change the operator between two operands: the first word there that is no bracket, comment or break."""
        text = self._text(_end(left), _start(right))
        word = text.strip(" \n\\()")
        line, column = _end(left)
        before = text[: text.index(word)].encode()
        lines = before.count(b"\n")
        start = (line + lines, len(before.rpartition(b"\n")[2]) + (0 if lines else column))
        if "#" not in word and "\n" not in word:
            self._add(start, (start[0], start[1] + len(word.encode())), after)

    def _add(self, start: tuple[int, int], end: tuple[int, int], after: str) -> None:
        if self._function is None or self._statement is None:
            return
        statement = self._statement
        body = getattr(statement, "body", None)
        last = body[0].lineno - 1 if isinstance(body, list) and body else (statement.end_lineno or statement.lineno)
        before = self._text(start, end)
        if before.strip() == after or not _is_whole(before):
            return
        # What has brackets around it that are left behind is put right by as many line ends as were taken.
        after += "\n" * (before.count("\n") if after == "pass" else 0)
        lines = (statement.lineno, max(statement.lineno, last))
        self.found.append(Mutant(self._path, *self._function, lines, start, end, before, after))

    def _text(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        lines = self._lines[start[0] - 1 : end[0]]
        lines[-1] = _cut(lines[-1], end[1])[0]
        lines[0] = _cut(lines[0], start[1])[1]
        return "".join(lines)


def _start(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0


def _cut(line: str, column: int) -> tuple[str, str]:
    """Columns count bytes."""
    raw = line.encode()
    return raw[:column].decode(), raw[column:].decode()


def _is_whole(text: str) -> bool:
    """Brackets around an operand may have been cut in two: then the rest would be no Python."""
    return all(text.count(left) == text.count(right) for left, right in ("()", "[]", "{}"))

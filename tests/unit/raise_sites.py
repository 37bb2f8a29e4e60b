"""Finds, in the source, every text for people: templates, in which `{}` is what is filled in."""

from __future__ import annotations

import ast
import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOTS = {"IvrError"}
#: Which argument of an error is a text for people; the others are data, or what the error itself makes of it.
_TEXTS = ("what", "where", "remedy")
_MOST = 500
#: How far a text is followed through variables and callers.
_DEEPEST = 14


@dataclass(frozen=True)
class Site:
    """A template, and where it is raised."""

    template: str
    file: str
    line: int


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    paths = sorted([*(ROOT / "ivr").rglob("*.py"), *(ROOT / "ivr_demo").glob("*.py")])
    return tuple((path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths)


@cache
def kinds() -> frozenset[str]:
    """The names of every class that is an IvrError, wherever it is defined."""
    found = set(ROOTS)
    classes = [one for module in modules() for one in module.classes]
    while True:
        more = {node.name for node in classes if any(_name(base) in found for base in node.bases)}
        if more <= found:
            return frozenset(found)
        found |= more


@cache
def sites() -> list[Site]:
    found = []
    for module, (file, _) in zip(modules(), trees(), strict=True):
        for call, function in module.calls:
            if _name(call.func) not in kinds():
                continue
            texts = [(call.args[0], "what")] if call.args else []
            texts += [(one.value, one.arg) for one in call.keywords if one.arg in _TEXTS]
            for text, _ in texts:
                found += [Site(one, file, call.lineno) for one in sorted(module.templates(text, function))]
    return sorted({site.template: site for site in reversed(found) if site.template.replace("{}", "").strip()}.values(),
                  key=lambda site: (site.file, site.line))  # fmt: skip


@cache
def told() -> list[Site]:
    """The sentences that the rules tell people: what stands in `Told(…)`, which mypy asks for where people read it."""
    found = []
    for module, (file, _) in zip(modules(), trees(), strict=True):
        for call, around in module.calls:
            if _name(call.func) == "Told":
                found += [Site(one, file, call.lineno) for one in sorted(module.templates(call.args[0], around))]
    return sorted({site.template: site for site in reversed(found)}.values(), key=lambda site: (site.file, site.line))


#: Whose faults `audit verify`, `recordings verify`, `doctor` and `retention run` show, and how they are handed over.
TELLERS = (
    "ivr/storage/evidence_reconciliation.py", "ivr/storage/bar_evidence.py", "ivr/storage/audit_log.py",
    "ivr/storage/retention_ledger.py", "ivr/services/vault/fixity.py", "ivr/domain/evidence/deadlines.py",
    "ivr/services/retention/run.py", "ivr/domain/evidence/checkpoint.py", "ivr/domain/evidence/chain.py",
    "ivr/domain/evidence/clock_check.py",
    "ivr/storage/head_guard.py",
)  # fmt: skip
_HANDED_OVER = {"Finding", "Discrepancy", "Failure", "append"}


@cache
def faults() -> list[Site]:
    """The sentences that say what is wrong with what is stored, which are told and not raised."""
    found = []
    for module, (file, _) in zip(modules(), trees(), strict=True):
        if file not in TELLERS:
            continue
        for node, around in module.nodes():
            texts: list[ast.expr] = []
            if isinstance(node, ast.Yield | ast.Return) and node.value is not None:
                texts = list(node.value.elts) if isinstance(node.value, ast.List) else [node.value]
            if isinstance(node, ast.Call) and _name(node.func) in _HANDED_OVER:
                texts = list(node.args)
            for text in texts:
                if isinstance(text, ast.JoinedStr | ast.Constant | ast.IfExp | ast.Name | ast.BinOp):
                    found += [Site(one, file, text.lineno) for one in sorted(module.templates(text, around))]
    return sorted(
        {site.template: site for site in reversed(found) if len(site.template.replace("{}", "").split()) > 2}.values(),
        key=lambda site: (site.file, site.line),
    )


class _Module:
    """One file: its calls, each with the functions around it, innermost last."""

    #: How many texts are being looked up within each other, in whichever file.
    _depth = 0

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        nodes = list(ast.walk(tree))
        self.classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        self._functions = {node.name: node for node in reversed(nodes) if isinstance(node, ast.FunctionDef)}
        self.calls: list[tuple[ast.Call, tuple[ast.AST, ...]]] = list(self._calls(tree, ()))
        self._known: dict[tuple[ast.AST, tuple[ast.AST, ...], int], set[str]] = {}

    def _calls(self, node: ast.AST, around: tuple[ast.AST, ...]) -> Iterator[tuple[ast.Call, tuple[ast.AST, ...]]]:
        if isinstance(node, ast.Call):
            yield node, around
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            around = (*around, node)
        for child in ast.iter_child_nodes(node):
            yield from self._calls(child, around)

    def nodes(self) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
        """Every node, with the functions around it."""
        waiting: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(self.tree, ())]
        while waiting:
            node, around = waiting.pop()
            yield node, around
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                around = (*around, node)
            waiting += [(child, around) for child in ast.iter_child_nodes(node)]

    def templates(self, text: ast.AST, around: tuple[ast.AST, ...]) -> set[str]:
        if _Module._depth > _DEEPEST:
            return {"{}"}
        asked = (text, around, _Module._depth)
        if asked not in self._known:
            _Module._depth += 1
            try:
                self._known[asked] = self._templates(text, around)
            finally:
                _Module._depth -= 1
        return self._known[asked]

    def _templates(self, text: ast.AST, around: tuple[ast.AST, ...]) -> set[str]:
        if isinstance(text, ast.Constant):
            return {str(text.value).replace("{", "{{").replace("}", "}}")} if isinstance(text.value, str) else {"{}"}
        if isinstance(text, ast.JoinedStr):
            return self._joined([self.templates(part, around) for part in text.values])
        if isinstance(text, ast.FormattedValue):
            return self.templates(text.value, around) if text.format_spec is None and text.conversion < 0 else {"{}"}
        if isinstance(text, ast.BinOp) and isinstance(text.op, ast.Add):
            return self._joined([self.templates(text.left, around), self.templates(text.right, around)])
        if isinstance(text, ast.IfExp):
            return self.templates(text.body, around) | self.templates(text.orelse, around)
        if isinstance(text, ast.BoolOp):
            return set().union(*(self.templates(value, around) for value in text.values))
        if isinstance(text, ast.Tuple):
            return set().union(*(self.templates(one, around) for one in text.elts))
        if isinstance(text, ast.Name):
            return self._named(text.id, around)
        if isinstance(text, ast.Subscript):
            return self._values(text.value, around)
        if isinstance(text, ast.Call):
            return self._called(text, around)
        return {"{}"}

    def _joined(self, parts: list[set[str]]) -> set[str]:
        found = {"".join(ways) for ways in itertools.islice(itertools.product(*map(sorted, parts)), _MOST)}
        return found or {""}

    def _values(self, table: ast.AST, around: tuple[ast.AST, ...]) -> set[str]:
        """A table of texts: any of them."""
        if isinstance(table, ast.Name):
            for node in self.tree.body:
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                if any(isinstance(one, ast.Name) and one.id == table.id for one in targets):
                    value = getattr(node, "value", None)
                    if isinstance(value, ast.Dict):
                        return set().union(*(self.templates(one, around) for one in value.values))
        return {"{}"}

    def _called(self, call: ast.Call, around: tuple[ast.AST, ...]) -> set[str]:
        """A function of this file that returns a text: whatever it returns."""
        if isinstance(call.func, ast.Attribute) and call.func.attr == "get" and call.args:
            return self._values(call.func.value, around).union(*(self.templates(one, around) for one in call.args[1:]))
        function = self._functions.get(_name(call.func))
        if function is None:
            return {"{}"}
        returned = [one.value for one in ast.walk(function) if isinstance(one, ast.Return) and one.value]
        texts = [one for one in returned if not isinstance(one, ast.Tuple)]
        return {"{}"}.union(*(self.templates(one, (function,)) for one in texts))

    def _named(self, name: str, around: tuple[ast.AST, ...]) -> set[str]:
        """A variable: whatever it is given in this function, by its callers in this file, or in the file itself."""
        for function in reversed(around):
            if isinstance(function, ast.ClassDef):
                continue
            given = _assignments(function).get(name)
            if given:
                return set().union(*(self.templates(value, around) for value in given))
            found = self._handed_over(function, name)
            if found is not None:
                return found
        given = _assignments(self.tree).get(name)
        return set().union(*(self.templates(value, ()) for value in given)) if given else {"{}"}

    def _handed_over(self, function: ast.AST, name: str) -> set[str] | None:
        """What callers in this file give to a parameter; None when it is none."""
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        arguments = function.args
        names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
        if name not in (*names, *(one.arg for one in arguments.kwonlyargs)):
            return None
        method = bool(names) and names[0] in ("self", "cls")
        found: set[str] = set()
        everywhere = not function.name.startswith("_") and any(function is node for node in self.tree.body)
        for module, call, around in calls_of().get(function.name, ()):
            if module is not self and not everywhere:
                continue
            by_name = [one.value for one in call.keywords if one.arg == name]
            at = names.index(name) - method if name in names else -1
            if by_name or 0 <= at < len(call.args):
                found |= module.templates(by_name[0] if by_name else call.args[at], around)
        for named, default in zip(reversed(names), reversed(arguments.defaults), strict=False):
            if named == name:
                found |= self.templates(default, ())
        return found or {"{}"}


@cache
def _assignments(scope: ast.AST) -> dict[str, list[ast.AST]]:
    """What each variable is given in a function, or at the top of a file."""
    found: dict[str, list[ast.AST]] = defaultdict(list)
    for node in scope.body if isinstance(scope, ast.Module) else ast.walk(scope):
        if not isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) or node.value is None:
            continue
        value = node.value
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                found[target.id].append(value)
            if isinstance(target, ast.Tuple):
                for way in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
                    apart = way.elts if isinstance(way, ast.Tuple) else []
                    fits = len(apart) == len(target.elts)
                    for one, given in zip(target.elts, apart if fits else itertools.repeat(way), strict=False):
                        if isinstance(one, ast.Name):
                            found[one.id].append(given)
    return found


@cache
def modules() -> tuple[_Module, ...]:
    return tuple(_Module(tree) for _, tree in trees())


@cache
def calls_of() -> dict[str, list[tuple[_Module, ast.Call, tuple[ast.AST, ...]]]]:
    """Every call of every file, by the name of what is called."""
    found: dict[str, list[tuple[_Module, ast.Call, tuple[ast.AST, ...]]]] = defaultdict(list)
    for module in modules():
        for call, around in module.calls:
            found[_name(call.func)].append((module, call, around))
    return found


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""

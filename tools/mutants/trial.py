"""Tries mutants on the tests that reach their lines: a fork of a pytest session that has everything imported already.

In the fork the changed function is put in the place of the running one (its code object, or the value of a constant),
the tests that reach its lines run as ever, and the first that fails ends it. So one mutant costs its tests and nothing
else: no interpreter, no import, no collection.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import itertools
import os
import re
import resource
import signal
import sys
import time
import types
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import coverage
import pytest

from tools.mutants.operators import Mutant

KILLED, SURVIVED, TIMEOUT, NO_TEST, INVALID = "killed", "survived", "timeout", "no test", "invalid"
_FAILED, _PASSED, _CANNOT = 1, 0, 7
#: A fork may take so much longer than its tests took alone, and so many seconds, of processor and of time.
_CPU_FACTOR, _CPU_S = 4.0, 10.0
_WALL_FACTOR, _WALL_S = 40.0, 120.0


class Reach:
    """Which tests run which lines of which file, and how long each takes."""

    def __init__(self) -> None:
        self.lines: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.took_s: dict[str, float] = {}

    def tests(self, path: str, lines: Iterable[int]) -> set[str]:
        of_file = self.lines.get(path, {})
        return {name for line in lines for name in of_file.get(line, ())}


class Trace:
    """A pytest plugin that learns the reach of all tests in one run of them."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.reach = Reach()
        self._paths = paths
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, include=[str(Path(p).resolve()) for p in paths]
        )
        self.failed: list[str] = []

    def pytest_sessionstart(self) -> None:
        self._coverage.start()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._coverage.switch_context(item.nodeid)
        begun = time.process_time()
        yield
        self.reach.took_s[item.nodeid] = time.process_time() - begun
        self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        for path in self._paths:
            for line, contexts in data.contexts_by_lineno(str(Path(path).resolve())).items():
                for name in contexts:
                    if name and name not in self.failed:
                        self.reach.lines[path][line].add(name)


class Trials:
    """A pytest plugin that tries mutants instead of running the tests; `told` hears of each result."""

    def __init__(
        self,
        mutants: Sequence[Mutant],
        reach: Reach,
        told: Callable[[Mutant, str, str], None],
        *,
        budget_s: float,
        first: Sequence[str] = (),
    ) -> None:
        self._mutants = mutants
        self._reach = reach
        self._told = told
        self._budget_s = budget_s
        self._first = first
        self._sources: dict[str, str] = {}
        self._test_files = {name.partition("::")[0] for name in reach.took_s}
        self._names: dict[str, dict[str, set[int]]] = {}
        self._rare: dict[tuple[str, str, int], dict[str, int]] = {}
        self._killers: dict[str, list[str]] = defaultdict(list)
        self._functions: dict[tuple[str, str, int], list[types.FunctionType]] = defaultdict(list)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        self._index()
        gc.collect()
        gc.freeze()
        for mutant in self._mutants:
            names = self._chosen(mutant, items)
            result, killer = self._try(mutant, [items[name] for name in names]) if names else (NO_TEST, "")
            if killer:
                known = self._killers[mutant.owner]
                known[:] = [killer, *(one for one in known if one != killer)][:5]
            self._told(mutant, result, killer)
        return True

    def _index(self) -> None:
        for found in gc.get_objects():
            if isinstance(found, types.FunctionType):
                code = found.__code__
                self._functions[_relative(code.co_filename), code.co_qualname, code.co_firstlineno].append(found)

    # ---- which tests

    def _chosen(self, mutant: Mutant, items: dict[str, pytest.Item]) -> list[str]:
        """Those that killed a neighbour or that were asked for, then those that say most about it, up to the budget.

        Half of it goes to the quickest of the files that import the module itself; the other half to those that reach
        lines of the function which few others reach, of these files and of any in turn. Who survives fewer tests
        might not have survived all: the score is never too good for it.
        """
        names = self._reaching(mutant) & items.keys()
        took = self._reach.took_s
        rarest = self._rarest(mutant)
        ordered = sorted(names, key=lambda one: (rarest.get(one, len(took)), took[one], one))
        homes = self._homes(mutant)
        home = [one for one in ordered if one.partition("::")[0] in homes]
        first = [one for one in (*self._killers[mutant.owner], *self._first) if one in names]
        quick = sorted(home, key=lambda one: (took[one], one))
        turns = [one for pair in itertools.zip_longest(home, ordered) for one in pair if one is not None]
        chosen = dict.fromkeys(first, 0.0)
        for some, budget_s in ((quick, self._budget_s / 2), (turns, self._budget_s)):
            for name in some:
                if sum(chosen.values()) + took[name] <= budget_s:
                    chosen.setdefault(name, took[name])
        # One that takes longer than all others together is met only where nothing else is.
        return list(chosen) or sorted(names, key=lambda one: (took[one], one))[:1]

    def _reaching(self, mutant: Mutant) -> set[str]:
        if mutant.owner.startswith("<"):
            names = [name for name, _ in _with_derived(self._source(mutant.path), mutant.owner.strip("<>"))]
            homes = self._homes(mutant)
            named = {name for name in self._reach.took_s if name.partition("::")[0] in homes}
            uses = {name for path in self._reach.lines for name in self._reach.tests(path, self._uses(names, path))}
            return named | uses
        return self._reach.tests(mutant.path, range(mutant.lines[0], mutant.lines[1] + 1))

    def _homes(self, mutant: Mutant) -> set[str]:
        """Test files that name the constant, or what is made of it; else those that import the module itself."""
        module = _module(mutant.path)
        parent, _, last = map(re.escape, module.rpartition("."))
        imported = re.compile(rf"^from (?:{parent}\.{last} import\b|{parent} import .*\b{last}\b)", re.MULTILINE)
        imports = {path for path in self._test_files if imported.search(self._source(path))}
        if not mutant.owner.startswith("<"):
            return imports
        names = [name for name, _ in _with_derived(self._source(mutant.path), mutant.owner.strip("<>"))]
        constant = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")
        return {path for path in imports if constant.search(self._source(path))} or imports

    def _rarest(self, mutant: Mutant) -> dict[str, int]:
        """For each test the least number of tests that share one of the lines it reaches in the function."""
        place = (mutant.path, mutant.owner, mutant.first_line)
        if place not in self._rare:
            found: dict[str, int] = {}
            functions = self._functions.get(place, [])
            lines = {line for one in functions[:1] for line in _lines(one.__code__)}
            for names in (self._reach.lines.get(mutant.path, {}).get(line, set()) for line in lines):
                for name in names:
                    found[name] = min(found.get(name, len(names)), len(names))
            self._rare[place] = found
        return self._rare[place]

    def _uses(self, names: Sequence[str], path: str) -> set[int]:
        """Lines of functions in which constants of a module are used, by their names."""
        if path not in self._names:
            self._names[path] = defaultdict(set)
            for function in ast.walk(ast.parse(self._source(path))):
                if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    for one in ast.walk(function):
                        if isinstance(one, ast.Name | ast.Attribute):
                            self._names[path][one.id if isinstance(one, ast.Name) else one.attr].add(one.lineno)
        return {line for name in names for line in self._names[path].get(name, ())}

    def _source(self, path: str) -> str:
        if path not in self._sources:
            self._sources[path] = Path(path).read_text("utf-8")
        return self._sources[path]

    # ---- one fork

    def _try(self, mutant: Mutant, items: list[pytest.Item]) -> tuple[str, str]:
        alone_s = sum(self._reach.took_s[item.nodeid] for item in items)
        seen, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(seen)
            placed = False
            with contextlib.suppress(BaseException):
                placed = self._put_in_place(mutant)
                if placed:
                    self._run_tests(items, tell, alone_s)
            # Here only what no test caught.
            os._exit(_FAILED if placed else _CANNOT)
        os.close(tell)
        status = _wait(child, _WALL_S + _WALL_FACTOR * alone_s)
        with os.fdopen(seen, encoding="utf-8") as told:
            killer = told.read()
        if status is None or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)):
            return TIMEOUT, ""
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) in (_PASSED, _CANNOT):
            return (SURVIVED if os.WEXITSTATUS(status) == _PASSED else INVALID), ""
        return KILLED, killer

    def _run_tests(self, items: list[pytest.Item], tell: int, alone_s: float) -> None:
        limit = int(time.process_time() + _CPU_S + _CPU_FACTOR * alone_s)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 2))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        session = items[0].session
        session.config.pluginmanager.register(_FirstFailure(tell))
        # It writes past the silence, by a copy of the descriptor.
        session.config.pluginmanager.unregister(name="terminalreporter")
        for at, item in enumerate(items):
            after = items[at + 1] if at + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        os._exit(_PASSED)

    def _put_in_place(self, mutant: Mutant) -> bool:
        source = self._source(mutant.path)
        filename = str(Path(mutant.path).resolve())
        if mutant.owner.startswith("<"):
            return _set_constant(mutant, source)
        try:
            whole = compile(mutant.apply(source), filename, "exec", dont_inherit=True)
        except SyntaxError:
            return False
        code = _find(whole, mutant.owner, mutant.first_line)
        functions = self._functions.get((mutant.path, mutant.owner, mutant.first_line), [])
        if code is None or not functions:
            return False
        for function in functions:
            try:
                function.__code__ = code
            except ValueError:
                return False
        return True


class _FirstFailure:
    """Ends the fork at the first test that fails."""

    def __init__(self, tell: int) -> None:
        self._tell = tell

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os.write(self._tell, report.nodeid.encode())
            os._exit(_FAILED)


def _set_constant(mutant: Mutant, source: str) -> bool:
    """Give a module's constant its changed value, and those made of it theirs, wherever they were imported by name."""
    module = sys.modules[_module(mutant.path)]
    ours = [one for one in list(sys.modules.values()) if _relative(getattr(one, "__file__", "") or "/")[0] != "/"]
    changed = _with_derived(mutant.apply(source), mutant.owner.strip("<>"))
    for name, value in changed:
        old = getattr(module, name)
        new = eval(compile(ast.Expression(value), mutant.path, "eval"), dict(vars(module)))
        for other in ours:
            if vars(other).get(name) is old:
                setattr(other, name, new)
    return bool(changed)


def _with_derived(source: str, name: str) -> list[tuple[str, ast.expr]]:
    """A constant of a module and every later one whose value is made of it, with their expressions."""
    found: dict[str, ast.expr] = {}
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.expr):
            read = {one.id for one in ast.walk(value) if isinstance(one, ast.Name)}
            if target.id == name or read & found.keys():
                found[target.id] = value
    return list(found.items())


def _lines(code: types.CodeType) -> set[int]:
    own = {line for _, _, line in code.co_lines() if line is not None}
    return own.union(*(_lines(one) for one in code.co_consts if isinstance(one, types.CodeType)))


def _find(code: types.CodeType, owner: str, first_line: int) -> types.CodeType | None:
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            if one.co_qualname == owner and one.co_firstlineno == first_line:
                return one
            if owner.startswith(f"{one.co_qualname}.") and (found := _find(one, owner, first_line)) is not None:
                return found
    return None


def _wait(child: int, at_most_s: float) -> int | None:
    """The child's status; None when it was ended because it was not over in time."""
    deadline = time.monotonic() + at_most_s
    pause_s = 0.002
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, 0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _relative(filename: str) -> str:
    with contextlib.suppress(ValueError):
        return str(Path(filename).relative_to(Path.cwd()))
    return filename


def everything(plugin: object, selection: Sequence[str]) -> int:
    """Run pytest as configured, on the tests chosen for mutants, with few and always the same examples."""
    quiet: list[Any] = ["-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--hypothesis-profile=mutants"]
    # What a fork may take is limited here, by its processor time; a machine that is busy otherwise is no result.
    quiet += ["--timeout=0"]
    return int(pytest.main([*quiet, *selection], plugins=[plugin]))

"""A contract of import-linter: what a package may import from outside `ivr`. Whatever is not listed is refused.

import-linter's own `forbidden` needs the list of what may not come in, and nobody can write that list down.
"""

from __future__ import annotations

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class AllowedContract(Contract):
    """`source_modules` (packages) import from outside `ivr` only `allowed`: names of top-level modules, or `stdlib`."""

    source_modules = fields.ListField(subfield=fields.StringField())
    allowed = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        allowed: set[str] = {"ivr", *self.allowed}  # type: ignore[misc]
        if "stdlib" in allowed:
            allowed |= sys.stdlib_module_names
        sources: list[str] = self.source_modules  # type: ignore[assignment]
        broken = sorted(
            f"{module}:{detail['line_number']} imports {imported}"
            for source in sources
            for module in {source, *graph.find_descendants(source)}
            for imported in graph.find_modules_directly_imported_by(module)
            if imported.split(".")[0] not in allowed
            for detail in graph.get_import_details(importer=module, imported=imported)
        )
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["broken"]:
            output.print_error(line)
        output.print_error("Import it in the package whose business it is, or add it to the list in pyproject.toml.")

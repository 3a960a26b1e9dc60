"""A compiled template of either kind: the names it uses, its faults, and its parts packed once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from officefill.errors import BadTemplate, Fault
from officefill.language.expressions import PlainEnvironment
from officefill.language.names import NameUse, Shapes, check_plain
from officefill.language.provenance import Seal, settle_record
from officefill.language.regions import NOTHING_KEPT, KeptRegions
from officefill.ooxml.package import Package, pack, write_package
from officefill.ooxml.properties import Properties, app_xml, core_xml, settle_properties


class Template:
    """A compiled template. `names` are the top-level names it uses; a traced one keeps the record of its figures."""

    names: frozenset[str]

    def __init__(self, package: Package, environment: PlainEnvironment, trace: bool) -> None:
        self.path, self.environment, self.trace = package.path, environment, trace
        self._package, self._main = package, package.main
        self._record = settle_record(package, environment.settings) if trace else ""

    def render(self, context: dict[str, Any], properties: Properties, seal: Seal | None = None, kept: KeptRegions = NOTHING_KEPT) -> bytes:
        """Return the file filled from `context`, the same bytes for the same input anywhere.

        `seal` writes the record of a traced one, whose regions for people get what was `kept` of them, by name and key.
        Raises `BadTemplate` with every unknown name, or every value that cannot print; `TypeError` for a context that holds anything but
        plain values.
        """
        raise NotImplementedError

    def uses(self) -> Iterator[NameUse]:
        """Yield the names that its tags take from the context."""
        raise NotImplementedError

    def _settle(self, faults: Iterable[Fault], filled: Collection[str]) -> None:
        """Pack all parts but those `filled`, once compiled. Raises `BadTemplate` where there are faults."""
        self._stop_at(faults)
        self.names = frozenset(use.path[0] for use in self.uses())
        application = self.environment.settings.application
        self._core, app = settle_properties(self._package, application)
        changing = {*filled, self._core, self._record}
        self._packed = {name: pack(data) for name, data in self._package.parts.items() if name not in changing}
        self._packed[app] = pack(app_xml(application))

    def _check(self, context: dict[str, Any]) -> None:
        """Raises as `render` does, for the names."""
        check_plain(context)
        self._stop_at(Shapes(context).unknown(self.uses()))

    def _stop_at(self, faults: Iterable[Fault]) -> None:
        if found := list(faults):
            raise BadTemplate(str(self.path), found)

    def _write(self, made: Mapping[str, bytes], properties: Properties, without: Collection[str] = ()) -> bytes:
        """Return the file with these parts, and `without` some of the template's; all others stay byte for byte."""
        made = {**made, self._core: core_xml(properties)}
        kept = (name for name in self._package.parts if name not in without)
        parts = {name: pack(made[name]) if name in made else self._packed[name] for name in kept}
        return write_package(parts | {name: pack(data) for name, data in made.items() if name not in parts})

"""Opening a template: reading, checking and compiling a .docx or .xlsx file."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from officefill.errors import BadTemplate, Fault
from officefill.excel import template as excel
from officefill.language.expressions import Filters
from officefill.messages import tr
from officefill.ooxml.namespaces import S, W
from officefill.ooxml.package import Package, read_file, read_package
from officefill.ooxml.safety import dangers
from officefill.ooxml.zip_gate import Reason, Refused
from officefill.settings import DEFAULT, Settings
from officefill.template import Template
from officefill.word import template as word

_MOST_KEPT = 16
_kept: dict[tuple[Any, ...], Template] = {}


def open_template(
    path: Path | str, filters: Filters, settings: Settings = DEFAULT, *, trace: bool = False, data: bytes | None = None
) -> Template:
    """Read, check and compile a .docx or .xlsx template, whose tags may use `filters`; of the bytes `data` where they are given.

    A traced template marks every figure in its papers and hands the record of them to the `seal` of each filling (see `Traced`).

    A file whose bytes have not changed is not compiled again: a run fills the same few templates for hundreds of units.
    Raises `BadTemplate` with every fault there is: unsafe content, tags that cannot be read, loops that do not close, unknown filters.
    """
    path = Path(path)
    data = read_file(path) if data is None else data
    # The places of faults are in the language of the moment.
    key = (path, sha256(data).digest(), tuple(filters.items()), settings, trace, tr("table {number}"))
    if key not in _kept:
        made = _compile(path, data, filters, settings, trace)
        if len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = made
    return _kept[key]


def _compile(path: Path, data: bytes, filters: Filters, settings: Settings, trace: bool) -> Template:
    package = read_package(path, data)
    try:
        faults = list(dangers(package))
        if faults:
            raise BadTemplate(str(path), faults)
        return compile_template(package, filters, settings, trace=trace)
    except Refused as refused:
        raise BadTemplate(str(path), [Fault(refused.what, package.path.name, refused.do)]) from None


def compile_template(package: Package, filters: Filters, settings: Settings = DEFAULT, *, trace: bool = False) -> Template:
    """Compile the template in an open package, whatever dangers it carries: for `open_template`, and for a list of all its faults.

    Raises `BadTemplate` with every fault of its tags, `Refused` for a file of another kind.
    """
    return _kind(package)(package, filters, settings, trace=trace)


def _kind(package: Package) -> Callable[..., Template]:
    """Return the class for the package's kind. Raises `Refused` for a kind that is not filled."""
    kind = package.content_type(package.main) if package.main else ""
    for main, namespace, template in ((word.MAIN, W, word.WordTemplate), (excel.MAIN, S, excel.ExcelTemplate)):
        if kind == main:
            if not package.tree(package.main).tag.startswith(f"{{{namespace}}}"):
                raise Refused(Reason.UNFIT, tr("the file is saved as Strict Open XML"), tr("save it as an ordinary .docx or .xlsx"))
            return template
    what = tr("this is no Word or Excel file of the kind that can be filled ({kind})", kind=kind or "?")
    raise Refused(Reason.UNFIT, what, tr("save it as .docx or .xlsx"))

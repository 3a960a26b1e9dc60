"""Dangers in a template: programs, and anything fetched from elsewhere when the paper is opened.

Sources: Microsoft advisories 4053440 (DDE) and ADV170021; traps C13-C15.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from officefill.errors import Fault, Place
from officefill.messages import tr
from officefill.ooxml.namespaces import W, w  # noqa: F401 - W is imported from here, too
from officefill.ooxml.package import TYPES, Package
from officefill.ooxml.zip_gate import Refused

PLAIN_LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
_REFUSED_FIELD = re.compile(
    "DDE|DDEAUTO|INCLUDE|INCLUDEPICTURE|INCLUDETEXT|IMPORT|LINK|DATABASE|MACROBUTTON|RD|AUTOTEXTLIST|EMBED|CONTROL|HTMLACTIVEX|ADDIN",
    re.IGNORECASE,
)
_LINK_FIELD = re.compile(r'\s*HYPERLINK\s+(?:"([^"]*)"?|([^\s\\]\S*))', re.IGNORECASE)
_LINK_FORMULA = re.compile(r'\bHYPERLINK\s*\(\s*"([^"]*)', re.IGNORECASE)
_FUNCTIONS = r"WEBSERVICE|IMAGE|STOCKHISTORY|FIELDVALUE|CALL|REGISTER(\.ID)?|RTD|EXEC|DDE|SQL\.(REQUEST|OPEN|EXEC\.QUERY)|CUBE\w+|PY"
_REFUSED_FORMULA = re.compile(
    rf"\|\s*'|\|\s*\w+!|(?<![\w.])(_xl\w+\.)*({_FUNCTIONS})\s*\(|\[\d+\]|\[[^\]]*\.xls|'\\\\|file:|javascript:", re.IGNORECASE
)


def _refused_types() -> dict[str, str]:
    """Return the pieces of content types that are refused, each with its words."""
    macros, data = tr("macros"), tr("connections to outside data")
    return {
        "macroEnabled": macros,
        "vbaProject": macros,
        "macrosheet": macros,
        "ms-office.activeX": tr("ActiveX controls"),
        "externalLink": tr("links to other workbooks"),
        "spreadsheetml.connections": data,
        "spreadsheetml.queryTable": data,
    }


def _refused_arrows() -> dict[str, str]:
    """Return the kinds of arrows that are refused wherever they lead, each with its words."""
    return {
        "vbaProject": tr("macros"),
        "attachedTemplate": tr("an attached template"),
        "aFChunk": tr("a document inside the document"),
        "oleObject": tr("an embedded object"),
        "control": tr("ActiveX controls"),
        "externalLinkPath": tr("links to other workbooks"),
    }


def dangers(package: Package) -> Iterator[Fault]:
    """Yield a fault for each thing of the package that is not allowed. Every XML part is parsed, so broken ones are faults too."""
    name = package.path.name
    for part in package.parts:
        if part.endswith((".xml", ".rels")):
            try:
                package.tree(part)
            except Refused as refused:
                yield Fault(refused.what, f"{name}, {part}", refused.do)
                return
    yield from _declared(package)
    for part in package.parts:
        if part.endswith(".rels"):
            yield from _arrows(package, part)
        elif part.startswith("word/") and part.endswith(".xml"):
            yield from _fields(package, part)
        elif part.startswith("xl/") and part.endswith(".xml"):
            yield from _formulas(package, part)


def _declared(package: Package) -> Iterator[Fault]:
    declared = {node.get("ContentType", "") for node in package.tree(TYPES)}
    for mark, what in _refused_types().items():
        if any(mark.lower() in kind.lower() for kind in declared):
            yield Fault(tr("the template carries {what}", what=what), package.path.name, tr("save it without them, as .docx or .xlsx"))


def _arrows(package: Package, part: str) -> Iterator[Fault]:
    refused = _refused_arrows()
    for node in package.tree(part):
        kind, target = node.get("Type", "").rsplit("/", 1)[-1], node.get("Target", "")
        where = Place(f"{package.path.name}, {part}", part)
        if kind in refused:
            yield Fault(tr("the template carries {what}", what=refused[kind]), where, tr("remove it and save the template again"))
        elif _leads_out(node, target) and not (kind == "hyperlink" and PLAIN_LINK.match(target)):
            what = tr("the template points to {target} ({kind})", target=target[:80], kind=kind)
            yield Fault(what, where, tr("only web and mail links may lead out of a template"))


def _leads_out(node: etree._Element, target: str) -> bool:
    return node.get("TargetMode") == "External" or re.match(r"[a-z][a-z+.-]+:", target, re.IGNORECASE) is not None


def _fields(package: Package, part: str) -> Iterator[Fault]:
    numbers = {paragraph: number for number, paragraph in enumerate(package.tree(part).iter(w("p")))}
    for code, node in fields(package.tree(part)):
        words = code.split()
        where = Place(f"{package.path.name}, {part}", part, numbers.get(next(node.iterancestors(w("p")), None)))
        link = _LINK_FIELD.match(code)
        if (words and _REFUSED_FIELD.fullmatch(words[0])) or (link and not PLAIN_LINK.match((link[1] or link[2] or "#").strip())):
            yield Fault(tr("the field {code} is not allowed", code=code.strip()[:60]), where, tr("remove the field"))
        elif not words:
            yield Fault(tr("a field whose name is made by another field is not allowed"), where, tr("remove the field"))


def field_codes(root: etree._Element) -> Iterator[str]:
    """Yield the code of each field of a Word part, before any field inside it; blank where another field makes its name."""
    yield from (code for code, _ in fields(root))


def fields(root: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """Yield the code of each field of a Word part, and the element at which it is known."""
    open_codes: list[list[str] | None] = []
    for node in root.iter(w("fldChar"), w("instrText"), w("fldSimple")):
        if node.tag == w("fldSimple"):
            yield node.get(w("instr"), ""), node
        elif node.tag == w("instrText"):
            if open_codes and open_codes[-1] is not None:
                open_codes[-1].append(node.text or "")
        elif node.get(w("fldCharType")) == "begin":
            if open_codes and open_codes[-1] is not None and not "".join(open_codes[-1]).strip():
                yield "", node
            open_codes.append([])
        elif open_codes:
            code = open_codes[-1]
            if code is not None:
                yield "".join(code) or "-", node
            open_codes[-1] = None
            if node.get(w("fldCharType")) == "end":
                open_codes.pop()


def _formulas(package: Package, part: str) -> Iterator[Fault]:
    for node in package.tree(part).iter("{*}f", "{*}definedName", "{*}formula", "{*}formula1", "{*}formula2"):
        links = _LINK_FORMULA.findall(node.text or "")
        if node.text and (_REFUSED_FORMULA.search(node.text) or not all(PLAIN_LINK.match(link) for link in links if link)):
            what = tr("the formula {formula} reaches out of the workbook", formula=node.text[:60])
            cell = next((above.get("r") for above in node.iterancestors("{*}c")), None)
            yield Fault(what, Place(f"{package.path.name}, {part}", part, cell), tr("remove the formula"))

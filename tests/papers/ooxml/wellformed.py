"""What is wrong with an Office file as a package: parts nobody declares, arrows that lead nowhere, numbers used twice, elements out of order.

A file with one of these is "damaged" to Word or Excel, whatever its text says. Orders are those of ECMA-376 part 1 (17.3, 17.4, 17.6, 18.3).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
XM = "{http://schemas.microsoft.com/office/excel/2006/main}"
VML = "{urn:schemas-microsoft-com:office:excel}"
RANGES = re.compile(r"[A-Z]{1,3}[1-9]\d*(:[A-Z]{1,3}[1-9]\d*)?( [A-Z]{1,3}[1-9]\d*(:[A-Z]{1,3}[1-9]\d*)?)*|[A-Z]+:[A-Z]+|\d+:\d+")
HOLDERS = {f"{S}{name}" for name in ("hyperlinks", "dataValidations", "mergeCells", "ignoredErrors", "protectedRanges", "extLst", "ext")}
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
ARROWS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
ORDERS = {
    f"{W}pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs suppressAutoHyphens "
    "kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid spacing ind contextualSpacing "
    "mirrorIndents suppressOverlap jc textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
    f"{W}tblPr": "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd tblBorders shd "
    "tblLayout tblCellMar tblLook tblCaption tblDescription tblPrChange",
    f"{W}tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark headers cellIns "
    "cellDel cellMerge tcPrChange",
    f"{W}sectPr": "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType pgNumType cols formProt "
    "vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid printerSettings sectPrChange",
    f"{S}worksheet": "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios "
    "autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks printOptions "
    "pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing "
    "legacyDrawingHF drawingHF picture oleObjects controls webPublishItems tableParts extLst",
    f"{S}workbook": "fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups externalReferences definedNames "
    "calcPr oleSize customWorkbookViews pivotCaches smartTagPr smartTagTypes webPublishing fileRecoveryPr webPublishObjects extLst",
}
"""The children an element may have, in the order they must have."""
ONCE = (
    (f"{WP}docPr", "id"),
    (f"{W}bookmarkStart", f"{W}id"),
    (f"{W}bookmarkStart", f"{W}name"),
    (f"{S}sheet", "sheetId"),
    (f"{S}sheet", "name"),
)
"""Attributes no two elements of a file may share."""


def faults(data: bytes) -> list[str]:
    """Everything found wrong with the file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        parts = {name: archive.read(name) for name in names}
    found = [f"part twice: {name}" for name, times in Counter(name.lower() for name in names).items() if times > 1]
    trees = {name: etree.fromstring(part) for name, part in parts.items() if name.endswith((".xml", ".rels", ".vml"))}
    return [
        *found,
        *_undeclared(parts, trees),
        *_lost_arrows(parts, trees),
        *_twice(trees),
        *_disorder(trees),
        *_cells(trees),
        *_ranges(trees),
    ]


def _undeclared(parts: dict[str, bytes], trees: dict[str, etree._Element]) -> Iterator[str]:
    types = trees["[Content_Types].xml"]
    endings = {node.get("Extension", "").lower() for node in types.iter(f"{TYPES}Default")}
    declared = [node.get("PartName", "")[1:] for node in types.iter(f"{TYPES}Override")]
    yield from (f"declared but not there: {name}" for name in declared if name not in parts)
    yield from (f"declared twice: {name}" for name, times in Counter(declared).items() if times > 1)
    for name in parts:
        if name != "[Content_Types].xml" and name not in declared and name.rpartition(".")[2].lower() not in endings:
            yield f"undeclared: {name}"


def _lost_arrows(parts: dict[str, bytes], trees: dict[str, etree._Element]) -> Iterator[str]:
    for name, tree in trees.items():
        if not name.endswith(".rels"):
            continue
        source = name.replace("_rels/", "").removesuffix(".rels")
        yield from (f"{name}: {key} twice" for key, times in Counter(node.get("Id") for node in tree).items() if times > 1)
        for node in tree:
            target = posixpath.normpath(posixpath.join("/" + posixpath.dirname(source), node.get("Target", "")))[1:]
            if node.get("TargetMode") != "External" and target not in parts:
                yield f"{name}: {node.get('Target')} is not there"
        if source in trees:
            known = {node.get("Id") for node in tree}
            used = {value for node in trees[source].iter("*") for key, value in node.attrib.items() if key.startswith(ARROWS)}
            yield from (f"{source}: no arrow {key}" for key in sorted(used - known))


def _twice(trees: dict[str, etree._Element]) -> Iterator[str]:
    for tag, attribute in ONCE:
        seen = Counter(node.get(attribute) for name, tree in trees.items() for node in tree.iter(tag) if not _in_fallback(node))
        yield from (f"{etree.QName(tag).localname} {value} twice" for value, times in seen.items() if times > 1)
    for name, tree in trees.items():
        seen = Counter(value for node in tree.iter(f"{W}p") if (value := node.get(f"{W14}paraId")) and not _in_fallback(node))
        yield from (f"{name}: paragraph {value} twice" for value, times in seen.items() if times > 1)
        starts, ends = ({node.get(f"{W}id") for node in tree.iter(f"{W}bookmark{end}")} for end in ("Start", "End"))
        yield from (f"{name}: bookmark {number} has one end" for number in starts ^ ends)


def _in_fallback(node: etree._Element) -> bool:
    """Whether a node is in the second copy of a drawing, for older programs."""
    return any(etree.QName(above).localname == "Fallback" for above in node.iterancestors())


def _disorder(trees: dict[str, etree._Element]) -> Iterator[str]:
    for name, tree in trees.items():
        for tag, order in ORDERS.items():
            places = {word: at for at, word in enumerate(order.split())}
            for node in tree.iter(tag):
                children = [
                    etree.QName(child).localname
                    for child in node.iterchildren("*")
                    if etree.QName(child).namespace == tag[1:].split("}")[0]
                ]
                unknown = [child for child in children if child not in places]
                yield from (f"{name}: {child} in {etree.QName(tag).localname}" for child in unknown)
                if not unknown and [places[child] for child in children] != sorted(places[child] for child in children):
                    yield f"{name}: {' '.join(children)} in {etree.QName(tag).localname}"


def _cells(trees: dict[str, etree._Element]) -> Iterator[str]:
    for name, tree in trees.items():
        for cell in tree.iter(f"{W}tc"):
            if len(cell) == 0 or cell[-1].tag != f"{W}p":
                yield f"{name}: a cell that ends with no paragraph"
        yield from (f"{name}: a table without rows" for table in tree.iter(f"{W}tbl") if next(table.iter(f"{W}tr"), None) is None)
        rows = [int(row.get("r", "0")) for row in tree.iter(f"{S}row")]
        if rows != sorted(set(rows)):
            yield f"{name}: rows out of order"
        for row in tree.iter(f"{S}row"):
            places = [_place(cell.get("r", "")) for cell in row]
            if places != sorted(set(places)) or any(number != row.get("r") for _, _, number in places):
                yield f"{name}: cells of row {row.get('r')} out of order"


def _ranges(trees: dict[str, etree._Element]) -> Iterator[str]:
    for name, tree in trees.items():
        for node in tree.iter(f"{S}*"):
            said = [*(node.get(key, "") for key in ("ref", "sqref", "activeCell", "topLeftCell")), *_areas(node)]
            yield from (
                f"{name}: {text} in {etree.QName(node).localname} is no range" for text in said if text and not RANGES.fullmatch(text)
            )
            if node.tag in HOLDERS and not len(node):
                yield f"{name}: {etree.QName(node).localname} of nothing"
    noted = sum(1 for tree in trees.values() for node in tree.iter(f"{S}comment"))
    boxes = sum(1 for tree in trees.values() for node in tree.iter(f"{VML}ClientData") if node.get("ObjectType") == "Note")
    if noted != boxes:
        yield f"{noted} comments and {boxes} boxes"


def _areas(node: etree._Element) -> list[str]:
    """The ranges of the newer formats, checks and small charts below a list of extensions."""
    return [area.text or "" for area in node.iter(f"{XM}sqref")] if node.tag == f"{S}extLst" else []


def _place(cell: str) -> tuple[int, str, str]:
    column = cell.rstrip("0123456789")
    return len(column), column, cell[len(column) :]

"""Finds missing styles, fonts that office machines lack, and fields left over from another use of the file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree
from officefill.comments.excel import is_excel
from officefill.comments.word import is_word
from officefill.excel.cells import S
from officefill.excel.workbook_parts import worksheets
from officefill.language.tags import quoted
from officefill.ooxml.package import Package
from officefill.ooxml.safety import W, fields
from officefill.word.paragraphs import PARAGRAPH, text_of
from officefill.word.template import filled_parts

from postloan.errors import Place
from postloan.language import tr
from postloan.papers.fields.field_check import TemplateFault
from postloan.yaml_file import read_yaml

FILE = Path(__file__).parent / "fonts.yaml"
_USES = {f"{{{W}}}{name}" for name in ("pStyle", "rStyle", "tblStyle")}
_VALUE, _STYLE, _FONTS = (f"{{{W}}}{name}" for name in ("val", "style", "rFonts"))
_FACES = tuple(f"{{{W}}}{name}" for name in ("eastAsia", "ascii", "hAnsi"))


@cache
def _known() -> dict[str, Any]:
    data = read_yaml(FILE)
    installed = {name.lower() for group in ("windows", "office", "official_papers") for name in data[group]}
    return {**data, "installed": installed, "poor": {name.lower(): better for name, better in data["without_rare_characters"].items()}}


def typefaces(package: Package) -> list[TemplateFault]:
    """Return a fault for each missing style, and a warning for each doubtful font and left-over field, at its first place."""
    main = next(iter(package.related("officeDocument")), "")
    found = _word(package, main) if is_word(package, main) else _excel(package, main) if is_excel(package, main) else iter(())
    return list({(fault.what, fault.where.split("“")[0]): fault for fault in found}.values())


# Word


def _word(package: Package, main: str) -> Iterator[TemplateFault]:
    styles = _styles(package, main)
    used: dict[str, Place] = {}
    faces: dict[str, Place] = {}
    for part, where in filled_parts(package):
        root = package.tree(part)
        places = _PartPlaces(root, part, where)
        for node in root.iter(*_USES):
            used.setdefault(node.get(_VALUE, ""), places.of(node))
        for node in root.iter(_FONTS):
            for face in _faces(node):
                faces.setdefault(face, places.of(node))
        yield from _left_over(root, places)
    yield from (_missing_style(name, place) for name, place in used.items() if name not in styles)
    for name, style in _with_parents(styles, used).items():
        for node in style.iter(_FONTS):
            for face in _faces(node):
                faces.setdefault(face, used.get(name, Place(f"{package.path.name}, {tr('style {name}', name=_title(style))}")))
    yield from _fonts(faces)


class _PartPlaces:
    """The places of the elements of a part: an element's paragraph, or the first paragraph of its table."""

    def __init__(self, root: etree._Element, part: str, where: str) -> None:
        self.part, self.where = part, where
        self.numbers = {paragraph: number for number, paragraph in enumerate(root.iter(PARAGRAPH))}

    def of(self, node: etree._Element) -> Place:
        around = next(node.iterancestors(PARAGRAPH), None)
        if around is None:
            table = next(node.iterancestors(f"{{{W}}}tbl"), None)
            around = None if table is None else next(table.iter(PARAGRAPH), None)
        if around is None:
            return Place(self.where, self.part)
        return quoted(Place(self.where, self.part, self.numbers[around]), text_of(around))  # type: ignore[return-value]


def _styles(package: Package, main: str) -> dict[str, etree._Element]:
    part = next(iter(package.related("styles", main)), None)
    return {node.get(f"{{{W}}}styleId", ""): node for node in package.tree(part).iter(_STYLE)} if part else {}


def _with_parents(styles: dict[str, etree._Element], used: dict[str, Place]) -> dict[str, etree._Element]:
    """Return the styles in use: the named ones, the defaults, and the styles they are based on."""
    names = [*used, *(name for name, style in styles.items() if style.get(f"{{{W}}}default") in ("1", "true"))]
    found: dict[str, etree._Element] = {}
    for name in names:
        while name in styles and name not in found:
            found[name] = styles[name]
            parent = styles[name].find(f"{{{W}}}basedOn")
            name = "" if parent is None else parent.get(_VALUE, "")
    return found


def _title(style: etree._Element) -> str:
    named = style.find(f"{{{W}}}name")
    return style.get(f"{{{W}}}styleId", "") if named is None else named.get(_VALUE, "")


def _faces(node: etree._Element) -> list[str]:
    return [face for name in _FACES if (face := node.get(name, ""))]


def _left_over(root: etree._Element, places: _PartPlaces) -> Iterator[TemplateFault]:
    for code, node in fields(root):
        word = (code.split() or [""])[0].upper()
        if word in _known()["left_over_fields"]:
            what = tr("the field {code} is left over and is not filled", code=code.strip()[:60])
            yield TemplateFault(what, places.of(node), tr("remove the field, or write a tag in its place"), warning=True)
    for node in root.iter(f"{{{W}}}showingPlcHdr"):
        control = next(node.iterancestors(f"{{{W}}}sdt"))
        inside = next(control.iter(PARAGRAPH), control)
        what = tr("a content control still shows its prompt")
        yield TemplateFault(
            what, places.of(next(inside.iter(f"{{{W}}}r"), node)), tr("remove the control, or write a tag in its place"), warning=True
        )


def _missing_style(name: str, place: Place) -> TemplateFault:
    return TemplateFault(tr("the style '{name}' is not in the file", name=name), place, tr("give the text a style that the file has"))


# Excel


def _excel(package: Package, main: str) -> Iterator[TemplateFault]:
    part = next(iter(package.related("styles", main)), None)
    root = package.tree(part) if part else None
    forms = 0 if root is None else len(root.findall(f"{{{S}}}cellXfs/{{{S}}}xf"))
    for name, sheet in worksheets(package, main):
        for cell in package.tree(sheet).iter(f"{{{S}}}c"):
            style = cell.get("s", "0")
            if style != "0" and not (style.isdecimal() and int(style) < forms):
                yield _missing_style(style, Place(f"{package.path.name}, {name}!{cell.get('r')}", name, cell.get("r")))
    if root is not None:
        where = Place(f"{package.path.name}, {tr('cell styles')}")
        yield from _fonts({node.get("val", ""): where for node in root.iterfind(f"{{{S}}}fonts/{{{S}}}font/{{{S}}}name")})


# Fonts


def _fonts(faces: dict[str, Place]) -> Iterator[TemplateFault]:
    known = _known()
    for face, place in faces.items():
        name = face.lstrip("@").lower()
        if name in known["poor"]:
            what = tr("the font {font} has no rare characters of names such as 喆赟珺镕", font=face)
            yield TemplateFault(what, place, tr("use {font}", font=known["poor"][name]), warning=True)
        elif name and name not in known["installed"]:
            what = tr("the font {font} may not be on the machines that open the paper", font=face)
            yield TemplateFault(what, place, tr("use 宋体, 黑体, 仿宋 or 楷体, or see that it is installed"), warning=True)

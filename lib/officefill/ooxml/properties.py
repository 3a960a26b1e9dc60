"""What a paper says about itself: title, author, time. Written whole, so nothing of the template's own history is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from officefill.language.marks import NOT_XML
from officefill.ooxml.package import (
    TYPES,
    Package,
    declare,
    no_relationships,
    part_bytes,
    relationships_name,
    with_relationships,
    write_xml,
)

_CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
_APP_TYPE = "application/vnd.openxmlformats-officedocument.extended-properties+xml"
_CORE_ARROW = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
_APP_ARROW = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties"


@dataclass(frozen=True)
class Properties:
    """Core properties of a paper. `created` has no time zone and is written as it is, also as the time of the last change."""

    title: str
    author: str
    created: datetime
    subject: str = ""
    keywords: str = ""

    def __post_init__(self) -> None:
        """Raises `ValueError` for what no file can hold: control characters, a time with a zone."""
        if NOT_XML.search(self.title + self.author + self.subject + self.keywords):
            raise ValueError("properties hold a character that XML cannot carry")
        if self.created.tzinfo is not None:
            raise ValueError("created has a time zone")


def core_xml(properties: Properties) -> bytes:
    """docProps/core.xml. Source: ECMA-376 part 2, 11."""
    instant = f"{properties.created:%Y-%m-%dT%H:%M:%S}Z"
    say = {name: escape(getattr(properties, name)) for name in ("title", "subject", "author", "keywords")}
    return part_bytes(
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{say['title']}</dc:title><dc:subject>{say['subject']}</dc:subject><dc:creator>{say['author']}</dc:creator>"
        f"<cp:keywords>{say['keywords']}</cp:keywords><cp:lastModifiedBy>{say['author']}</cp:lastModifiedBy><cp:revision>1</cp:revision>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{instant}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{instant}</dcterms:modified></cp:coreProperties>'
    )


def app_xml(application: str) -> bytes:
    """Return docProps/app.xml, which names the program."""
    return part_bytes(
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        f"<Application>{escape(application)}</Application></Properties>"
    )


def settle_properties(package: Package, application: str) -> tuple[str, str]:
    """Return the names of the parts for core and app properties; a package without them gets them declared."""
    names = []
    added = {}
    for kind, name, content_type, arrow in (
        ("core-properties", "docProps/core.xml", _CORE_TYPE, _CORE_ARROW),
        ("extended-properties", "docProps/app.xml", _APP_TYPE, _APP_ARROW),
    ):
        found = package.related(kind)
        if not found:
            package.parts[name] = b""
            declare(package.tree(TYPES), part=name, kind=content_type)
            added[f"{application}-{kind}"] = (arrow, name)
        names.append(found[0] if found else name)
    if added:
        package.parts[TYPES] = part_bytes(write_xml(package.tree(TYPES)))
        top = relationships_name("")
        package.parts[top] = with_relationships(package.tree(top) if top in package.parts else no_relationships(), added)
    return names[0], names[1]

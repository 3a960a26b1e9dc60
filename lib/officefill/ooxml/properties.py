"""A paper's properties: title, author, time. Written whole, so nothing of the template's own history is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from officefill.ooxml.namespaces import NOT_XML
from officefill.ooxml.package import Package, part_bytes

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_KINDS = (
    ("core-properties", "docProps/core.xml", "package.core-properties+xml", f"{_PACKAGE}/relationships/metadata/core-properties"),
    ("extended-properties", "docProps/app.xml", "officedocument.extended-properties+xml", f"{_OFFICE}/relationships/extended-properties"),
)


@dataclass(frozen=True)
class Properties:
    """Core properties of a paper. `created` has no time zone and is written as it is, also as the time of the last change."""

    title: str
    author: str
    created: datetime
    subject: str = ""
    keywords: str = ""

    def __post_init__(self) -> None:
        """Raise `ValueError` for a value that no file can hold: control characters, a time with a zone."""
        if NOT_XML.search(self.title + self.author + self.subject + self.keywords):
            raise ValueError("properties hold a character that XML cannot carry")
        if self.created.tzinfo is not None:
            raise ValueError("created has a time zone")


def core_xml(properties: Properties) -> bytes:
    """Return docProps/core.xml. Source: ECMA-376 part 2, 11."""
    instant = f"{properties.created:%Y-%m-%dT%H:%M:%S}Z"
    text = {name: escape(getattr(properties, name)) for name in ("title", "subject", "author", "keywords")}
    return part_bytes(
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{text['title']}</dc:title><dc:subject>{text['subject']}</dc:subject><dc:creator>{text['author']}</dc:creator>"
        f"<cp:keywords>{text['keywords']}</cp:keywords><cp:lastModifiedBy>{text['author']}</cp:lastModifiedBy><cp:revision>1</cp:revision>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{instant}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{instant}</dcterms:modified></cp:coreProperties>'
    )


def app_xml(application: str) -> bytes:
    """Return docProps/app.xml, which names the program."""
    return part_bytes(f'<Properties xmlns="{_OFFICE}/extended-properties"><Application>{escape(application)}</Application></Properties>')


def settle_properties(package: Package, application: str) -> tuple[str, str]:
    """Return the names of the parts for core and app properties; a package without them gets them declared."""
    for kind, name, content_type, arrow in _KINDS:
        if not package.first(kind):
            package.parts[name] = b""
            package.declare(f"application/vnd.openxmlformats-{content_type}", part=name)
            package.add_arrow("", f"{application}-{kind}", arrow, name)
    return package.first("core-properties"), package.first("extended-properties")

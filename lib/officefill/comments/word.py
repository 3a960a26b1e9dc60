"""Comments in a Word file."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from officefill.comments.note import Note, free_name, new_arrow
from officefill.language.tags import quoted
from officefill.messages import tr
from officefill.ooxml.namespaces import SPACE, W, w
from officefill.ooxml.package import Package
from officefill.word.paragraphs import PARAGRAPH, RUN, TEXT, like_run, pieces, text_of
from officefill.word.template import filled_parts

_PART = "word/comments{number}.xml"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
_BOX, _COMMENT, _ID = w("txbxContent"), w("comment"), w("id")
# Comments take the document's default paragraph, which in official papers is large and indented.
_FORM = (
    f'<w:pPr xmlns:w="{W}"><w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/>'
    '<w:ind w:firstLineChars="0" w:firstLine="0"/><w:jc w:val="left"/></w:pPr>'
)
_LETTERS = f'<w:rPr xmlns:w="{W}"><w:sz w:val="20"/><w:szCs w:val="20"/></w:rPr>'


def is_word(package: Package, main: str) -> bool:
    """Return True where the package is a Word file of the transitional kind."""
    return main.endswith(".xml") and package.tree(main).tag == w("document")


def comment(package: Package, notes: Iterable[Note], author: str) -> None:
    """Add a comment for each note to the parts of `package`."""
    main, part = package.main, _comments_part(package)
    body, listed = package.tree(main), package.tree(part)
    last = max((int(node.get(_ID, "")) for node in listed if node.get(_ID, "").isdecimal()), default=-1)
    found = list(body.iter(PARAGRAPH)) or [_first_paragraph(body)]
    for number, note in enumerate(notes, last + 1):
        paragraph, span, says = _place(package, main, found, note)
        _enclose(paragraph, span, str(number))
        listed.append(_comment(number, says, author))
    package.save(main)
    package.save(part)


def _comments_part(package: Package) -> str:
    """Return the name of the comments part, made where there is none."""
    if found := package.first("comments", package.main):
        return found
    name = free_name(package, _PART)
    package.parts[name] = b""
    package.trees[name] = etree.Element(w("comments"), nsmap={"w": W})
    package.declare(_TYPE, part=name)
    new_arrow(package, package.main, "comments", name)
    return name


def _first_paragraph(root: etree._Element) -> etree._Element:
    """A paragraph put at the beginning of a body without any."""
    body = root.find(w("body"))
    paragraph = root.makeelement(PARAGRAPH)
    (root if body is None else body).insert(0, paragraph)
    return paragraph


def _place(package: Package, main: str, found: list[etree._Element], note: Note) -> tuple[etree._Element, tuple[int, int] | None, str]:
    """Return the paragraph that carries the comment, its characters, and the words; these tell the place if the place can carry none."""
    if note.part == main and isinstance(note.at, int) and 0 <= note.at < len(found):
        paragraph = found[note.at]
        boxes = [above for above in paragraph.iterancestors(PARAGRAPH)]
        if not boxes:
            return paragraph, note.span, note.says
        return boxes[-1], None, f"{quoted(tr('text box'), text_of(paragraph))}: {note.says}"
    first = next(paragraph for paragraph in found if next(paragraph.iterancestors(PARAGRAPH), None) is None)
    return first, None, f"{_in_words(package, note)}: {note.says}" if note.part else note.says


def _in_words(package: Package, note: Note) -> str:
    """The place of a note in a part that carries no comments."""
    part = dict(filled_parts(package)).get(note.part, note.part).lstrip(", ")
    inside = list(package.tree(note.part).iter(PARAGRAPH)) if note.part.endswith(".xml") and note.part in package.parts else []
    if isinstance(note.at, int) and 0 <= note.at < len(inside):
        return quoted(part, text_of(inside[note.at]))
    return part


# Ranges


def _enclose(paragraph: etree._Element, span: tuple[int, int] | None, number: str) -> None:
    """Put the begin of comment `number`, its end, and the reference to it into a paragraph."""
    begin, end = (paragraph.makeelement(w(f"commentRange{which}"), {_ID: number}) for which in ("Start", "End"))
    reference = etree.SubElement(paragraph.makeelement(RUN), w("commentReference"), {_ID: number}).getparent()
    first, last = _runs(paragraph, span) if span else (None, None)
    if first is None or last is None:
        form = paragraph.find(w("pPr"))
        paragraph.insert(0 if form is None else paragraph.index(form) + 1, begin)
        paragraph.extend((end, reference))
    else:
        first.addprevious(begin)
        last.addnext(end)
        end.addnext(reference)


def _runs(paragraph: etree._Element, span: tuple[int, int]) -> tuple[etree._Element | None, etree._Element | None]:
    """The first and the last run of the characters `span`, cut at its ends; nothing where there are no such characters."""
    if span[0] >= span[1] or any(node.getparent().tag != RUN for node, _ in pieces(paragraph)):
        return None, None
    _cut(paragraph, span[0])
    _cut(paragraph, span[1])
    inside, position = [], 0
    for node, text in pieces(paragraph):
        if span[0] <= position < span[1]:
            inside.append(node.getparent())
        position += len(text)
    return (inside[0], inside[-1]) if inside else (None, None)


def _cut(paragraph: etree._Element, at: int) -> None:
    """Cut a run in two where character `at` of the paragraph begins, unless one begins there."""
    position = 0
    for node, text in pieces(paragraph):
        if position <= at < position + len(text):
            if at > position:
                node = _cut_text(node, at - position)
            _cut_run(node)
            return
        position += len(text)


def _cut_text(node: etree._Element, at: int) -> etree._Element:
    """A `w:t` cut in two; gives the second."""
    text = node.text or ""
    rest = node.makeelement(TEXT)
    node.text, rest.text = text[:at], text[at:]
    for piece in (node, rest):
        piece.set(SPACE, "preserve")
    node.addnext(rest)
    return rest


def _cut_run(node: etree._Element) -> None:
    """Cut a run so that `node` begins one."""
    run = node.getparent()
    if all(child.tag == w("rPr") for child in node.itersiblings(preceding=True)):
        return
    rest = like_run(run)
    for later in (node, *node.itersiblings()):
        rest.append(later)
    run.addnext(rest)


def _comment(number: int, says: str, author: str) -> etree._Element:
    """One comment, a paragraph a line. It has no date: the same faults give the same copy."""
    root = etree.Element(_COMMENT, {_ID: str(number), w("author"): author, w("initials"): author[:2]}, nsmap={"w": W})
    for line_number, line in enumerate(says.splitlines() or [""]):
        paragraph = etree.SubElement(root, PARAGRAPH)
        paragraph.append(etree.fromstring(_FORM))
        if line_number == 0:
            etree.SubElement(etree.SubElement(paragraph, RUN), w("annotationRef"))
        run = etree.SubElement(paragraph, RUN)
        run.append(etree.fromstring(_LETTERS))
        text = etree.SubElement(run, TEXT, {SPACE: "preserve"})
        text.text = line
    return root

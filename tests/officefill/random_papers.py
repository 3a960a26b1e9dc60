"""Random Word templates and contexts, and the reading of what comes out. `dice` is a `random.Random`, hypothesis's own in the tests."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree
from reference import Blocks, Form, Paragraph, Run, Table, closed, stretches

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OPC = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PIECES = ["甲", "户", "不良率", " ", "a", "&", "<", ">", '"', "'", "0", "\t", "\n", "，", "喆㎡", "&amp;", "=", "]]>"]
VALUES = ["恒丰", "甲&乙", "A<B>", "{{ n }}", "{% endfor %}", "]]>", "&lt;", '"', "一\r\n二", "三\t四", "«»", "=1+1", "喆赟", "x y"]
Known = dict[str, str]
"""Names a template may write here, and the kind of each: text, int, decimal, date, flag, texts, groups, items, or of dicts `group`, `item`."""
KEYS = {
    "group": {"name": "text", "total": "decimal", "items": "items", "tags": "texts", "n": "int"},
    "item": {"no": "int", "name": "text", "amount": "decimal", "ok": "flag", "day": "date", "tags": "texts"},
}
TOP = {
    "title": "text",
    "n": "int",
    "ratio": "decimal",
    "day": "date",
    "flag": "flag",
    "names": "texts",
    "groups": "groups",
    "items": "items",
}
PARTS = {"texts": "text", "groups": "group", "items": "item"}


# --- values


def value_of(dice: Random, kind: str) -> Any:
    """A random value of a kind, sometimes undefined where figures may be."""
    match kind:
        case "text":
            return "".join(dice.choice(VALUES) for _ in range(dice.randint(1, 2)))
        case "int":
            return dice.choice([0, 1, 2, 3, -5, 10**12])
        case "decimal":
            return dice.choice([Decimal("0.7667"), Decimal(0), Decimal("-1.005"), Decimal("123456.78"), None])
        case "date":
            return date(2014, dice.randint(1, 12), dice.randint(1, 28))
        case "flag":
            return dice.random() < 0.5
        case "texts" | "groups" | "items":
            return [value_of(dice, PARTS[kind]) for _ in range(dice.choice([0, 1, 1, 2, 3]))]
    return {key: value_of(dice, inner) for key, inner in KEYS[kind].items()}


def context_of(dice: Random) -> dict[str, Any]:
    return {name: value_of(dice, kind) for name, kind in TOP.items()}


# --- what a template writes


def names_of(known: Known, *kinds: str) -> list[str]:
    """The names of these kinds one may write, also those inside dicts."""
    found = [name for name, kind in known.items() if kind in kinds]
    return found + [f"{name}.{key}" for name, kind in known.items() for key, inner in KEYS.get(kind, {}).items() if inner in kinds]


def show(dice: Random, known: Known) -> str:
    """A tag that shows a value, nearly always one that prints."""
    kind = dice.choice(["text", "text", "int", "decimal", "date", "texts", "loop", "odd"])
    if kind == "loop" and "loop" in known:
        return "{{ loop." + dice.choice(["index", "length"]) + " }}"
    if kind == "odd" and dice.random() < 0.15:
        return dice.choice(
            ["{{ flag }}", "{{ ratio }}", "{{ nmae }}", "{{ day }}", "{{ ratio|or_dash }}", "{{ loop.index }}", "{{ title|nothing }}"]
        )
    kind = kind if kind in ("text", "int", "decimal", "date", "texts") else "text"
    form = {"text": ["", "", "|or_dash"], "int": ["", "|or_dash"], "decimal": ["|percent", "|percent(1)"], "date": ["|date_cn"]}
    form["texts"] = ["|length", "|join('、')|or_dash"]
    return dice.choice(["{{ %s%s }}", "{{%s%s}}", "{{ %s %s }}"]) % (dice.choice(names_of(known, kind)), dice.choice(form[kind]))


def condition(dice: Random, known: Known) -> str:
    """Something a template may ask."""
    number, text, figure = (dice.choice(names_of(known, kind)) for kind in ("int", "text", "decimal"))
    plain = [
        dice.choice(names_of(known, "flag", "texts", "decimal")),
        f"{number} > {dice.choice('012')}",
        f"{text} in ['恒丰', 'A<B>']",
        f"{figure} is none",
        f"{figure} != 0.7667",
        f"{dice.choice(names_of(known, 'texts', 'groups', 'items'))}|length >= 2",
        "not loop.last" if "loop" in known else "not flag",
    ]
    asked = dice.choice(plain)
    if dice.random() < 0.2:
        asked = f"{asked} {dice.choice(['and', 'or'])} {dice.choice(plain)}"
    return f"{figure} > 0.5" if dice.random() < 0.04 else asked


def opening(dice: Random, known: Known) -> tuple[list[str], Known, str]:
    """The tags of a loop or condition before each of its bodies, the names inside, and its end."""
    if dice.random() < 0.55:
        walked = dice.choice(names_of(known, "texts", "groups", "items"))
        kind = PARTS[_kind(known, walked)]
        item = dice.choice("xyz") + str(len(known))
        return [f"{{% for {item} in {walked} %}}"], {**known, item: kind, "loop": "loop"}, "{% endfor %}"
    tags = [f"{{% if {condition(dice, known)} %}}"]
    tags += [f"{{% elif {condition(dice, known)} %}}"] * (dice.random() < 0.3)
    tags += ["{% else %}"] * (dice.random() < 0.4)
    return tags, known, "{% endif %}"


def _kind(known: Known, name: str) -> str:
    owner, _, key = name.partition(".")
    return KEYS[known[owner]][key] if key else known[owner]


def line(dice: Random, known: Known, depth: int = 0) -> str:
    """Text with tags in it."""
    parts = []
    for _ in range(dice.randint(1, 3)):
        roll = dice.random()
        if roll < 0.45:
            parts.append("".join(dice.choice(PIECES) for _ in range(dice.randint(1, 3))))
        elif roll < 0.85 or depth > 1:
            parts.append(show(dice, known))
        else:
            tags, inner, end = opening(dice, known)
            parts += [tag + line(dice, inner, depth + 1) for tag in tags] + [end]
    return "".join(parts)


def paragraph(dice: Random, text: str) -> Paragraph:
    """The text split into runs anywhere, also inside tags."""
    cuts = sorted({0, len(text), *(dice.randint(0, len(text)) for _ in range(dice.choice([0, 0, 1, 3])))})
    return Paragraph(tuple(Run(text[a:b], dice.random() < 0.3, dice.random() < 0.2) for a, b in itertools.pairwise(cuts)))


def blocks(dice: Random, known: Known, depth: int = 0) -> Blocks:
    """The blocks of a body or a cell."""
    out: list[Paragraph | Table] = []
    for _ in range(dice.randint(1, 3 if depth else 4)):
        roll = dice.random()
        if roll < 0.5 or depth > 2:
            out.append(paragraph(dice, line(dice, known)))
        elif roll < 0.8:
            tags, inner, end = opening(dice, known)
            for tag in tags:
                out += [paragraph(dice, tag), *blocks(dice, inner, depth + 1)]
            out.append(paragraph(dice, dice.choice([end, end, f" {end} "])))
        else:
            out.append(Table(tuple(rows(dice, known, dice.randint(1, 3), depth + 1))))
            out += [paragraph(dice, dice.choice(PIECES))] * (dice.random() < 0.9)
    return tuple(out)


def rows(dice: Random, known: Known, across: int, depth: int) -> Iterator[tuple[Blocks, ...]]:
    for _ in range(dice.randint(1, 3)):
        roll = dice.random()
        if roll < 0.5 or depth > 3:
            yield row(dice, known, across, depth)
        elif roll < 0.75:
            tags, inner, end = opening(dice, known)
            for tag in tags:
                yield lone(dice, tag, across)
                yield from rows(dice, inner, across, depth + 1)
            yield lone(dice, end, across)
        else:
            yield embraced(dice, known, across, depth)


def row(dice: Random, known: Known, across: int, depth: int) -> tuple[Blocks, ...]:
    return tuple(
        blocks(dice, known, depth + 1) if dice.random() < 0.12 and depth < 3 else (paragraph(dice, line(dice, known)),)
        for _ in range(across)
    )


def lone(dice: Random, tag: str, across: int) -> tuple[Blocks, ...]:
    """A row that holds a tag and nothing else."""
    where = dice.randrange(across)
    return tuple((paragraph(dice, tag if at == where else ""),) for at in range(across))


def embraced(dice: Random, known: Known, across: int, depth: int) -> tuple[Blocks, ...]:
    """A row that begins with a tag and ends with its end, sometimes twice over."""
    tags, inner, end = opening(dice, known)
    more, within, last = opening(dice, inner) if dice.random() < 0.3 else ([""], inner, "")
    cells = [list(cell) for cell in row(dice, within, across, 4)]
    first = cells[0][0].text if dice.random() < 0.8 or across == 1 else ""
    cells[0][0] = paragraph(dice, tags[0] + more[0] + first)
    cells[-1][-1] = paragraph(dice, cells[-1][-1].text + last + end)
    return tuple(tuple(cell) for cell in cells)


def spoilt(dice: Random, drawn: Blocks) -> Blocks:
    """The blocks with one of them gone, doubled or moved: pairs may be broken, or mean something else."""
    kept = list(drawn)
    at = dice.randrange(len(kept))
    if dice.random() < 0.4 and isinstance(kept[at], Table):
        return (*kept[:at], _spoilt_table(dice, kept[at]), *kept[at + 1 :])
    taken = kept.pop(at)
    if dice.random() < 0.6:
        for _ in range(dice.choice([1, 2])):
            kept.insert(dice.randint(0, len(kept)), taken)
    return tuple(kept)


def _spoilt_table(dice: Random, table: Table) -> Table:
    taken = [list(cells) for cells in table.rows]
    at = dice.randrange(len(taken))
    across = dice.randrange(len(taken[at]))
    taken[at][across] = spoilt(dice, taken[at][across]) or (Paragraph(()),)
    return Table(tuple(tuple(cells) for cells in taken))


def template(dice: Random) -> Blocks:
    drawn = blocks(dice, TOP)
    return spoilt(dice, drawn) if dice.random() < 0.2 else drawn


# --- files


def written(drawn: Blocks, dice: Random) -> bytes:
    """A small .docx with these blocks; marks of the spelling check stand here and there between runs."""
    return packed(
        {
            "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{"".join(_xml(block, dice) for block in drawn)}<w:sectPr/></w:body></w:document>',
        },
        "word/document.xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    )


def packed(parts: dict[str, str], main: str, kind: str, more: str = "") -> bytes:
    """A package of a few parts."""
    types = f'<Types xmlns="{OPC}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    types += f'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/{main}" ContentType="{kind}"/>{more}</Types>'
    arrow = (
        f'<Relationships xmlns="{OPC}/relationships"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="{main}"/></Relationships>'
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in {"[Content_Types].xml": types, "_rels/.rels": arrow, **parts}.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text)
    return held.getvalue()


def _xml(block: Paragraph | Table, dice: Random) -> str:
    if isinstance(block, Paragraph):
        return f"<w:p>{''.join(_run(run) + _mark(dice) for run in block.runs)}</w:p>"
    body = "".join(
        f"<w:tr>{''.join('<w:tc>' + ''.join(_xml(inner, dice) for inner in closed(cell)) + '</w:tc>' for cell in row)}</w:tr>"
        for row in block.rows
    )
    grid = "<w:gridCol/>" * len(block.rows[0])
    return f"<w:tbl><w:tblPr/><w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>"


def _run(run: Run) -> str:
    form = "<w:b/>" * run.bold + "<w:i/>" * run.italic
    text = escape(run.text)
    for letter, element in (("\t", "<w:tab/>"), ("\n", "<w:br/>")):
        text = text.replace(letter, f'</w:t>{element}<w:t xml:space="preserve">')
    return f'<w:r>{f"<w:rPr>{form}</w:rPr>" if form else ""}<w:t xml:space="preserve">{text}</w:t></w:r>'


def _mark(dice: Random) -> str:
    return dice.choice(["", "", "", '<w:proofErr w:type="spellStart"/>'])


def read(data: bytes) -> list[Any]:
    """What a .docx holds, as `reference.filled` tells it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return _read_blocks(etree.fromstring(archive.read("word/document.xml"))[0])


def _read_blocks(parent: etree._Element) -> list[Any]:
    out: list[Any] = []
    for node in parent:
        if node.tag == f"{{{W}}}p":
            out.append(stretches(_read_runs(node)))
        elif node.tag == f"{{{W}}}tbl":
            out.append({"rows": _read_rows(node)})
    return out


def _read_rows(table: etree._Element) -> list[list[Any]]:
    return [[_read_blocks(cell) for cell in row.findall(f"{{{W}}}tc")] for row in table.findall(f"{{{W}}}tr")]


def _read_runs(paragraph: etree._Element) -> Iterator[tuple[str, Form]]:
    for run in paragraph.iter(f"{{{W}}}r"):
        form = (run.find(f"{{{W}}}rPr/{{{W}}}b") is not None, run.find(f"{{{W}}}rPr/{{{W}}}i") is not None)
        for node in run:
            yield {f"{{{W}}}tab": "\t", f"{{{W}}}br": "\n"}.get(node.tag, node.text or ""), form

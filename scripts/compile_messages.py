"""Compile the Chinese catalogue (`postloan.po` to `postloan.mo`), after checking that it holds every message of the source.

Run it after a change to a message: python scripts/compile_messages.py
"""

import ast
import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LIBRARY = Path(__file__).resolve().parents[1] / "lib"
CATALOGUE = LIBRARY / "postloan" / "locale" / "zh_CN" / "LC_MESSAGES" / "postloan.po"


def messages() -> dict[str, str]:
    """Every message of the source, with the first file that says it."""
    found: dict[str, str] = {}
    for path in sorted(LIBRARY.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            said = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr" and node.args
            if said and isinstance(node.args[0], ast.Constant):
                found.setdefault(node.args[0].value, str(path.relative_to(LIBRARY)))
    return found


def catalogue() -> Catalog:
    """The catalogue as it stands."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_CN", abort_invalid=True)


def compiled() -> bytes:
    """The catalogue for gettext."""
    out = BytesIO()
    write_mo(out, catalogue())
    return out.getvalue()


def untranslated() -> list[str]:
    """Messages of the source that the catalogue lacks, each with its file."""
    known = {message.id for message in catalogue() if message.string}
    return [f"{path}: {message}" for message, path in messages().items() if message not in known]


if __name__ == "__main__":
    if lacking := untranslated():
        sys.exit("not in the catalogue:\n" + "\n".join(lacking))
    CATALOGUE.with_suffix(".mo").write_bytes(compiled())

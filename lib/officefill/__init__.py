"""The template engine: fills Word and Excel files that people drew with plain values (see README.md).

template = open_template(path, {"percent": percent})
data = template.render(context, Properties(title="Quarterly report", author="Branch 12", created=datetime(2014, 6, 30)))
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Properties": "ooxml.properties",
    "Seal": "language.provenance",
    "Settings": "settings",
    "Shown": "language.provenance",
    "Template": "template",
    "Traced": "language.provenance",
    "compile_template": "opening",
    "open_template": "opening",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a name of the engine when it is first used: importing its errors alone costs no XML and no jinja2."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"officefill.{_HOMES[name]}"), name)

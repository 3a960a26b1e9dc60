"""The house: rooms import only what stands before them, and everything in them is small and has a plain name.

`TODAY` counts what still breaks a rule, by rule and room. It only shrinks: a number that is larger than what is found is a failure too.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

LIB = Path(__file__).parents[1] / "lib"
ENGINES = ("officefill", "notebookrun")
WORDS = ("language", "problem", "errors", "numbers", "file", "yaml_file", "period", "workdays")
WAY = ("themes", "data", "policy", "inspection_reports", "figures", "a theme", "papers", "register", "month_end", "run")
LOOKING_ON = ("audit", "template_doctor", "workbench")
ORDER = ("__init__", *WORDS, *WAY, *LOOKING_ON, "cli", "remote", "__main__")
"""The rooms of postloan. A room imports rooms before it; nothing but the command line imports those that look on, and nothing `remote`."""
MOST_LINES, MOST_PARAMETERS, MOST_NAMES = 300, 5, 25
BANNED = re.compile(
    r"_*(utils|helpers|common|core|base|manager|misc|again|held|told|reach|mirror|forge|course|ask|moved|gone|meeting|spoken)_*",
    re.IGNORECASE,
)
NO_BEGINNING = re.compile(r"(What|Whether|Who|Whom|Whose|Whoever|Where|Wherever|When|How|Hears)\b")
TODAY: dict[str, dict[str, int]] = {}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of lib by its dotted name; a package is named `package.__init__`."""
    return {".".join(p.relative_to(LIB).with_suffix("").parts): ast.parse(p.read_text(encoding="utf-8")) for p in sorted(LIB.rglob("*.py"))}


@cache
def imported(module: str) -> list[str]:
    """The modules of ours that a module imports, wherever in it."""
    found = []
    for node in ast.walk(modules()[module]):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            above = name.rpartition(".")[0]
            found += [known for known in (name, f"{name}.__init__", above, f"{above}.__init__") if known in modules()][:1]
    return found


def room(module: str) -> str:
    """The room of a module: an engine, or what stands directly in postloan; `themes` is the registry alone."""
    package, name, *inside = module.split(".")
    if package in ENGINES:
        return package
    return "a theme" if name == "themes" and len(inside) > 1 else name


def is_forbidden(module: str, other: str) -> bool:
    """Return True where `module` must not import `other`."""
    here, there = room(module), room(other)
    if here == there:
        return here == "a theme" and module.split(".")[2] != other.split(".")[2]
    if here in ENGINES or there in ENGINES:
        return here in ENGINES
    if there in LOOKING_ON:
        return here != "cli"
    return there == "a theme" or ORDER.index(there) > ORDER.index(here)


@cache
def behind(module: str) -> frozenset[str]:
    """The modules that a module needs, by way of others too, but for those it must not import."""
    found, waiting = set[str](), [module]
    while waiting:
        one = waiting.pop()
        needed = {other for other in imported(one) if other != one and not is_forbidden(one, other)}
        waiting += needed - found
        found |= needed
    return frozenset(found)


def defined(module: str) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """The functions and classes of a module."""
    return (node for node in ast.walk(modules()[module]) if isinstance(node, ast.FunctionDef | ast.ClassDef))


def parameters(node: ast.FunctionDef) -> int:
    """How many parameters callers give; the command line's commands have one for each option."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    is_command = any(arg.annotation and ast.unparse(arg.annotation).startswith("options.") for arg in given)
    return 0 if is_command else sum(arg.arg not in ("self", "cls") for arg in given)


def broken(rule: str, module: str) -> Iterator[str]:
    """The places of a module that break the rule."""
    tree = modules()[module]
    match rule:
        case "imports":
            yield from sorted({other for other in imported(module) if is_forbidden(module, other)})
        case "circles":
            yield from ["is behind itself"] * (module in behind(module))
        case "lines":
            lines = (LIB / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8").splitlines()
            yield from ["is too long"] * (len(lines) > MOST_LINES)
        case "parameters":
            yield from (node.name for node in defined(module) if isinstance(node, ast.FunctionDef) and parameters(node) > MOST_PARAMETERS)
        case "names":
            names = [module.rpartition(".")[2], *(node.name for node in defined(module))]
            yield from (name for name in names if BANNED.fullmatch(name))
        case "docstrings":
            for node in (tree, *defined(module)):
                if NO_BEGINNING.match(said := ast.get_docstring(node) or ""):
                    yield said.partition("\n")[0]


@pytest.mark.parametrize("rule", ["imports", "circles", "lines", "parameters", "names", "docstrings"])
def test_a_rule_of_the_house_is_kept(rule):
    found = [f"{module}: {what}" for module in modules() for what in broken(rule, module)]
    counts = Counter(room(line.partition(":")[0]) for line in found)
    assert dict(counts) == TODAY.get(rule, {}), "\n".join(found)


def test_the_top_of_the_house_is_seen_at_a_glance():
    names = {path.name for path in (LIB / "postloan").iterdir()} - {"__pycache__"}
    assert len(names) <= MOST_NAMES and {Path(name).stem for name in names} <= {*ORDER, "locale"}

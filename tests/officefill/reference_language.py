"""What a template may say, read slowly and plainly: tags, expressions, loops and conditions. It shares nothing with the engine.

An expression is read by Python's own parser, in which `value|filter` happens to be an expression too.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
FOR = re.compile(r"for (\w+) in (.+)")
SIGNS = {ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
Scope = dict[str, Any]
Filters = dict[str, Callable[..., Any]]


class Refusal(Exception):
    """The template, or a value met in filling it, must be refused."""


class Control(str):
    """The words of a control tag, standing where it works."""

    @property
    def opens(self) -> bool:
        return self.startswith(("for ", "if "))

    @property
    def closes(self) -> bool:
        return self in ("endfor", "endif")


@dataclass
class Loop:
    item: str
    walked: str
    body: list[Any]


@dataclass
class Choice:
    """Conditions with what each guards; that of `else` is True."""

    branches: list[tuple[str, list[Any]]]


def control(text: str) -> Control:
    """What a control tag says; blank for any other text."""
    text = text.strip()
    return Control(text[2:-2].strip() if text.startswith("{%") and next(cut(text))[0] == text else "")


def cut(text: str) -> Iterator[tuple[str, int]]:
    """The single characters and whole tags of a text, each with where it begins."""
    end = 0
    for tag in TAG.finditer(text):
        yield from ((text[at], at) for at in range(end, tag.start()))
        yield tag[0], tag.start()
        end = tag.end()
    yield from ((text[at], at) for at in range(end, len(text)))


def grown(atoms: Iterable[Any]) -> list[Any]:
    """Loops and choices out of a flat list with `Control`s in it. Raises `Refusal` where they do not pair."""
    return _until(list(atoms), ())[0]


def _until(atoms: list[Any], ends: tuple[str, ...]) -> tuple[list[Any], str]:
    nodes: list[Any] = []
    while atoms:
        atom = atoms.pop(0)
        if not isinstance(atom, Control):
            nodes.append(atom)
        elif found := FOR.fullmatch(atom):
            nodes.append(Loop(found[1], found[2], _until(atoms, ("endfor",))[0]))
        elif atom.startswith("if "):
            nodes.append(_choice(atom[3:], atoms))
        elif atom.split()[0] in ends:
            return nodes, atom
        else:
            raise Refusal(f"{atom} out of place")
    if ends:
        raise Refusal(f"no {ends[-1]}")
    return nodes, ""


def _choice(asked: str, atoms: list[Any]) -> Choice:
    branches = []
    while True:
        body, end = _until(atoms, ("endif",) if asked == "True" else ("elif", "else", "endif"))
        branches.append((asked, body))
        if end == "endif":
            return Choice(branches)
        asked = "True" if end == "else" else end[5:]


def spread(nodes: list[Any], scope: Scope, filters: Filters) -> Iterator[tuple[Any, Scope]]:
    """What is left of `nodes`, each with the names known where it stands."""
    for node in nodes:
        if isinstance(node, Loop):
            for round_ in rounds(node, scope, filters):
                yield from spread(node.body, round_, filters)
        elif isinstance(node, Choice):
            yield from spread(chosen(node, scope, filters), scope, filters)
        else:
            yield node, scope


def rounds(loop: Loop, scope: Scope, filters: Filters) -> list[Scope]:
    """The names known in each time round."""
    values = worth(loop.walked, scope, filters)
    if not isinstance(values, list):
        raise Refusal(f"{values!r} is no list")
    last = len(values)
    fields = [{"index": n, "index0": n - 1, "first": n == 1, "last": n == last, "length": last} for n in range(1, last + 1)]
    return [{**scope, loop.item: value, "loop": field} for value, field in zip(values, fields, strict=True)]


def chosen(choice: Choice, scope: Scope, filters: Filters) -> list[Any]:
    """The first branch whose condition holds."""
    return next((body for asked, body in choice.branches if worth(asked, scope, filters)), [])


def worth(text: str, scope: Scope, filters: Filters) -> Any:
    """The value of an expression."""
    return _worth(_read(text), scope, filters)


def _read(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _worth(node: ast.expr, scope: Scope, filters: Filters) -> Any:
    def inner(part: ast.expr) -> Any:
        return _worth(part, scope, filters)

    match node:
        case ast.Constant(value=float() as value):
            return Decimal(str(value))
        case ast.Constant(value=value):
            return value
        case ast.List(elts=parts):
            return [inner(part) for part in parts]
        case ast.Name(id="none"):
            return None
        case ast.Name(id=name):
            return _key(scope, name)
        case ast.Attribute(value=owner, attr=name):
            return _key(inner(owner), name)
        case ast.UnaryOp(op=sign, operand=part):
            return not inner(part) if isinstance(sign, ast.Not) else -inner(part)
        case ast.BoolOp(op=sign, values=parts):
            return (all if isinstance(sign, ast.And) else any)(inner(part) for part in parts)
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return _compared(inner(left), sign, inner(right))
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Name(id=name)):
            return _filtered(inner(left), name, [], filters)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Call(func=ast.Name(id=name), args=args)):
            return _filtered(inner(left), name, [inner(arg) for arg in args], filters)
    raise Refusal(ast.dump(node))


def _key(owner: Any, name: str) -> Any:
    if not isinstance(owner, dict) or name not in owner:
        raise Refusal(f"no {name}")
    return owner[name]


def _compared(left: Any, sign: ast.cmpop, right: Any) -> bool:
    if isinstance(sign, ast.In):
        return left in right
    if isinstance(sign, ast.Is | ast.IsNot):
        return (left is right) == isinstance(sign, ast.Is)
    try:
        return bool(SIGNS[type(sign)](left, right))
    except TypeError as wrong:
        raise Refusal(str(wrong)) from wrong


def _filtered(value: Any, name: str, args: list[Any], filters: Filters) -> Any:
    try:
        given = filters[name](value, *args)
    except (TypeError, ValueError, AttributeError, KeyError, ArithmeticError) as wrong:
        raise Refusal(f"{name}: {wrong}") from wrong
    if given == "" and not isinstance(value, str | list):
        raise Refusal(f"{name} makes {value!r} blank")
    return given


def shown(text: str, scope: Scope, filters: Filters) -> str:
    """The text that the tag `{{ … }}` prints: texts and whole numbers only."""
    value = worth(text[2:-2], scope, filters)
    if type(value) not in (int, str):
        raise Refusal(f"{value!r} does not print")
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


# --- names that are nowhere, told before anything is filled


def ask(text: str, shapes: dict[str, list[Any]]) -> None:
    """Raises `Refusal` for a name in `text` that no value has, also where it would never be reached."""
    for name in _names(_read(text)):
        _values(name, shapes)


def _names(node: ast.AST) -> Iterator[ast.expr]:
    """The longest names in an expression, those of its filters left out."""
    if isinstance(node, ast.Name | ast.Attribute):
        yield node
    elif isinstance(node, ast.BinOp):
        yield from _names(node.left)
    else:
        for part in ast.iter_child_nodes(node):
            yield from _names(part)


def _values(node: ast.expr, shapes: dict[str, list[Any]]) -> list[Any]:
    """The values a name may have anywhere in the context."""
    match node:
        case ast.Name(id="none"):
            return []
        case ast.Name(id=name) if name in shapes:
            return shapes[name]
        case ast.Attribute(value=owner, attr=name):
            owners = [value for value in _values(owner, shapes) if value is not None]
            found = [value[name] for value in owners if isinstance(value, dict) and name in value]
            if found or not owners:
                return found
    raise Refusal(f"nothing has {ast.unparse(node)}")


def in_loop(loop: Loop, shapes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """`shapes` with what the loop's item may be."""
    lists = _values(_read(loop.walked), shapes) if re.fullmatch(r"[\w.]+", loop.walked) else []
    field = {"index": 1, "index0": 0, "first": True, "last": True, "length": 1}
    return {**shapes, loop.item: [item for values in lists if isinstance(values, list) for item in values], "loop": [field]}

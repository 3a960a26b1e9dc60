"""Expressions between the braces of a template: a small part of jinja2's, over plain values.

Names, `a.b` (the key of a dict, never an attribute), literals, comparisons, `and` `or` `not` `in`, filters and three tests.
An expression is parsed by jinja2 and refused unless every node of it is on the list here, so nothing can be called or reached.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.parser import Parser
from jinja2.runtime import LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from officefill.errors import did_you_mean
from officefill.messages import tr
from officefill.settings import DEFAULT, Settings

LOOP_FIELDS = ("index", "index0", "first", "last", "length")
TESTS: dict[str, Callable[[Any], bool]] = {
    "none": lambda value: value is None,
    "even": lambda value: _whole(value) % 2 == 0,
    "odd": lambda value: _whole(value) % 2 == 1,
}
_RESERVED = {"self", "super", "caller", "varargs", "kwargs"}
_LONGEST = 1000
MOST_CHARACTERS = 256 * 2**20
"""Characters of one part filled in: a sheet of 100,000 rows and 20 columns has a third of them."""

Path = tuple[str, ...]
"""`a.b` as ("a", "b"): a name and the keys behind it."""
Filters = Mapping[str, Callable[..., Any]]


class BadTag(Exception):
    """An expression or tag that is not of the language: what is wrong and what to do."""

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(what)
        self.what, self.do = what, do


class Failed:
    """The result of a filter that could not print its value, so that all failures of a paper are reported at once."""

    def __init__(self, reason: str, do: str = "") -> None:
        self.reason, self.do = reason, do

    def _stop(self, *_: object) -> bool:
        raise ValueError(self.reason)

    __bool__ = __eq__ = __lt__ = __le__ = __gt__ = __ge__ = _stop
    __hash__ = None  # type: ignore[assignment]


class PlainEnvironment(ImmutableSandboxedEnvironment):
    """jinja2 without globals, with the given filters and three tests only, whose `a.b` sees the keys of dicts and nothing else."""

    def __init__(self, filters: Filters, settings: Settings = DEFAULT) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, cache_size=0)
        self.settings = settings
        self.globals.clear()
        self.filters.clear()
        self.filters.update({name: self._guarded(function) for name, function in filters.items()})
        self.filters.update({"length": self._guarded(_length), "join": self._guarded(_join, blank=True), "-decimal": Decimal})
        self.tests.clear()
        self.tests.update(TESTS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict:
            if attribute in obj:
                return obj[attribute]
        elif type(obj) is LoopContext and attribute in LOOP_FIELDS:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    getitem = getattr  # type: ignore[assignment]

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """Return the pieces in one, as jinja2 asks for every block. Raises `ValueError` for too much.

        Counted before they are joined: a loop repeats pieces of the template, which weigh nothing until then.
        """
        return "".join(counted(pieces if type(pieces) is list else list(pieces)))

    def advice(self, sentence: str, kind: str) -> str:
        """Return `sentence` with the filters that the settings suggest for a value of this kind."""
        names = self.settings.suggested.get(kind)
        return sentence + tr(", such as {names}", names=names) if names else sentence

    def _guarded(self, function: Callable[..., Any], *, blank: bool = False) -> Callable[..., Any]:
        """Return `function` as a filter that gives `Failed` instead of raising and, but for `blank`, of printing a figure as nothing."""

        def guarded(value: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(value, (Failed, Undefined)):
                return value
            try:
                text = function(value, *args, **kwargs)
            except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as fault:
                return Failed(str(fault))
            if text == "" and type(value) is not str and not blank:
                return Failed(tr("the value is blank"), self.advice(tr("choose a filter that says what to print instead"), "blank"))
            return text

        return guarded

    @property
    def filter_names(self) -> list[str]:
        return [name for name in self.filters if not name.startswith("-")]


def counted(pieces: list[str], more: int = 0) -> list[str]:
    """Return the pieces, which with `more` characters are not too much for one paper. Raises `ValueError`."""
    if sum(map(len, pieces)) + more > MOST_CHARACTERS:
        raise ValueError(tr("the paper would have more than {most} million characters", most=MOST_CHARACTERS >> 20))
    return pieces


def _length(value: Any) -> int:
    if type(value) in (str, list, dict):
        return len(value)
    raise TypeError(tr("only texts and lists have a length"))


def _whole(value: Any) -> int:
    """Return a whole number. `%` of a text is Python's formatting, which makes a text as long as it is asked to."""
    if type(value) is int:
        return value
    raise TypeError(tr("{value} is no whole number", value=str(value)[:40]))


def _join(value: Any, separator: str = "") -> str:
    if type(separator) is str and type(value) is list and all(type(item) in (str, int) for item in value):
        # Joined with what was joined before, a short tag would grow without end.
        return separator.join(counted(list(map(str, value)), len(separator) * len(value)))
    raise TypeError(tr("only a list of texts can be joined"))


def parse(environment: PlainEnvironment, source: str) -> nodes.Expr:
    """Return the expression `source` as a jinja2 node. Raises `BadTag`."""
    if len(source) > _LONGEST:
        raise BadTag(tr("the tag is longer than {most} characters", most=_LONGEST))
    try:
        parser = Parser(environment, source, state="variable")
        expression = parser.parse_expression()
        if not parser.stream.eos:
            raise BadTag(tr("'{text}' cannot be read", text=source.strip()))
        return _plain(environment, expression)
    except TemplateSyntaxError as fault:
        raise BadTag(tr("'{text}' cannot be read: {reason}", text=source.strip(), reason=fault.message)) from None
    except RecursionError:
        raise BadTag(tr("'{text}' is nested too deeply", text=source.strip()[:40])) from None


_ASIS = (nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.List, nodes.Keyword)


def _plain(environment: PlainEnvironment, node: nodes.Node) -> Any:
    """Return `node` with exact numbers for decimal fractions, if every node of it is on the list. Raises `BadTag`."""
    if isinstance(node, nodes.Const):
        return _constant(node.value)
    if isinstance(node, (nodes.Neg, nodes.Pos)) and isinstance(node.node, nodes.Const) and type(node.node.value) in (int, float):
        return _constant(-node.node.value if isinstance(node, nodes.Neg) else node.node.value)
    if isinstance(node, nodes.Name):
        return _allowed_name(node, node.name)
    if isinstance(node, nodes.Getattr):
        node.node = _plain(environment, node.node)
        return _allowed_name(node, node.attr)
    if isinstance(node, nodes.Filter) and node.node is not None:
        _known(node.name, environment.filter_names, tr("unknown filter '{name}'", name=node.name))
    elif isinstance(node, nodes.Test):
        _known(node.name, environment.tests, tr("unknown test '{name}'", name=node.name))
    elif not isinstance(node, _ASIS):
        raise BadTag(*_refusal(node))
    if getattr(node, "dyn_args", None) or getattr(node, "dyn_kwargs", None):
        raise BadTag(tr("'*' is not allowed in a template"))
    for field, value in node.iter_fields():
        if isinstance(value, nodes.Node):
            setattr(node, field, _plain(environment, value))
        elif isinstance(value, list):
            setattr(node, field, [_plain(environment, item) for item in value])
    return node


def _refusal(node: nodes.Node) -> tuple[str, str]:
    """Return the fault of a construct of jinja2 that is not of our language, and what to do."""
    calculates = tr("templates do not calculate"), tr("ask for a measure that does")
    refusals: tuple[tuple[type[nodes.Node], tuple[str, str]], ...] = (
        (nodes.Call, (tr("nothing can be called in a template"), tr("use a filter"))),
        (nodes.CondExpr, (tr("a condition stands in tags of its own"), tr("use {% if … %} … {% else %} … {% endif %}"))),
        (nodes.Getitem, (tr("a field is not asked for in brackets"), tr("write a.b for the field b of a"))),
        (nodes.Concat, (tr("texts are not joined in a tag"), tr("write the tags one after the other"))),
        (nodes.BinExpr, calculates),
        (nodes.UnaryExpr, calculates),
        (nodes.Node, (tr("this is more than a tag may say"), tr("a tag names values, compares them and passes them through filters"))),
    )
    return next(refusal for kind, refusal in refusals if isinstance(node, kind))


def _known(name: str, known: Any, what: str) -> None:
    if name not in known:
        raise BadTag(what, did_you_mean(name, known))


def _allowed_name(node: Any, name: str) -> Any:
    """Return `node` if `name` is allowed. Python takes a wide x for an x, so two names that differ so would be one."""
    if unicodedata.normalize("NFKC", name) != name:
        raise BadTag(tr("the name '{name}' is written in wide letters", name=name), tr("type names half-width"))
    if name.startswith("_") or name in _RESERVED:
        raise BadTag(tr("the name '{name}' is not allowed in a template", name=name))
    return node


def _constant(value: Any) -> nodes.Expr:
    """Return a literal; a decimal fraction becomes exact, because 0.2 of a float is not the 0.2 of a limit."""
    if isinstance(value, float):
        return nodes.Filter(nodes.Const(repr(value)), "-decimal", [], [], None, None)
    return nodes.Const(value)


def paths(node: nodes.Node) -> Iterator[Path]:
    """Yield every `a.b.c` that `node` asks for, the longest of each."""
    keys: list[str] = []
    while isinstance(node, nodes.Getattr):
        keys.append(node.attr)
        node = node.node
    if isinstance(node, nodes.Name):
        yield (node.name, *reversed(keys))
        return
    for child in node.iter_child_nodes():
        yield from paths(child)


def value_shown(node: nodes.Node | None) -> nodes.Expr | None:
    """Return the one value that an expression shows through filters, `npl_ratio` of `npl_ratio|percent(1)`; None for anything more."""
    while isinstance(node, nodes.Filter) and not any(
        isinstance(child, nodes.Name) for arg in node.args for child in (arg, *arg.find_all(nodes.Name))
    ):
        node = node.node
    return node if isinstance(node, nodes.Name) or (isinstance(node, nodes.Getattr) and value_shown(node.node) is not None) else None


def walked_list(node: nodes.Expr, keeps_items: Collection[str]) -> nodes.Expr:
    """Return the list a loop over `node` walks, before filters that keep its items."""
    while isinstance(node, nodes.Filter) and node.name in keeps_items and node.node is not None:
        node = node.node
    return node


def last_filter(node: nodes.Expr | None) -> str:
    """Return the name of the filter that is applied last; blank where there is none."""
    return node.name if isinstance(node, nodes.Filter) else ""


def words_of(node: nodes.Expr | None) -> str:
    """Return the name an expression is about, for people: `f.chart` of `f.chart|picture(15)`."""
    return ".".join(next(paths(node), ("",))) if node else ""

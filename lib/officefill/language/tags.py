"""Tags in the text of a template: `{{ value }}` and `{% for … %} {% if … %}`, and the marks people mistype for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jinja2 import nodes

from officefill.errors import Fault, Place, did_you_mean
from officefill.language.expressions import PlainEnvironment, Refused, parse
from officefill.messages import tr

TAG = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)
_WIDE = re.compile(r"｛｛|｝｝|｛\s*[%％]|[%％]\s*｝|\{％|％\}|｛\{|\{｛|｝\}|\}｝|\{\s+\{|\{\s+%")
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|\{#")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_WIDE_INSIDE = re.compile("[“”‘’＂＇｜（），．：！＝＜＞％｛｝｀]")
_CONTROL = re.compile(r"\s*(?P<word>[^\s]*)\s*(?P<rest>.*?)\s*", re.DOTALL)
_FOR = re.compile(r"(?P<item>\w+)\s+in\s+(?P<items>.+?)(?P<across>\s+across)?", re.DOTALL)
_KEEP = re.compile(r"(?P<name>\w+)(\s+of\s+(?P<key>.+))?", re.DOTALL)
CONTROLS = ("for", "endfor", "if", "elif", "else", "endif", "keep", "endkeep")
CLOSES = {"for": "endfor", "if": "endif", "keep": "endkeep"}
_PREFIXES = ("p", "tr", "tc", "r")


@dataclass(eq=False)
class Tag:
    """One tag. `kind` is "show" or one of `CONTROLS`; `expression` what it shows, asks or walks, or the key of a region for people;
    `item` a loop's name for one, or the region's name; `order` its place among the tags of its part; `across` whether a loop says
    that it repeats cells to the right."""

    kind: str
    source: str
    place: str
    expression: nodes.Expr | None = None
    item: str = ""
    span: tuple[int, int] = (0, 0)
    order: tuple[int, int] = (0, 0)
    across: bool = False

    @property
    def is_control(self) -> bool:
        return self.kind != "show"


def find_tags(environment: PlainEnvironment, text: str, place: str, faults: list[Fault]) -> list[Tag]:
    """The tags of `text`, in order, with their spans; what is wrong with it goes to `faults`."""
    if "{" not in text and "}" not in text and "｛" not in text and "｝" not in text:
        return []
    faults += _suspects(TAG.sub(lambda match: "\0" * len(match[0]), text), place)
    tags = []
    for match in TAG.finditer(text):
        tag: Tag | None
        try:
            tag = _tag(environment, match, place)
        except Refused as refused:
            faults.append(Fault(refused.what, _spanning(place, match), refused.do))
            tag = _what_it_would_be(match, place)
        if tag:
            tag.span, tag.place = match.span(), _spanning(place, match)
            tags.append(tag)
    return tags


def quoted(place: str, text: str) -> str:
    """A place with the first 20 characters of its text, by which a person finds it."""
    short = " ".join(text.split())
    if not short:
        return place
    words = tr("{place} “{text}”", place=place, text=short[:20] + ("…" if len(short) > 20 else ""))
    return place.worded(words) if isinstance(place, Place) else words


def _spanning(place: str, match: re.Match[str]) -> str:
    """The place of the characters of a match, where the place is known to programs."""
    return place.spanning(match.span()) if isinstance(place, Place) else place


def _suspects(text: str, place: str) -> list[Fault]:
    wide = _WIDE.search(text)
    if wide:
        do = tr("type the braces half-width and without a space between: {{ … }} or {% … %}")
        return [Fault(tr("'{mark}' is no tag", mark=wide[0]), _spanning(place, wide), do)]
    left = _LEFT_OVER.search(text)
    if not left:
        return []
    return [
        Fault(tr("'{mark}' without its other half", mark=left[0]), _spanning(place, left), tr("a tag begins and ends in one paragraph"))
    ]


def _tag(environment: PlainEnvironment, match: re.Match[str], place: str) -> Tag:
    shown, control = match.groups()
    wide = _WIDE_INSIDE.search(_QUOTED.sub("", shown or control or ""))
    if wide:
        what = tr("'{mark}' inside the tag {tag}", mark=wide[0], tag=match[0])
        raise Refused(what, tr("type quotes, brackets and signs of a tag half-width and straight"))
    if shown is not None:
        return Tag("show", match[0], place, parse(environment, shown))
    return _control(environment, match[0], control, place)


def _control(environment: PlainEnvironment, source: str, control: str, place: str) -> Tag:
    parts = _CONTROL.fullmatch(control)
    assert parts is not None  # the pattern fits every text
    word, rest = parts["word"], parts["rest"]
    if word not in CONTROLS:
        if word in _PREFIXES:
            raise Refused(tr("unknown tag {tag}", tag=source), tr("no prefix is needed: put the tag alone into its paragraph or row"))
        raise Refused(tr("unknown tag {tag}", tag=source), did_you_mean(word, CONTROLS))
    if word in ("else", "endfor", "endif", "endkeep"):
        if rest:
            raise Refused(tr("'{word}' stands alone, without '{rest}'", word=word, rest=rest))
        return Tag(word, source, place)
    if word == "keep":
        return _keep(environment, source, rest, place)
    if word != "for":
        return Tag(word, source, place, parse(environment, rest))
    loop = _FOR.fullmatch(rest)
    if not loop or loop["item"] == "loop" or not isinstance(parse(environment, loop["item"]), nodes.Name):
        raise Refused(tr("{tag} cannot be read", tag=source), tr("write {% for item in items %}"))
    return Tag(word, source, place, parse(environment, loop["items"]), loop["item"], across=bool(loop["across"]))


def _keep(environment: PlainEnvironment, source: str, rest: str, place: str) -> Tag:
    region = _KEEP.fullmatch(rest)
    if not region:
        raise Refused(tr("{tag} cannot be read", tag=source), tr("write {% keep name %}, or {% keep name of item.key %} in a loop"))
    return Tag("keep", source, place, parse(environment, region["key"] or "''"), region["name"])


def _what_it_would_be(match: re.Match[str], place: str) -> Tag | None:
    """A tag in place of a refused one, so that its partner is not reported as well."""
    word = _CONTROL.fullmatch(match[2] or "")["word"]  # type: ignore[index]
    if match[2] is not None and word in CONTROLS:
        return Tag(word, match[0], place, nodes.Const(0), "item")
    return None

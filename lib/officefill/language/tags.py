"""Tags in the text of a template: `{{ value }}` and `{% for … %} {% if … %}`, and the marks people mistype for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jinja2 import nodes

from officefill.errors import Fault, Place, did_you_mean
from officefill.language.expressions import BadTag, PlainEnvironment, parse
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
    """One tag. `kind` is "show" or one of `CONTROLS`; `expression` the value it shows, asks or walks, or the key of a region for people;
    `item` a loop's name for one item, or the region's name; `order` its place among the tags of its part; `across` is for a loop that
    repeats cells to the right. A tag without a kind stands for none."""

    kind: str = ""
    source: str = ""
    place: str = ""
    expression: nodes.Expr | None = None
    item: str = ""
    span: tuple[int, int] = (0, 0)
    order: tuple[int, int] = (0, 0)
    across: bool = False

    @property
    def is_control(self) -> bool:
        return self.kind in CONTROLS


NO_TAG = Tag()


def find_tags(environment: PlainEnvironment, text: str, place: str, faults: list[Fault]) -> list[Tag]:
    """Return the tags of `text`, in order, with their spans; faults are added to `faults`."""
    if "{" not in text and "}" not in text and "｛" not in text and "｝" not in text:
        return []
    faults += _suspects(TAG.sub(lambda match: "\0" * len(match[0]), text), place)
    tags = []
    for match in TAG.finditer(text):
        spanned = _spanning(place, match)
        try:
            tag = _tag(environment, match, place)
        except BadTag as bad:
            faults.append(Fault(bad.what, spanned, bad.do))
            tag = _stand_in(match)
        if tag.kind:
            tag.span, tag.place = match.span(), spanned
            tags.append(tag)
    return tags


def quoted(place: str, text: str) -> str:
    """Return a place with the first 20 characters of its text, by which a person finds it."""
    short = " ".join(text.split())
    if not short:
        return place
    words = tr("{place} “{text}”", place=place, text=short[:20] + ("…" if len(short) > 20 else ""))
    return place.worded(words) if isinstance(place, Place) else words


def _spanning(place: str, match: re.Match[str]) -> str:
    """Return the place of the characters of a match, where the place is known to programs."""
    return place.spanning(match.span()) if isinstance(place, Place) else place


def _suspects(text: str, place: str) -> list[Fault]:
    wide = _WIDE.search(text)
    if wide:
        do = tr("type the braces half-width and without a space between: {{ … }} or {% … %}")
        return [Fault(tr("'{mark}' is no tag", mark=wide[0]), _spanning(place, wide), do)]
    left = _LEFT_OVER.search(text)
    if not left:
        return []
    what, do = tr("'{mark}' without its other half", mark=left[0]), tr("a tag begins and ends in one paragraph")
    return [Fault(what, _spanning(place, left), do)]


def _tag(environment: PlainEnvironment, match: re.Match[str], place: str) -> Tag:
    source, (shown, control) = match[0], match.groups()
    wide = _WIDE_INSIDE.search(_QUOTED.sub("", shown or control or ""))
    if wide:
        what = tr("'{mark}' inside the tag {tag}", mark=wide[0], tag=source)
        raise BadTag(what, tr("type quotes, brackets and signs of a tag half-width and straight"))
    if shown is not None:
        return Tag("show", source, place, parse(environment, shown))
    word, rest = _CONTROL.fullmatch(control).groups()  # type: ignore[union-attr]
    if word in _PREFIXES:
        raise BadTag(tr("unknown tag {tag}", tag=source), tr("no prefix is needed: put the tag alone into its paragraph or row"))
    if word not in CONTROLS:
        raise BadTag(tr("unknown tag {tag}", tag=source), did_you_mean(word, CONTROLS))
    if word == "for":
        loop = _FOR.fullmatch(rest)
        if not loop or loop["item"] == "loop" or not isinstance(parse(environment, loop["item"]), nodes.Name):
            raise BadTag(tr("{tag} cannot be read", tag=source), tr("write {% for item in items %}"))
        return Tag(word, source, place, parse(environment, loop["items"]), loop["item"], across=bool(loop["across"]))
    if word == "keep":
        region = _KEEP.fullmatch(rest)
        if not region:
            raise BadTag(tr("{tag} cannot be read", tag=source), tr("write {% keep name %}, or {% keep name of item.key %} in a loop"))
        return Tag(word, source, place, parse(environment, region["key"] or "''"), region["name"])
    if word in ("if", "elif"):
        return Tag(word, source, place, parse(environment, rest))
    if rest:
        raise BadTag(tr("'{word}' stands alone, without '{rest}'", word=word, rest=rest))
    return Tag(word, source, place)


def _stand_in(match: re.Match[str]) -> Tag:
    """Return a tag in place of a refused control, so that its partner is not reported as well."""
    word = _CONTROL.fullmatch(match[2] or "")["word"]  # type: ignore[index]
    return Tag(word, match[0], "", nodes.Const(0), "item") if word in CONTROLS else Tag()

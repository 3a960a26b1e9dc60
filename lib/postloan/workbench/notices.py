"""The cells of the notices' notebooks: items due and items to send, counted and summed by unit, without customers' rows."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from IPython.display import HTML, Image, Markdown

from postloan.figures.book import Book
from postloan.numbers import date_iso, wan, whole
from postloan.papers import charts
from postloan.papers.document import document
from postloan.papers.lists import maturities_unknown
from postloan.papers.notice_register import read_register
from postloan.papers.notices import Item, to_tell
from postloan.workbench.display import number_table, picture, unit_name

NOTHING = "本期没有需要发出的事项。"


def maturities(book: Book, name: str) -> HTML | Markdown:
    """Show by unit the number of loans and acceptances in the document, the outstanding amount, and the first due day."""
    by_unit = _items(book, name)
    if not by_unit:
        return Markdown(NOTHING)
    rows = [
        (unit_name(book, unit), *_counted(items, "loan"), *_counted(items, "acceptance"), date_iso(min(item.due_on for item in items)))
        for unit, items in by_unit.items()
    ]
    everything = [item for items in by_unit.values() for item in items]
    total = ("合计", *_counted(everything, "loan"), *_counted(everything, "acceptance"), date_iso(min(item.due_on for item in everything)))
    absent = "".join(f"（本期数据不含{kind}）" for kind in maturities_unknown(book))
    heads = ["机构", "贷款（笔）", "贷款余额", "承兑汇票（张）", "票面金额", "最早到期日"]
    return number_table(f"{document(name).title}：各机构到期业务{absent}", heads, [*rows, total])


def maturities_chart(book: Book, name: str) -> Image | Markdown:
    """Draw the number of loans and acceptances of each unit in the document."""
    counts = [(unit_name(book, unit), _count(items, "loan"), _count(items, "acceptance")) for unit, items in _items(book, name).items()]
    return picture(charts.maturities_chart(counts), "各机构到期的贷款和银行承兑汇票笔数") if counts else Markdown(NOTHING)


def sending(book: Book, name: str, out: str | Path) -> HTML | Markdown:
    """Show by unit the number of items sent now, and of items sent by papers of other periods."""
    now = to_tell(book, document(name), book.period.as_of, read_register(Path(out)))
    rows = [
        (unit_name(book, unit), whole(len(now.get(unit, []))), whole(len(items) - len(now.get(unit, []))))
        for unit, items in _items(book, name).items()
    ]
    return (
        number_table(f"{document(name).title}：本次发出的事项", ["机构", "本次发出", "以前期间已发"], rows) if rows else Markdown(NOTHING)
    )


def _items(book: Book, name: str) -> dict[str, list[Item]]:
    """Return all items of the document, sent before or not."""
    return to_tell(book, document(name), book.period.as_of, {})


def _counted(items: Iterable[Item], kind: str) -> tuple[str, str]:
    amounts = [item.says["outstanding"] for item in items if item.says["kind"] == kind]
    return whole(len(amounts)), wan(sum(amounts, Decimal(0)), separator=True)


def _count(items: Iterable[Item], kind: str) -> int:
    return sum(item.says["kind"] == kind for item in items)

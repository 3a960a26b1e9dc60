"""Checks on whole rows: repeated keys, dangling references, and conditions of `tables/*.yaml`."""

from __future__ import annotations

from postloan.data.intake.fast import literal, name
from postloan.data.screen.table import SCHEMA, ScreenedTable
from postloan.language import either, tr
from postloan.problem import BLANK, DROP, NOTE, Problem


def list_repeated_keys(table: ScreenedTable) -> None:
    """Rows that share a key: exact repeats are dropped but the first; where the contents differ, every row stops the run.

    Sorted 64-bit hashes prove in a fraction of a grouping's time that no key stands twice; only suspects are grouped.
    """
    spec = table.spec
    if any(n not in table.readings for n in spec.key if spec.fields[n].required):
        return
    keys = ", ".join(map(name, spec.key))
    hashes = table.con.execute(f"SELECT hash({keys}) AS h FROM {table.good}").fetchnumpy()["h"]
    hashes.sort()
    suspects = hashes[1:][hashes[1:] == hashes[:-1]]
    if not len(suspects):
        return
    table.con.register("suspects", {"h": suspects})
    content = f"struct_pack({', '.join(f'{name(n)} := {name(n)}' for n in spec.fields)})"
    shown = f"concat_ws(', ', {keys})"
    marked = next((n for n in spec.key if spec.fields[n].type == "id"), spec.key[0])
    again = tr("the row repeats row {row} in every column; it was left out").replace("{row}", "§")
    clash = tr("the key stands in other rows too, the first is row {row}, with other contents; keep the right one").replace("{row}", "§")
    table.insert(
        f"""WITH same AS (SELECT _row, {shown} AS shown, min(_row) OVER w AS top, max(_row) OVER w AS bottom,
                          count(DISTINCT {content}) OVER (PARTITION BY {keys}) AS contents FROM {table.good}
                          WHERE hash({keys}) IN (SELECT h FROM suspects) WINDOW w AS (PARTITION BY {keys}))
            SELECT _row, {literal(marked)}, shown, 'duplicate_key', if(contents = 1, 'drop', 'stop'),
                   replace(if(contents = 1, {literal(again)}, {literal(clash)}), '§', CAST(top AS VARCHAR))
            FROM same WHERE top < bottom AND (contents > 1 OR _row > top)"""
    )
    table.con.unregister("suspects")


def _dangling(table: ScreenedTable, n: str, target: str, key: str, title: str) -> str:
    nowhere = tr("the table '{title}' has no such row; add it there or correct the value here", title=title)
    dropped = tr("the row of the table '{title}' was left out for a problem of its own; put that right first", title=title)
    there = f"EXISTS (SELECT 1 FROM {SCHEMA}.typed_{target} o WHERE o.{name(key)} = g.{name(n)})"
    return f"""SELECT g._row, {literal(n)}, g.{name(n)}, if({there}, 'reference_dropped', 'dangling_reference'), {literal(table.consequence(n))},
               if({there}, {literal(dropped)}, {literal(nowhere)}) FROM {table.good} g WHERE g.{name(n)} IS NOT NULL
               AND g.{name(n)} NOT IN (SELECT {name(key)} FROM {SCHEMA}.known_{target} WHERE {name(key)} IS NOT NULL)"""


def _zeros_eaten(table: ScreenedTable, n: str, target: str, key: str, titles: dict[str, str]) -> bool:
    """Stop with one sentence, and return True, where most references fail for want of leading zeros alone, on this side or that."""
    there = f"SELECT {name(key)} FROM {SCHEMA}.typed_{target} WHERE {name(key)} IS NOT NULL"
    bare = f"SELECT ltrim({name(key)}, '0') AS bare, min({name(key)}) AS theirs FROM {SCHEMA}.typed_{target} GROUP BY 1"
    found = table.con.execute(
        f"""SELECT count(*), count(o.theirs), min(g._row), arg_min(g.{name(n)}, g._row), arg_min(o.theirs, g._row) FROM {table.good} g
            LEFT JOIN ({bare}) o ON o.bare = ltrim(g.{name(n)}, '0') AND o.bare <> ''
            WHERE g.{name(n)} IS NOT NULL AND g.{name(n)} NOT IN ({there})"""
    ).fetchall()[0]
    missed, alike, row, here, theirs = found
    if not alike or 2 * alike < missed:
        return False
    says = tr(
        "{here} here is {theirs} in the table '{title}': leading zeros were eaten, as Excel does; format the ids as text where they lost them",
        here=here, theirs=theirs, title=titles[target],
    )  # fmt: skip
    table.insert(f"SELECT {row}, {literal(n)}, {literal(here)}, 'zeros_eaten', 'stop', {literal(says)}")
    return True


def list_dangling_references(table: ScreenedTable, titles: dict[str, str]) -> None:
    """References to a key which is nowhere, or whose row was dropped. `titles`: the usable tables.

    A table that refers to itself is looked at until nothing changes: a dropped parent drops its children where they cannot do without.
    """
    refers = table.references(titles)
    suspects = {n: where for n, where in refers.items() if table.proof.missed.get(n) and not _zeros_eaten(table, n, *where, titles)}
    if suspects:
        table.insert(" UNION ALL ".join(_dangling(table, n, t, key, titles[t]) for n, (t, key) in suspects.items()))
    for n, spec in table.spec.fields.items():
        if n in table.readings and spec.refers.startswith(f"{table.spec.name}."):
            key = spec.refers.split(".")[1]
            select = _dangling(table, n, table.spec.name, key, table.spec.title)
            while table.insert(select) and table.consequence(n) == DROP:
                pass
    blanked = [n for n, spec in table.spec.fields.items() if spec.refers and n in table.readings and table.consequence(n) == BLANK]
    if blanked and table.has_blanked(blanked):
        table.blank_references(blanked)


def references_unchecked(table: ScreenedTable, found: set[str], titles: dict[str, str]) -> list[Problem]:
    """One note per field whose target table is not in the package at all."""
    notes = []
    for n, spec in table.spec.fields.items():
        target = spec.refers.split(".")[0]
        if target and n in table.readings and target not in found:
            says = tr("the table '{title}' is not in the package, so '{label}' was not looked up", title=titles[target], label=spec.label)
            notes.append(Problem("reference_unchecked", NOTE, table.source.file, table.source.sheet, None, n, "", says))
    return notes


def list_broken_rows(table: ScreenedTable) -> None:
    """Rows for which a check of the table's description is false."""
    suspects = [check for check in table.spec.checks if table.proof.broken.get(check.name) or table.looked_at]
    if suspects:
        table.insert(
            " UNION ALL ".join(
                f"""SELECT _row, {literal(c.field)}, CAST({name(c.field)} AS VARCHAR), {literal(c.name)},
                    {literal(c.consequence)}, {literal(either(c.says, c.zh))} FROM {table.good} WHERE NOT ({c.must})"""
                for c in suspects
            )
        )

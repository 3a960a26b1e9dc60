"""The sections of one quarter's reports, masked, signed and in the order of their submission."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.inspection_reports.analysis import masking
from postloan.inspection_reports.analysis.minhash import PLACES, sign
from postloan.inspection_reports.analysis.shingles import Characters, characters

AT_ONCE = 2000
"""Texts masked in one go."""

MASKING = "1"
"""Goes up when masking or signing changes, so that signatures of different making are never compared."""

_KEPT = ["inspection_id", "customer_id", "customer_name", "section", "submitted_at", "text"]


@dataclass(frozen=True)
class Quarter:
    """Sections of one quarter that have at least `least` characters of their own.

    `table` has the columns inspection_id, customer_id, customer_name, section, submitted_at, text of every section given; `rows` are
    the rows of it that count, by section and time of submission; `texts` and `signatures` go with `rows`.
    """

    table: pa.Table
    rows: np.ndarray
    texts: Characters
    signatures: np.ndarray
    own_words: frozenset[str]

    @classmethod
    def of(cls, table: pa.Table, least: int = 60, own_words: Iterable[str] = ()) -> Quarter:
        """Masks and signs every section; `customer_name` may be missing, a text may be null.

        `least` counts characters without spaces and without the blank form's `own_words`.
        """
        own_words = frozenset(own_words)
        order = pc.sort_indices(
            table, sort_keys=[("section", "ascending"), ("submitted_at", "ascending"), ("inspection_id", "ascending")]
        ).to_numpy()
        rows = [order[:0]]

        def blocks() -> Iterator[Characters]:
            for first in range(0, len(order), AT_ONCE):
                chosen = order[first : first + AT_ONCE]
                names, texts = names_and_texts(table, chosen)
                texts = masking.without_own_words(texts, own_words)
                long = [place for place, text in enumerate(texts) if length(text) >= least]
                rows.append(chosen[long])
                yield characters(masking.mask_all([texts[i] for i in long], [names[i] for i in long]))

        room = (pc.sum(pc.utf8_length(table.column("text"))).as_py() or 0) + len(order)
        texts = Characters.joined(blocks(), room)
        return cls(table, np.concatenate(rows), texts, sign(texts), own_words)

    def sections(self) -> list[tuple[str, int, int]]:
        """Each section with the numbers of its first text and of the one after its last."""
        names = self.column("section")
        starts = [place for place, name in enumerate(names) if place == 0 or names[place - 1] != name]
        return [(names[start], start, end) for start, end in pairwise([*starts, len(names)])]

    def column(self, name: str) -> list:
        """A column of the table, in the order of `rows`."""
        return self.table.column(name).take(pa.array(self.rows)).to_pylist()

    def text(self, place: int) -> str:
        """The original text of one section, by its number in `rows`."""
        return self.table.column("text")[int(self.rows[place])].as_py()

    def to_table(self) -> pa.Table:
        """What the next quarter needs of this one: the texts with their signatures, fit for Parquet.

        The table says in its metadata how it was made; `remembered` reads it back.
        """
        kept = self.table.select([name for name in _KEPT if name in self.table.column_names]).take(pa.array(self.rows))
        signatures = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(2 * PLACES), len(self.rows), [None, pa.py_buffer(self.signatures.astype("<u2").tobytes())]
        )
        return kept.append_column("signature", signatures).replace_schema_metadata({"postloan.masking": made_by(self.own_words)})


def remembered(before: pa.Table, least: int, own_words: frozenset[str]) -> tuple[pa.Table, np.ndarray]:
    """Last quarter's sections and their signatures: as kept by `Quarter.to_table`, made anew where there are none or masking has changed since."""
    if (before.schema.metadata or {}).get(b"postloan.masking") != made_by(own_words).encode() or "signature" not in before.column_names:
        before = Quarter.of(before, least, own_words).to_table()
    kept = b"".join(before.column("signature").to_pylist())
    return before, np.frombuffer(kept, "<u2").reshape(-1, PLACES)


def made_by(own_words: frozenset[str]) -> str:
    """Says how a text was masked: two tables of signatures are comparable where this is the same."""
    return MASKING + ":" + hashlib.sha256("\n".join(sorted(own_words)).encode()).hexdigest()[:16]


def names_and_texts(table: pa.Table, rows: np.ndarray) -> tuple[list[str | None], list[str]]:
    """The customers' names and the texts of some rows."""
    chosen = pa.array(rows)
    names = table.column("customer_name").take(chosen).to_pylist() if "customer_name" in table.column_names else [None] * len(rows)
    return names, [text or "" for text in table.column("text").take(chosen).to_pylist()]


def length(text: str) -> int:
    """Characters of a text without its spaces and line ends."""
    return len("".join(text.split()))

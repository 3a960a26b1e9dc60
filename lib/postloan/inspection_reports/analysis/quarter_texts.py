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
"""Texts masked in one step."""

MASKING = "1"
"""The version of masking and signing: signatures of different versions are never compared."""

_KEPT = ["inspection_id", "customer_id", "customer_name", "section", "submitted_at", "text"]


@dataclass(frozen=True)
class QuarterTexts:
    """The sections of one quarter with at least `least` characters of their own.

    `table`: inspection_id, customer_id, customer_name, section, submitted_at, text of every section. `rows`: the rows that count, by
    section and time of submission. `texts` and `signatures` belong to `rows`.
    """

    table: pa.Table
    rows: np.ndarray
    texts: Characters
    signatures: np.ndarray
    own_words: frozenset[str]

    @classmethod
    def of(cls, table: pa.Table, least: int = 60, own_words: Iterable[str] = ()) -> QuarterTexts:
        """Mask and sign every section. `customer_name` may be missing, a text may be null.

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
        """Return each section with the number of its first text and of the one after its last."""
        names = self.column("section")
        starts = [place for place, name in enumerate(names) if place == 0 or names[place - 1] != name]
        return [(names[start], start, end) for start, end in pairwise([*starts, len(names)])]

    def column(self, name: str) -> list:
        """Return a column of the table, in the order of `rows`."""
        return self.table.column(name).take(pa.array(self.rows)).to_pylist()

    def text(self, place: int) -> str:
        """Return the original text of one section, by its number in `rows`."""
        return self.table.column("text")[int(self.rows[place])].as_py()

    def to_table(self) -> pa.Table:
        """Return the texts and signatures for the next quarter's run, ready for Parquet.

        The metadata name the version of masking; `signed_texts` reads the table.
        """
        kept = self.table.select([name for name in _KEPT if name in self.table.column_names]).take(pa.array(self.rows))
        signatures = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(2 * PLACES), len(self.rows), [None, pa.py_buffer(self.signatures.astype("<u2").tobytes())]
        )
        return kept.append_column("signature", signatures).replace_schema_metadata({"postloan.masking": masking_version(self.own_words)})


def signed_texts(before: pa.Table, least: int, own_words: frozenset[str]) -> tuple[pa.Table, np.ndarray]:
    """Return last quarter's sections with their signatures; signatures are made again if missing or of another version."""
    if (before.schema.metadata or {}).get(b"postloan.masking") != masking_version(
        own_words
    ).encode() or "signature" not in before.column_names:
        before = QuarterTexts.of(before, least, own_words).to_table()
    kept = b"".join(before.column("signature").to_pylist())
    return before, np.frombuffer(kept, "<u2").reshape(-1, PLACES)


def masking_version(own_words: frozenset[str]) -> str:
    """Return the version of masking: signatures of equal versions are comparable."""
    return MASKING + ":" + hashlib.sha256("\n".join(sorted(own_words)).encode()).hexdigest()[:16]


def names_and_texts(table: pa.Table, rows: np.ndarray) -> tuple[list[str | None], list[str]]:
    """Return the customers' names and the texts of some rows."""
    chosen = pa.array(rows)
    names = table.column("customer_name").take(chosen).to_pylist() if "customer_name" in table.column_names else [None] * len(rows)
    return names, [text or "" for text in table.column("text").take(chosen).to_pylist()]


def length(text: str) -> int:
    """Return the number of characters of a text without spaces and line ends."""
    return len("".join(text.split()))

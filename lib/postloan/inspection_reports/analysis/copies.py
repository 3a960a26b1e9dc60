"""Finds copied sections in this quarter's reports: from another customer's report, or from the customer's own of last quarter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from postloan.inspection_reports.analysis.families import families
from postloan.inspection_reports.analysis.masking import mask_all
from postloan.inspection_reports.analysis.minhash import candidate_pairs, estimated_similarity, sign, weigh
from postloan.inspection_reports.analysis.quarter_texts import AT_ONCE, QuarterTexts, names_and_texts, signed_texts
from postloan.inspection_reports.analysis.shingles import Characters, characters
from postloan.inspection_reports.analysis.similarity import longest_shared_passage, shared_rare_text, similarity

RARE_SHARE = 0.50
"""The least shared part of the rare text of a copy: two reports that share only the phrases of the form and the trade have less."""

RARE_SHINGLES = 20
"""The least number of rare shingles shared by a copy: less is like a short section, and proves nothing."""

SAME = 0.85
"""Sections with this estimated similarity count as one in the weights, so that forty copies of a text do not make it common."""

NEAR = 0.30
"""Pairs with a lower estimated similarity are not compared."""

SAMPLE = 4000
"""The sections read to learn the common phrases."""

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Two texts and their similarity, as three arrays."""
LastQuarter = tuple[pa.Table, np.ndarray]
"""Last quarter's sections and their signatures."""


class CopiedSection(NamedTuple):
    """One copied section: the other report, their similarity, the longest shared passage, and the family of copies with its original."""

    inspection_id: str
    section: str
    other_inspection_id: str
    similarity: float
    passage: str
    family: str | None
    original_inspection_id: str
    own_previous: bool


_TYPES = {"similarity": pa.float64(), "own_previous": pa.bool_()}
COLUMNS = pa.schema({name: _TYPES.get(name, pa.string()) for name in CopiedSection._fields})


def find_copies(
    now: pa.Table | QuarterTexts, before: pa.Table | None = None, similarity: float = 0.80, least: int = 60, own_words: Iterable[str] = ()
) -> pa.Table:
    """Return sections that match another customer's of this quarter, or the customer's own of last quarter (contract `report_boilerplate`).

    `now`: a table with inspection_id, customer_id, section, submitted_at, text and, for the masking of names, customer_name; or
    `QuarterTexts` made of it, with its own `least` and `own_words`. `before`: last quarter's table, or its `QuarterTexts.to_table`.
    `own_words`: the blank form's texts.

    Two sections match if, masked (`mask`), their similarity is at or above the limit and they share at least half of their rare text
    (`shared_rare_text`). Sections under `least` characters, without spaces and own words, are left out.

    One row per section and source (COLUMNS). `own_previous`: the other report is this customer's own of last quarter. `passage`: the longest
    passage found in both unchanged. Copies of copies are one `family`, named by section and original, the report submitted first; it has a
    row too. The other report is the original if the section matches it, else the most similar one of the family.
    """
    quarter = now if isinstance(now, QuarterTexts) else QuarterTexts.of(now, least, own_words)
    ids, customers = quarter.column("inspection_id"), quarter.column("customer_id")
    number = np.unique(np.array(customers, dtype=str), return_inverse=True)[1]
    past = signed_texts(before, least, quarter.own_words) if before is not None else None
    found: list[CopiedSection] = []
    for section, start, end in quarter.sections():
        texts, signatures = quarter.texts.part(start, end), quarter.signatures[start:end]
        weights, pairs = _candidates(texts, signatures)
        left, right, exact = _matches(texts, weights, *_of_others(pairs, number[start:end]), similarity)
        for one, other, share, original in _chosen(end - start, left, right, exact):
            passage = longest_shared_passage(quarter.text(start + one), quarter.text(start + other))
            first = ids[start + original]
            found.append(CopiedSection(ids[start + one], section, ids[start + other], share, passage, f"{section}:{first}", first, False))
        if past:
            found += _own_previous(quarter, (section, start, end), weights, past, similarity)
    return pa.Table.from_pylist([copy._asdict() for copy in found], schema=COLUMNS)


def _candidates(texts: Characters, signatures: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return the weight of each shingle, and the pairs of texts to compare exactly.

    Plain signatures find whole copies of any text; weighted signatures find copies among much common text.
    """
    left, right = candidate_pairs(signatures, 8, NEAR)
    same = estimated_similarity(signatures, left, right) >= SAME
    family = families(len(texts), left[same], right[same])
    unlike = np.flatnonzero(family == np.arange(len(texts)))
    weights = weigh(texts.take(np.sort(np.random.default_rng(0).permutation(unlike)[:SAMPLE])))
    weighted = sign(texts, weights)
    near = estimated_similarity(weighted, left, right) >= NEAR
    more_left, more_right = candidate_pairs(weighted, 4, NEAR)
    pairs = np.unique(np.concatenate([left[near] * len(texts) + right[near], more_left * len(texts) + more_right]))
    return weights, (pairs // max(1, len(texts)), pairs % max(1, len(texts)))


def _of_others(pairs: tuple[np.ndarray, np.ndarray], customers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    other = customers[pairs[0]] != customers[pairs[1]]
    return pairs[0][other], pairs[1][other]


def _matches(texts: Characters, weights: np.ndarray, left: np.ndarray, right: np.ndarray, limit: float) -> Pairs:
    """Return the matching pairs with their exact similarity; some thousand are compared in one step, to save memory."""
    shares = [_shares(texts, weights, left[i : i + AT_ONCE], right[i : i + AT_ONCE]) for i in range(0, len(left), AT_ONCE)]
    exact = np.concatenate([np.empty(0), *shares])
    match = exact >= limit
    return left[match], right[match], exact[match]


def _shares(texts: Characters, weights: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the exact similarity of pairs, 0 for pairs with too little shared rare text."""
    rows, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    few, one, other = texts.take(rows), places[: len(left)], places[len(left) :]
    share, count = shared_rare_text(few, weights, one, other)
    sentences = [few.sentences(row) for row in range(len(few))]
    pairs = zip(one, other, (share >= RARE_SHARE) & (count >= RARE_SHINGLES), strict=True)
    return np.array([similarity(sentences[a], sentences[b]) if enough else 0.0 for a, b, enough in pairs])


def _chosen(count: int, left: np.ndarray, right: np.ndarray, exact: np.ndarray) -> list[tuple[int, int, float, int]]:
    """Return each text with a match once: the text, the other text to name, their similarity, the original of the family."""
    family = families(count, left, right)
    one, other, share = np.concatenate([left, right]), np.concatenate([right, left]), np.concatenate([exact, exact])
    order = np.lexsort((other, -share, other != family[one], one))
    one, other, share = one[order], other[order], share[order]
    first = np.flatnonzero(np.diff(one, prepend=-1))
    return [(int(one[i]), int(other[i]), float(share[i]), int(family[one[i]])) for i in first]


def _own_previous(
    quarter: QuarterTexts, part: tuple[str, int, int], weights: np.ndarray, past: LastQuarter, limit: float
) -> Iterator[CopiedSection]:
    """Yield the sections of `part` (section, first text, end) that match the customer's own of last quarter, each with the most similar."""
    (section, start, end), (before, signatures), ids = part, past, quarter.column("inspection_id")
    places, rows = _with_own(quarter.column("customer_id")[start:end], section, before)
    places += start
    near = (quarter.signatures[places] == signatures[rows]).mean(axis=1) >= NEAR
    places, rows = places[near], rows[near]
    names, texts = names_and_texts(before, rows)
    new, old = quarter.texts.take(places), characters(mask_all(texts, names, quarter.own_words))
    number = np.arange(len(places))
    left, right, exact = _matches(
        Characters.joined([new, old], len(new.codes) + len(old.codes)), weights, number, number + len(places), limit
    )
    best = {int(places[left[i]]): (int(rows[right[i] - len(places)]), exact[i]) for i in np.argsort(exact, kind="stable")}
    for place, (row, share) in sorted(best.items()):
        other = before["inspection_id"][row].as_py()
        passage = longest_shared_passage(quarter.text(place), before["text"][row].as_py())
        yield CopiedSection(ids[place], section, other, float(share), passage, None, other, True)


def _with_own(customers: list[str], section: str, before: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return each section of a customer with each of the customer's own of last quarter: number here, row there."""
    last: dict[str, list[int]] = {}
    for row, (customer, where) in enumerate(zip(before["customer_id"].to_pylist(), before["section"].to_pylist(), strict=True)):
        if where == section:
            last.setdefault(customer, []).append(row)
    pairs = [(place, row) for place, customer in enumerate(customers) for row in last.get(customer, ())]
    places, rows = np.array(pairs, np.int64).reshape(-1, 2).T
    return places, rows

"""Which sections of this quarter's reports were copied: from another customer's, or from the customer's own of last quarter."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from postloan.inspection_reports.analysis.families import families
from postloan.inspection_reports.analysis.masking import mask_all
from postloan.inspection_reports.analysis.minhash import alike, meeting, sign, weigh
from postloan.inspection_reports.analysis.quarter import AT_ONCE, Quarter, names_and_texts, remembered
from postloan.inspection_reports.analysis.shingles import Characters, characters
from postloan.inspection_reports.analysis.similar import longest_shared_passage, similarity, telling

TELLING = 0.50
"""Of what is not everybody's, a copy shares at least this much: two reports that share the form's phrases and the trade's do not."""

TELLING_SHINGLES = 20
"""And at least so much of it: a section of the form's text with one phrase of the manager's is no more to go by than a short one."""

SAME = 0.85
"""Sections estimated to be as alike as this count as one when shingles are weighed: forty copies make no text commonplace."""

NEAR = 0.30
"""Pairs whose estimate is below this are not looked at."""

SAMPLE = 4000
"""Sections that are looked at to learn what is commonplace."""

COLUMNS = pa.schema(
    {
        "inspection_id": pa.string(),
        "section": pa.string(),
        "other_inspection_id": pa.string(),
        "similarity": pa.float64(),
        "passage": pa.string(),
        "family": pa.string(),
        "original_inspection_id": pa.string(),
        "own_previous": pa.bool_(),
    }
)
Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Two texts and their similarity, as three arrays."""


def find_copies(
    now: pa.Table | Quarter, before: pa.Table | None = None, similarity: float = 0.80, least: int = 60, own_words: Iterable[str] = ()
) -> pa.Table:
    """Sections that match another customer's of this quarter, or the customer's own of the quarter before (contract `report_boilerplate`).

    `now` has the columns inspection_id, customer_id, section, submitted_at, text and, so that names are masked, customer_name; a
    `Quarter` made of it serves as well, and then says itself what `least` and `own_words` are. `before` is last quarter's in the same
    columns, or `Quarter.to_table` of it. `own_words` are the blank form's texts.

    Two sections match where, masked (`mask`), their similarity (`similar.similarity`) is at or above the limit and they share at least
    half of what is not commonplace in the quarter (`similar.telling`). Sections under `least` characters, spaces and own words not
    counted, are left out.

    One row a section and source (COLUMNS): the other report, this customer's own of last quarter where `own_previous`; the exact
    similarity; the longest passage that stands in both as it is. Copies of copies are one `family`, named by section and original, the
    report submitted first, which has a row too. A section matches the original itself where it does, else the likest of the family.
    """
    quarter = now if isinstance(now, Quarter) else Quarter.of(now, least, own_words)
    ids, customers = quarter.column("inspection_id"), quarter.column("customer_id")
    number = np.unique(np.array(customers, dtype=str), return_inverse=True)[1]
    past = remembered(before, least, quarter.own_words) if before is not None else None
    rows: list[dict] = []
    for section, start, end in quarter.sections():
        texts, signatures = quarter.texts.part(start, end), quarter.signatures[start:end]
        weights, pairs = _candidates(texts, signatures)
        left, right, exact = _matches(texts, weights, *_of_others(pairs, number[start:end]), similarity)
        for one, other, share, original in _chosen(end - start, left, right, exact):
            passage = longest_shared_passage(quarter.text(start + one), quarter.text(start + other))
            rows.append(_row(ids[start + one], section, ids[start + other], share, passage, ids[start + original]))
        if past:
            rows += _own_previous(quarter, section, start, end, weights, *past, similarity)
    return pa.Table.from_pylist(rows, schema=COLUMNS)


def _row(inspection: str, section: str, other: str, share: float, passage: str, original: str, own: bool = False) -> dict:
    family = None if own else f"{section}:{original}"
    return dict(zip(COLUMNS.names, [inspection, section, other, float(share), passage, family, original, own], strict=True))


def _candidates(texts: Characters, signatures: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """What each shingle tells, and the pairs of texts worth a closer look.

    Pairs meet in a band of their plain signatures, which finds whole copies of whatever it be, or in one of their weighted signatures,
    which finds copies under much that is common to all.
    """
    left, right = meeting(signatures, 8, NEAR)
    same = alike(signatures, left, right) >= SAME
    family = families(len(texts), left[same], right[same])
    unlike = np.flatnonzero(family == np.arange(len(texts)))
    weights = weigh(texts.take(np.sort(np.random.default_rng(0).permutation(unlike)[:SAMPLE])))
    weighted = sign(texts, weights)
    near = alike(weighted, left, right) >= NEAR
    more_left, more_right = meeting(weighted, 4, NEAR)
    pairs = np.unique(np.concatenate([left[near] * len(texts) + right[near], more_left * len(texts) + more_right]))
    return weights, (pairs // max(1, len(texts)), pairs % max(1, len(texts)))


def _of_others(pairs: tuple[np.ndarray, np.ndarray], customers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    other = customers[pairs[0]] != customers[pairs[1]]
    return pairs[0][other], pairs[1][other]


def _matches(texts: Characters, weights: np.ndarray, left: np.ndarray, right: np.ndarray, limit: float) -> Pairs:
    """The pairs that match, with their exact similarity; looked at some thousand at a time, for the memory's sake."""
    shares = [_shares(texts, weights, left[i : i + AT_ONCE], right[i : i + AT_ONCE]) for i in range(0, len(left), AT_ONCE)]
    exact = np.concatenate([np.empty(0), *shares])
    match = exact >= limit
    return left[match], right[match], exact[match]


def _shares(texts: Characters, weights: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The exact similarity of pairs, 0 where too little of what they share is telling."""
    rows, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    few, one, other = texts.take(rows), places[: len(left)], places[len(left) :]
    share, shingles = telling(few, weights, one, other)
    sentences = [few.sentences(row) for row in range(len(few))]
    pairs = zip(one, other, (share >= TELLING) & (shingles >= TELLING_SHINGLES), strict=True)
    return np.array([similarity(sentences[a], sentences[b]) if tells else 0.0 for a, b, tells in pairs])


def _chosen(count: int, left: np.ndarray, right: np.ndarray, exact: np.ndarray) -> list[tuple[int, int, float, int]]:
    """Each text with a match once: the text, the other one to name, their similarity, the original of the family."""
    family = families(count, left, right)
    one, other, share = np.concatenate([left, right]), np.concatenate([right, left]), np.concatenate([exact, exact])
    order = np.lexsort((other, -share, other != family[one], one))
    one, other, share = one[order], other[order], share[order]
    first = np.flatnonzero(np.diff(one, prepend=-1))
    return [(int(one[i]), int(other[i]), float(share[i]), int(family[one[i]])) for i in first]


def _own_previous(
    quarter: Quarter, section: str, start: int, end: int, weights: np.ndarray, before: pa.Table, signatures: np.ndarray, limit: float
) -> list[dict]:
    """Rows of sections that match the customer's own of last quarter, the likest where there are several."""
    ids = quarter.column("inspection_id")
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
    found = []
    for place, (row, share) in sorted(best.items()):
        other = before["inspection_id"][row].as_py()
        passage = longest_shared_passage(quarter.text(place), before["text"][row].as_py())
        found.append(_row(ids[place], section, other, share, passage, other, own=True))
    return found


def _with_own(customers: list[str], section: str, before: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Each section of a customer with each of the customer's own of last quarter: number here, row there."""
    last: dict[str, list[int]] = {}
    for row, (customer, where) in enumerate(zip(before["customer_id"].to_pylist(), before["section"].to_pylist(), strict=True)):
        if where == section:
            last.setdefault(customer, []).append(row)
    pairs = [(place, row) for place, customer in enumerate(customers) for row in last.get(customer, ())]
    places, rows = np.array(pairs, np.int64).reshape(-1, 2).T
    return places, rows

"""Verdicts on sources: kept, discarded, quarantined as artefacts; reserved tags, shared by all.

Of several verdicts on a source the last one holds, whoever gave it; each is undone as any change.
"""

import hashlib
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from app.bundle.latent_space import LatentSpace
from app.query.conditions import Selection
from app.samples.labels import Labels
from app.samples.records import Changed, Label

Verdict = Literal["keep", "discard", "quarantine"]
RESERVED = {verdict: f"verdict: {verdict}" for verdict in get_args(Verdict)}
"""The tag of each verdict."""


def verdicts(labels: Labels) -> dict[int, Label]:
    """The verdict that holds on each row of the served bundle; its word is the verdict."""
    return {
        each.source.row: each
        for each in labels.tags(words=tuple(RESERVED.values()))
        if each.source.row is not None
    }


def queue(labels: Labels, *, flagged_first: bool = False, judged: bool = False) -> list[int]:
    """Rows to be judged: the most novel first; or those with artefact flags before the others.

    Sources that have a verdict already are left out, or alone are given (`judged`); those whose
    novelty is unknown come last.
    """
    catalogue, held = labels.space.catalogue, verdicts(labels)
    novelty = np.nan_to_num(labels.space.novelty, nan=-np.inf)
    flagged = [flags not in (None, "", "none") for flags in flags_of(labels.space)]
    order = np.lexsort((np.arange(len(catalogue)), -novelty, ~(np.array(flagged) & flagged_first)))
    return [row for row in order.tolist() if (row in held) == judged]


def flags_of(space: LatentSpace) -> list[str | None]:
    """The artefact flags of every row; None where the bundle was built before there were any."""
    table = space.catalogue.table
    known = "artefact_flags" in table.column_names
    return table["artefact_flags"].to_pylist() if known else [None] * len(space)


def judge(labels: Labels, rows: Sequence[int], verdict: Verdict, author: str) -> Changed:
    """Give a verdict on rows of the bundle, in place of the author's earlier one."""
    return labels.tag_in_place_of(rows, RESERVED[verdict], tuple(RESERVED.values()), author)


def quarantine(labels: Labels) -> Selection | None:
    """The quarantined rows, with an id of their own; None where there are none."""
    held = [row for row, each in verdicts(labels).items() if each.word == RESERVED["quarantine"]]
    if not held:
        return None
    mask = np.zeros(len(labels.space), bool)
    mask[held] = True
    return Selection(hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()[:16], mask)

"""What decides a bundle's content, as one digest, and why a bundle no longer fits."""

import hashlib
import json
from dataclasses import asdict

from app.manifest import SCHEMA_VERSION, Manifest, SourceRecord
from model.encoder import EncoderCard
from model.extent import EXTENT_ALGORITHM
from model.preprocess import PREPROCESSING
from scripts.reduce import ReductionConfig


def fingerprint_of(source: SourceRecord, card: EncoderCard, reduction: ReductionConfig) -> str:
    """SHA-256 over source, encoder, preprocessing, extent algorithm, reduction and schema."""
    content = {
        "schema": SCHEMA_VERSION,
        "source": [source.name, source.version, source.n_listed],
        "encoder": card.sha256,
        "preprocessing": PREPROCESSING,
        "extent": EXTENT_ALGORITHM,
        "reduction": asdict(reduction),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def reasons_to_rebuild(before: Manifest, source: SourceRecord, card: EncoderCard) -> str:
    """Say in words what has changed since a bundle was built."""
    changes = {
        f"its encoder was '{before.encoder.name}', now it is '{card.name}'": before.encoder.sha256
        != card.sha256,
        "its images were prepared in another way": before.preprocessing != PREPROCESSING,
        "its angular extents were measured in another way": before.extent_algorithm
        != EXTENT_ALGORITHM,
        f"its catalogue was {before.source.name}, now it is {source.name}": (
            before.source.name,
            before.source.version,
        )
        != (source.name, source.version),
    }
    return (
        "; ".join(words for words, changed in changes.items() if changed) or "its settings changed"
    )

"""What is known beforehand of a published table. It never reads one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.catalogue import ColumnInfo
from app.manifest import SourceRecord
from scripts.readers.source_list import ListOptions


@dataclass(frozen=True)
class Presets:
    """How to read a table, and where it is from."""

    prefix: str
    """Source ids begin with it."""
    record: SourceRecord
    """Its n_listed, n_rejected and version are filled in."""
    options: ListOptions = field(default_factory=ListOptions)
    extent_unit: str = ""
    about: Mapping[str, ColumnInfo] = field(default_factory=dict)
    """Labels and units that the file does not carry, by column name."""

"""The answer of a cone search as a VOTable 1.1, which is what Simple Cone Search 1.03 asks for.

It never searches, and it never raises for what a client sent: an error is a document too.
"""

import io
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy import units as u
from astropy.io.votable.tree import CooSys, Info, Resource, TableElement, VOTableFile
from astropy.table import MaskedColumn, Table
from numpy.typing import NDArray

from app.bundle.catalogue import Catalogue, ColumnInfo
from app.bundle.latent_space import LatentSpace
from app.query.cone import ConeAnswer, ConeQuery

VOTABLE_VERSION = "1.1"
"""SCS 1.03, Sec. 2.2: VOTable 1.0 or 1.1."""
MEDIA_TYPE = "text/xml;content=x-votable"
SEPARATION = "separation_arcsec"
SCS_UCDS = {
    "source_id": "ID_MAIN",
    "ra_deg": "POS_EQ_RA_MAIN",
    "dec_deg": "POS_EQ_DEC_MAIN",
}
"""The UCDs that the standard wants, each on exactly one column."""
RESERVED_UCDS = {*SCS_UCDS.values(), "meta.id;meta.main", "pos.eq.ra;meta.main"}
RESERVED_UCDS |= {"pos.eq.dec;meta.main"}
FEWEST_COLUMNS = ("source_id", "ra_deg", "dec_deg", "image_origin", "survey")
USUAL_COLUMNS = (
    "source_id",
    "name",
    "ra_deg",
    "dec_deg",
    "angular_extent_arcsec",
    "extent_origin",
    "extent_flag",
    "image_origin",
    "survey",
)
_UCD = re.compile(r"[A-Za-z0-9_.;-]+")


def write_cone(space: LatentSpace, query: ConeQuery, answer: ConeAnswer) -> bytes:
    """Write the rows of a cone with the columns that the verbosity asks for.

    The separation from the centre comes after the declination; image_origin and survey are there
    at any verbosity, so that no drawn image passes for an observation.
    """
    document, resource = _document(_description(space))
    resource.infos.extend(_infos(space, query, answer))
    resource.coordinate_systems.append(CooSys(ID="icrs", system="ICRS"))
    table = TableElement.from_table(document, _table(space.catalogue, query, answer))
    for field in table.fields:
        if SCS_UCDS.get(field.name, "").startswith("POS"):
            field.ref = "icrs"
    resource.tables.append(table)
    return _bytes(document)


def write_error(sentence: str) -> bytes:
    """Write an error: INFO name="Error" below the root, as the standard prefers (Sec. 2.3)."""
    document, _ = _document("")
    document.infos.append(Info(ID="Error", name="Error", value=sentence))
    return _bytes(document)


def column_names(catalogue: Catalogue, verbosity: int) -> list[str]:
    """Columns of the catalogue at a verbosity, ID and position among them, in their order."""
    chosen = {1: FEWEST_COLUMNS, 2: USUAL_COLUMNS}.get(verbosity)
    names = catalogue.table.column_names
    return [name for name in names if chosen is None or name in chosen]


def _document(description: str) -> tuple[VOTableFile, Resource]:
    document = VOTableFile(version=VOTABLE_VERSION)
    resource = Resource(type="results")
    resource.description = description or None
    document.resources.append(resource)
    return document, resource


def _bytes(document: VOTableFile) -> bytes:
    buffer = io.BytesIO()
    document.to_xml(buffer)
    return buffer.getvalue()


def _description(space: LatentSpace) -> str:
    source = space.manifest.source
    return f"Simple Cone Search over {len(space)} sources of {source.name}: {source.description}"


def _infos(space: LatentSpace, query: ConeQuery, answer: ConeAnswer) -> list[Info]:
    """QUERY_STATUS as DALI has it, the question as understood, and where the rows come from."""
    source, manifest = space.manifest.source, space.manifest
    left_out = answer.n_inside - len(answer.rows)
    said = {
        "standardID": "ivo://ivoa.net/std/ConeSearch",
        "query": f"RA {query.ra_deg!r} deg, Dec {query.dec_deg!r} deg, radius "
        f"{query.radius_deg!r} deg, ICRS",
        "rows": f"{len(answer.rows)} of {answer.n_inside} inside the cone"
        + (f"; the {left_out} farthest are left out (MAXREC)" if left_out else ""),
        "catalogue": source.name,
        "doi": source.doi,
        "citation": source.citation,
        "terms": source.terms,
        "bundle": space.version,
        "encoder": f"{manifest.encoder.name} (sha256 {manifest.encoder.sha256})",
    }
    status = Info(name="QUERY_STATUS", value="OVERFLOW" if left_out else "OK")
    return [status, *(Info(name=name, value=value) for name, value in said.items() if value)]


def _table(catalogue: Catalogue, query: ConeQuery, answer: ConeAnswer) -> Table:
    table = Table()
    for name in column_names(catalogue, query.verbosity):
        table[name] = _column(catalogue, name, answer.rows)
        if name == "dec_deg":
            about = ColumnInfo("Separation", "arcsec", "pos.angDistance", "From the cone's centre.")
            table[SEPARATION] = _described(MaskedColumn(answer.separation_arcsec), about, "")
    return table


def _column(catalogue: Catalogue, name: str, rows: NDArray[np.intp]) -> MaskedColumn:
    """One column; its type is that of the whole catalogue's, whatever rows were found."""
    whole = catalogue.table[name]
    found = whole.take(pa.array(rows, pa.int64()))
    missing = pc.is_null(found, nan_is_null=True).to_numpy(zero_copy_only=False)
    if pa.types.is_boolean(found.type):
        values = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    elif catalogue.is_number(name):
        values = pc.fill_null(found, 0).to_numpy(zero_copy_only=False)
    else:
        words = pc.fill_null(pc.cast(found, pa.string()), "").to_pylist()
        values, missing = np.array(words, dtype=_words_type(whole)), np.False_
    return _described(MaskedColumn(values, mask=missing), catalogue.info[name], name)


def _words_type(whole: pa.ChunkedArray) -> str:
    """Characters as wide as the longest word, two at least: one alone would be no array."""
    words = pc.cast(whole, pa.string())
    ascii_only = pc.all(pc.string_is_ascii(words)).as_py() is not False
    return f"{'S' if ascii_only else 'U'}{max(pc.max(pc.utf8_length(words)).as_py() or 0, 2)}"


def _described(column: MaskedColumn, about: ColumnInfo, name: str) -> MaskedColumn:
    """Add unit, UCD and description; a unit that VOTable 1.1 has not goes into the description."""
    words = [about.label, about.description]
    if about.unit and not _is_cds_unit(about.unit):
        words.append(f"Unit: {about.unit}")
    elif about.unit:
        column.unit = u.Unit(about.unit)
    ucd = SCS_UCDS.get(name) or ("" if about.ucd in RESERVED_UCDS else about.ucd)
    if _UCD.fullmatch(ucd):
        column.meta["ucd"] = ucd
    column.description = ". ".join(word.rstrip(".") for word in words if word)
    return column


def _is_cds_unit(unit: str) -> bool:
    """Whether VOTable 1.1 can say a unit; Jy/beam, for one, it cannot."""
    try:
        u.Unit(unit).to_string("cds")
    except ValueError:
        return False
    return True

"""The answer of a cone search as a VOTable 1.1, which is what Simple Cone Search 1.03 asks for.

It never searches, and it never raises for what a client sent: an error is a document too.
"""

from dataclasses import replace

import pyarrow as pa

from app.bundle.catalogue import Catalogue, ColumnInfo, info_field
from app.bundle.latent_space import LatentSpace
from app.query.cone import ConeAnswer, ConeQuery
from app.tables.votable import About, Version, write_error, write_votable

VOTABLE_VERSION: Version = "1.1"
"""SCS 1.03, Sec. 2.2: VOTable 1.0 or 1.1."""
MEDIA_TYPE = "text/xml;content=x-votable"
SEPARATION = "separation_arcsec"
SEPARATION_INFO = ColumnInfo("Separation", "arcsec", "pos.angDistance", "From the cone's centre.")
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


def write_cone(space: LatentSpace, query: ConeQuery, answer: ConeAnswer) -> bytes:
    """Write the rows of a cone with the columns that the verbosity asks for.

    The separation from the centre comes after the declination; image_origin and survey are there
    at any verbosity, so that no drawn image passes for an observation.
    """
    about = About(
        VOTABLE_VERSION, description=_description(space), infos=_infos(space, query, answer)
    )
    whole = _described(space.catalogue, query.verbosity)
    found = whole.take(pa.array(answer.rows, pa.int64()))
    after = found.column_names.index("dec_deg") + 1
    field = info_field(SEPARATION, pa.float64(), SEPARATION_INFO)
    found = found.add_column(after, field, pa.array(answer.separation_arcsec))
    return write_votable(found, about, like=whole)


def write_cone_error(sentence: str) -> bytes:
    """Write an error: INFO name="Error" below the root, as the standard prefers (Sec. 2.3)."""
    return write_error(sentence, VOTABLE_VERSION)


def column_names(catalogue: Catalogue, verbosity: int) -> list[str]:
    """Columns of the catalogue at a verbosity, ID and position among them, in their order."""
    chosen = {1: FEWEST_COLUMNS, 2: USUAL_COLUMNS}.get(verbosity)
    names = catalogue.table.column_names
    return [name for name in names if chosen is None or name in chosen]


def _description(space: LatentSpace) -> str:
    source = space.manifest.source
    return f"Simple Cone Search over {len(space)} sources of {source.name}: {source.description}"


def _infos(space: LatentSpace, query: ConeQuery, answer: ConeAnswer) -> dict[str, str]:
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
    status = {"QUERY_STATUS": "OVERFLOW" if left_out else "OK"}
    return status | {name: value for name, value in said.items() if value}


def _described(catalogue: Catalogue, verbosity: int) -> pa.Table:
    """All rows in the columns of a verbosity, with the UCDs that the standard wants."""
    table = catalogue.table.select(column_names(catalogue, verbosity))
    fields = []
    for field in table.schema:
        about = catalogue.info[field.name]
        ucd = SCS_UCDS.get(field.name) or ("" if about.ucd in RESERVED_UCDS else about.ucd)
        fields.append(info_field(field.name, field.type, replace(about, ucd=ucd)))
    return table.replace_schema_metadata(None).cast(pa.schema(fields))

"""A table as a VOTable document: the one writer of it, of version 1.4, and 1.1 for cone searches.

It never chooses columns. A unit or UCD that VOTable has not stands in the description of its
column, never in an attribute where a reader would stumble over it.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from astropy import units as u
from astropy.io.votable.ucd import check_ucd

from app.bundle.catalogue import ColumnInfo, column_info
from app.tables.cells import joined_arrays, plain_table, worded_dates

Version = Literal["1.1", "1.4"]
ICRS_COLUMNS = frozenset({"ra_deg", "dec_deg", "query_ra_deg", "query_dec_deg"})
"""Columns that hold ICRS degrees in every table of ours."""
NAMESPACES: Mapping[Version, str] = {
    "1.1": "http://www.ivoa.net/xml/VOTable/v1.1",
    "1.4": "http://www.ivoa.net/xml/VOTable/v1.3",
}
"""1.4 keeps that of 1.3."""
UNIT_FORMATS: Mapping[Version, str] = {"1.1": "cds", "1.4": "vounit"}
DATATYPES = {
    pa.bool_(): "boolean",
    pa.int16(): "short",
    pa.int32(): "int",
    pa.int64(): "long",
    pa.float32(): "float",
    pa.float64(): "double",
}
WIDER = {
    pa.int8(): pa.int16(),
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.int64(),
}
"""VOTable has no signed bytes, and no other unsigned numbers than bytes."""
UNKNOWN = {pa.int16(): -(2**15), pa.int32(): -(2**31), pa.int64(): -(2**63)}
"""Stands for an unknown whole number, as VALUES says: 1.1 has no other way."""
ROWS_AT_ONCE = 50_000
_NOT_IN_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
_UCD1 = re.compile(r"[A-Za-z0-9_.;-]+")


@dataclass(frozen=True)
class About:
    """What a document says beside its table."""

    version: Version = "1.4"
    description: str = ""
    """Of the resource."""
    infos: Mapping[str, str] = field(default_factory=dict)
    table_description: str = ""
    """The only text of a document that astropy's ``Table.read`` keeps, in ``meta``."""


def write_votable(table: pa.Table, about: About, like: pa.Table | None = None) -> bytes:
    """Write a document of one table.

    Parameters
    ----------
    table : pyarrow.Table
        Fields carry label, unit, ucd and description in their metadata (`make_table`).
    about : About
    like : pyarrow.Table, optional
        The rows of which these are some: declared types and widths are those of the whole, and do
        not depend on what was found.

    Notes
    -----
    IVOA VOTable 1.4; 1.1 as Simple Cone Search 1.03 wants it. Rows are text (TABLEDATA), each
    float in the fewest digits that give it back. Unknown: NaN, an empty word, ``?`` for a boolean,
    the least whole number. A character that XML cannot hold is U+FFFD.
    """
    table = _votable_types(table)
    root = _root(about, table, table if like is None else _votable_types(like))
    data = ET.SubElement(next(root.iter("TABLE")), "DATA")
    ET.SubElement(data, "TABLEDATA").text = "\n"
    head, end, rest = _document(root).partition(b"</TABLEDATA>")
    return b"".join([head, *_rows(table), end, rest])


def votable_header(table: pa.Table, about: About) -> bytes:
    """Write the document without rows, as Parquet files hold it (IVOA VOParquet 1.0)."""
    plain = _votable_types(table)
    return _document(_root(about, plain, plain))


def write_error(sentence: str, version: Version) -> bytes:
    """Write a document without a table that says what is wrong: INFO name="Error"."""
    root = _votable(version)
    ET.SubElement(root, "INFO", ID="Error", name="Error", value=_xml(sentence))
    ET.SubElement(root, "RESOURCE", type="results")
    return _document(root)


def _root(about: About, table: pa.Table, whole: pa.Table) -> ET.Element:
    root = _votable(about.version)
    resource = ET.SubElement(root, "RESOURCE", type="results")
    _describe(resource, about.description)
    for name, value in about.infos.items():
        ET.SubElement(resource, "INFO", name=_xml(name), value=_xml(value))
    ET.SubElement(resource, "COOSYS", ID="icrs", system="ICRS")
    element = ET.SubElement(resource, "TABLE")
    if about.version != "1.1":
        element.set("nrows", str(table.num_rows))
    _describe(element, about.table_description)
    for each in table.schema:
        values = whole[each.name] if each.name in whole.column_names else table[each.name]
        element.append(_field(each, values, about.version))
    return root


def _votable(version: Version) -> ET.Element:
    return ET.Element("VOTABLE", version=version, xmlns=NAMESPACES[version])


def _document(root: ET.Element) -> bytes:
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _field(field: pa.Field, whole: pa.ChunkedArray, version: Version) -> ET.Element:
    about = column_info(field)
    element = ET.Element("FIELD", {"name": _xml(field.name)} | _datatype(field.type, whole))
    unit = _unit(about.unit, version)
    known_ucd = _is_ucd(about.ucd, version)
    if unit:
        element.set("unit", unit)
    if known_ucd:
        element.set("ucd", about.ucd)
    if field.name in ICRS_COLUMNS:
        element.set("ref", "icrs")
    _describe(element, _sentences(about, bool(unit), known_ucd))
    if pa.types.is_integer(field.type) and whole.null_count:
        ET.SubElement(element, "VALUES", null=str(UNKNOWN[field.type]))
    return element


def _sentences(about: ColumnInfo, unit_said: bool, ucd_said: bool) -> str:
    """Label and description, and what no attribute says."""
    words = [about.label, about.description]
    words += [] if unit_said or not about.unit else [f"Unit: {about.unit}"]
    words += [] if ucd_said or not about.ucd else [f"UCD as given: {about.ucd}"]
    return ". ".join(bare for word in words if (bare := word.rstrip(". ")))


def _datatype(kind: pa.DataType, whole: pa.ChunkedArray) -> dict[str, str]:
    if pa.types.is_fixed_size_list(kind):
        return {"datatype": DATATYPES[kind.value_type], "arraysize": str(kind.list_size)}
    if not pa.types.is_string(kind):
        return {"datatype": DATATYPES[kind]}
    return _words_datatype(whole)


def _words_datatype(words: pa.ChunkedArray) -> dict[str, str]:
    """As wide as the longest word in UTF-16, two at least: one character would be no word.

    A word of any length ("*") astropy reads as a Python object, which it cannot write to FITS.
    """
    if pc.all(pc.string_is_ascii(words)).as_py() is not False:
        datatype, widths = "char", pc.binary_length(words)
    else:
        in_pairs = pc.count_substring_regex(words, r"[\x{10000}-\x{10FFFF}]")
        datatype, widths = "unicodeChar", pc.add(pc.utf8_length(words), in_pairs)
    return {"datatype": datatype, "arraysize": str(max(pc.max(widths).as_py() or 0, 2))}


def _votable_types(table: pa.Table) -> pa.Table:
    table = worded_dates(plain_table(table))
    fields = [each.with_type(WIDER.get(each.type, each.type)) for each in table.schema]
    return table.cast(pa.schema(fields))


def _unit(unit: str, version: Version) -> str:
    """The unit as the version spells it; empty where it cannot.

    % is known to both (VOUnits 1.1, known units), though astropy's strict reading of 1.4 has it
    not; its ``Table.read`` does.
    """
    if not unit:
        return ""
    form = UNIT_FORMATS[version]
    try:
        known = u.Unit(unit)
        text = "%" if known == u.percent else str(known.to_string(form))
        u.Unit(text, format="cds" if text == "%" else form)
    except ValueError:
        return ""
    return text


def _is_ucd(ucd: str, version: Version) -> bool:
    """Whether it is one of the vocabulary; 1.1 also has the older kind, such as ID_MAIN."""
    if version == "1.1":
        return _UCD1.fullmatch(ucd) is not None
    return bool(ucd and check_ucd(ucd, check_controlled_vocabulary=True, has_colon=True))


def _rows(table: pa.Table) -> Iterator[bytes]:
    for start in range(0, table.num_rows, ROWS_AT_ONCE):
        block = table.slice(start, ROWS_AT_ONCE).combine_chunks()
        cells = [_cells(column.combine_chunks()) for column in block.columns]
        lines = pc.binary_join_element_wise(*cells, "</TD><TD>")
        rows = pc.binary_join_element_wise("<TR><TD>", lines, "</TD></TR>\n", "")
        yield "".join(rows.to_pylist()).encode()


def _cells(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_string(kind):
        for mark, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
            values = pc.replace_substring(values, mark, escaped)
        return pc.replace_substring_regex(values, _NOT_IN_XML, "\ufffd")
    if pa.types.is_fixed_size_list(kind):
        return _infinite(joined_arrays(values, " "))
    if pa.types.is_boolean(kind):
        return pc.fill_null(values.cast(pa.string()), "?")
    if pa.types.is_integer(kind):
        return pc.fill_null(values, UNKNOWN[kind]).cast(pa.string())
    return _infinite(pc.fill_null(values.cast(pa.string()), "NaN"))


def _infinite(numbers: pa.Array) -> pa.Array:
    """Infinities and NaN as VOTable spells them, where there are any."""
    if not pc.any(pc.match_substring(numbers, "n")).as_py():
        return numbers
    numbers = pc.replace_substring_regex(numbers, r"(^|\s)inf", r"\1+Inf")
    numbers = pc.replace_substring_regex(numbers, r"-inf", "-Inf")
    return pc.replace_substring_regex(numbers, r"-?nan", "NaN")


def _describe(element: ET.Element, text: str) -> None:
    if text:
        ET.SubElement(element, "DESCRIPTION").text = _xml(text)


def _xml(text: str) -> str:
    return re.sub(_NOT_IN_XML, "\ufffd", text)

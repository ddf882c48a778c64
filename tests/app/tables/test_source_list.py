"""Any table as a list of sources: formats, columns by name, UCD or flag, units, frames, rejects."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.io.votable.tree import CooSys
from astropy.table import Table

from app.tables.lists import SourceList, UnreadableCatalogue
from scripts.bundle.named import read_source_list

RA = np.array([10.684583, 187.705930, 299.868153])
DEC = np.array([41.269167, 12.391123, -40.733916])
PLACES = SkyCoord(RA * u.deg, DEC * u.deg)


def written(directory: Path, text: str, name: str = "list.csv") -> str:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def assert_places(sources: SourceList, tolerance_arcsec: float = 0.01) -> None:
    """The three places, whatever form they came in."""
    found = SkyCoord(sources.ra_deg * u.deg, sources.dec_deg * u.deg)
    assert len(found) == 3
    assert found.separation(PLACES).arcsec.max() < tolerance_arcsec


def table(ra: str = "ra", dec: str = "dec") -> Table:
    return Table(
        {"name": ["a", "b", "c"], ra: RA * u.deg, dec: DEC * u.deg, "flux": [1.0, 2.0, 3.0]}
    )


@pytest.mark.parametrize("kind", ["csv", "tsv", "ecsv", "fits", "vot", "parquet"])
def test_every_format_is_read_whatever_its_file_is_called(tmp_path: Path, kind: str) -> None:
    path, content = tmp_path / "data.bin", table()
    if kind == "parquet":
        pq.write_table(pa.table({"name": ["a", "b", "c"], "ra": RA, "dec": DEC}), path)
    else:
        formats = {"csv": "ascii.csv", "tsv": "ascii.tab", "ecsv": "ascii.ecsv", "vot": "votable"}
        content.write(path, format=formats.get(kind, kind), overwrite=True)
    sources = read_source_list(str(path))
    assert_places(sources)
    assert sources.names == ["a", "b", "c"]
    if kind in ("ecsv", "fits", "vot"):
        assert any("ra (degrees)" in note for note in sources.notes)


@pytest.mark.parametrize(
    ("ra", "dec"),
    [
        ("RA", "DEC"),
        ("RAJ2000", "DEJ2000"),
        ("_RA.icrs", "_DE.icrs"),
        ("ALPHA_J2000", "DELTA_J2000"),
    ],
)
def test_usual_names_are_recognised(tmp_path: Path, ra: str, dec: str) -> None:
    rows = "".join(f"{r},{d}\n" for r, d in zip(RA, DEC, strict=True))
    sources = read_source_list(written(tmp_path, f"{ra},{dec}\n{rows}"))
    assert_places(sources)
    assert any("recognised by name" in note for note in sources.notes)


def test_degrees_are_taken_before_the_same_in_words(tmp_path: Path) -> None:
    texts = [text.split() for text in PLACES.to_string("hmsdms", sep=":")]
    rows = [f"{r},{d},{a},{b}" for (a, b), r, d in zip(texts, RA, DEC, strict=True)]
    text = "\n".join(["_RAJ2000,_DEJ2000,RAJ2000,DEJ2000", *rows, ""])
    assert_places(read_source_list(written(tmp_path, text)))
    sources = read_source_list(written(tmp_path, text), ra_column="RAJ2000", dec_column="DEJ2000")
    assert any("sexagesimal" in note for note in sources.notes)


def test_ucds_tell_positions_that_names_do_not(tmp_path: Path) -> None:
    document = from_table(table("x", "y"))
    fields = document.get_first_table().fields
    fields[1].ucd, fields[2].ucd = "pos.eq.ra;meta.main", "pos.eq.dec;meta.main"
    document.to_xml(str(tmp_path / "t.vot"))
    sources = read_source_list(str(tmp_path / "t.vot"))
    assert_places(sources)
    assert any("recognised by UCD" in note for note in sources.notes)
    hdu = fits.BinTableHDU(table("x", "y"))
    hdu.header["TUCD2"], hdu.header["TUCD3"] = "POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN"
    hdu.writeto(tmp_path / "t.fits")
    assert_places(read_source_list(str(tmp_path / "t.fits")))


def test_flags_overrule_what_would_be_recognised(tmp_path: Path) -> None:
    rows = "".join(f"0,0,{r},{d}\n" for r, d in zip(RA, DEC, strict=True))
    path = written(tmp_path, f"ra,dec,core_ra,core_dec\n{rows}")
    assert_places(read_source_list(path, ra_column="core_ra", dec_column="CORE_DEC"))
    with pytest.raises(UnreadableCatalogue, match=r"no column 'nonesuch'.*core_ra"):
        read_source_list(path, ra_column="nonesuch", dec_column="dec")
    with pytest.raises(UnreadableCatalogue, match="given together"):
        read_source_list(path, ra_column="core_ra")


def test_hours_are_honoured_by_unit_name_or_flag(tmp_path: Path) -> None:
    hours = Table({"ra": RA / 15 * u.hourangle, "dec": DEC * u.deg})
    hours.write(tmp_path / "h.ecsv", format="ascii.ecsv")
    assert_places(read_source_list(str(tmp_path / "h.ecsv")))
    rows = "".join(f"{r / 15:.9f},{d}\n" for r, d in zip(RA, DEC, strict=True))
    assert_places(read_source_list(written(tmp_path, f"ra_hours,dec_deg\n{rows}")))
    assert_places(read_source_list(written(tmp_path, f"ra,dec\n{rows}"), ra_unit="hourangle"))


def test_radians_and_unknown_units(tmp_path: Path) -> None:
    rows = "".join(f"{np.deg2rad(r)},{np.deg2rad(d)}\n" for r, d in zip(RA, DEC, strict=True))
    path = written(tmp_path, f"ra,dec\n{rows}")
    assert_places(read_source_list(path, ra_unit="rad", dec_unit="rad"))
    with pytest.raises(UnreadableCatalogue, match=r"unit 'furlong' .* ra_unit"):
        read_source_list(path, ra_unit="furlong")


@pytest.mark.parametrize("separator", [":", " ", None])
def test_sexagesimal_positions_are_hours_and_degrees(tmp_path: Path, separator: str | None) -> None:
    texts = PLACES.to_string("hmsdms", precision=3, **({"sep": separator} if separator else {}))
    pairs = [text.rsplit(" ", 1) if separator != " " else (text[:12], text[13:]) for text in texts]
    rows = "".join(f"{r};{d}\n" for r, d in pairs)
    assert_places(read_source_list(written(tmp_path, f"ra;dec\n{rows}")), 0.02)


def test_whole_positions_in_one_column_and_names_that_hold_one(tmp_path: Path) -> None:
    rows = "".join(f"{r} {d:+},1\n" for r, d in zip(RA, DEC, strict=True))
    assert_places(read_source_list(written(tmp_path, f"position,n\n{rows}")))
    names = "source,n\nRGZJ134541.2+232253,1\nFIRST J120000.0-000030,2\n"
    sources = read_source_list(written(tmp_path, names))
    assert sources.ra_deg.tolist() == pytest.approx([206.421667, 180.0], abs=1e-5)
    assert sources.dec_deg[1] == pytest.approx(-30 / 3600)
    assert any("as exact as those are" in note for note in sources.notes)


@pytest.mark.parametrize("frame", ["fk4", "fk5", "galactic"])
def test_frames_are_honoured(tmp_path: Path, frame: str) -> None:
    there = PLACES.transform_to(frame)
    lon, lat = there.spherical.lon.deg, there.spherical.lat.deg
    rows = "".join(f"{a:.9f},{b:.9f}\n" for a, b in zip(lon, lat, strict=True))
    assert_places(read_source_list(written(tmp_path, f"ra,dec\n{rows}"), frame=frame))
    if frame == "galactic":
        assert_places(read_source_list(written(tmp_path, f"GLON,GLAT\n{rows}")))
        return
    document = from_table(Table({"ra": lon * u.deg, "dec": lat * u.deg}))
    system = {"fk4": "eq_FK4", "fk5": "eq_FK5"}[frame]
    document.coordinate_systems.append(
        CooSys(ID="sys", system=system, equinox="B1950" if frame == "fk4" else "J2000")
    )
    document.to_xml(str(tmp_path / "t.vot"))
    assert_places(read_source_list(str(tmp_path / "t.vot")))


def test_rows_that_cannot_be_used_have_their_reason_and_the_counts_add_up(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "name,ra,dec\n"
        "good,10.5,20.5\n"
        "no ra,,20\n"
        "far,400,20\n"
        "high,10,95\n"
        "words,abc,10\n"
        "short,10\n"
        "also good,12:30:00,-00:30:00\n",
    )
    sources = read_source_list(path)
    assert sources.names == ["good", "also good"]
    assert {reject.row: reject.reason for reject in sources.rejects} == {
        2: "it has no ra",
        3: "the ra 400 deg is outside 0 to 360 deg",
        4: "the dec 95 deg is outside -90 to +90 deg",
        5: "'abc' in ra is no angle",
        6: "the row has 2 values, the header 3",
    }
    assert sources.record.n_listed == 7 == len(sources) + len(sources.rejects)
    assert sources.record.n_rejected == 5
    assert sources.dec_deg[1] == -0.5
    assert sources.rows.tolist() == [1, 7]


def test_own_columns_keep_their_units_and_never_hide_ours(tmp_path: Path) -> None:
    content = table()
    content["flux"].unit = "mJy"
    content["source_id"] = ["x", "y", "z"]
    content["odd name (µ)"] = [1, 2, 3]
    content.write(tmp_path / "t.ecsv", format="ascii.ecsv")
    sources = read_source_list(str(tmp_path / "t.ecsv"), id_column="source_id")
    assert sources.source_ids == ["t-x", "t-y", "t-z"]
    assert sources.own_columns["flux"].unit == "mJy"
    assert sources.own["list_source_id"].to_pylist() == ["x", "y", "z"]
    assert sources.own["odd_name"].to_pylist() == [1, 2, 3]
    assert "ra" not in sources.own.column_names


def test_an_extent_needs_a_unit_and_is_brought_to_arcsec(tmp_path: Path) -> None:
    content = table()
    content["las"] = [0.5, 1.0, -1.0]
    content.write(tmp_path / "t.ecsv", format="ascii.ecsv")
    with pytest.raises(UnreadableCatalogue, match="'las' has no unit"):
        read_source_list(str(tmp_path / "t.ecsv"), extent_column="las")
    content["las"].unit = "arcmin"
    content.write(tmp_path / "t.ecsv", format="ascii.ecsv", overwrite=True)
    sources = read_source_list(str(tmp_path / "t.ecsv"), extent_column="las")
    assert sources.extents_arcsec is not None
    np.testing.assert_array_equal(sources.extents_arcsec, [30, 60, np.nan])


def test_the_version_follows_the_file_and_how_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "ra,dec,r2,d2\n10,20,1,1\n11,21,2,2\n")
    first = read_source_list(path).record.version
    assert read_source_list(path).record.version == first
    assert read_source_list(path, ra_column="r2", dec_column="d2").record.version != first
    written(tmp_path, "ra,dec,r2,d2\n10,20,1,1\n11,21,2,3\n")
    assert read_source_list(path).record.version != first


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("# only\n# comments\n", "is no table"),
        ("a,b\n1,2\n", "No position columns .* among: a, b.*ra_column"),
        ("ra,dec\n", "has no rows"),
        ("ra,dec\nx,y\n", "None of the 1 rows .* row 1: 'x' in ra is no angle"),
    ],
)
def test_what_is_no_list_is_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnreadableCatalogue, match=words):
        read_source_list(written(tmp_path, text))


def test_what_is_no_table_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableCatalogue, match="There is no catalogue file"):
        read_source_list(str(tmp_path / "none.csv"))
    with pytest.raises(UnreadableCatalogue, match="is a directory"):
        read_source_list(str(tmp_path))
    (tmp_path / "x").write_bytes(bytes(range(256)) * 4)
    with pytest.raises(UnreadableCatalogue, match="cannot be read as a table"):
        read_source_list(str(tmp_path / "x"))
    pq.write_table(pa.table({"ra": RA, "dec": DEC}), tmp_path / "cut.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "cut.parquet").read_bytes()[:-30])
    with pytest.raises(UnreadableCatalogue, match="cannot be read as a table"):
        read_source_list(str(tmp_path / "cut.parquet"))

"""Every kind of list that people bring: the right places, or a refusal that says why."""

import bz2
import csv
import gzip
import io
import lzma
import random
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import FK4, SkyCoord
from astropy.table import Table
from astropy.units import UnitsWarning

from app.errors import ExplorerError
from app.query.lists import EntryList
from app.sky.names import BundleNames
from app.tables.entries import entries_of, read_list
from app.tables.lists import ListOptions
from app.tables.preview import preview_list
from scripts.bundle.named import read_source_list
from tests.app.tables.made import DEC, GALACTIC, NAMES, RA, REFUSED, RIGHT, TRUTH, text

NOTHING = BundleNames([], [], np.empty(0), np.empty(0))


def read(content: bytes, name: str = "list", **options: str) -> EntryList:
    return read_list(content, name, NOTHING, ListOptions(**options))  # type: ignore[typeddict-item]


def places(found: EntryList) -> SkyCoord:
    """The places of a list all of whose entries have one."""
    assert [entry.reason for entry in found.entries if entry.reason] == []
    assert not any(entry.to_look_up for entry in found.entries)
    ra, dec = ([getattr(e, key) for e in found.entries] for key in ("ra_deg", "dec_deg"))
    return SkyCoord(ra * u.deg, dec * u.deg)


@pytest.mark.parametrize("kind", RIGHT)
def test_every_kind_is_read_to_a_twentieth_of_an_arcsec(kind: str) -> None:
    found = places(read(RIGHT[kind]()))
    assert len(found) == len(TRUTH)
    assert found.separation(TRUTH).arcsec.max() < 0.05


@pytest.mark.parametrize("kind", REFUSED)
def test_what_has_two_readings_or_none_is_refused_in_words(kind: str) -> None:
    make, words = REFUSED[kind]
    with pytest.raises(ExplorerError) as refusal:
        read(make())
    assert words in str(refusal.value)
    assert "--" not in str(refusal.value)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("kind", ["lines", "UTF-16 lines", "FITS, EQUINOX 1950 alone", "IPAC"])
def test_a_packed_list_is_what_it_is_unpacked(kind: str, pack: Callable[[bytes], bytes]) -> None:
    assert read(pack(RIGHT[kind]())) == read(RIGHT[kind]())


def test_a_zip_of_one_file_is_read_on_ones_own_machine(tmp_path: Path) -> None:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/mine.csv", RIGHT["CSV, glon, glat"]())
    assert places(entries_of(read_source_list(str(path)))).separation(TRUTH).arcsec.max() < 0.05
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other.csv", "a,b\n1,2\n")
    with pytest.raises(ExplorerError, match=r"folder/mine\.csv, other\.csv"):
        read_source_list(str(path))


READERS = ("votable", "fits", "ascii.ecsv", "ascii.ipac", "ascii.cds", "ascii.csv", "ascii.basic",
           "ascii.commented_header", "ascii.tab", "ascii.sextractor")  # fmt: skip


def read_by_astropy(content: bytes) -> SkyCoord | None:
    """The positions of the columns RA and Dec or of a SkyCoord, units and frame as astropy has
    them; None where it reads no such columns."""
    for form in READERS:
        try:
            table = Table.read(io.BytesIO(content), format=form)
        except Exception:  # another form
            continue
        for column in table.itercols():
            if isinstance(column, SkyCoord):
                return column.icrs
        names = {name.lower(): name for name in table.colnames}
        if names.keys() >= {"ra", "dec"} and table.meta.get("EQUINOX") is None:
            ra, dec = table[names["ra"]], table[names["dec"]]
            units = (ra.unit or u.deg, dec.unit or u.deg)
            return SkyCoord(ra.astype(float), dec.astype(float), unit=units)
    return None


COMPARED = (
    "blank-separated", "blank-separated below a comment", "IPAC", "IPAC with units", "MRT",
    "SkyCoord in ECSV", "Galactic SkyCoord in ECSV", "SkyCoord in FITS",
    "text after blank lines",
    "RA from -180 to 180", "RA from -180 to 180 in FITS", "errors beside",
)  # fmt: skip


@pytest.mark.parametrize("kind", COMPARED)
@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
def test_no_accepted_row_is_a_tenth_of_an_arcsec_from_astropys_own_reading(kind: str) -> None:
    theirs = read_by_astropy(RIGHT[kind]())
    assert theirs is not None
    assert places(read(RIGHT[kind]())).separation(theirs).arcsec.max() < 0.1


PIECES = (b",", b"\n", b"#", b'"', b"nan", b"-", b" ", b"\t", b"\0", b"1e999", b"ra", b"dec")


@pytest.mark.parametrize("kind", list(RIGHT)[::3])
def test_a_damaged_list_is_a_list_or_a_refusal_in_words(kind: str) -> None:
    chance = random.Random(kind)
    for _ in range(12):
        content = bytearray(RIGHT[kind]())
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(content))
            content[at : at + chance.choice([0, 1, 20])] = chance.choice(
                [chance.choice(PIECES), chance.randbytes(2), content[: chance.randint(1, 60)]]
            )
        for act in (read_list, preview_list):
            with suppress(ExplorerError):
                act(bytes(content), "list", NOTHING, {})


def test_rows_of_a_list_with_a_commented_header_have_the_numbers_of_their_lines() -> None:
    content = text(*GALACTIC, head=["#l,b"])
    assert [entry.row for entry in read(content).entries] == [2, 3, 4, 5, 6, 7]
    named = text(NAMES, RA, DEC, head=["# name ra dec"], sep=" ")
    assert [(entry.row, entry.name) for entry in read(named).entries][:2] == [(1, "S0"), (2, "S1")]


def test_an_index_before_the_coordinates_is_never_a_right_ascension() -> None:
    for content in (
        b"1 12.54321 -3.22111\n2 45.1 -5.5\n3 123.4 -7.7\n",
        b"7 12.5 3.2\n",
        b"1 12 34.5 -03 22.1\n2 01 14.5 +03 22.1\n",
    ):
        found = read(content)
        assert all("has two readings" in entry.reason for entry in found.entries)
        assert not any(entry.to_look_up for entry in found.entries)
    told = read(b"1 12.54321 -3.22111\n2 45.1 -5.5\n", ra_column="column_2", dec_column="column_3")
    assert [(e.ra_deg, e.dec_deg) for e in told.entries] == [(12.54321, -3.22111), (45.1, -5.5)]


def test_the_frame_of_lines_can_be_told() -> None:
    content = text(*GALACTIC, sep=" ")
    assert places(read(content, frame="galactic")).separation(TRUTH).arcsec.max() < 0.05
    with pytest.raises(ExplorerError, match="FK5 J1975"):
        read(content, frame="fk5 J1975")
    with pytest.raises(ExplorerError, match="is no frame"):
        read(content, frame="furlong")


def test_parts_of_a_split_position_are_no_whole_one() -> None:
    with pytest.raises(ExplorerError, match="parts of positions"):
        read(RIGHT["split columns"](), ra_column="RAh", dec_column="DEd")


def test_a_declination_of_zero_degrees_needs_its_sign() -> None:
    content = b"RAh,RAm,RAs,DEd,DEm,DEs\n0,8,24,0,15,0\n0,8,24,-1,15,0\n"
    found = read(content)
    assert "no column says its sign" in found.entries[0].reason
    assert found.entries[1].dec_deg == -1.25
    signed = read(b"RAh,RAm,RAs,DEd,DEm,DEs\n0,8,24,-00,15,0\n0,8,24,+00,15,0\n")
    assert [entry.dec_deg for entry in signed.entries] == [-0.25, 0.25]


@pytest.mark.parametrize(
    "content",
    [
        b"nan nan\n1e400 0\ninf 3\n",
        b"S0 208.07420 31.44630\nS1 183.87 53.59\n",
        b"src 13:52:17.8 +31:26:46\n",
        b"12 34 56 -01 02 03 9 8 7\n",
        b"orbit 208.07 31.4 3 4 5\n",
        b"10 20 x\n",
        b"src 10 20\n",
        b"150 x 2.2\n",
        b"10d 20d x\n",
        b"150.1deg +2.2deg mine\n",
        b"150 -2x\n",
        b"150.1+2.2 mine\n",
        b"nan 3 mine\n",
    ],
)
def test_numbers_of_a_list_never_go_to_a_name_service(content: bytes) -> None:
    found = read(content)
    assert found.entries
    assert all(entry.reason and not entry.to_look_up for entry in found.entries)


NAMES_OF_OBJECTS = (
    *("3C 285", "4C 12.03", "PKS 0634-20", "NGC 1265", "3C 31", "M 87", "Cygnus A", "M87"),
    *("47 Tuc", "GRS 1915+105", "ESO 137-006", "SNR G029.7-00.3", "[HB89] 1220+533", "SN 1987A"),
)


def test_names_of_objects_are_looked_up_and_the_numbers_between_them_are_not() -> None:
    found = read("\n".join([*NAMES_OF_OBJECTS, "10 20 x", "1 2"]).encode())
    assert [entry.text for entry in found.entries if entry.to_look_up] == [*NAMES_OF_OBJECTS]
    assert "'10 20 x' is not a sky position" in found.entries[-2].reason


def test_a_row_of_masked_values_between_commas_is_a_row() -> None:
    found = read(text(["--", *RA], ["--", *DEC], head=["ra,dec"]))
    assert [bool(entry.reason) for entry in found.entries] == [True] + [False] * 6


def test_of_a_list_of_an_unknown_kind_no_line_is_looked_up() -> None:
    found = read(b"COLOR GREEN\nFONT hershey12\n" + text(NAMES, RA, DEC, sep=" "))
    assert not any(entry.to_look_up for entry in found.entries)
    assert "nothing of it was looked up" in found.entries[0].reason
    assert read(b"3C 31\nNGC 4261\n200 95\n").entries[0].to_look_up


def test_numbers_that_repeat_are_no_names() -> None:
    content = text([0] * 6, RA, DEC, [f"id-{n}" for n in range(6)], head=["source,ra,dec,uuid"])
    assert [entry.name for entry in read(content).entries] == [f"id-{n}" for n in range(6)]


def test_a_name_that_all_rows_share_is_none() -> None:
    content = text(["deep field"] * 6, RA, DEC, head=["survey_name,ra,dec"])
    assert {entry.name for entry in read(content).entries} == {""}


def test_a_million_rows_take_no_more_than_their_columns() -> None:
    import tracemalloc

    n = 60_000
    generator = np.random.default_rng(1)
    rows = generator.uniform(1, 80, (n, 12)).round(6)
    content = ("ra,dec," + ",".join(f"c{i}" for i in range(10)) + "\n").encode()
    content += "\n".join(",".join(map(str, row)) for row in rows.tolist()).encode()
    from app.tables.files import read_table

    tracemalloc.start()
    table = read_table(content, "large.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert table.data.nbytes < 1.1 * 8 * rows.size
    assert peak < 6 * len(content)
    assert len(table.rows) == n


CASES = Path(__file__).parents[4] / "shared" / "cases" / "tables"
SHIFTED = ("hash_lb.csv", "hash_rahours.csv", "hash_rad.txt")
AS_TRUTH = (
    "e_skycoord.ecsv", "eu_semicolon.csv", "f_ldac.fits", "f_pointings_first.fits",
    "fk5_j1975.vot", "neg_ra.csv", "p_hourangle.parquet", "pv_hourangle.parquet",
    "rab1950_ra_both.csv", "savetxt.txt", "sepline.csv", "split.csv", "topcat_match.csv",
    "utf16_lines.txt", "vizier.tsv", "vizier_b1950_then_j2000.vot", "w_basic.txt",
    "w_commented_header.txt", "w_ipac.txt", "w_mrt.txt", *SHIFTED,
)  # fmt: skip


@pytest.fixture(scope="module")
def cases() -> Path:
    if not CASES.is_dir():
        pytest.skip("the lists that went wrong (../shared/cases/tables) are not on this machine")
    return CASES


@pytest.fixture(scope="module")
def truth(cases: Path) -> SkyCoord:
    with (cases / "truth.csv").open() as file:
        rows = [(float(row["ra_deg"]), float(row["dec_deg"])) for row in csv.DictReader(file)]
    return SkyCoord(rows, unit="deg")


@pytest.mark.parametrize("name", AS_TRUTH)
def test_the_lists_that_went_wrong_are_right(cases: Path, truth: SkyCoord, name: str) -> None:
    found = read((cases / name).read_bytes(), name)
    assert places(found).separation(truth).arcsec.max() < 0.1
    first = 2 if name in SHIFTED else 1
    assert [entry.row for entry in found.entries] == list(range(first, first + 26))


OTHERS = (
    "aegean_names_are_component_numbers.fits", "casa.crtf", "commented_out_row.csv",
    "g4jy_ucd_main_not_last.fits", "id_ra_dec.txt", "one.csv.zip", "pybdsf.reg",
    "rab1950_ucd_no_coosys.fits", "radcat_slash_names.csv", "selavy.txt",
    "vizier_I_5_czc_b1900_main.xml",
)  # fmt: skip


def test_every_list_that_went_wrong_is_looked_at(cases: Path) -> None:
    there = {path.name for path in cases.iterdir()} - {"README.md", "truth.csv"}
    assert there == {*AS_TRUTH, *OTHERS}


def assert_at(found: EntryList, expected: SkyCoord, arcsec: float = 0.1) -> None:
    """Every row has its place, in order, and no other."""
    assert len(found.entries) == len(expected)
    assert places(found).separation(expected.icrs).arcsec.max() < arcsec


def test_b1900_of_vizier_is_precessed_or_left_for_j2000(cases: Path) -> None:
    name = "vizier_I_5_czc_b1900_main.xml"
    content = (cases / name).read_bytes()
    vizier = Table.read(cases / name, format="votable")
    theirs = SkyCoord(vizier["_RAJ2000"], vizier["_DEJ2000"], unit="deg", frame="fk5")
    assert_at(read(content, name), theirs)
    told = places(read(content, name, ra_column="RA1900", dec_column="DE1900"))
    moved_arcsec = told.separation(theirs.icrs).arcsec
    assert len(told) == len(theirs)
    assert np.median(moved_arcsec) < 20  # proper motions of a century
    old = SkyCoord(
        vizier["RA1900"], vizier["DE1900"], unit=("hourangle", "deg"),
        frame=FK4(equinox="B1900", obstime="B1900"),
    )  # fmt: skip
    assert told.separation(old.icrs).arcsec.max() < 0.1


def test_columns_whose_names_say_b1950_are_fk4(cases: Path) -> None:
    name = "rab1950_ucd_no_coosys.fits"
    content = (cases / name).read_bytes()
    assert_at(read(content, name), SkyCoord([0.6405], [-8.2216], unit="deg"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnitsWarning)  # of the date
        table = Table.read(cases / name)
    theirs = SkyCoord(
        table["RAB1950"], table["DEB1950"], unit=("hourangle", "deg"), frame=FK4(equinox="B1950")
    )
    assert_at(read(content, name, ra_column="RAB1950", dec_column="DEB1950"), theirs)


def test_centroids_of_g4jy_are_its_main_positions(cases: Path) -> None:
    name = "g4jy_ucd_main_not_last.fits"
    table = Table.read(cases / name)
    assert len(table) == 120
    theirs = SkyCoord(table["centroid_RAJ2000"], table["centroid_DEJ2000"])
    assert_at(read((cases / name).read_bytes(), name), theirs)


def test_every_row_of_selavys_list_is_where_its_sexagesimals_are(cases: Path) -> None:
    content = (cases / "selavy.txt").read_bytes()
    head, _, *lines = content.decode().splitlines()
    rows = [dict(zip(head.split()[1:], line.split(), strict=False)) for line in lines]  # no comment
    found = read(content, "selavy.txt")
    degrees = [(float(row["ra_deg_cont"]), float(row["dec_deg_cont"])) for row in rows]
    assert_at(found, SkyCoord(degrees, unit="deg"))
    written = [f"{row['ra_hms_cont']} {row['dec_dms_cont']}" for row in rows]
    assert_at(found, SkyCoord(written, unit=("hourangle", "deg")), arcsec=2)  # to 0.1 s, truncated
    assert [entry.name for entry in found.entries] == [row["component_name"] for row in rows]


def test_every_row_of_radcat_is_where_its_split_columns_are(cases: Path, truth: SkyCoord) -> None:
    name = "radcat_slash_names.csv"
    table = Table.read(cases / name, format="ascii.csv")
    found = read((cases / name).read_bytes(), name)
    assert_at(found, SkyCoord(table["RA/deg"], table["DEC/deg"], unit="deg"))
    sign = np.where(table["DECsign"] == "-", -1, 1)
    dec_deg = sign * (table["DECd"] + table["DECm"] / 60 + table["DECs"] / 3600)
    ra_deg = 15 * (table["RAh"] + table["RAm"] / 60 + table["RAs"] / 3600)
    assert_at(found, SkyCoord(ra_deg, dec_deg, unit="deg"))
    assert places(found)[0].separation(truth[0]).arcsec < 0.1


def test_every_region_is_at_its_middle(cases: Path, truth: SkyCoord) -> None:
    casa = read((cases / "casa.crtf").read_bytes(), "casa.crtf")
    assert_at(casa, SkyCoord(["13h52m17.81s 31d26m46.7s", "208.0742d 31.4463d"], frame="fk5"))
    assert places(casa)[0].separation(truth[0]).arcsec < 0.1
    content = (cases / "pybdsf.reg").read_bytes()
    written = [
        line.split("(")[1].split(",")[:2]
        for line in content.decode().splitlines()
        if line.startswith("ellipse(")
    ]
    assert len(written) == 48
    middles = SkyCoord([list(map(float, pair)) for pair in written], unit="deg", frame="fk5")
    assert_at(read(content, "pybdsf.reg"), middles)


def test_positions_of_aegean_have_names_of_their_own(cases: Path) -> None:
    name = "aegean_names_are_component_numbers.fits"
    table, found = Table.read(cases / name), read((cases / name).read_bytes(), name)
    assert_at(found, SkyCoord(table["ra"], table["dec"], unit="deg"))
    assert [entry.name for entry in found.entries] == list(table["uuid"])


def test_an_index_and_a_commented_out_row_are_no_positions(cases: Path) -> None:
    indexed = read((cases / "id_ra_dec.txt").read_bytes(), "id_ra_dec.txt")
    assert [entry.row for entry in indexed.entries] == [1, 2, 3, 4]
    assert all("two readings" in entry.reason for entry in indexed.entries)
    commented = read((cases / "commented_out_row.csv").read_bytes(), "commented_out_row.csv")
    assert [entry.name for entry in commented.entries] == ["A", "C"]
    assert_at(commented, SkyCoord([208.07, 249.6], [31.44, 62.57], unit="deg"))


def test_the_one_file_of_an_archive_is_read_where_it_is_ones_own(
    cases: Path, truth: SkyCoord
) -> None:
    assert_at(entries_of(read_source_list(str(cases / "one.csv.zip"))), truth)
    with pytest.raises(ExplorerError, match="It is an archive"):
        read((cases / "one.csv.zip").read_bytes(), "one.csv.zip")

"""Every kind of list that people bring: the right places, or a refusal that says why."""

import bz2
import csv
import gzip
import io
import lzma
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

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


def test_the_other_lists_that_went_wrong_are_right(cases: Path, truth: SkyCoord) -> None:
    def ours(name: str) -> EntryList:
        return read((cases / name).read_bytes(), name)

    vizier = Table.read(cases / "vizier_I_5_czc_b1900_main.xml", format="votable")
    theirs = SkyCoord(vizier["_RAJ2000"], vizier["_DEJ2000"], unit="deg", frame="fk5")
    found = places(ours("vizier_I_5_czc_b1900_main.xml"))
    assert found.separation(theirs.icrs).arcsec.max() < 5
    told = read(
        (cases / "vizier_I_5_czc_b1900_main.xml").read_bytes(),
        ra_column="RA1900",
        dec_column="DE1900",
    )
    assert np.median(places(told).separation(theirs.icrs).arcsec) < 20  # proper motions
    old = places(ours("rab1950_ucd_no_coosys.fits"))
    assert old.separation(SkyCoord(0.6405, -8.2216, unit="deg")).arcsec.max() < 1
    g4jy = Table.read(cases / "g4jy_ucd_main_not_last.fits")
    centroids = SkyCoord(g4jy["centroid_RAJ2000"], g4jy["centroid_DEJ2000"])
    assert places(ours("g4jy_ucd_main_not_last.fits")).separation(centroids).arcsec.max() < 0.1
    assert len(ours("g4jy_ucd_main_not_last.fits").entries) == 120
    assert all("two readings" in entry.reason for entry in ours("id_ra_dec.txt").entries)
    assert [entry.name for entry in ours("commented_out_row.csv").entries] == ["A", "C"]
    selavy = ours("selavy.txt")
    assert [round(entry.ra_deg, 4) for entry in selavy.entries] == [
        149.9833,
        150.0205,
        149.9833,
        150,
    ]
    radcat = ours("radcat_slash_names.csv")
    assert places(radcat)[0].separation(truth[0]).arcsec < 0.1
    casa = places(ours("casa.crtf"))
    assert casa[:1].separation(truth[:1]).arcsec.max() < 0.1
    assert len(casa) == 2
    assert len(places(ours("pybdsf.reg"))) > 40
    aegean = ours("aegean_names_are_component_numbers.fits")
    assert len({entry.name for entry in aegean.entries}) == len(aegean.entries) == 51
    zipped = entries_of(read_source_list(str(cases / "one.csv.zip")))
    assert len(places(zipped)) == 26
    with pytest.raises(ExplorerError, match="It is an archive"):
        ours("one.csv.zip")

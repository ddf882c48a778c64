"""Every file that can be taken away, opened by the programs that astronomers open it with.

STILTS (Debian: stilts) opens what it can read where it is installed.
"""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import pyvo
from astropy.io.votable import parse
from astropy.table import Table
from numpy.typing import ArrayLike

from app.query.explorer import Explorer
from app.sky.names import BundleNames
from app.tables.entries import read_list
from app.tables.write import EXTENSIONS
from model.encoder import Encoder
from scripts.embed import embed_files
from scripts.search import SearchRequest, search
from tests.scripts.test_embed import write

SOURCE = "/api/sources/firstgalaxydata-7"
K = 8
COMPARED = ("ra_deg", "dec_deg", "similarity", "separation_arcsec", "angular_extent_arcsec")
WHAT = ("neighbours", "bulk", "search", "embed")
READERS: dict[str, Callable[[Path], Table | pd.DataFrame]] = {
    "astropy csv": lambda path: Table.read(path.with_suffix(".csv"), format="ascii.csv"),
    "astropy guesses csv": lambda path: Table.read(path.with_suffix(".csv")),
    "astropy ecsv": lambda path: Table.read(path.with_suffix(".ecsv")),
    "astropy votable": lambda path: Table.read(path.with_suffix(".vot")),
    "astropy parquet": lambda path: Table.read(path.with_suffix(".parquet")),
    "pandas csv": lambda path: pd.read_csv(path.with_suffix(".csv")),
    "pandas parquet": lambda path: pd.read_parquet(path.with_suffix(".parquet")),
    "pyarrow csv": lambda path: pyarrow.csv.read_csv(path.with_suffix(".csv")).to_pandas(),
    "pyvo votable": lambda path: pyvo.dal.DALResults(parse(path.with_suffix(".vot"))).to_table(),
}
needs_stilts = pytest.mark.skipif(
    shutil.which("stilts") is None, reason="STILTS (Debian: stilts) is not installed"
)


@pytest.fixture(scope="module")
def exports(
    site: httpx.Client,
    explorer: Explorer,
    encoder: Encoder,
    bundle: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A directory of all exports in every format, and of the answers of a cone search."""
    here = tmp_path_factory.mktemp("exports")
    listed = here / "list.txt"
    ra_deg, dec_deg = explorer.space.catalogue.ra_deg, explorer.space.catalogue.dec_deg
    listed.write_text("\n".join(f"{ra_deg[i]:.5f} {dec_deg[i]:+.5f}" for i in range(3)))
    job = ended(site, site.post("/api/bulk", params={"k": K}, content=listed.read_bytes()))
    images = [write(here / "a.fits"), write(here / "b.fits", CTYPE1="X", CTYPE2="Y")]
    for fmt, suffix in EXTENSIONS.items():
        asked = {"format": fmt, "k": K}
        alone = site.get(f"{SOURCE}/neighbours", params=asked)
        (here / f"neighbours.{suffix}").write_bytes(alone.content)
        table = site.get(f"/api/bulk/{job}/neighbours", params={"format": fmt})
        (here / f"bulk.{suffix}").write_bytes(table.content)
        search(SearchRequest(str(listed), here / f"search.{suffix}", K, bundle))
        embed_files(images, encoder, here / f"embed.{suffix}")
    for name, query in {"cone": "RA=190&DEC=20&SR=40&VERB=3", "cone_error": "RA=190"}.items():
        (here / f"{name}.vot").write_bytes(site.get(f"/api/cone?{query}").content)
    return here


def ended(site: httpx.Client, answer: httpx.Response) -> str:
    """The id of a search of a list, once it is done."""
    status, ends_s = answer.json(), time.monotonic() + 60
    while not status["ended"]:
        assert time.monotonic() < ends_s, status
        time.sleep(0.02)
        status = site.get(f"/api/bulk/{status['id']}").json()
    assert status["state"] == "done"
    return str(status["id"])


def numbers(values: ArrayLike) -> np.ndarray:
    """Numbers, with NaN where they are unknown."""
    return np.ma.filled(np.ma.asarray(values).astype(float), np.nan)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("what", WHAT)
def test_every_reader_finds_the_same_rows(exports: Path, what: str, reader: str) -> None:
    truth = pq.read_table(exports / f"{what}.parquet")
    assert truth.num_rows == {"neighbours": K, "bulk": 3 * K, "search": 3 * K, "embed": 2}[what]
    found = READERS[reader](exports / what)
    assert len(found) == truth.num_rows
    names = truth.column_names
    if "csv" in reader and "ecsv" not in reader and "y" in names:
        names = [*names[: names.index("y")], *(f"y_{i}" for i in range(512))]
    assert list(found.columns) == names
    key = "file" if what == "embed" else "source_id"
    assert [str(word) for word in found[key]] == truth[key].to_pylist()
    for name in (name for name in COMPARED if name in names):
        np.testing.assert_array_equal(numbers(found[name]), numbers(truth[name].to_pylist()), name)


@pytest.mark.parametrize("what", WHAT)
def test_astropy_finds_units_meaning_and_provenance(exports: Path, what: str) -> None:
    kept = [Table.read(exports / f"{what}.{suffix}") for suffix in ("ecsv", "vot", "parquet")]
    for table in kept:
        assert (table["ra_deg"].unit, table["angular_extent_arcsec"].unit) == ("deg", "arcsec")
        assert table["ra_deg"].description.rstrip(".") == "Right ascension. ICRS"
        assert table["ra_deg"].meta["ucd"] == "pos.eq.ra;meta.main"
    for meta in (kept[0].meta, kept[2].meta):
        assert meta["encoder"]
        for name, value in meta.items():
            if name != "written_utc":
                assert f"{name}: {' '.join(value.split())}" in kept[1].meta["description"]


def test_a_votable_can_be_written_on_as_fits(exports: Path) -> None:
    table = Table(Table.read(exports / "neighbours.vot"), meta={})
    table["percentile"].unit = None  # FITS has no per cent
    table.write(exports / "onward.fits")
    assert list(Table.read(exports / "onward.fits")["source_id"]) == list(table["source_id"])


def test_pyvo_reads_the_cone(exports: Path) -> None:
    found = pyvo.dal.scs.SCSResults(parse(exports / "cone.vot"))
    assert len(found) > 1
    assert [str(record.id) for record in found] == [str(each) for each in found["source_id"]]
    assert np.all(np.diff(found["separation_arcsec"]) >= 0)


@pytest.mark.parametrize("suffix", EXTENSIONS.values())
@pytest.mark.parametrize("what", WHAT)
def test_an_export_is_a_list_to_search_for(exports: Path, what: str, suffix: str) -> None:
    path, nothing = exports / f"{what}.{suffix}", np.zeros(0)
    found = read_list(path.read_bytes(), path.name, BundleNames([], [], nothing, nothing))
    truth = pq.read_table(exports / f"{what}.parquet")
    ra_deg = numbers([entry.ra_deg for entry in found.entries])
    np.testing.assert_array_equal(ra_deg, numbers(truth["ra_deg"].to_pylist()))


@needs_stilts
@pytest.mark.parametrize("what", [*WHAT, "cone", "cone_error"])
def test_votlint_has_nothing_to_say(exports: Path, what: str) -> None:
    assert stilts("votlint", f"votable={exports / what}.vot") == ""


@needs_stilts
@pytest.mark.filterwarnings("ignore:'%' did not parse as fits unit")
def test_stilts_reads_every_file_that_it_can(exports: Path) -> None:
    paths = [exports / f"{what}.{suffix}" for what in WHAT for suffix in ("csv", "vot")]
    paths.append(exports / "cone.vot")
    forms = {".csv": "csv", ".vot": "votable"}
    given = [
        f"{name}{n}={value}"
        for n, path in enumerate(paths, start=1)
        for name, value in {"in": path, "ifmt": forms[path.suffix]}.items()
    ]
    out = exports / "stilts.fits"
    stilts("tmultin", f"nin={len(paths)}", *given, f"out={out}", "ofmt=fits-basic")
    for hdu, path in enumerate(paths, start=1):
        form = "ascii.csv" if path.suffix == ".csv" else "votable"
        truth, found = Table.read(path, format=form), Table.read(out, hdu=hdu)
        assert found.colnames == truth.colnames, path.name
        # STILTS takes numbers of few digits in a CSV for single precision
        rtol = 1e-7 if form == "ascii.csv" else 0
        for name in (name for name in COMPARED if name in truth.colnames):
            np.testing.assert_allclose(
                numbers(found[name]), numbers(truth[name]), rtol, err_msg=f"{path.name} {name}"
            )


def stilts(*arguments: str) -> str:
    """What STILTS says; it must not fail."""
    done = subprocess.run(
        ["stilts", *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said

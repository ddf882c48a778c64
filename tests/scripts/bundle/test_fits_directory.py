"""A directory of anybody's FITS files becomes a bundle: alone, or paired with a table's rows."""

import csv
import gzip
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from app.bundle.catalogue import Catalogue, read_table
from app.bundle.files import current_version, read_manifest
from app.errors import BuildError, ExplorerError
from app.tables.write import read_plain_csv
from scripts.bundle.fits_directory import read_directory, read_paired
from scripts.bundle.sources import list_catalogue, listed_sources
from scripts.cli import app
from tests.replay.uploads import PLACE, Blob, Grid, fits_file, sky_image
from tests.small_builds import no_layout

N = 24


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many small images at known places, one of them packed, one no FITS, one blank."""
    found = tmp_path_factory.mktemp("my images")
    (found / "deep").mkdir()
    for number in range(N):
        content = fits_file(sky_image(Grid(), [Blob(20.0 + number, 8.0)]), Grid())
        name = f"deep/s{number:02d}.fits.gz" if number == 3 else f"s{number:02d}.fits"
        path = found / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    (found / "broken.fits").write_bytes(b"SIMPLE  = no")
    (found / "notes.txt").write_text("not an image")
    return found


def built(arguments: list[object], bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("scripts.bundle.stages.fit_umap", no_layout)
    words = ["build", *map(str, arguments), "--bundle", str(bundle)]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return current_version(bundle)


def test_every_fits_file_is_a_source_or_a_reject_and_the_counts_add_up(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = built(["--images", directory], tmp_path / "bundle", monkeypatch)
    catalogue = Catalogue(read_table(version / "catalogue.parquet"))
    rejects = read_plain_csv((version / "rejects.csv").read_bytes())
    assert len(catalogue) + len(rejects) == N + 1
    assert len(catalogue) == N
    assert [each["name"] for each in rejects] == ["broken"]
    assert "broken.fits" in rejects[0]["reason"]
    record = read_manifest(version).source
    assert record.description == f"images of the directory '{directory.name}'"
    assert record.version.startswith(f"images {N + 1} files, sha256 ")
    assert any(catalogue.table["image_remarks"].to_pylist())  # of the images that were resampled
    assert set(catalogue.table["file"].to_pylist()) >= {"s00.fits", "deep/s03.fits.gz"}
    source = read_manifest(version).source
    assert source.version.startswith("images ")
    assert source.description.count(directory.name) == 1
    np.testing.assert_allclose(catalogue.ra_deg, PLACE.ra.deg, atol=1 / 3600)
    np.testing.assert_allclose(catalogue.dec_deg, PLACE.dec.deg, atol=1 / 3600)


@pytest.mark.parametrize("positions", [True, False])
def test_a_table_names_the_files_of_its_rows(
    directory: Path, tmp_path: Path, positions: bool
) -> None:
    path = tmp_path / "mine.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "path", *(["ra", "dec"] if positions else [])])
        for number in (5, 1):
            place = [PLACE.ra.deg, PLACE.dec.deg] if positions else []
            writer.writerow([f"star {number}", f"s{number:02d}.fits", *place])
        writer.writerow(["gone", "none.fits", *([10, 10] if positions else [])])
        writer.writerow(["", "", *([10, 10] if positions else [])])
    sources, images = read_paired(str(path), directory, "path", {})
    found = list(list_catalogue(sources, images).read())
    assert [each.name for each in found] == ["star 5", "star 1", "gone", ""]
    assert [each.reason is None for each in found] == [True, True, False, False]
    assert found[2].reason == "there is no file 'none.fits'"
    assert found[3].reason == "its row names no file"
    for each in found[:2]:
        assert abs(each.ra_deg - PLACE.ra.deg) < 1 / 3600
    assert any("headers are taken" in note for note in sources.notes) is not positions


def test_a_row_without_a_position_takes_that_of_its_image(directory: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    rows = ["a,s01.fits,,,1", f"b,s02.fits,{PLACE.ra.deg},{PLACE.dec.deg},2", "c,s03.fits,400,1,3"]
    path.write_text("\n".join(["name,path,ra,dec,flux", *rows]) + "\n")
    listed, images = read_paired(str(path), directory, "path", {})
    catalogue = list_catalogue(listed, images)
    found = list(catalogue.read())
    assert [each.name for each in found] == ["a", "b", "c"]
    assert [each.own.get("flux") for each in found[:2]] == [1, 2]
    assert found[0].ra_deg == pytest.approx(PLACE.ra.deg, abs=1 / 3600)
    assert "400" in (found[2].reason or "")  # a wrong position is never replaced
    assert catalogue.record.n_listed == 3
    assert any("1 rows have no position" in note for note in listed.notes)


def test_the_version_follows_the_content_of_the_files(directory: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(directory, copy)
    before = read_directory(copy)[1].record.version
    assert before == read_directory(copy)[1].record.version
    (copy / "s00.fits").write_bytes((copy / "s01.fits").read_bytes())
    assert read_directory(copy)[1].record.version != before


def test_a_file_that_may_not_be_read_is_a_reject(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut, opened = directory / "s02.fits", Path.open

    def refuse(path: Path, *how: Any, **more: Any) -> Any:
        if path == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *how, **more)

    monkeypatch.setattr(Path, "open", refuse)
    sources, images = read_directory(directory)
    assert images.record.version
    found = {each.name: each.reason for each in images.images_of(listed_sources(sources))}
    assert found["s02"] == "its file 's02.fits' cannot be read (Permission denied)"
    assert found["s01"] is None


def test_what_cannot_be_built_from_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no directory"):
        read_directory(tmp_path / "none")
    with pytest.raises(BuildError, match="holds no FITS file"):
        read_directory(tmp_path)
    (tmp_path / "t.csv").write_text("name,ra,dec\na,1,2\n")
    with pytest.raises(ExplorerError, match="no column 'path'"):
        read_paired(str(tmp_path / "t.csv"), tmp_path, "path", {})

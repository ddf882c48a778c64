"""The embed command on FITS files of one's own: what it takes, and what it refuses and says."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table
from typer.testing import CliRunner

import scripts.embed
from app.errors import ExplorerError
from app.images.prepare import PreparedImage
from model.classifier import Classifier, save_classifier
from model.encoder import Encoder, embed, untrained_encoder
from model.preprocess import clean, network_input
from scripts.cli import app
from scripts.embed import embed_files
from tests.replay.uploads import picture

CARDS = {
    "CTYPE1": "RA---SIN",
    "CTYPE2": "DEC--SIN",
    "CRVAL1": 150.0,
    "CRVAL2": 30.0,
    "CRPIX1": 150.5,
    "CRPIX2": 150.5,
    "CDELT1": -0.0005,
    "CDELT2": 0.0005,
    "BUNIT": "JY/BEAM",
}


def drawn() -> np.ndarray:
    """A double source of 36" in noise of 0.15 mJy/beam, (300, 300)."""
    row, column = np.mgrid[:300, :300]
    lobes = [np.exp(-((row - 150) ** 2 + (column - 150 - side) ** 2) / 4.0) for side in (-10, 10)]
    noise = np.random.default_rng(1).normal(0, 1.5e-4, (300, 300))
    return (0.02 * sum(lobes) + noise).astype(np.float32)


def write(path: Path, **cards: object) -> Path:
    header = fits.Header(list((CARDS | cards).items()))
    fits.PrimaryHDU(drawn(), header).writeto(path)
    return path


def test_table_holds_position_extent_and_the_representation(
    tmp_path: Path, encoder: Encoder
) -> None:
    out = tmp_path / "y.parquet"
    embed_files([write(tmp_path / "a.fits")], encoder, out)
    table = pq.read_table(out)
    row = table.to_pylist()[0]
    assert row["ra_deg"] == pytest.approx(150.0, abs=1e-6)
    assert row["dec_deg"] == pytest.approx(30.0, abs=1e-6)
    assert row["angular_extent_arcsec"] == pytest.approx(36, abs=2)
    assert row["extent_flag"] == "ok"
    expected = embed(encoder, network_input(clean(drawn()))[None])[0]
    np.testing.assert_allclose(row["y"], expected, rtol=1e-4, atol=1e-5)
    assert table.schema.field("ra_deg").metadata[b"unit"] == b"deg"
    assert table.schema.metadata[b"encoder_sha256"].decode() == encoder.card.sha256
    assert table.schema.metadata[b"input_kind"] == b"raw"


@pytest.mark.parametrize("input_kind", ["published", "pedestal"])
def test_a_kept_classifier_adds_its_classes_and_leaves_y_alone(
    tmp_path: Path, encoder: Encoder, input_kind: str
) -> None:
    other = untrained_encoder("resnet14")
    weight = np.stack([np.zeros(512), np.full(512, 0.01)]).astype(np.float32)
    fitted = Classifier(other, weight, np.zeros(2, np.float32), ("FRI", "FRII"), "by hand")
    fitted = replace(fitted, input_kind=input_kind)
    save_classifier(fitted, tmp_path / "fitted.safetensors")
    path, out = write(tmp_path / "a.fits"), tmp_path / "y.parquet"
    words = ["embed", str(path), "--out", str(out)]
    result = CliRunner().invoke(app, [*words, "--classifier", str(tmp_path / "fitted.safetensors")])
    assert result.exit_code == 0
    table = pq.read_table(out)
    (row,) = table.to_pylist()
    x = network_input(clean(drawn()))[None]
    expected = fitted.probabilities(x)[0]
    assert row["predicted_class"] == "FRII"
    np.testing.assert_allclose([row["probability_FRI"], row["probability_FRII"]], expected)
    np.testing.assert_allclose(row["y"], embed(encoder, x)[0], rtol=1e-4, atol=1e-5)
    metadata = table.schema.metadata
    assert metadata[b"classifier"] == b"by hand"
    assert metadata[b"classifier_encoder_sha256"].decode() == other.card.sha256
    assert metadata[b"classifier_input_kind"].decode() == input_kind
    assert ("pedestal was subtracted" in result.output) == (input_kind == "pedestal")


@pytest.mark.parametrize(
    ("cards", "said"),
    [
        ({"CDELT1": -0.0015, "CDELT2": 0.0015}, "resampled from 5.4 x 5.4"),
        ({"CDELT1": 0.0005}, "resampled"),
        ({"CDELT2": -0.0005}, "resampled"),
        ({"BMAJ": 2.5 / 3600, "BMIN": 2.5 / 3600}, "convolved from a beam of 2.5 x 2.5"),
        ({}, "gives no beam"),
        ({"BUNIT": "mJy/beam"}, ""),
    ],
)
def test_what_was_done_to_an_image_stands_beside_it(
    tmp_path: Path, encoder: Encoder, cards: dict, said: str
) -> None:
    out = tmp_path / "y.parquet"
    embed_files([write(tmp_path / "a.fits", **cards)], encoder, out)
    (row,) = pq.read_table(out).to_pylist()
    assert said in row["remarks"]
    assert row["ra_deg"] == pytest.approx(150.0, abs=1e-3)


def test_a_file_that_cannot_be_used_is_a_reject_and_never_the_end_of_the_batch(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, kelvin = write(tmp_path / "good.fits"), write(tmp_path / "kelvin.fits", BUNIT="K")
    text, odd = tmp_path / "notes.txt", write(tmp_path / "odd.fits", OBJECT="odd")
    text.write_text("no image")
    prepare = scripts.embed.prepare_image

    def prepared(content: bytes, **options: str | None) -> PreparedImage:
        if b"'odd" in content:
            raise AttributeError("no attribute 'frame'")
        return prepare(content)

    monkeypatch.setattr(scripts.embed, "prepare_image", prepared)
    out = tmp_path / "y.parquet"
    embed_files([kelvin, text, odd, tmp_path / "absent.fits", good], encoder, out)
    assert pq.read_table(out)["file"].to_pylist() == [str(good)]
    with (tmp_path / "y.parquet.rejects.csv").open(newline="") as file:
        reasons = {Path(row["file"]).name: row["reason"] for row in csv.DictReader(file)}
    assert "The image is in 'K'" in reasons["kelvin.fits"]
    assert "not recognised" in reasons["notes.txt"]
    assert "AttributeError" in reasons["odd.fits"]
    assert reasons["absent.fits"] == "There is no such file."


def test_a_picture_has_no_position_and_its_remarks_say_what_is_unknown(
    tmp_path: Path, encoder: Encoder
) -> None:
    grey = np.clip(255 * drawn() / drawn().max(), 0, 255).astype(np.uint8)
    (tmp_path / "a.png").write_bytes(picture(grey))
    embed_files([tmp_path / "a.png"], encoder, tmp_path / "y.parquet")
    table = pq.read_table(tmp_path / "y.parquet")
    (row,) = table.to_pylist()
    assert table.schema.metadata[b"input_kind"].startswith(b"raw; pictures")
    assert row["ra_deg"] is None
    assert "stretch is unknown" in row["remarks"]


@pytest.mark.parametrize("suffix", ["csv", "ecsv", "vot", "xml", "parquet"])
def test_the_suffix_says_the_format_and_y_is_what_the_format_can_hold(
    tmp_path: Path, encoder: Encoder, suffix: str
) -> None:
    paths = [write(tmp_path / "a.fits"), write(tmp_path / "b.fits", CTYPE1="X", CTYPE2="Y")]
    out = tmp_path / f"y.{suffix}"
    embed_files(paths, encoder, out)
    kind = {"csv": "ascii.csv", "ecsv": "ascii.ecsv", "vot": "votable", "xml": "votable"}
    table = Table.read(out, format=kind.get(suffix, suffix))
    assert list(table["file"]) == [str(path) for path in paths]
    assert table["ra_deg"][0] == pytest.approx(150, abs=1e-6)
    assert np.ma.is_masked(table["ra_deg"][1]) or np.isnan(table["ra_deg"][1])
    y = (
        np.array([[row[f"y_{i}"] for i in range(512)] for row in table])
        if suffix == "csv"
        else np.array([np.asarray(row["y"]) for row in table])
    )
    expected = embed(encoder, network_input(clean(drawn()))[None])[0]
    np.testing.assert_allclose(y[0], expected, rtol=1e-4, atol=1e-5)
    assert y.shape == (2, 512)


def test_a_name_that_says_no_format_is_refused_before_the_work(
    tmp_path: Path, encoder: Encoder
) -> None:
    with pytest.raises(ExplorerError, match=r"'y.fits' does not say its format"):
        embed_files([write(tmp_path / "a.fits")], encoder, tmp_path / "y.fits")


def test_missing_files_and_directories_are_said_before_the_work(
    tmp_path: Path, encoder: Encoder, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ExplorerError, match="no directory"):
        embed_files([write(tmp_path / "a.fits")], encoder, tmp_path / "none" / "y.parquet")
    with pytest.raises(ExplorerError, match="None of the 1 files"):
        embed_files([tmp_path / "absent.fits"], encoder, tmp_path / "y.parquet")
    assert "There is no such file." in capsys.readouterr().err


def test_real_first_images_pass(tmp_path: Path, encoder: Encoder, shared_data: Path) -> None:
    files = sorted((shared_data / "first_fits").glob("1*.fits.gz"))[:4]
    embed_files(files, encoder, tmp_path / "y.parquet")
    assert pq.read_table(tmp_path / "y.parquet").num_rows == 4


def test_a_file_that_may_not_be_read_is_a_reject_and_not_the_end_of_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, shut, out = write(tmp_path / "a.fits"), write(tmp_path / "b.fits"), tmp_path / "y.csv"
    read_bytes, access = Path.read_bytes, os.access

    def read(path: Path) -> bytes:
        if path == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    monkeypatch.setattr(
        os, "access", lambda path, *rest, **more: str(path) != str(shut) and access(path, *rest)
    )
    words = ["embed", str(good), str(shut), "--out", str(out)]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    with (tmp_path / "y.csv.rejects.csv").open(newline="") as file:
        assert [tuple(row.values()) for row in csv.DictReader(file)] == [
            (str(shut), "It cannot be read (Permission denied).")
        ]

"""Bundles on disk: what is damaged is refused in a sentence, what is new appears in one step."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.bundle.files import (
    NEEDED,
    content_files,
    current_version,
    file_digest,
    link,
    publish,
    read_manifest,
    verify,
    write_manifest,
)
from app.bundle.latent_space import open_latent_space
from app.errors import BundleCorrupt, BundleMissing, BundleUnreadable
from tests.synthetic import make_manifest


def version_name(number: int) -> str:
    """Name of a version as builds give it, later ones after earlier ones."""
    return f"20260101T00000{number}000000Z-0123abcd"


def stage(bundle: Path, word: str) -> Path:
    """A directory that could become a version."""
    staged = bundle / ".build-x" / "version"
    (staged / "deep").mkdir(parents=True)
    (staged / "deep" / "file").write_text(word)
    return staged


def test_a_finished_bundle_is_whole(bundle: Path) -> None:
    version_dir = current_version(bundle)
    manifest = verify(version_dir)
    assert set(NEEDED) <= set(manifest.files)
    on_disc = {str(p.relative_to(version_dir)) for p in version_dir.rglob("*") if p.is_file()}
    assert on_disc - {"manifest.json"} == set(manifest.files) == set(content_files(version_dir))
    assert manifest.n == len(open_latent_space(bundle))
    assert (bundle / "current").is_symlink()
    assert not Path(os.readlink(bundle / "current")).is_absolute()  # the bundle can be moved


def test_a_moved_bundle_still_serves(bundle_copy: Path) -> None:
    moved = bundle_copy.rename(bundle_copy.parent / "elsewhere")
    assert len(open_latent_space(moved)) == 240


def flip_a_bit(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    """Keep the first half of a file."""
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    """Keep nothing of a file but its name."""
    path.write_bytes(b"")


@pytest.mark.parametrize("name", [*NEEDED, "images.zarr/c/0/0/0"])
@pytest.mark.parametrize("damage", [flip_a_bit, truncate, empty, Path.unlink])
def test_a_damaged_file_is_refused_by_name(
    name: str, damage: Callable[[Path], None], bundle_copy: Path
) -> None:
    damage(current_version(bundle_copy) / name)
    with pytest.raises(BundleCorrupt) as refused:
        open_latent_space(bundle_copy)
    sentence = str(refused.value)
    assert name in sentence
    assert str(current_version(bundle_copy)) in sentence
    assert "Build" in sentence
    assert "\n" not in sentence


def rewrite(**changes: object) -> Callable[[Path], None]:
    """A damage that changes entries of the manifest."""

    def change(path: Path) -> None:
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def replace(content: bytes) -> Callable[[Path], None]:
    """A damage that leaves other bytes."""

    def change(path: Path) -> None:
        path.write_bytes(content)

    return change


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (Path.unlink, "it has no manifest.json"),
        (replace(b""), "cannot be read as JSON"),
        (replace(b"{"), "cannot be read as JSON"),
        (replace(b"\xff\xfe\x00\x01"), "cannot be read as JSON"),
        (replace(b"[1, 2]"), "has schema version None"),
        (replace(b"null"), "has schema version None"),
        (replace(b"{}"), "has schema version None"),
        (replace(b'{"schema_version": 1}'), "incomplete or wrong in: fingerprint"),
        (rewrite(schema_version=0), "has schema version 0; this software reads version 1"),
        (rewrite(schema_version=2), "has schema version 2; this software reads version 1"),
        (rewrite(schema_version="1"), "has schema version 1"),
        (rewrite(n="many"), "incomplete or wrong in: n."),
        (rewrite(n=None, files=[]), "incomplete or wrong in: n, files."),
        (rewrite(encoder={"name": "x"}), "encoder.architecture, encoder.origin"),
    ],
)
def test_an_unreadable_manifest_is_refused_in_a_sentence(
    damage: Callable[[Path], None], words: str, bundle_copy: Path
) -> None:
    damage(current_version(bundle_copy) / "manifest.json")
    with pytest.raises(BundleUnreadable) as refused:
        open_latent_space(bundle_copy)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("n", [0, 239, 241])
def test_a_manifest_that_counts_otherwise_is_refused(n: int, bundle_copy: Path) -> None:
    rewrite(n=n)(current_version(bundle_copy) / "manifest.json")
    with pytest.raises(BundleCorrupt, match=f"should hold {n} sources, but catalogue.parquet"):
        open_latent_space(bundle_copy)


@pytest.mark.parametrize("missing", [{*NEEDED}, {"map.npy"}])
def test_a_manifest_that_records_no_files_vouches_for_nothing(
    missing: set[str], bundle_copy: Path
) -> None:
    manifest = read_manifest(current_version(bundle_copy))
    files = {name: digest for name, digest in manifest.files.items() if name not in missing}
    rewrite(files=files)(current_version(bundle_copy) / "manifest.json")
    (current_version(bundle_copy) / "map.npy").unlink()
    with pytest.raises(BundleCorrupt, match=r"does not record .*map\.npy"):
        open_latent_space(bundle_copy)


def test_where_there_is_no_bundle_the_way_to_one_is_said(tmp_path: Path, bundle_copy: Path) -> None:
    (tmp_path / "file").write_text("x")
    shutil.rmtree(current_version(bundle_copy))  # the link leads nowhere
    for place in (tmp_path / "none", tmp_path, tmp_path / "file", bundle_copy):
        with pytest.raises(BundleMissing, match=r"no bundle at '.*'. `rgz-explorer build --demo`"):
            current_version(place)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    manifest = make_manifest(7, {"map.npy": "0"})
    write_manifest(manifest, tmp_path)
    assert read_manifest(tmp_path) == manifest
    assert "Slijepčević – et al." in (tmp_path / "manifest.json").read_text(encoding="utf-8")


def test_publishing_moves_the_version_in_and_lets_it_serve(tmp_path: Path) -> None:
    staged = stage(tmp_path, "new")
    version_dir = publish(staged, tmp_path, version_name(1))
    assert current_version(tmp_path) == version_dir
    assert (version_dir / "deep" / "file").read_text() == "new"
    assert not staged.exists()


def test_the_version_that_served_before_stays_and_older_ones_go(tmp_path: Path) -> None:
    for number in (1, 2, 3, 4):
        publish(stage(tmp_path, str(number)), tmp_path, version_name(number))
    assert {p.name for p in tmp_path.glob("2*")} == {version_name(3), version_name(4)}
    link(tmp_path, version_name(3))
    publish(stage(tmp_path, "5"), tmp_path, version_name(5))
    assert {p.name for p in tmp_path.glob("2*")} == {version_name(3), version_name(5)}


def test_publishing_removes_nothing_that_is_no_version(tmp_path: Path) -> None:
    own = [tmp_path / name / "thesis.tex" for name in ("a", "2024-results", "zz", "20260101")]
    for path in own:
        path.parent.mkdir()
        path.write_text("years of work")
    for number in (1, 2, 3):
        publish(stage(tmp_path, str(number)), tmp_path, version_name(number))
    assert all(path.read_text() == "years of work" for path in own)


def test_the_old_version_serves_until_the_very_moment_of_the_swap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        (tmp_path / version_name(number)).mkdir()
    link(tmp_path, version_name(1))
    serving = []

    def swap(new: Path, place: Path) -> None:
        serving.append(current_version(tmp_path).name)
        os.rename(new, place)  # on POSIX the same, in one step
        serving.append(current_version(tmp_path).name)

    monkeypatch.setattr(os, "replace", swap)
    link(tmp_path, version_name(2))
    assert serving == [version_name(1), version_name(2)]


def test_a_swap_that_was_interrupted_is_done_again(tmp_path: Path) -> None:
    (tmp_path / version_name(1)).mkdir()
    (tmp_path / ".current.new").symlink_to("nowhere")
    link(tmp_path, version_name(1))
    assert current_version(tmp_path).name == version_name(1)
    assert not (tmp_path / ".current.new").is_symlink()


def test_a_bundle_copied_without_its_links_serves_and_says_why_it_cannot_be_swapped(
    bundle: Path, tmp_path: Path
) -> None:
    copied = Path(shutil.copytree(bundle, tmp_path / "bundle", symlinks=False))
    assert len(open_latent_space(copied)) == 240
    with pytest.raises(BundleUnreadable, match="Remove that directory and build again"):
        link(copied, current_version(bundle).name)
    assert len(open_latent_space(copied)) == 240


def test_the_digest_is_that_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_digest(tmp_path / "file") == expected

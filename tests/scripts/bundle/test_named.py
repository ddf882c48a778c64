"""Published tables and lists by name: RGZ DR1, the published maps, and what has no images."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.tables.lists import UnreadableCatalogue
from scripts.bundle.named import NAMES, read_source_list

DR1_HEADER = (
    "CatID,RGZID,ZooniverseID,RA,Dec,N_votes,N_total,CL,N_comp,N_peaks,LAE,TSA,OL,TF,TF_err,DC"
)
DR1_ROWS = [
    "1,RGZJ000000.1+000001,ARG0001,10.0,20.0,9,12,0.75,1,2,31.5,400,0.5,10.1,0.1,1",
    "2,RGZJ000000.2+000002,ARG0002,11.0,21.0,9,12,0.80,2,3,62.0,500,0.5,20.2,0.1,1",
    "3,RGZJ000000.2+000002,ARG0003,11.0,21.0,9,12,0.90,2,3,61.0,500,0.5,20.3,0.1,1",
    "4,RGZJ000000.2+000002,ARG0004,11.0,21.0,9,12,0.90,2,3,60.0,500,0.5,20.4,0.1,1",
    "5,RGZJ000000.3+000003,ARG0005,,22.0,9,12,0.90,1,1,40.0,500,0.5,20.4,0.1,1",
    "6,RGZJ000000.4+000004,ARG0006,13.0,23.0,9,12,0.90,1,1,,500,0.5,20.4,0.1,1",
]


def dr1(header: str = DR1_HEADER) -> bytes:
    return "\n".join([header, *DR1_ROWS, ""]).encode()


def tables(path: Path, content: bytes, name: str = "DR1_FIRST_radio_classifications.csv") -> Path:
    """An archive as on Zenodo: the host table, named otherwise, comes first."""
    with tarfile.open(path, "w:gz") as archive:
        for each, data in (
            ("hosts.csv", b"#CatID,Host_RA,Host_Dec,WISEID\n1,1,1,x\n"),
            (name, content),
        ):
            member = tarfile.TarInfo(f"RGZ_DR1/{each}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.parametrize("header", [DR1_HEADER, f"#{DR1_HEADER}", f"# {DR1_HEADER}"])
def test_rgz_dr1_is_read_from_its_archive(tmp_path: Path, header: str) -> None:
    sources = read_source_list(f"rgz-dr1:{tables(tmp_path / 'x.tar.gz', dr1(header))}")
    assert sources.source_ids == ["rgz-dr1-1", "rgz-dr1-3", "rgz-dr1-6"]
    assert sources.names[1] == "RGZJ000000.2+000002"
    assert sources.record.doi == "10.5281/zenodo.10656393"
    assert sources.extents_arcsec is not None
    np.testing.assert_array_equal(sources.extents_arcsec, [31.5, 61.0, np.nan])
    assert sources.own["CL"].to_pylist() == [0.75, 0.9, 0.9]
    assert sources.own_columns["CL"].label == "Consensus level"
    assert "LAE" not in sources.own.column_names


def test_a_repeated_rgzid_is_kept_once_by_consensus_and_the_others_are_said(tmp_path: Path) -> None:
    sources = read_source_list(f"rgz-dr1:{tables(tmp_path / 'x.tar.gz', dr1())}")
    assert {reject.row: reject.reason for reject in sources.rejects} == {
        2: "RGZJ000000.2+000002 is repeated: row 3 has the consensus level 0.9, this one 0.8",
        4: "RGZJ000000.2+000002 is repeated: row 3 has the consensus level 0.9, this one 0.9",
        5: "it has no RA",
    }
    assert sources.record.n_listed == len(sources) + len(sources.rejects) == 6
    assert sources.record.n_rejected == 3


def test_the_table_itself_is_recognised_by_its_columns(tmp_path: Path) -> None:
    (tmp_path / "any name.csv").write_bytes(dr1())
    sources = read_source_list(str(tmp_path / "any name.csv"))
    assert sources.record.name == "RGZ DR1"
    assert sources.notes[0] == "Recognised by its columns: RGZ DR1."
    assert len(sources) == 3
    assert len(read_source_list(str(tables(tmp_path / "x.tgz", dr1())))) == 3


def test_what_is_not_on_this_machine_is_a_sentence_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RGZ_DATA_DIR", str(tmp_path))
    for name in NAMES:
        with pytest.raises(UnreadableCatalogue, match=f"say where it is with {name}:PATH"):
            read_source_list(name)
    with pytest.raises(UnreadableCatalogue, match="fetch rgz-dr1"):
        read_source_list("rgz-dr1")
    (tmp_path / "downloads").mkdir()
    tables(tmp_path / "downloads" / NAMES["rgz-dr1"].file_name, dr1())
    assert len(read_source_list("rgz-dr1")) == 3


def test_an_archive_without_the_table_says_what_it_holds(tmp_path: Path) -> None:
    path = tables(tmp_path / "x.tar.gz", b"", name="other.csv")
    with pytest.raises(UnreadableCatalogue, match=r"hosts.csv, RGZ_DR1/other.csv"):
        read_source_list(f"rgz-dr1:{path}")


def test_the_published_map_keeps_its_own_places(tmp_path: Path) -> None:
    columns = {
        "rgz_name": ["RGZJ1", "RGZJ2", "RGZJ1"],
        "umap_x": [1.0, 2.0, 3.0],
        "umap_y": [4.0, 5.0, 6.0],
        "ra": pa.array([10.5, 20.5, 10.5], pa.float32()),
        "dec": pa.array([1.0, 2.0, 1.0], pa.float32()),
        "size": [25.0, 30.0, 26.0],
        "fr_prediction": [1, 2, 1],
        "fr_vote_fraction": [0.9, 1.0, 0.9],
    }
    pq.write_table(pa.table(columns), tmp_path / "umap.parquet")
    sources = read_source_list(str(tmp_path / "umap.parquet"))
    assert len(sources) == 3
    assert sources.own["umap_x"].to_pylist() == [1.0, 2.0, 3.0]
    assert sources.own_columns["umap_y"].label == "Published map, y"
    assert sources.extents_arcsec is not None
    assert sources.extents_arcsec.tolist() == [25, 30, 26]
    assert "1 rows repeat the name of an earlier one; all are kept." in sources.notes
    assert len(set(sources.source_ids)) == 3


def test_the_real_published_map_has_50790_rows_of_which_2016_repeat_a_name(
    shared_data: Path,
) -> None:
    sources = read_source_list(str(shared_data / "rgz_dr1_umap.parquet"))
    assert len(sources) == 50_790
    assert not sources.rejects
    assert "2,016 rows repeat the name of an earlier one; all are kept." in sources.notes
    assert sources.record.name == "RGZ DR1, published map"
    mightee = read_source_list(str(shared_data / "mightee_umap.parquet"))
    assert (len(mightee), mightee.record.name) == (5223, "MIGHTEE, published map")

"""The bundle over HTTP: what every route sends, how it may be kept, and how it is documented."""

import gzip
import io
import json
import struct
from typing import Any

import httpx
import numpy as np
import pytest
from astropy.table import Table
from PIL import Image

from app.query.explorer import Explorer
from app.web.meta_schemas import Meta
from app.web.schemas import QueryResult, Source
from model.preprocess import centre_crop

SOURCE = "/api/sources/firstgalaxydata-1"
FROM_BUNDLE = [
    "/api/meta",
    "/api/map",
    "/api/map?colour=redshift",
    "/api/map/columns/source_catalogue",
    "/api/rows/3",
    SOURCE,
    f"{SOURCE}/cutout.png",
    f"{SOURCE}/cutout.png?size_px=70&colours=grey",
    f"{SOURCE}/neighbours",
    f"{SOURCE}/neighbours?k=3&format=csv",
    f"{SOURCE}/neighbours?k=3&format=parquet",
]


def json_of(site: httpx.Client, path: str) -> Any:
    answer = site.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return json.loads(answer.text, parse_constant=pytest.fail)  # no NaN, no Infinity


@pytest.mark.parametrize("path", FROM_BUNDLE)
def test_an_unchanged_answer_is_not_sent_again(site: httpx.Client, path: str) -> None:
    first = site.get(path)
    assert first.status_code == 200
    assert first.headers["cache-control"].startswith("public, max-age=")
    for known in (first.headers["etag"], f'"other", {first.headers["etag"]}', "*"):
        again = site.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]
    assert site.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_different_answers_have_different_etags(site: httpx.Client) -> None:
    paths = [*FROM_BUNDLE, "/api/rows/4", f"{SOURCE}/neighbours?k=4&format=csv"]
    paths += [f"{SOURCE}/neighbours?hide_duplicates=true", f"{SOURCE}/cutout.png?colours=grey"]
    paths += [f"{SOURCE}/neighbours?duplicates_arcsec=7", "/api/map/columns/redshift"]
    etags = [site.get(path).headers["etag"] for path in paths]
    assert len(set(etags)) == len(paths)


def test_nothing_that_is_not_there_is_unchanged(site: httpx.Client) -> None:
    for path in ("/api/rows/9999", "/api/sources/nobody", "/api/sources/nobody/neighbours"):
        assert site.get(path, headers={"If-None-Match": "*"}).status_code == 404


def test_a_query_is_never_kept(site: httpx.Client) -> None:
    answer = site.get("/api/query?position=167.886+16.439")
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


@pytest.mark.parametrize("path", FROM_BUNDLE)
def test_text_and_map_are_compressed_and_pictures_are_not(site: httpx.Client, path: str) -> None:
    with site.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    plain = site.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    if "png" in path:
        assert "content-encoding" not in answer.headers
        assert raw == plain.content
    elif len(plain.content) >= 1024:
        assert answer.headers["content-encoding"] == "gzip"
        assert "accept-encoding" in answer.headers["vary"].lower()
        dense = "map" in path or "parquet" in path  # 240 places hold hardly anything to squeeze
        assert len(raw) < (1.05 if dense else 0.8) * len(plain.content)
        if "format" not in path:  # files carry the second they were written in
            assert gzip.decompress(raw) == plain.content


def test_meta_describes_the_bundle(site: httpx.Client, explorer: Explorer) -> None:
    found = json_of(site, "/api/meta")
    meta, manifest = Meta.model_validate(found), explorer.space.manifest
    assert (meta.n, meta.version) == (240, explorer.space.version)
    assert meta.encoder.sha256 == manifest.encoder.sha256
    assert manifest.encoder.name in meta.encoder.statement
    assert (meta.catalogue.n_listed, meta.catalogue.n_rejected) == (240, 0)
    assert meta.default_column in {column.name for column in meta.columns}
    assert (meta.limits.k_max, meta.limits.k_default) == (239, 12)
    for column in meta.columns:
        if column.kind == "number":
            low, high = column.low, column.high
            assert column.min is not None
            assert low is not None
            assert high is not None
            assert column.max is not None
            assert column.min <= low <= high <= column.max
        else:
            assert column.categories
    units = {column.name: column.unit for column in meta.columns}
    assert (units["ra_deg"], units["angular_extent_arcsec"]) == ("deg", "arcsec")


def test_the_map_is_binary_and_at_most_8_bytes_a_source(site: httpx.Client) -> None:
    answer = site.get("/api/map")
    assert answer.headers["content-type"] == "application/octet-stream"
    (length,) = struct.unpack_from("<I", answer.content)
    header = json.loads(answer.content[4 : 4 + length])
    assert header["colour"]["name"] == json_of(site, "/api/meta")["default_column"]
    assert len(answer.content) - 4 - length <= 8 * header["n"]
    column = site.get("/api/map/columns/redshift").content
    assert struct.unpack_from("<I", column)[0] + 4 + 2 * 240 == len(column)
    for name in ("novelty_percentile", "survey", "rms_jy_beam"):
        assert site.get(f"/api/map/columns/{name}").status_code == 200
    for name in ("source_id", "package_entry"):
        assert site.get(f"/api/map/columns/{name}").status_code == 404


def test_a_row_and_its_id_give_the_same_source(site: httpx.Client, explorer: Explorer) -> None:
    for row in (0, 100, 239):
        found = json_of(site, f"/api/rows/{row}")
        source = Source.model_validate(found)
        assert found == json_of(site, f"/api/sources/{source.source_id}")
        values = explorer.space.catalogue.row(row)
        assert (source.ra_deg, source.dec_deg) == (values["ra_deg"], values["dec_deg"])
        assert source.angular_extent_arcsec == values["angular_extent_arcsec"]
        assert [source.x, source.y] == pytest.approx(explorer.space.xy[row])
        assert source.columns["package_entry"] == values["package_entry"]
        assert "novelty" not in source.columns
        assert 0 <= source.novelty_percentile <= 100


@pytest.mark.parametrize("size_px", [150, 70])
def test_pictures_show_the_stored_image(
    site: httpx.Client, explorer: Explorer, size_px: int
) -> None:
    for row in (1, 42):
        url = json_of(site, f"/api/rows/{row}")["cutout_url"]
        answer = site.get(url, params={"size_px": size_px, "colours": "grey"})
        assert answer.headers["content-type"] == "image/png"
        drawn = np.asarray(Image.open(io.BytesIO(answer.content)))
        assert np.array_equal(drawn[::-1], centre_crop(explorer.space.image(row), size_px))


def test_neighbours_are_complete_records_without_the_source(site: httpx.Client) -> None:
    found = json_of(site, f"{SOURCE}/neighbours?k=25")
    result = QueryResult.model_validate(found)
    assert result.query.source_id == "firstgalaxydata-1"
    assert result.query.separation_arcsec is None
    assert result.map.method == "catalogue"
    assert [neighbour.rank for neighbour in result.neighbours] == list(range(1, 26))
    for neighbour in result.neighbours:
        assert neighbour.source_id != "firstgalaxydata-1"
        assert neighbour.similarity + neighbour.dissimilarity == pytest.approx(1)
        source = json_of(site, f"/api/rows/{neighbour.row}")
        shared = source.keys() & neighbour.model_dump().keys()
        assert {k: source[k] for k in shared} == {k: neighbour.model_dump()[k] for k in shared}


def test_a_query_for_a_bundle_source_is_its_neighbours(site: httpx.Client) -> None:
    by_id = json_of(site, f"{SOURCE}/neighbours?k=9")
    sky = by_id["query"]
    for asked in (
        {"position": sky["position"].replace("+", " ")},
        {"ra": sky["ra_deg"], "dec": sky["dec_deg"]},
    ):
        found = json_of(site, str(httpx.URL("/api/query", params={"k": 9, **asked})))
        assert found["neighbours"] == by_id["neighbours"]
        assert found["query"]["separation_arcsec"] < 1
        assert found["query"]["understood"].startswith(sky["position"])
        found["query"] |= {"separation_arcsec": None, "understood": ""}
        assert found["query"] == sky


@pytest.mark.parametrize(
    ("fmt", "media_type", "extension"),
    [
        ("csv", "text/csv; charset=utf-8", "csv"),
        ("ecsv", "text/x-ecsv; charset=utf-8", "ecsv"),
        ("votable", "application/x-votable+xml", "vot"),
        ("parquet", "application/vnd.apache.parquet", "parquet"),
    ],
)
def test_files_are_sent_as_downloads(
    site: httpx.Client, fmt: str, media_type: str, extension: str
) -> None:
    rows = json_of(site, f"{SOURCE}/neighbours?k=5")["neighbours"]
    for path in (f"{SOURCE}/neighbours?k=5", "/api/query?position=167.886+16.439&k=5"):
        answer = site.get(f"{path}&format={fmt}")
        assert answer.headers["content-type"] == media_type
        named = answer.headers["content-disposition"]
        assert named.startswith('attachment; filename="neighbours_167.88600+16.43900_')
        assert named.endswith(f'.{extension}"')
        if fmt == "csv":
            table = Table.read(answer.text, format="ascii.csv", comment="#")
        elif fmt == "ecsv":
            table = Table.read(answer.text, format="ascii.ecsv")
        else:
            table = Table.read(io.BytesIO(answer.content), format=fmt)
        assert list(table["source_id"]) == [row["source_id"] for row in rows]
        assert list(table["similarity"]) == [row["similarity"] for row in rows]

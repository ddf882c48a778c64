"""The cone search over a real socket, asked by pyvo as a client of any other service is."""

import io
import warnings
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
import pyvo
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io.votable import parse

from app.query.explorer import Explorer
from app.web import cone


@pytest.fixture(scope="module")
def service(site: httpx.Client) -> str:
    return f"{str(site.base_url).rstrip('/')}/api/cone"


@pytest.fixture(autouse=True)
def nothing_is_warned_of() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def error_of(answer: httpx.Response) -> str:
    """The sentence of an error, after checking that the answer is one by the standard."""
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml;content=x-votable")
    (info,) = parse(io.BytesIO(answer.content), verify="exception").infos
    assert info.name == "Error"
    return str(info.value)


def test_pyvo_finds_the_sources_that_are_there(service: str, explorer: Explorer) -> None:
    center = explorer.space.position(17)
    found = pyvo.dal.conesearch(service, pos=center, radius=30 * u.deg, verbosity=3)
    ids = explorer.space.catalogue.table["source_id"].to_pylist()
    nearby = explorer.space.within(center, 30 * 3600)
    assert len(nearby) > 1
    assert [record.id for record in found] == [ids[row] for row, _ in nearby]
    for record, (row, arcsec) in zip(found, nearby, strict=True):
        assert record.pos.separation(explorer.space.position(row)).arcsec < 1e-6
        assert record["separation_arcsec"] == pytest.approx(arcsec)
        assert record["image_origin"] == "observed"
    assert found.fielddescs


def test_pyvo_reads_the_columns_without_asking_for_rows(service: str) -> None:
    columns = {column.name: column for column in pyvo.dal.SCSService(service).columns}
    assert columns["ra_deg"].unit == "deg"
    assert columns["source_id"].ucd == "ID_MAIN"


def test_pyvo_finds_across_the_end_of_right_ascension(service: str, explorer: Explorer) -> None:
    everything = SkyCoord(
        explorer.space.catalogue.ra_deg, explorer.space.catalogue.dec_deg, unit="deg"
    )
    center = SkyCoord(359.999, 10.0, unit="deg")
    expected = np.count_nonzero(center.separation(everything) <= 40 * u.deg)
    found = pyvo.dal.conesearch(service, pos=center, radius=40.0)
    assert len(found) == expected
    ra = np.asarray(found["ra_deg"])
    assert (ra < 40).any()
    assert (ra > 320).any()


def test_pyvo_raises_our_sentence(service: str) -> None:
    with pytest.raises(pyvo.dal.DALQueryError, match="DEC cannot be '91'"):
        pyvo.dal.conesearch(service, pos=(0, 0), radius=1, dec=91)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "RA is missing"),
        ("RA=1&DEC=2", "SR is missing"),
        ("RA=as3f&DEC=2&SR=1", "RA cannot be 'as3f'"),
        ("RA=1&DEC=2&SR=1&VERB=9", "VERB cannot be '9'"),
        ("RA=1&DEC=2&SR=1&MAXREC=x", "MAXREC cannot be 'x'"),
        ("RA=%00%FF<b>&DEC=2&SR=1", "RA cannot be"),
    ],
)
def test_errors_are_votables_with_status_200(service: str, query: str, said: str) -> None:
    assert said in error_of(httpx.get(f"{service}?{query}"))


def test_a_fault_of_ours_is_a_votable_too(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(cone, "search_cone", broken)
    said = error_of(httpx.get(f"{service}?RA=1&DEC=2&SR=1"))
    assert "reference" in said
    assert "secret" not in said


def test_an_answer_is_kept_until_the_bundle_changes(service: str) -> None:
    first = httpx.get(f"{service}?RA=1&DEC=+2&SR=10")
    assert first.headers["content-type"].startswith("text/xml;content=x-votable")
    again = httpx.get(
        f"{service}?sr=10&dec=2&ra=1", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert "etag" not in httpx.get(f"{service}?RA=1").headers

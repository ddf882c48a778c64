"""Sesame of the CDS: where an object of a given name is (SIMBAD, then NED, then VizieR).

It never waits past its total deadline, and never takes a page of another kind for "no such object".
"""

import re
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote, urlsplit

from astropy import units as u
from astropy.coordinates import SkyCoord

from app.errors import (
    BadNameAnswer,
    BadSurveyAnswer,
    NameNotFound,
    NameServiceError,
    NameServiceTimeout,
    NameServiceUnavailable,
    SurveyError,
    SurveyTimeout,
)
from app.net.breaker import Breaker
from app.net.client import ServiceClient, get
from app.net.single_flight import SingleFlight
from app.settings import SESAME_URLS
from app.sky.coordinates import EXAMPLES, quoted
from app.sky.resolve import ObjectPlace

_POSITION = re.compile(
    r"^%J\s+(?P<ra>\d+(?:\.(?P<decimals>\d*))?)\s+(?P<dec>[+-]?\d+(?:\.\d*)?)\s", re.M
)
_ERROR = re.compile(r"^%J\.E\s*\[\s*(\d+(?:\.\d*)?)\s+(\d+(?:\.\d*)?)\s", re.M)
_MAIN_NAME = re.compile(r"^%I\.0\s+(.+?)\s*(?:=\[.*)?$", re.M)
_DATABASE = re.compile(r"^#=\w+=(\w+)[^\n]*$", re.M)
_UNREACHED = re.compile(r"^#!\w*=?(\w*).*could not (?:access|connect)", re.M | re.I)


def read_answer(text: str, name: str, service: str) -> ObjectPlace:
    """Read the answer to one name.

    Parameters
    ----------
    text : str
        Sections that begin with "#=S=Simbad ...", lines "%J ra dec" in ICRS degrees, "%J.E" with
        the errors in mas and "%I.0" with the main name; "#====Done" at the end.
    name : str
        What was asked.
    service : str
        As sentences call it.

    Returns
    -------
    place : ObjectPlace
        That of the first section with a position, as astropy takes it.

    Raises
    ------
    NameNotFound
    NameServiceUnavailable
        If nothing was found and a database could not be asked.
    BadNameAnswer
        If it is no answer of Sesame's, or breaks off before it tells.
    """
    for database, section in _sections(text):
        if found := _POSITION.search(section):
            return _place(found, section, name, database, service)
    if not text.startswith("#") or "#====Done" not in text:
        raise _unusable(service)
    if unreached := _UNREACHED.search(text):
        raise NameServiceUnavailable(
            f"The {service} found no position of {quoted(name)}, but could not ask "
            f"{unreached[1] or 'one of its databases'}.",
            advice=LATER,
            parameter="position",
        )
    if re.search("^%I", text, re.M):
        unknown = f"Sesame (SIMBAD, NED, VizieR) has no position of {quoted(name)}. Give"
    else:
        unknown = (
            f"Neither this bundle nor Sesame (SIMBAD, NED, VizieR) knows {quoted(name)}. "
            "Check the spelling, or give"
        )
    raise NameNotFound(f"{unknown} coordinates ({EXAMPLES.degrees}).", parameter="position")


def _sections(text: str) -> list[tuple[str, str]]:
    """Cut the answer at its databases' headings: (name, lines)."""
    _, *cut = _DATABASE.split(text)
    return list(zip(cut[::2], cut[1::2], strict=True))


def _unusable(service: str) -> BadNameAnswer:
    return BadNameAnswer(
        f"The answer of the {service} is not of Sesame's form, or breaks off.",
        advice=LATER,
        parameter="position",
    )


def _place(
    found: re.Match[str], section: str, name: str, database: str, service: str
) -> ObjectPlace:
    ra_deg, dec_deg = float(found["ra"]), float(found["dec"])
    if not (ra_deg < 360 and abs(dec_deg) <= 90):
        raise _unusable(service)
    main = _MAIN_NAME.search(section)
    errors_mas = _ERROR.search(section)
    written_arcsec = 3600 * 10.0 ** -len(found["decimals"] or "")
    errors_arcsec = [float(error) / 1000 for error in errors_mas.groups()] if errors_mas else []
    return ObjectPlace(
        SkyCoord(ra_deg * u.deg, dec_deg * u.deg),
        name=re.sub(r"[{}]", "", " ".join(main[1].split())) if main else name,
        service=f"Sesame ({database})",
        precision_arcsec=max([written_arcsec, *errors_arcsec]),
    )


LATER = "Try again in a few minutes, or give coordinates."
DATABASES = "SNV"
MOST_REMEMBERED = 1000
MAX_ANSWER_BYTES = 2**20


class Sesame:
    """The name service.

    Parameters
    ----------
    urls : sequence of str
        The service and its mirrors; one is asked when those before it fail.
    deadline_s : float
        Of a look-up, all in all: each address has an equal share.
    max_connections : int
        To each address at once.
    pause_s : float
        How long an address that keeps failing is left alone; 0: never.
    most_remembered : int
        Places that are not asked for again.

    Notes
    -----
    The request is the one of `astropy.coordinates.SkyCoord.from_name`, and the position read is
    the same. astropy's own client is not used: its address and time-out are settings of the whole
    process, its time-out is per read, so that a drip outlasts it, and it takes a maintenance page
    for an unknown name.
    """

    def __init__(
        self,
        urls: Sequence[str] = SESAME_URLS,
        *,
        deadline_s: float = 10.0,
        max_connections: int = 3,
        pause_s: float = 60.0,
        most_remembered: int = MOST_REMEMBERED,
    ) -> None:
        self._clients = {
            url: _client(url, deadline_s / len(urls), max_connections, pause_s) for url in urls
        }
        self._places: SingleFlight[ObjectPlace] = SingleFlight(most_remembered)

    def resolve(self, name: str) -> ObjectPlace:
        """Look an object up; who asks for the same name meanwhile waits for the same answer.

        Parameters
        ----------
        name : str
            ASCII, as people write it.

        Raises
        ------
        NameNotFound, NameServiceTimeout, NameServiceUnavailable, BadNameAnswer
        """
        return self._places.ask(name, lambda: self._ask(name))

    def _ask(self, name: str) -> ObjectPlace:
        failures: list[NameServiceError] = []
        for url, client in self._clients.items():
            address = f"{url.rstrip('/')}/{DATABASES}?{quote(name)}"
            try:
                return read_answer(_download(client, address), name, client.service)
            except (NameServiceTimeout, NameServiceUnavailable, BadNameAnswer) as exc:
                failures.append(exc)
        raise _joined(name, failures)


def open_sesame(urls: str, deadline_s: float, pause_s: float = 60.0) -> Sesame | None:
    """Make the name service at addresses with blanks between; None where there are none."""
    if not urls.strip():
        return None
    return Sesame(urls.split(), deadline_s=deadline_s, pause_s=pause_s)


def _client(url: str, deadline_s: float, max_connections: int, pause_s: float) -> ServiceClient:
    service = f"Sesame server at {urlsplit(url).hostname}"
    return ServiceClient(
        service,
        deadline_s=deadline_s,
        max_connections=max_connections,
        max_answer_bytes=MAX_ANSWER_BYTES,
        breaker=Breaker(service, pause_s=pause_s),
    )


def _download(client: ServiceClient, address: str) -> str:
    try:
        return client.download(partial(get, address, {})).decode("utf-8", errors="replace")
    except SurveyError as exc:
        raise _renamed(exc) from exc


def _renamed(error: SurveyError) -> NameServiceError:
    advice = f"{error.advice} Or give coordinates.".lstrip()
    kind: type[NameServiceError] = NameServiceUnavailable
    if isinstance(error, SurveyTimeout):
        kind = NameServiceTimeout
    elif isinstance(error, BadSurveyAnswer):
        kind = BadNameAnswer
    return kind(error.reason, advice=advice, parameter="position")


def _joined(name: str, failures: Sequence[NameServiceError]) -> NameServiceError:
    """The first failure, with what each server did and one advice for all."""
    reasons = " Asked next: ".join(failure.reason for failure in failures)
    return type(failures[0])(
        f"{quoted(name)} could not be looked up. {reasons}",
        advice=failures[-1].advice,
        parameter="position",
    )

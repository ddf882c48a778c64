"""Where a fetch gets its cutouts: the FIRST server alone, or SkyView where that fails.

It keeps no cache, and repeats no request: the run decides when something is asked again.
"""

from dataclasses import dataclass

from astropy.coordinates import SkyCoord

from app.settings import Settings
from app.surveys.access import find_survey
from app.surveys.backoff import Backoff
from app.surveys.breaker import Breaker
from app.surveys.catalogue_of_surveys import FIRST_NAME
from app.surveys.cutout import Cutout, CutoutService
from app.surveys.download import ServiceClient
from app.surveys.first_server import FIRST_SERVICE, FirstServer
from app.surveys.skyview import SKYVIEW_SERVICE, SkyViewServer

ONCE = Backoff(retries=0)


@dataclass(frozen=True)
class ServiceSource:
    """A cutout service with the name that sentences and the table of failures give it."""

    cutouts: CutoutService
    service: str

    @property
    def survey(self) -> str:
        """Whose images these are."""
        return self.cutouts.survey

    def fetch(self, position: SkyCoord) -> Cutout:
        """Give the cutout at a position, or raise a `SurveyError`."""
        return self.cutouts.fetch(position)


def first_source(
    settings: Settings, field_arcmin: float, connections: int, skyview: bool = False
) -> ServiceSource:
    """Make the source of FIRST's cutouts.

    Parameters
    ----------
    settings : Settings
        Addresses, and the total time that a service has for a cutout.
    field_arcmin : float
    connections : int
        Requests under way at once, to each service.
    skyview : bool
        Ask SkyView where the FIRST server fails. A FIRST server that is down is then left alone
        for a while, so that not every image waits for it.
    """
    pause_s = settings.survey_pause_s if skyview else 0.0
    first = FirstServer(
        settings.first_server,
        deadline_s=settings.survey_deadline_s,
        max_connections=connections,
        backoff=ONCE,
        breaker=Breaker(FIRST_SERVICE, pause_s=pause_s),
    )
    others = [_skyview(settings, connections)] if skyview else []
    service = f"{FIRST_SERVICE} or {SKYVIEW_SERVICE}" if skyview else FIRST_SERVICE
    return ServiceSource(CutoutService(first, None, field_arcmin, others), service)


def _skyview(settings: Settings, connections: int) -> SkyViewServer:
    client = ServiceClient(
        SKYVIEW_SERVICE,
        deadline_s=settings.survey_deadline_s,
        max_connections=connections,
        backoff=ONCE,
        breaker=Breaker(SKYVIEW_SERVICE, pause_s=0.0),
    )
    survey = find_survey(FIRST_NAME)
    return SkyViewServer(
        client,
        settings.skyview_server,
        survey.survey,
        survey.skyview or "",
        survey.pixel_scale_arcsec,
    )

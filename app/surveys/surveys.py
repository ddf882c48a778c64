"""The surveys that can be shown and searched with: what they are, and where their images are had.

It asks nothing: it is a table.

Frequencies and beams are those of the abstracts of the papers in `reference` (arXiv:1907.01981,
2202.11733, 2012.00747, 2306.07194 were opened; of FIRST and NVSS the values that those papers and
CDS quote). FIRST and NVSS are named as in SkyView's own list (the query page that comes with
astroquery's tests). The HiPS are named as in public lists made from the CDS's registry; that the
images behind them are in Jy/beam was not verified here, where no service can be reached, nor which
of its resolutions RACS's HiPS has. It is reported that hips2fits has failed on VLASS's.
"""

from dataclasses import dataclass

from app.errors import UnknownSurvey
from app.surveys.services import FIRST_SURVEY
from model.beam import NORTHERN, Beam
from model.preprocess import PIXEL_SCALE_ARCSEC

FIRST_NAME = "first"
FIELD_ARCMIN = 9.0
FIRST_USE = "scholarly, educational, and private non-commercial use"
"""What FIRST's images may be used for, in its own words."""
FIRST_BEAM_ARCSEC = NORTHERN.major_arcsec
FIRST_TERMS = (
    "FIRST images: provenance the FIRST project team (R. J. Becker, D. H. Helfand, R. L. White, "
    "M. D. Gregg, S. A. Laurent-Muehleisen); copyright 1994, University of California; "
    f"permission is granted for {FIRST_USE}."
)


@dataclass(frozen=True)
class Survey:
    """One radio survey."""

    name: str
    """Short, for addresses."""
    label: str
    survey: str
    """As results name it."""
    frequency_mhz: float
    beam_arcsec: float | None
    """Full width at half maximum, where all images have the same; else None."""
    typical_beam_arcsec: float
    beam: str
    """In words."""
    reference: str
    credit: str
    pixel_scale_arcsec: float = PIXEL_SCALE_ARCSEC
    """Of the images that we ask for: FIRST's own, the network's, unless the beam needs finer."""
    hips: str | None = None
    """Identifier at the CDS, for hips2fits."""
    skyview: str | None = None
    """Name at SkyView."""

    @property
    def typical_beam(self) -> Beam:
        """What is taken where a header gives no beam, as those of hips2fits."""
        return Beam(self.typical_beam_arcsec, self.typical_beam_arcsec)


SURVEYS = (
    Survey(
        name=FIRST_NAME,
        label="FIRST 1.4 GHz",
        survey=FIRST_SURVEY,
        frequency_mhz=1400.0,
        beam_arcsec=None,
        typical_beam_arcsec=FIRST_BEAM_ARCSEC,
        beam='5.4" round above Dec +4d33m, 6.4 x 5.4" below it, 6.8 x 5.4" in part of the south',
        reference="Becker R. H., White R. L., Helfand D. J. 1995, ApJ 450, 559",
        credit="VLA FIRST Survey; copyright 1994, University of California",
        skyview="VLA FIRST (1.4 GHz)",
    ),
    Survey(
        name="nvss",
        label="NVSS 1.4 GHz",
        survey="NVSS",
        frequency_mhz=1400.0,
        beam_arcsec=45.0,
        typical_beam_arcsec=45.0,
        beam='45" round',
        reference="Condon J. J. et al. 1998, AJ 115, 1693",
        credit="NVSS, NRAO/AUI; HiPS by CDS",
        hips="CDS/P/NVSS",
        skyview="NVSS",
    ),
    Survey(
        name="vlass",
        label="VLASS 3 GHz (Quick Look)",
        survey="VLASS",
        frequency_mhz=3000.0,
        beam_arcsec=None,
        typical_beam_arcsec=2.5,
        beam='about 2.5", other in each image',
        reference="Lacy M. et al. 2020, PASP 132, 035001",
        credit="VLASS Quick Look median stack, NRAO/AUI",
        pixel_scale_arcsec=1.0,
        hips="NRAO/P/VLASS-Quicklook-MedianStack",
    ),
    Survey(
        name="lotss-dr2",
        label="LoTSS DR2 144 MHz",
        survey="LoTSS DR2",
        frequency_mhz=144.0,
        beam_arcsec=6.0,
        typical_beam_arcsec=6.0,
        beam='6" round',
        reference="Shimwell T. W. et al. 2022, A&A 659, A1",
        credit="LoTSS DR2, LOFAR Surveys Collaboration; HiPS by ASTRON",
        hips="astron.nl/P/lotss_dr2_high",
    ),
    Survey(
        name="racs-low",
        label="RACS-low 888 MHz",
        survey="RACS-low",
        frequency_mhz=887.5,
        beam_arcsec=None,
        typical_beam_arcsec=15.0,
        beam='about 15", other in each image',
        reference="McConnell D. et al. 2020, PASA 37, e048",
        credit="RACS, CSIRO (ASKAP)",
        hips="CSIRO/P/RACS/low/I",
    ),
    Survey(
        name="racs-mid",
        label="RACS-mid 1.37 GHz",
        survey="RACS-mid",
        frequency_mhz=1367.5,
        beam_arcsec=None,
        typical_beam_arcsec=10.0,
        beam='8" to 48" with declination, other in each image',
        reference="Duchesne S. W. et al. 2023, PASA 40, e034",
        credit="RACS, CSIRO (ASKAP)",
        hips="CSIRO/P/RACS/mid/I",
    ),
)
"""In the order in which they are listed."""


def find_survey(name: str) -> Survey:
    """A survey by its short name.

    Raises
    ------
    UnknownSurvey
    """
    for survey in SURVEYS:
        if survey.name == name:
            return survey
    names = ", ".join(survey.name for survey in SURVEYS)
    raise UnknownSurvey(f"There is no survey '{name}'; there are {names}.", parameter="survey")


def survey_called(survey: str) -> Survey | None:
    """A survey by the name that results give it, if it is one of these."""
    return next((known for known in SURVEYS if known.survey == survey), None)

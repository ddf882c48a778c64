"""All run-time options, from RGZ_... environment variables or the command line."""

import os
from difflib import get_close_matches
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import ExplorerError

FIRST_URL = "https://sundog.stsci.edu/cgi-bin/firstcutout"
SKYVIEW_URL = "https://skyview.gsfc.nasa.gov/current/cgi/runquery.pl"
HIPS2FITS_URL = "https://alasky.cds.unistra.fr/hips-image-services/hips2fits"
SESAME_URLS = (
    "https://cds.unistra.fr/cgi-bin/nph-sesame/",
    "http://vizier.cfa.harvard.edu/viz-bin/nph-sesame/",
)
"""The service and its mirror, as astropy has them."""


class UnusableSetting(ExplorerError):
    """An environment variable has a value that its option cannot take, or is no option."""


PREFIX = "RGZ_"
FETCH_OPTIONS = ("zenodo_server", "vizier_server")
"""Options of `rgz-explorer fetch` alone."""


class Settings(BaseSettings):
    """Options of the server; every one can be set as RGZ_NAME in the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    data_dir: Path = Path("data")
    """Holds bundles/, cutouts/, selections/ and labels.sqlite."""
    bundle: Path | None = None
    """The bundle to serve; by default the demo bundle in the data directory."""
    encoder: Path | None = None
    """Weights to embed queries with; by default those that ship."""
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    """0 takes a free one."""
    first_server: str = FIRST_URL
    skyview_server: str = SKYVIEW_URL
    hips2fits_server: str = HIPS2FITS_URL
    survey_deadline_s: float = Field(20.0, gt=0)
    """Total time one service may take for a cutout, from the question to the last byte."""
    survey_connections: int = Field(3, ge=1)
    """At most so many at once to each service."""
    survey_pause_s: float = Field(60.0, ge=0)
    """How long a service that keeps failing is left alone; 0: never."""
    cutout_cache_mb: int = Field(1024, ge=0)
    sesame_url: str = " ".join(SESAME_URLS)
    """Where names of objects are looked up: addresses, blanks between; empty: nowhere."""
    sesame_deadline_s: float = Field(10.0, gt=0)
    """Total time the look-up of a name may take."""

    @property
    def bundle_dir(self) -> Path:
        """The bundle to serve."""
        return self.bundle or self.data_dir / "bundles" / "demo"

    @property
    def cutout_dir(self) -> Path:
        """Where fetched cutouts are kept."""
        return self.data_dir / "cutouts"

    @property
    def labels_file(self) -> Path:
        """The SQLite file of samples, tags and notes."""
        return self.data_dir / "labels.sqlite"


def read_settings() -> Settings:
    """Read the options from the environment.

    Raises
    ------
    UnusableSetting
        Also for a variable that is no option: a misspelt one would be ignored.
    """
    check_variables()
    try:
        return Settings()
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "_".join(map(str, first["loc"]))
        raise UnusableSetting(
            f"The environment variable RGZ_{name.upper()} cannot be '{first['input']}': "
            f"{first['msg'][:1].lower()}{first['msg'][1:]}."
        ) from exc


def check_variables() -> None:
    """Refuse a variable RGZ_... that is no option: a misspelt one would be ignored.

    Raises
    ------
    UnusableSetting
    """
    known = [name.upper() for name in (*Settings.model_fields, *FETCH_OPTIONS)]
    for name in os.environ:
        option = name.removeprefix(PREFIX).upper()
        if name.startswith(PREFIX) and option not in known:
            near = get_close_matches(option, known, 1)
            advice = (
                f"did you mean {PREFIX}{near[0]}?"
                if near
                else f"there are {', '.join(f'{PREFIX}{each}' for each in known)}."
            )
            raise UnusableSetting(f"The environment variable {name} is no option: {advice}")

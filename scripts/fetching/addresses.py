"""Where archives are asked, from RGZ_... environment variables. It asks nothing."""

from pydantic_settings import BaseSettings, SettingsConfigDict

ZENODO_URL = "https://zenodo.org"
VIZIER_URL = "https://vizier.cds.unistra.fr"


class ArchiveAddresses(BaseSettings):
    """Addresses of the archives; a mirror can be set as RGZ_ZENODO_SERVER or RGZ_VIZIER_SERVER."""

    model_config = SettingsConfigDict(env_prefix="RGZ_")

    zenodo_server: str = ZENODO_URL
    vizier_server: str = VIZIER_URL

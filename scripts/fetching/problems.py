"""What can stand between an archive and a file that is whole, and its sentences."""

import requests

from app.errors import ExplorerError


class FetchFailed(ExplorerError):
    """An archive gave no usable file; the sentence says why, and whether to try again."""


class WrongContent(FetchFailed):
    """A file that came whole is not the one that was published."""


class Interrupted(FetchFailed):
    """A transfer broke off; what came is kept, and the same command goes on from there."""


def cannot_reach(service: str, error: Exception) -> FetchFailed:
    """The sentence for a service without an answer."""
    if isinstance(error, requests.exceptions.SSLError):
        return FetchFailed(
            f"{service} cannot be reached safely: its certificate is not trusted here. Behind a "
            "proxy that replaces certificates, set REQUESTS_CA_BUNDLE."
        )
    return FetchFailed(
        f"{service} cannot be reached: there was no connection, or it broke. Check the network, "
        "or try again in a few minutes."
    )


def refused(service: str, status: int, url: str) -> FetchFailed:
    """The sentence for an HTTP error."""
    if status in (404, 410):
        return FetchFailed(f"{service} has no '{url}' (HTTP status {status}).")
    return FetchFailed(f"{service} answered with HTTP status {status}; try again in a few minutes.")

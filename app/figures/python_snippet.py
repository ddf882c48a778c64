"""Python that gets the same neighbours from this server, to be pasted into a notebook.

It never runs anything, and every text that comes from a request is quoted by repr.
"""

from collections.abc import Mapping
from typing import Any

SNIPPET = """\
# Neighbours in {catalogue}; encoder sha256 {encoder}.
# Needs: pip install requests astropy
import requests
from astropy.table import Table

answer = requests.{method}(
    {address!r},
    params={params!r},{body}
    timeout=120,
)
if not answer.ok:
    raise SystemExit(answer.json()["detail"])
neighbours = Table.read(answer.text.splitlines(), format="ascii.ecsv")
if neighbours.meta["bundle"] != {bundle!r}:
    print("Another bundle now:", neighbours.meta["bundle"], "- numbers may differ.")
for row in neighbours:
    print(row["rank"], row["source_id"], float(row["similarity"]), float(row["dissimilarity"]))
"""


def python_snippet(
    address: str,
    params: Mapping[str, str],
    catalogue: str,
    encoder_sha256: str,
    bundle: str,
    body: Mapping[str, Any] | None = None,
) -> str:
    """The snippet for a query.

    Parameters
    ----------
    address : str
        Of the neighbours of a source, or of the query by position.
    params : mapping
        Parameters of the request, without the format.
    catalogue, encoder_sha256, bundle : str
        What the answer is of.
    body : mapping, optional
        What is sent as JSON; with it the request is a POST.
    """
    one_line = " ".join(catalogue.split())
    return SNIPPET.format(
        method="get" if body is None else "post",
        body="" if body is None else f"\n    json={dict(body)!r},",
        address=address,
        params=dict(params) | {"format": "ecsv"},
        catalogue=one_line,
        encoder=encoder_sha256[:12],
        bundle=bundle,
    )

"""What to say where images are models, or where a search mixes them with observations.

It never changes an image or a similarity.
"""

from collections import Counter
from collections.abc import Sequence

from app.catalogue import Catalogue

MODEL = "model"
GAP = (
    "A model has only what the FIRST catalogue's Gaussian components keep of a source, and the two "
    "kinds of image do not lie together even where they show the same source"
)


def origin_statement(catalogue: Catalogue) -> str:
    """What the page says of a bundle with models in it; empty where all images are observed."""
    origins = Counter(catalogue.image_origins())
    models, n = origins[MODEL], len(catalogue)
    if not models:
        return ""
    share = "All" if models == n else f"{models:,} of the"
    return (
        f"{share} {n:,} images here are models, not observations: drawn by this software from the "
        "components of the FIRST catalogue. They are marked MODEL wherever they are shown."
    )


def mixed_warning(subject: str, neighbours: Sequence[str]) -> tuple[str, ...]:
    """The warning of a search whose images are not all of one kind.

    Parameters
    ----------
    subject : str
        Origin of the query's image: observed, uploaded, model.
    neighbours : sequence of str
        Those of its neighbours' images.

    Returns
    -------
    warnings : tuple of str
        One or none.
    """
    models = sum(origin == MODEL for origin in neighbours)
    of_models = models + (subject == MODEL)
    if not of_models or of_models == len(neighbours) + 1:
        return ()
    query = "a drawn model" if subject == MODEL else "no model"
    which = (
        f"all {models:,}" if models == len(neighbours) else f"{models:,} of the {len(neighbours):,}"
    )
    return (
        f"This search mixes observed and model images: the query's image is {query}, {which} "
        f"neighbours' are models. {GAP}: ranks and novelty are only roughly comparable.",
    )

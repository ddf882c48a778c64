"""Whether a query may be compared with a bundle, and what to say where they differ.

It never changes an image or a similarity.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.bundle.catalogue import NO_IMAGE, Catalogue
from app.bundle.files import Manifest
from app.errors import EncoderMismatch
from app.surveys.cutouts import Cutout
from app.surveys.services import FIRST_SURVEY
from app.surveys.surveys import FIRST_BEAM_ARCSEC, Survey, survey_called
from model.encoder import EncoderCard
from model.preprocess import PREPROCESSING

MODEL = "model"
MODEL_STATEMENT = "A drawn model: made by this program from catalogue components, not observed."
"""What is said of an image drawn from a catalogue, wherever one is shown."""
GAP = (
    "A model has only what the FIRST catalogue's Gaussian components keep of a source, and the two "
    "kinds of image do not lie together even where they show the same source"
)


def origin_statement(catalogue: Catalogue) -> str:
    """What the page says of a bundle with models in it; empty where all images are observed."""
    origins = Counter(catalogue.image_origins())
    models, n = origins[MODEL], len(catalogue)
    if nothing := origins[NO_IMAGE]:
        if nothing == n:
            return f"None of the {n:,} sources here has an image."
        return f"{nothing:,} of the {n:,} sources here have no image."
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


INPUT_STATEMENTS = {
    "raw": "cleaned by us from Jy/beam as published: clipped at 3 sigma, scaled from zero",
    "published": "published 8-bit images, clipped at 3 sigma",
    NO_IMAGE: "not in this bundle: it was built from representations alone",
    "pedestal": "8-bit images of the data package, from which about 3 sigma was subtracted before "
    "scaling by the brightest pixel",
}
"""How the images of a bundle were prepared, by the manifest's input kind."""


def check_fit(manifest: Manifest, card: EncoderCard | None, bundle: Path) -> None:
    """Refuse to compare representations that were made in different ways.

    Parameters
    ----------
    manifest : Manifest
        Of the bundle.
    card : EncoderCard or None
        Of the encoder that queries would be embedded with; None: nothing will be embedded.
    bundle : Path
        For the sentence.

    Raises
    ------
    EncoderMismatch
        It names the command that embeds the bundle's stored images again.
    """
    made_by = manifest.encoder
    if not made_by.known:
        if card is not None:
            raise EncoderMismatch(
                f"The bundle '{bundle}' holds {made_by.origin}: none can embed queries for it. "
                "Leave --encoder (RGZ_ENCODER) out."
            )
        return
    if card is None:
        raise EncoderMismatch(f"The bundle '{bundle}' was made with '{made_by.name}': load that.")
    again = (
        f"`rgz-explorer build --reembed --bundle {bundle}` embeds its stored images again (with "
        "the same --encoder, if the server was given one)."
    )
    if manifest.preprocessing != PREPROCESSING:
        raise EncoderMismatch(
            f"The images of the bundle '{bundle}' were prepared by '{manifest.preprocessing}', "
            f"this software prepares them by '{PREPROCESSING}'. {again}"
        )
    if made_by.sha256 != card.sha256:
        raise EncoderMismatch(
            f"The bundle '{bundle}' was made with the encoder '{made_by.name}' (sha256 "
            f"{made_by.sha256[:12]}...), the server has '{card.name}' ({card.sha256[:12]}...). "
            f"Name the right weights with --encoder, or: {again}"
        )


def preparation_warnings(input_kind: str) -> Iterator[str]:
    """What to know of a bundle whose images were not cleaned by us, as the query's image is."""
    if input_kind != "raw":
        yield (
            "This image and the bundle's were prepared differently: it was cleaned from Jy/beam "
            f"as published, theirs are {INPUT_STATEMENTS[input_kind]}. An image of the same "
            "source need not come first, and the novelty percentile is only roughly comparable."
        )


def cutout_warnings(cutout: Cutout, input_kind: str) -> tuple[str, ...]:
    """What a person should know about a fetched image before trusting its neighbours."""
    return tuple(_warnings(cutout, input_kind))


def _warnings(cutout: Cutout, input_kind: str) -> Iterator[str]:
    survey = survey_called(cutout.survey)
    if survey and survey.survey != FIRST_SURVEY:
        yield from _other_survey(survey)
    elif cutout.resampled:
        yield (
            f"This image is from the {cutout.service}, which resampled it: its noise and its "
            "faintest structure are not exactly those of the survey's own images."
        )
    yield from preparation_warnings(input_kind)


def _other_survey(survey: Survey) -> Iterator[str]:
    yield (
        f"This is an image of {survey.survey} ({survey.frequency_mhz:g} MHz, beam {survey.beam}), "
        f'resampled to {survey.pixel_scale_arcsec:g}" a pixel. The encoder was trained on FIRST '
        f'(1400 MHz, {FIRST_BEAM_ARCSEC:g}"): what a likeness between the two means is not known.'
    )

"""Everything that can go wrong for a user, each as one sentence, and the HTTP status of each.

It never builds a response: the web layer does that, from `STATUS` alone.
"""

from typing import Literal

from model.preprocess import BlankImage, ImageError, NoEmission, NotAnImage, UndersizedImage


class ExplorerError(Exception):
    """A failure that the user should read about.

    Parameters
    ----------
    sentence : str
        What failed, the value, and what to try. It is ``str(error)``.
    parameter : str, optional
        The name of the input that caused it, as the user knows it ("position", "k").
    """

    def __init__(self, sentence: str, *, parameter: str | None = None) -> None:
        super().__init__(sentence)
        self.parameter = parameter
        self.close_names: tuple[str, ...] = ()
        """Names of the catalogue that are spelt much like the one that was not found."""


class UnreadablePosition(ExplorerError):
    """The text is no position on the sky."""


class UnknownSource(ExplorerError):
    """The bundle holds no source of that name."""


class NameServiceError(ExplorerError):
    """A name service gave no position for the name of an object.

    Parameters
    ----------
    reason : str
        What failed, and the value.
    advice : str, optional
        What to try; it ends the sentence.
    parameter : str, optional
    """

    def __init__(self, reason: str, *, advice: str = "", parameter: str | None = None) -> None:
        super().__init__(f"{reason} {advice}".rstrip(), parameter=parameter)
        self.reason = reason
        self.advice = advice


class NameNotFound(NameServiceError):
    """The name service knows no such object, or not where it is."""


class NameServiceTimeout(NameServiceError):
    """The name service did not answer in time, all in all."""


class NameServiceUnavailable(NameServiceError):
    """The name service refused, broke the connection, or answered with an HTTP error."""


class BadNameAnswer(NameServiceError):
    """The name service's answer is truncated, or none of its form."""


class UnreadableFits(ExplorerError):
    """The bytes are no FITS image with one plane and celestial coordinates."""


class UnsupportedImage(ExplorerError):
    """The file is no FITS, PNG or JPEG."""


class UnreadablePicture(ExplorerError):
    """The PNG or JPEG is damaged."""


class UploadTooLarge(ExplorerError):
    """The image has more bytes or pixels than can be read."""


class UnreadableForm(ExplorerError):
    """The request holds no form with an image, or a field that cannot be used."""


class UploadTimeout(ExplorerError):
    """The image took too long to arrive."""


class ImageTimeout(ExplorerError):
    """The image took too long to read."""


class NoRoomForUpload(ExplorerError):
    """The server has nowhere to keep the file while it arrives."""


class ServerBusy(ExplorerError):
    """Too many images are being read already."""


class OutsideImage(ExplorerError):
    """The position asked for does not lie in the image."""


class UnreadableList(ExplorerError):
    """A list of positions is empty, or a table that cannot be read."""


class ListTooLong(ExplorerError):
    """A list has more bytes, entries or answers than the server takes."""


class UnknownEncoder(ExplorerError):
    """The bundle's representations were made elsewhere, and no other image can be embedded."""


class NoStoredImage(ExplorerError):
    """The bundle holds no image of the source."""


class UnusableStyle(ExplorerError):
    """A picture cannot be drawn in the way that was asked for."""


class UnknownSearch(ExplorerError):
    """There is no search of a list with that id."""


class UnknownColumn(ExplorerError):
    """The catalogue has no such column."""


class NotInThisBundle(ExplorerError):
    """The bundle was built before such a thing was computed."""


class UnusableCondition(ExplorerError):
    """A condition on neighbours cannot be read, or not be applied to this query."""


class NothingFits(ExplorerError):
    """No source satisfies the conditions."""


class UnknownParameter(ExplorerError):
    """A request for neighbours has a parameter that it does not know."""


class UnusableExamples(ExplorerError):
    """The examples of a search cannot be used together."""


class UnknownSelection(ExplorerError):
    """No selection of that id is kept."""


class LabelsNotKept(ExplorerError):
    """Samples, tags and notes cannot be written on this server."""


class UnusableWord(ExplorerError):
    """A name, tag, author or note cannot be kept as it was given."""


class UnknownSample(ExplorerError):
    """There is no sample of that number."""


class UnusableChange(ExplorerError):
    """A change of samples or labels asks for nothing, or for what cannot be."""


class ConflictingChange(ExplorerError):
    """What others have changed since stands against a change."""


class BundleError(ExplorerError):
    """A bundle that cannot serve."""


class BundleMissing(BundleError):
    """There is no bundle where one was named."""


class BundleUnreadable(BundleError):
    """It is no bundle, or one of another schema."""


class BundleCorrupt(BundleError):
    """A file is missing or is not the one that the build wrote."""


class EncoderMismatch(BundleError):
    """The bundle was made by another encoder or preprocessing than the server has."""


class BuildError(ExplorerError):
    """A bundle could not be built."""


class BuildInProgress(BuildError):
    """Another build of the same bundle is running."""


class SurveyError(ExplorerError):
    """A survey gave no usable cutout.

    Parameters
    ----------
    reason : str
        What failed, and the value.
    advice : str, optional
        What to try. It ends the sentence: of several servers' failures, it is said once.
    parameter : str, optional
    """

    def __init__(self, reason: str, *, advice: str = "", parameter: str | None = None) -> None:
        super().__init__(f"{reason} {advice}".rstrip(), parameter=parameter)
        self.reason = reason
        self.advice = advice


class UnknownSurvey(ExplorerError):
    """There is no survey of that name."""


SurveyState = Literal["has image", "no image", "unreachable"]
"""Of a survey at a position. Unreachable: no service gave a usable answer, so that it is not known
whether there is an image."""


def survey_state(error: Exception) -> SurveyState | None:
    """What a failure says of the survey; None where it says nothing of it."""
    if isinstance(error, OutsideFootprint | BlankCutout | UndersizedCutout):
        return "no image"
    return "unreachable" if isinstance(error, SurveyError) else None


class OutsideFootprint(SurveyError):
    """The survey never observed the position."""


class SurveyTimeout(SurveyError):
    """The survey's server did not answer in time, all in all."""


class SurveyUnavailable(SurveyError):
    """The survey's server refused, broke the connection, or answered with an HTTP error.

    Parameters
    ----------
    reason, advice, parameter
        See `SurveyError`.
    status : int, optional
        The HTTP status it answered with; None where there was no answer.
    retry_after_s : float, optional
        How long it asked (Retry-After) to be left alone.
    """

    def __init__(
        self,
        reason: str,
        *,
        advice: str = "",
        parameter: str | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(reason, advice=advice, parameter=parameter)
        self.status = status
        self.retry_after_s = retry_after_s


class BadSurveyAnswer(SurveyError):
    """The answer is no FITS, truncated, without celestial coordinates, or of another field."""


class UndersizedCutout(SurveyError):
    """The cutout has fewer pixels on a side than the network's images."""


class BlankCutout(SurveyError):
    """The cutout has no observed pixel, or the same value everywhere."""


STATUS: dict[type[Exception], tuple[int, str]] = {
    UnreadablePosition: (422, "Unreadable position"),
    UnknownSource: (404, "Unknown source"),
    NameNotFound: (404, "Unknown name"),
    NameServiceTimeout: (504, "The name service did not answer in time"),
    NameServiceUnavailable: (502, "The name service is unavailable"),
    BadNameAnswer: (502, "The name service's answer is not usable"),
    NameServiceError: (502, "The name service gave no position"),
    UnreadableList: (422, "The list cannot be read"),
    ListTooLong: (413, "The list is too long"),
    UnknownEncoder: (422, "No encoder for new images"),
    NoStoredImage: (404, "No image of the source"),
    UnusableStyle: (422, "The picture cannot be drawn so"),
    UnknownSearch: (404, "Unknown search"),
    UnknownColumn: (404, "Unknown column"),
    NotInThisBundle: (404, "Not in this bundle"),
    UnusableCondition: (422, "Unusable condition"),
    NothingFits: (404, "No source satisfies the conditions"),
    UnknownParameter: (422, "Unknown parameter"),
    UnusableExamples: (422, "Unusable examples"),
    UnknownSelection: (404, "Unknown selection"),
    LabelsNotKept: (503, "Labels cannot be kept"),
    UnusableWord: (422, "Unusable name"),
    UnknownSample: (404, "Unknown sample"),
    UnusableChange: (422, "Unusable change"),
    ConflictingChange: (409, "Others have changed it"),
    UnknownSurvey: (404, "Unknown survey"),
    UnreadableFits: (422, "Unreadable FITS image"),
    UnsupportedImage: (415, "Not an image that can be read"),
    UnreadablePicture: (422, "Unreadable picture"),
    UploadTooLarge: (413, "The image is too large"),
    UnreadableForm: (400, "Unreadable form"),
    UploadTimeout: (408, "The image did not arrive in time"),
    ImageTimeout: (503, "The image took too long to read"),
    NoRoomForUpload: (507, "No room for the file"),
    ServerBusy: (503, "The server is busy"),
    OutsideImage: (422, "The position is outside the image"),
    OutsideFootprint: (404, "Outside the survey's footprint"),
    SurveyTimeout: (504, "The survey did not answer in time"),
    SurveyUnavailable: (502, "The survey is unavailable"),
    BadSurveyAnswer: (502, "The survey's answer is not usable"),
    UndersizedCutout: (502, "The cutout is too small"),
    BlankCutout: (422, "The cutout is blank"),
    SurveyError: (502, "The survey gave no cutout"),
    NotAnImage: (422, "Not an image"),
    UndersizedImage: (422, "The image is too small"),
    BlankImage: (422, "The image is blank"),
    NoEmission: (422, "The image holds no emission"),
    ImageError: (422, "The image cannot be used"),
    ExplorerError: (500, "The request failed"),
}
"""HTTP status and title of each kind of failure; a class not listed has its base's."""


def status_of(error: Exception) -> tuple[int, str]:
    """HTTP status and title of an error: its own, or those of its nearest listed base."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return 500, "Internal error"

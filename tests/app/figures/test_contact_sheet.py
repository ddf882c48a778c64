"""Similarities as figures have them: never rounded to 1."""

import pytest

from app.figures.contact_sheet import format_dissimilarity, format_similarity


@pytest.mark.parametrize(
    ("similarity", "s", "one_minus_s"),
    [
        (0.5, "0.50", "0.50"),
        (0.9496, "0.950", "0.050"),
        (0.87, "0.87", "0.13"),
        (0.99958, "0.99958", "4.2 × 10⁻⁴"),
        (0.999999, "0.9999990", "1.0 × 10⁻⁶"),
        (1.0, "1", "0"),
        (-0.2, "-0.20", "1.2"),
    ],
)
def test_one_minus_s_has_two_significant_digits(
    similarity: float, s: str, one_minus_s: str
) -> None:
    assert format_similarity(similarity) == s
    assert format_dissimilarity(1 - similarity) == one_minus_s

"""Numbers as a figure or a caption has them. It never rounds a similarity to 1."""

import math


def format_dissimilarity(dissimilarity: float) -> str:
    """1 - S to two significant digits: 0.13, 4.2 × 10⁻⁴."""
    if dissimilarity == 0:
        return "0"
    if abs(dissimilarity) >= 0.00995:
        return f"{dissimilarity:#.2g}"
    mantissa, exponent = f"{dissimilarity:.1e}".split("e")
    return f"{mantissa} × 10{_raised(int(exponent))}"


def format_similarity(similarity: float) -> str:
    """S with so many digits that 1 - S has two: 0.87, 0.99958."""
    dissimilarity = 1 - similarity
    if dissimilarity <= 0:
        return "1"
    digits = 1 - math.floor(math.log10(dissimilarity))
    return f"{similarity:.{max(2, digits)}f}"


def _raised(number: int) -> str:
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))

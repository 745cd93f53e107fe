"""Numbers in the sentences of a page: true minus signs, powers of ten, readable lengths, no absurd probabilities."""

from __future__ import annotations

import math
import re

from didymos.plots.numbers import THIN, number
from didymos.plots.units import scale
from didymos.schema.printing import SMALLEST_P

SMALL_LENGTH = 1e-3
"""Lengths under this many metres have a unit of their own."""
DIGITS = 6
"""Digits that a number in a sentence may have: the sentence has rounded it already."""
_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
# neither within a word, a date or a name such as kmeans-3, nor before one such as -3.dat
_ALONE = rf"(?<![\w.)\]-])-?{_NUMBER}(?!\w|\.\w|-\w)"
_P_VALUE = re.compile(rf"\bp = ({_NUMBER})(?!\w|\.\w)")
_LENGTHS = re.compile(rf"{_ALONE}(?:(?: to | and | × | x |, ){_ALONE})* m(?![\w/·*^²³⁻])(?! [/·*])")
_EXPONENT = re.compile(r"(?<![\w.)\]-])-?\d+(?:\.\d+)?e[+-]?\d+(?!\w|\.\w|-\w)")
_MINUS = re.compile(r"(?<![\w.)\]-])-(?=\d+(?:\.\d+)?(?!\w|\.\w|-\w))")


def with_error(value: float, error: float) -> str:
    """Write a number to the second figure of its standard error: "284 ± 13"; alone where no error is known."""
    if not (math.isfinite(error) and error > 0 and math.isfinite(value)):
        return number(value)
    exponent = math.floor(math.log10(error)) - 1
    if exponent < -6:
        return f"{number(value)}\xa0±\xa0{number(error, 2)}"
    rounded = [round(part, -exponent) for part in (value, error)]
    shown = [f"{part:,.{max(-exponent, 0)}f}".replace(",", THIN).replace("-", "−") for part in rounded]
    return "\xa0±\xa0".join(shown)


def probability(value: float) -> str:
    """Write a probability: two figures, and nothing smaller than any model of noise can be right to."""
    return f"<\xa0{number(SMALLEST_P, 1)}" if value < SMALLEST_P else number(value, 2)


def p_value(value: float) -> str:
    """Write a probability with its letter: "p = 0.02" or "p < ...", nothing smaller than a model can be right to."""
    relation = "" if value < SMALLEST_P else "=\xa0"
    return f"p\xa0{relation}{probability(value)}"


def percent(part: int, whole: int) -> str:
    """Write a share in per cent."""
    return f"{number(100 * part / whole, 2)} %" if whole else "0 %"


def typeset(text: str) -> str:
    """Write the numbers of a sentence for people.

    Parameters
    ----------
    text : str
        Sentences that were made for any place, such as a terminal: "moved by -1.2e-09 m (p = 2.2e-308)".

    Returns
    -------
    str
        The same with true minus signs, powers of ten, lengths in nm or pm instead of m, and no probability smaller
        than :data:`SMALLEST_P`. Dates, names and versions stay as they are.
    """
    text = _P_VALUE.sub(lambda found: p_value(float(found[1])), text)
    text = _LENGTHS.sub(lambda found: _lengths(found[0]), text)
    text = _EXPONENT.sub(lambda found: number(found[0], DIGITS), text)
    return _MINUS.sub("−", text)


def _lengths(text: str) -> str:
    """Write lengths in m that share a unit, such as "-1e-09 to 2e-09 m", in a smaller unit where they are small."""
    found = [float(one) for one in re.findall(_ALONE, text)]
    if not 0 < max(map(abs, found)) < SMALL_LENGTH:
        return text
    length = scale(found, "m")
    shown = re.sub(_ALONE, lambda one: number(float(length(float(one[0]))), DIGITS), text.removesuffix(" m"))
    return f"{shown} {length.units}"

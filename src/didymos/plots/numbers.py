"""Numbers as people write them."""

from __future__ import annotations

import math
from typing import Any

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
THIN = "\u202f"


def number(value: Any, digits: int = 3) -> str:
    """Write a number for people: a true minus, thin spaces between thousands, powers of ten where needed."""
    try:
        size = float(value)
    except (TypeError, ValueError):
        return str(value)
    if not math.isfinite(size):
        return "unknown"
    if size == int(size) and abs(size) < 1e15:
        return f"{int(size):,}".replace(",", THIN).replace("-", "−")
    text = f"{size:.{digits}g}"
    mantissa, power, exponent = text.partition("e")
    written = mantissa.replace("-", "−")
    return f"{written}\xa0×\xa010{str(int(exponent)).translate(SUPERSCRIPTS)}" if power else written

"""Text of headers that were written before UTF-8: which code page it is in."""

from __future__ import annotations

import re
import unicodedata

LETTERS = {
    "cp1252": (
        *("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüªº", "àèéìíîòóùú", "áâãàçéêíóôõúü", "åäöé", "æøåé", "áðéíóúýþæö"),
        *("ëïéèöüó", "åäöšž", "äõöüšž"),
    ),
    "cp1250": (
        *("áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "čćđšž", "ăâîşţ"),
        "äöüßé",
    ),
    "cp1251": ("абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ",),
    "cp1253": ("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ",),
    "cp1254": ("çğıöşüâîû",),
}
"""Letters beyond ASCII of the languages that are written in each code page, in the order in which these are tried."""
EAST_ASIAN = ("cp932", "gb18030", "cp949")


def decode(raw: bytes) -> str:
    """Decode the text of a header: UTF-8, else the first code page in which its letters belong to one language.

    Parameters
    ----------
    raw : bytes
        The text as it stands in the file.

    Returns
    -------
    str
        Every byte becomes something; where no code page fits, what stands there in western Europe.

    Notes
    -----
    A single letter may belong to several languages: "è" of French is "č" of Czech. The first one is taken then.
    """
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for page, languages in LETTERS.items():
        text = _decoded(raw, page)
        if text is not None and _is_written(text) and any(_letters(text) <= set(alphabet) for alphabet in languages):
            return text
    for page in EAST_ASIAN:
        text = _decoded(raw, page)
        if text is not None and all(unicodedata.east_asian_width(c) in "WF" for c in text if ord(c) > 127):
            return text
    return _decoded(raw, "cp1252") or raw.decode("latin-1")


def _decoded(raw: bytes, page: str) -> str | None:
    try:
        return raw.decode(page)
    except UnicodeDecodeError:
        return None


def _is_written(text: str) -> bool:
    """Tell whether no capital stands inside a word, as in text that was read in the wrong code page."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    return all(word.isupper() or word[1:].islower() or len(word) == 1 for word in words)


def _letters(text: str) -> set[str]:
    """Return the letters beyond ASCII, in lower case; micro and the like are symbols."""
    return {c for c in text.casefold() if c.isalpha() and ord(c) > 127 and c not in "µμªº"}

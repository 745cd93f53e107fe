"""Write the table of formats into docs/formats.md, from the registry of readers: ``python docs/figures/formats.py``."""

from __future__ import annotations

import re
from pathlib import Path

from didymos.io import Reader, known_readers

PAGE = Path(__file__).parents[1] / "formats.md"
HEAD = "| format | suffixes | through | what is read | tested on |\n|---|---|---|---|---|\n"


def row(reader: Reader) -> str:
    """Return the row of one format."""
    through = ", ".join(dict.fromkeys(reader.packages.values())) or "didymos"
    suffixes = " ".join(f"`{suffix}`" for suffix in reader.suffixes) or "a folder"
    return f"| {reader.name} | {suffixes} | {through} | {reader.holds} | {reader.tested_on} |\n"


def table() -> str:
    """Return the table of all formats."""
    return HEAD + "".join(map(row, known_readers().values()))


def main() -> None:
    """Replace the table of the page."""
    text = PAGE.read_text("utf-8")
    pattern = re.escape(HEAD) + r"(?:\|.*\n)*"
    written, count = re.subn(pattern, lambda match: table(), text)
    if count != 1:
        raise SystemExit(f"{PAGE.name} has {count} tables of formats; it needs one with the head of this script")
    PAGE.write_text(written, "utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()

"""Writes what an environment holds as a software bill of materials: CycloneDX, JSON, without any address."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OWN = "didymos"
VERSION_OF = "from importlib.metadata import version; print(version('didymos'))"


def without_addresses(value: Any) -> Any:
    """Return a part of a bill without references to pages: they say where something came from, not what it is."""
    if isinstance(value, dict):
        return {name: without_addresses(part) for name, part in value.items() if name != "externalReferences"}
    return [without_addresses(part) for part in value] if isinstance(value, list) else value


def addresses(value: Any) -> list[str]:
    """Return every text of a part of a bill that holds an address of the network or of a file."""
    if isinstance(value, dict):
        return [text for name, part in value.items() if name != "$schema" for text in addresses(part)]
    if isinstance(value, list):
        return [text for part in value for text in addresses(part)]
    return [value] if isinstance(value, str) and "://" in value else []


def finished(bill: dict[str, Any], version: str) -> dict[str, Any]:
    """Return a bill with the version of the package itself, and without addresses."""
    found: dict[str, Any] = without_addresses(bill)
    own = found["metadata"]["component"]
    if own["name"] != OWN:
        raise ValueError(f"the bill is that of {own['name']}, not of {OWN}")
    found["metadata"]["component"] = {**own, "version": version, "purl": f"pkg:pypi/{OWN}@{version}"}
    if left := addresses(found):
        raise ValueError(f"the bill still names {left[0]}")
    return found


def bill_of(python: Path) -> dict[str, Any]:
    """Return the bill of the environment of a Python, as the library writes it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "bill.json"
        options = ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--output-file", str(out)]
        subprocess.run([sys.executable, "-m", "cyclonedx_py", "environment", *options, str(python)], check=True)
        bill: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return bill


def main() -> None:
    """Write the bill of the environment that the command line names into the folder that it names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", type=Path, help="the Python of an environment that holds didymos")
    parser.add_argument("folder", type=Path, help="where didymos-VERSION.cdx.json is written")
    given = parser.parse_args()
    found = subprocess.run([given.python, "-I", "-c", VERSION_OF], check=True, capture_output=True, text=True)
    version = found.stdout.strip()
    out = given.folder / f"{OWN}-{version}.cdx.json"
    out.write_text(json.dumps(finished(bill_of(given.python), version), indent=2) + "\n", "utf-8")
    print(f"The bill of materials: {out}")


if __name__ == "__main__":
    main()

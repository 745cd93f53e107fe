"""Writes a file of constraints that holds every dependency at the lowest version that pyproject.toml declares."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]


def requirements(project: Mapping[str, Any]) -> Iterator[Requirement]:
    """Yield every requirement of a project and of its extras, without what names the project itself."""
    own = canonicalize_name(project["name"])
    for lines in (project.get("dependencies", ()), *project.get("optional-dependencies", {}).values()):
        yield from (found for found in map(Requirement, lines) if canonicalize_name(found.name) != own)


def lowest_version(requirement: Requirement) -> Version:
    """Return the version that a requirement declares as its lowest."""
    found = [Version(part.version) for part in requirement.specifier if part.operator in (">=", "==", "~=")]
    if not found:
        raise ValueError(f"{requirement} declares no lowest version: write {requirement.name}>=...")
    return max(found)


def lowest_versions(project: Mapping[str, Any]) -> dict[str, Version]:
    """Return the lowest version of every dependency by its name, sorted; of two bounds only the higher can hold."""
    found: dict[str, Version] = {}
    for requirement in requirements(project):
        name, version = canonicalize_name(requirement.name), lowest_version(requirement)
        found[name] = max(version, found.get(name, version))
    return dict(sorted(found.items()))


def main() -> None:
    """Write the file that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the file of constraints")
    out: Path = parser.parse_args().out
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    out.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}=={version}\n" for name, version in lowest_versions(project).items()]
    out.write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    main()

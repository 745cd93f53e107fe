"""What didymos depends on: the lowest versions, the page that explains each, and the bill of materials."""

import runpy
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOWEST = runpy.run_path(str(ROOT / "tools" / "lowest_versions.py"))
BILL = runpy.run_path(str(ROOT / "tools" / "bill_of_materials.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def declared():
    """Every dependency as pyproject.toml names it, with the extras that bring it."""
    found = defaultdict(set)
    for extra, lines in {"plain": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items():
        for requirement in map(Requirement, lines):
            if requirement.name != PROJECT["name"]:
                # what the extra gpu adds to JAX has a row of its own
                brought = f"[{','.join(requirement.extras)}]" if extra == "gpu" else ""
                found[requirement.name + brought].add(extra)
    return dict(found)


def test_the_page_has_every_dependency_and_none_else():
    lines = (ROOT / "docs" / "dependencies.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    header, *rows = cells
    assert header == ["dependency", "in", "what it is for", "what would replace it", "licence"]
    assert all(len(row) == len(header) and all(row) for row in rows)
    assert len({row[0] for row in rows}) == len(rows)
    assert {row[0]: set(row[1].split(", ")) for row in rows} == declared()


def test_every_dependency_has_one_lowest_version():
    found: dict[str, object] = {}
    for requirement in LOWEST["requirements"](PROJECT):
        version = LOWEST["lowest_version"](requirement)
        assert found.setdefault(requirement.name, version) == version, requirement
    assert {name.lower() for name in found} == {*LOWEST["lowest_versions"](PROJECT)}
    assert len(found) > 30


def test_the_lowest_version_is_the_bound():
    project = {
        "name": "some-thing",
        "dependencies": ["b[x]>=1.2,<3", "A_c~=2.0.1"],
        "optional-dependencies": {"all": ["some_thing[more]"], "more": ["b>=1.10", 'd>=0.1; python_version < "4"']},
    }
    found = {name: str(version) for name, version in LOWEST["lowest_versions"](project).items()}
    assert found == {"a-c": "2.0.1", "b": "1.10", "d": "0.1"}
    for line in ("e", "e<3", "e!=1"):
        with pytest.raises(ValueError, match="declares no lowest version"):
            LOWEST["lowest_versions"]({"name": "f", "dependencies": [line]})


def test_the_bill_names_no_address():
    reference = {"type": "website", "url": "https://example.org"}
    bill = {
        "$schema": "http://example.org/bom.json",
        "metadata": {"component": {"name": "didymos", "externalReferences": [reference]}},
        "components": [{"name": "numpy", "version": "2.2", "externalReferences": [reference]}],
    }
    assert BILL["finished"](bill, "1.0") == {
        "$schema": "http://example.org/bom.json",
        "metadata": {"component": {"name": "didymos", "version": "1.0", "purl": "pkg:pypi/didymos@1.0"}},
        "components": [{"name": "numpy", "version": "2.2"}],
    }
    with pytest.raises(ValueError, match=r"still names see https://example\.org"):
        BILL["finished"](bill | {"properties": [{"value": "see https://example.org"}]}, "1.0")
    with pytest.raises(ValueError, match="the bill is that of other"):
        BILL["finished"]({"metadata": {"component": {"name": "other"}}}, "1.0")

"""Settings of core: frozen, documented, and every field steers something."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

from didymos import core

CORE = Path(core.__path__[0])
MODULES = [each.name for each in pkgutil.walk_packages(core.__path__, "didymos.core.") if not each.ispkg]
SETTINGS: list[Any] = sorted(
    {
        each
        for name in MODULES
        for _, each in inspect.getmembers(importlib.import_module(name), inspect.isclass)
        if each.__name__.endswith("Settings") and each.__module__ == name
    },
    key=lambda each: each.__name__,
)
READ = {
    node.attr
    for path in CORE.rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.Attribute)
}


@pytest.mark.parametrize("settings", SETTINGS)
def test_settings_are_frozen_and_every_field_is_documented_and_read(settings):
    fields = {field.name for field in dataclasses.fields(settings)}
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(settings(), next(iter(fields)), 0)
    documented = re.findall(r"^([\w, ]+) : ", (inspect.getdoc(settings) or "").partition("----\n")[2], re.MULTILINE)
    assert {name for names in documented for name in names.split(", ")} == fields
    assert fields <= READ


def test_there_are_settings():
    assert {each.__name__ for each in SETTINGS} >= {
        "AmplitudeSettings",
        "ArtefactSettings",
        "ContrastSettings",
        "CovarianceSettings",
        "EnergySettings",
        "KindSettings",
        "MixtureSettings",
        "NeighbourhoodSettings",
        "NoiseSettings",
        "OnePopulationSettings",
        "PairSettings",
        "PopulationSettings",
        "SeparabilitySettings",
    }


def borrowed(source: str) -> list[str]:
    """Constants in upper case that are imported from core."""
    return [
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("didymos.core")
        for alias in node.names
        if alias.name.isupper()
    ]


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_module_borrows_a_number_that_steers_another(path):
    mathematical = {"MAD_TO_SD", "LOG_ROOT_TWO_PI", "MANTISSA", "TILE", "ONE_THREAD"}
    names = {"METRICS"}
    assert {name.rpartition(".")[2] for name in borrowed(path.read_text())} <= mathematical | names


def test_a_borrowed_constant_is_found():
    assert borrowed("from didymos.core.evidence.population import EDGE, find_population") == [
        "didymos.core.evidence.population.EDGE"
    ]

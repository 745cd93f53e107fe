"""Analyses that many tests look at, each run once; two twins and small maps keep them quick."""

import numpy as np
import pytest

from didymos import Settings
from didymos.simulate import RECIPES
from didymos.workflow import run

SMALL = Settings(members=2)


@pytest.fixture(scope="session")
def surface():
    """FeSe with one vacancy, 32 x 32 spectra of 64 energies, its truth beside it."""
    return RECIPES["fese"](shape=(32, 32), energies=64, seed=0)


@pytest.fixture(scope="session")
def flawed(surface):
    """The same surface as measured: two rows missing, a spectrum that ends early, a clipped and a constant one."""
    data = surface.copy(deep=True)
    values = data["spectra"].values
    values[-2:] = np.nan
    values[3, 4, 50:] = np.nan
    values[5, 28, 40:] = 1.01 * np.nanmax(values)
    values[27, 6] = values[27, 6].mean()
    return data


@pytest.fixture(scope="session")
def analysis(flawed):
    return run(flawed, SMALL)


@pytest.fixture(scope="session")
def result(analysis):
    return analysis.result


@pytest.fixture(scope="session")
def folder(analysis, tmp_path_factory):
    """What write() left of the analysis."""
    from didymos.report import write

    target = tmp_path_factory.mktemp("out") / "mit Leerzeichen µ"
    assert write(analysis.result, target, analysis.model) == target / "report.html"
    return target

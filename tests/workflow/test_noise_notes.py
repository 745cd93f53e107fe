"""What the report says about the noise of a map."""

import numpy as np
import pytest

from didymos import Settings, spectral_map
from didymos.report.sentences import computed
from didymos.workflow import fit_metric, prepare, run

SIDE, ENERGY = 24, np.linspace(0, 1, 80)
POINTS = SIDE * SIDE


def mean(change=1.0):
    """Two peaks whose heights vary smoothly over the surface."""
    y, x = np.indices((SIDE, SIDE)).reshape(2, -1, 1)
    peaks = [np.exp(-(((ENERGY - at) / 0.08) ** 2)) for at in (0.3, 0.7)]
    return 1 + (2 + change * np.sin(x / 5)) * peaks[0] + (1 + change / 2 * np.cos(y / 6)) * peaks[1]


def notes(spectra, **settings):
    chosen = Settings(**settings)
    points = prepare(spectral_map(spectra.reshape(SIDE, SIDE, -1), ENERGY, energy_units="eV"), chosen)
    return " ".join(fit_metric(points, chosen).notes)


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_the_same_noise_everywhere(random):
    text = notes(mean() + random.normal(0, 0.05, (POINTS, 80)))
    assert text == "Every energy is divided by its noise, which does not depend on the signal."


def test_counts(random):
    text = notes(random.poisson(40 * mean()).astype(float))
    assert "grows with the signal" in text
    slope = float(text.split(" by ")[1].split(" per ")[0])
    assert slope == pytest.approx(1, rel=0.1)


def test_gains_without_regard_to_neighbours(random):
    gain = np.exp(random.normal(0, 0.15, (POINTS, 1)))
    text = notes(gain * mean(0.2) + random.normal(0, 0.02, (POINTS, 80)))
    assert "The gain of the spectra varies from point to point" in text


def test_levels(random):
    level = np.exp(random.normal(0, 0.5, (POINTS, 1)))
    text = notes(mean() + 0.05 * level * random.normal(size=(POINTS, 80)))
    assert "times the usual one" in text


def test_the_paper_knows_no_noise(random):
    assert notes(random.poisson(40 * mean()).astype(float), metric="euclidean") == ""


def test_the_report_says_so(random):
    spectra = random.poisson(40 * mean()).astype(float).reshape(SIDE, SIDE, -1)
    result = run(spectral_map(spectra, ENERGY, energy_units="eV"), Settings(members=1), progress=False).result
    assert any("grows with the signal" in sentence for sentence in computed(result))

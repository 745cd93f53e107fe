import numpy as np
import pytest

from didymos.core.artefacts.tip_changes import find_tip_changes, has_tip_change
from didymos.core.surface.neighbourhood import ImageNeighbourhood, ScatteredNeighbourhood
from didymos.simulate import RECIPES

SIDE, ENERGIES, NOISE = 20, 64, 0.02
ENERGY = np.linspace(-1, 1, ENERGIES)
PLACES = np.argwhere(np.ones((SIDE, SIDE), dtype=bool)).astype(float)
NEIGHBOURS = np.where(np.arange(SIDE * SIDE) % SIDE, np.arange(SIDE * SIDE) - 1, np.arange(SIDE * SIDE) + 1)
GRID = ImageNeighbourhood(np.ones((SIDE, SIDE), dtype=bool))
MIDDLE = 10 * SIDE + 10


def surface(seed=0, gap=0.0):
    """A surface that changes smoothly, whose spectra may have a gap in the middle."""
    rng = np.random.default_rng(seed)
    shift = 0.1 * np.sin(PLACES[:, 0] / 5)[:, np.newaxis]
    spectra = 1 + (ENERGY + shift) ** 2 + 0.5 * np.exp(-((ENERGY - 0.4 - shift) ** 2) / 0.02)
    spectra = np.where(np.abs(ENERGY) < gap, 0.0, spectra)
    return spectra + rng.normal(0, NOISE, spectra.shape)


def found(values, neighbourhood=GRID, positions=PLACES):
    return np.flatnonzero(find_tip_changes(values, positions, NEIGHBOURS, neighbourhood))


@pytest.mark.parametrize("factor", [0.3, 0.6, 1.6, 4.0])
@pytest.mark.parametrize("start", [5, 32, 55])
def test_a_jump_is_found(factor, start):
    values = surface()
    values[MIDDLE, start:] *= factor
    assert list(found(values)) == [MIDDLE]


def test_a_jump_in_a_gap_where_no_step_is_seen():
    values = surface(gap=0.3)
    values[MIDDLE, 32:] *= 2
    assert list(found(values)) == [MIDDLE]


@pytest.mark.parametrize("seed", range(5))
def test_a_good_surface_has_none(seed):
    assert len(found(surface(seed))) == 0
    assert len(found(surface(seed, gap=0.3))) == 0


@pytest.mark.parametrize(
    "change",
    [
        0.5 * np.exp(-((ENERGY + 0.3) ** 2) / 0.03),
        -0.3 * np.tanh(ENERGY / 0.3),
        0.4 * ENERGY,
        1.0 + 0 * ENERGY,
    ],
    ids=["resonance", "asymmetry", "slope", "offset"],
)
def test_a_defect_one_point_wide_is_not_spoiled(change):
    values = surface()
    values[MIDDLE] += change
    assert len(found(values)) == 0


def test_a_factor_on_the_whole_spectrum_is_no_jump():
    values = surface()
    values[MIDDLE] *= 2.0
    assert len(found(values)) == 0


@pytest.mark.parametrize("factor", [1e-12, 1e6])
def test_units_do_not_matter(factor):
    values = surface()
    values[MIDDLE, 30:] *= 2
    assert list(found(factor * values)) == [MIDDLE]


@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_a_tip_change_among_scan_lines_after_another(factor):
    values = surface()
    rows = PLACES[:, 0]
    values[(rows >= 9) & (rows < 12)] *= 1.0 + 0.5 * np.tanh(ENERGY / 0.5)
    values[MIDDLE, 20:] *= factor
    assert list(found(values)) == [MIDDLE]


@pytest.mark.parametrize("seed", range(3))
def test_scan_lines_after_a_tip_change_are_not_corrupted(seed):
    values = surface(seed)
    rows = PLACES[:, 0]
    values[(rows >= 9) & (rows < 12)] *= 1.0 + 0.5 * np.tanh(ENERGY / 0.5)
    # it changes in the middle of a line
    values[12 * SIDE : 12 * SIDE + 7] *= 1.0 + 0.5 * np.tanh(ENERGY / 0.5)
    assert len(found(values)) == 0


def test_scattered_points_as_on_the_grid():
    values = surface()
    values[MIDDLE, 30:] *= 2
    positions = 1e-9 * PLACES
    assert list(found(values, ScatteredNeighbourhood(positions), positions)) == [MIDDLE]


def test_few_spectra_or_energies_say_nothing():
    values = surface()
    values[MIDDLE, 4:] *= 5
    few = find_tip_changes(values[:40], PLACES[:40], NEIGHBOURS[:40], ImageNeighbourhood(np.ones((2, 20), dtype=bool)))
    assert not few.any()
    assert len(found(values[:, :10])) == 0


def test_two_factors_must_both_be_positive_and_differ():
    reference = surface()[:4].copy()
    noise = np.full(ENERGIES, NOISE)
    spectra = reference.copy()
    spectra[1, 30:] *= 1.1
    spectra[2, 30:] *= -1
    spectra[3, 30:] *= 1.5
    others = np.repeat(reference[:, np.newaxis], 4, axis=1)
    assert list(has_tip_change(spectra, reference, noise, others)) == [False, False, False, True]
    # where a spectrum beside has its sides apart as well, that is how the surface varies
    others[3, 1, 30:] *= 1.45
    assert not has_tip_change(spectra, reference, noise, others).any()


@pytest.mark.parametrize(
    "recipe", ["landau", "fese", *(pytest.param(name, marks=pytest.mark.slow) for name in ("semiconductor", "kondo"))]
)
def test_spoiled_spectra_of_every_material_are_set_aside_and_defects_are_not(recipe):
    from didymos.workflow.points import points_of

    data = RECIPES[recipe](shape=(48, 48), energies=64, seed=3, corrupted=0.02)
    points = points_of(data, None)
    corrupted = data["truth_artefact"].values.ravel() > 0
    assert np.mean(points.usable[corrupted]) < 0.15
    assert points.usable[~corrupted].all()

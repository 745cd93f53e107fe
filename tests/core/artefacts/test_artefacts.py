import numpy as np
import pytest

import naive
from didymos.core.artefacts.artefacts import Artefact, constant, ends_of, find_artefacts, plateaus
from didymos.core.numeric.robust import quantum
from didymos.core.numeric.runs import longest_row

POINTS, ENERGIES = 600, 120
NOISE = 0.02
ENERGY = np.linspace(-1, 1, ENERGIES)


def surface(rng, points=POINTS, noise=NOISE):
    """Smooth spectra that differ from point to point, with white noise: a gap, two peaks, a slope."""
    gap = rng.normal(0.4, 0.03, (points, 1))
    slope = rng.normal(0, 0.2, (points, 1))
    peaks = np.exp(-(((np.abs(ENERGY) - gap) / 0.12) ** 2))
    return 1.5 + slope * ENERGY + rng.normal(1, 0.1, (points, 1)) * peaks + rng.normal(0, noise, (points, ENERGIES))


@pytest.fixture(scope="module")
def clean():
    spectra = surface(np.random.default_rng(0))
    spectra.setflags(write=False)
    return spectra


def flagged(spectra, kind):
    return np.flatnonzero(find_artefacts(spectra) & kind)


@pytest.mark.parametrize("seed", range(4))
def test_clean_noise_has_no_artefacts(seed):
    spectra = surface(np.random.default_rng(100 + seed), points=8000)
    assert np.count_nonzero(find_artefacts(spectra)) <= 1


def test_spectra_with_missing_values_are_corrupted_and_missing_spectra_are_not(clean):
    spectra = clean.copy()
    spectra[3, 50] = np.nan
    spectra[4, :2] = np.inf
    spectra[5] = np.nan
    flags = find_artefacts(spectra)
    assert flags[3] == flags[4] == Artefact.NON_FINITE
    assert flags[5] == Artefact.NONE
    assert np.count_nonzero(flags) == 2


def test_nothing_but_missing_values():
    spectra = np.full((10, 20), np.nan)
    spectra[0, 0] = 1.0
    assert np.array_equal(find_artefacts(spectra), [Artefact.NON_FINITE] + [Artefact.NONE] * 9)


def test_constant_spectra(clean):
    spectra = clean.copy()
    spectra[7] = 1.5
    spectra[8] = 0.0
    spectra[9] = 1.5 + 1e-8 * ENERGY
    assert np.array_equal(flagged(spectra, Artefact.CONSTANT), [7, 8, 9])
    assert np.count_nonzero(find_artefacts(spectra)) == 3


def test_where_nothing_varies_every_spectrum_is_constant():
    assert np.array_equal(constant(np.array([0.0, 0.0, 0.0, 1.0])), [True, True, True, False])


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("corrupted", [3, 40, 280])
def test_clipped_spectra(clean, sign, corrupted):
    spectra = clean.copy()
    rows = np.random.default_rng(1).choice(POINTS, corrupted, replace=False)
    spectra[rows] *= 3
    level = np.quantile(spectra[rows].max(axis=1), 0.01) * 0.9
    spectra = sign * np.minimum(spectra, level)
    reached = np.flatnonzero((spectra == sign * level).sum(axis=1) > 0)
    assert set(rows) <= set(reached)
    assert np.array_equal(flagged(spectra, Artefact.CLIPPED), reached)


def test_zero_is_no_clipping_level():
    spectra = np.maximum(surface(np.random.default_rng(2)) - 1.9, 0.0)
    spectra[: POINTS * 2 // 3] += 0.5
    assert 0.1 < (spectra.min(axis=1) == 0).mean() < 0.5
    assert flagged(spectra, Artefact.CLIPPED).size == 0
    assert flagged(-spectra, Artefact.CLIPPED).size == 0


@pytest.mark.parametrize("mean", [0.02, 0.1, 0.5, 3.0, 100.0])
def test_counts_have_no_artefacts_but_empty_spectra(mean):
    rng = np.random.default_rng(3)
    spectra = rng.poisson(mean * surface(rng, 3000)).astype(np.float32)
    flags = find_artefacts(spectra)
    assert np.array_equal(flags > 0, np.ptp(spectra, axis=1) == 0)


@pytest.mark.parametrize("levels", [3, 8, 30, 250])
def test_coarsely_digitised_spectra_have_no_artefacts(levels):
    spectra = surface(np.random.default_rng(4), 2000)
    step = np.ptp(spectra) / levels
    flags = find_artefacts(np.round(spectra / step) * step)
    assert np.count_nonzero(flags & ~Artefact.CONSTANT) == 0


def test_flat_digitised_maxima_of_a_minority_are_not_clipped():
    # the broad maxima of 400 spectra of 2000 end on the last few digital levels
    rng = np.random.default_rng(5)
    spectra = surface(rng, 2000)
    spectra[:400] += 4 * np.exp(-((ENERGY / 0.8) ** 2)) + rng.uniform(0, 0.2, (400, 1))
    step = np.ptp(spectra) / 10
    assert flagged(np.round(spectra / step) * step, Artefact.CLIPPED).size == 0


@pytest.mark.parametrize("seed", range(3))
def test_tip_changes_and_spikes_at_random_energies(clean, seed):
    rng = np.random.default_rng(10 + seed)
    spectra = clean.copy()
    rows = rng.choice(POINTS, 60, replace=False)
    for row in rows[:30]:
        spectra[row, rng.integers(1, ENERGIES) :] += rng.choice([-1, 1]) * rng.uniform(40, 200) * NOISE
    for row in rows[30:]:
        spectra[row, rng.integers(0, ENERGIES)] += rng.choice([-1, 1]) * rng.uniform(40, 200) * NOISE
    found = flagged(spectra, Artefact.JUMP)
    assert set(found) <= set(rows)
    assert len(found) >= 58


@pytest.mark.parametrize("width", [2.0, 4.0, 10.0])
@pytest.mark.parametrize("height", [10, 100, 1000])
def test_a_resolved_resonance_on_one_pixel_is_no_artefact(clean, width, height):
    spectra = clean.copy()
    for row, centre in enumerate(np.linspace(5, ENERGIES - 6, 50)):
        spectra[row] += height * NOISE * np.exp(-0.5 * ((np.arange(ENERGIES) - centre) / width) ** 2)
    assert np.count_nonzero(find_artefacts(spectra)) <= 1


def test_stronger_and_noisier_defects_are_no_artefacts(clean):
    rng = np.random.default_rng(6)
    spectra = clean.copy()
    spectra[:30] = 20 * surface(rng, 30)
    assert np.count_nonzero(find_artefacts(spectra)) == 0


@pytest.mark.parametrize("spread", [3, 100])
def test_noise_that_differs_over_the_spectrum_makes_none(spread):
    rng = np.random.default_rng(7)
    spectra = surface(rng, 8000, noise=0)
    spectra += rng.normal(size=spectra.shape) * NOISE * np.geomspace(1, spread, ENERGIES)
    assert np.count_nonzero(find_artefacts(spectra)) == 0


@pytest.fixture(scope="module")
def corrupted(clean):
    spectra = clean.copy()
    spectra[2] = 0.3
    spectra[11, 60:] += 2
    spectra[12, 30] -= 3
    spectra[13, 4] = np.nan
    spectra[20:30] = np.minimum(4 * spectra[20:30], 6.0)
    return spectra


def test_every_kind_is_found_among_the_others(corrupted):
    expected = np.zeros(POINTS, dtype=int)
    expected[2] = Artefact.CONSTANT
    expected[[11, 12]] = Artefact.JUMP
    expected[13] = Artefact.NON_FINITE
    expected[20:30] = Artefact.CLIPPED
    assert np.array_equal(find_artefacts(corrupted), expected)


@pytest.mark.parametrize("factor", [1e-12, 1e-3, 1e12, -1e-9])
def test_units_change_nothing(corrupted, factor):
    for dtype in (np.float32, np.float64):
        assert np.array_equal(find_artefacts((factor * corrupted).astype(dtype)), find_artefacts(corrupted))


@pytest.mark.parametrize("offset", [-7.0, 1000.0])
def test_an_offset_changes_nothing(corrupted, offset):
    assert np.array_equal(find_artefacts(corrupted + offset), find_artefacts(corrupted))


def test_order_of_points_and_direction_of_energy_change_nothing(corrupted):
    order = np.random.default_rng(8).permutation(POINTS)
    assert np.array_equal(find_artefacts(corrupted[order]), find_artefacts(corrupted)[order])
    assert np.array_equal(find_artefacts(corrupted[:, ::-1]), find_artefacts(corrupted))


def test_the_input_is_left_alone(corrupted):
    before = corrupted.copy()
    find_artefacts(corrupted)
    assert np.array_equal(corrupted, before, equal_nan=True)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (7, 7), (50, 1), (8, 8)])
def test_small_maps(shape):
    spectra = np.random.default_rng(9).normal(size=shape)
    flags = find_artefacts(spectra)
    assert flags.shape == (shape[0],)
    assert np.array_equal(flags > 0, np.full(shape[0], shape[1] == 1))  # a single energy cannot vary


def test_quantum():
    assert quantum(np.array([[0.0, -3.0], [6.0, 0.0]])) == 3
    assert quantum(np.zeros((2, 2))) == 0


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_longest_rows_like_a_plain_loop(share):
    marks = np.random.default_rng(14).random((80, 23)) < share
    assert np.array_equal(longest_row(marks), [naive.longest_row(line) for line in marks])


def saturated(spectra, rows, share=0.7):
    """Spectra some of which end at a ceiling of their own, at so much of their range."""
    spectra = spectra.copy()
    low, high = (function(spectra[rows], axis=1, keepdims=True) for function in (np.min, np.max))
    spectra[rows] = np.minimum(spectra[rows], low + share * (high - low))
    return spectra


@pytest.mark.parametrize("factor", [1.0, -1.0, 1e-12, -1e9])
def test_spectra_clipped_at_their_own_ceiling_or_floor(clean, factor):
    rows = np.random.default_rng(15).choice(POINTS, 30, replace=False)
    spectra = saturated(clean, rows)
    assert np.ptp(spectra[rows].max(axis=1)) > 0.1  # each has its own
    plateau = np.array([naive.longest_row(spectrum == spectrum.max()) for spectrum in spectra])
    assert plateau[rows].min() >= 6
    for dtype in (np.float32, np.float64):
        assert np.array_equal(flagged((factor * spectra).astype(dtype), Artefact.CLIPPED), np.sort(rows))
    assert np.array_equal(np.flatnonzero(plateaus(ends_of(factor * spectra))), np.sort(rows))


@pytest.mark.parametrize(("length", "corrupted"), [(3, False), (5, False), (6, True), (20, True)])
@pytest.mark.parametrize("start", [0, 50, -1])
def test_a_plateau_has_six_energies(clean, length, corrupted, start):
    spectra = clean.copy()
    start = ENERGIES - length if start < 0 else start
    spectra[5, start : start + length] = spectra[5].max() + 0.01
    assert plateaus(ends_of(spectra))[5] == corrupted
    assert plateaus(ends_of(spectra)).sum() == corrupted


def test_repeated_values_that_are_no_extreme_or_not_in_a_row_are_no_plateau(clean):
    spectra = clean.copy()
    spectra[5, 30:60] = np.median(spectra[5])
    spectra[6, ::4] = spectra[6].max() + 0.01
    assert not plateaus(ends_of(spectra)).any()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_plateau_at_zero_is_a_gap(clean, sign):
    spectra = clean.copy()
    rows = np.arange(10, 40)
    spectra[rows] = np.maximum(spectra[rows] - np.quantile(spectra[rows], 0.5, axis=1, keepdims=True), 0)
    assert min(naive.longest_row(spectrum == 0) for spectrum in spectra[rows]) > 6
    assert not plateaus(ends_of(sign * spectra)).any()
    assert np.array_equal(np.flatnonzero(plateaus(ends_of(sign * spectra + 0.25))), rows)  # anywhere else it is none


@pytest.mark.parametrize("levels", [4, 10, 40, 200])
@pytest.mark.parametrize("own", [False, True])
def test_quantised_spectra_have_no_plateaus(levels, own):
    spectra = surface(np.random.default_rng(16), 2000)
    step = np.ptp(spectra, axis=1, keepdims=True) / levels if own else np.ptp(spectra) / levels
    assert not plateaus(ends_of(np.round(spectra / step) * step + 0.1)).any()


@pytest.mark.parametrize("share", [0.51, 0.8, 1.0])
def test_plateaus_of_most_spectra_are_no_fault(clean, share):
    spectra = saturated(clean, np.arange(int(share * POINTS)))
    assert not plateaus(ends_of(spectra)).any()
    assert not plateaus(ends_of(-spectra)).any()


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("sign", [1, -1])
def test_spikes_of_up_to_three_energies(clean, width, sign):
    rng = np.random.default_rng(17)
    spectra = clean.copy()
    rows = rng.choice(POINTS, 60, replace=False)
    for row in rows:
        first = rng.integers(0, ENERGIES - width + 1)
        spectra[row, first : first + width] += sign * rng.uniform(50, 300) * NOISE
    assert np.array_equal(flagged(spectra, Artefact.JUMP), np.sort(rows))


@pytest.mark.parametrize("width", [2, 3])
def test_uneven_spikes(clean, width):
    rng = np.random.default_rng(18)
    spectra = clean.copy()
    for row in range(40):
        first = rng.integers(1, ENERGIES - width)
        spectra[row, first : first + width] += 100 * NOISE * rng.uniform(0.9, 1.0, width)
    assert np.array_equal(flagged(spectra, Artefact.JUMP), np.arange(40))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_resonance_of_thirty_times_the_noise_is_no_spike(sign):
    rng = np.random.default_rng(19)
    spectra = surface(rng, 2000)
    for spectrum in spectra[:300]:
        place = np.arange(ENERGIES) - rng.uniform(-3, ENERGIES + 2)
        spectrum += sign * 30 * NOISE * np.exp(-0.5 * (place / 2) ** 2)
    assert np.count_nonzero(find_artefacts(spectra)) <= 2


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.int64])
def test_integer_counts(dtype):
    rng = np.random.default_rng(20)
    counts = rng.poisson(50 * surface(rng, 1000)).astype(dtype)
    counts[3, 40] += 4000
    counts[4, 60:] += 4000
    counts[5] = 70
    counts[6] = np.minimum(counts[6], 60)
    flags = find_artefacts(counts)
    assert np.array_equal(flags, find_artefacts(counts.astype(np.float64)))
    assert np.array_equal(flags[3:7], [Artefact.JUMP, Artefact.JUMP, Artefact.CONSTANT, Artefact.CLIPPED])
    assert np.count_nonzero(flags) == 4

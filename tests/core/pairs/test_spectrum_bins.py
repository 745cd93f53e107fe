import numpy as np
import pytest

from didymos.core.pairs.pair_statistics import _EachSpectrum, pair_statistics
from didymos.core.pairs.pair_tiles import prepare
from didymos.core.pairs.settings import PairSettings
from didymos.core.pairs.spectrum_bins import SpectrumBins, choose_bins


def cloud(points=300, terms=4, seed=0):
    return np.random.default_rng(seed).normal(size=(points, terms))


def bins_of(features):
    return choose_bins(prepare(features), len(features))


def test_edges_are_equal_steps_of_the_bits_of_the_squared_distance():
    bins = SpectrumBins(bits=2, first=(-3 + 127) << 2, number=12)
    doublings = np.array([1, 1.25, 1.5, 1.75])
    squared = np.concatenate([2.0**-3 * doublings, 2.0**-2 * doublings, 2.0**-1 * doublings, [1.0]])
    assert bins.edges() ** 2 == pytest.approx([0, *squared[1:]])
    assert bins.shift == 21


def test_every_bin_is_as_narrow_as_promised_and_the_first_begins_at_zero():
    edges = bins_of(cloud()).edges()
    assert edges[0] == 0
    assert np.all(np.diff(edges) > 0)
    widths = edges[2:] / edges[1:-1] - 1
    assert 0.0078 < widths.min() < widths.max() < 0.0157


@pytest.mark.parametrize("far", [0.0, 1e3, 1e9])
@pytest.mark.parametrize("points", [2, 3, 300, 1500])
def test_bins_reach_from_under_nearly_all_distances_to_the_largest(points, far):
    features = cloud(points)
    features[0, 0] += far
    bins, spectra = bins_of(features), prepare(features)
    apart = np.sqrt(((features[:, np.newaxis] - features[:200]) ** 2).sum(axis=2)) / spectra.unit
    apart = apart[apart > 0]
    assert bins.edges()[-1] >= apart.max() * (1 - 1e-6)
    assert np.mean(apart < bins.edges()[1]) <= (1e-4 if points < 1500 else 1e-3)
    # nor much farther than need be
    assert bins.edges()[1] > np.quantile(apart, 1e-3) / 2 ** (4 / 2 + 2)
    assert bins.edges()[-1] <= (1.5 if points == 2 else 6) * apart.max()


@pytest.mark.parametrize("far", [1.0, 1e4, 1e9, 1e18])
def test_there_are_never_too_many_bins(far):
    features = cloud()
    features[::5] += far
    bins = bins_of(features)
    assert 0 < bins.number <= 1024
    assert bins.bits == 5 or (bins.number >> bins.bits) << (bins.bits + 1) > 1024
    assert bins.first > 0
    assert (bins.first + bins.number) >> bins.bits < 255


def test_more_spectra_than_memory_have_wider_bins():
    spectra, finest = prepare(cloud()), bins_of(cloud())
    coarser = choose_bins(spectra, 300, settings=PairSettings(most_bytes=300 * 2 * finest.number - 1))
    assert coarser.bits == finest.bits - 1
    assert coarser.edges()[[0, -1]] == pytest.approx(finest.edges()[[0, -1]])
    enough = PairSettings(most_bytes=300 * 2 * finest.number)
    assert choose_bins(spectra, 300, settings=enough) == finest
    assert choose_bins(spectra, 70_000, settings=enough).bits == finest.bits - 1  # counters of four bytes
    assert choose_bins(spectra, 300, settings=PairSettings(most_bytes=0)).bits == 2


@pytest.mark.parametrize("points", [0, 1, 2, 700])
def test_identical_spectra_have_bins(points):
    bins = bins_of(np.full((points, 3), 4.2))
    assert bins.number > 0
    assert np.all(np.diff(bins.edges()) > 0)


def test_order_of_the_spectra_changes_no_bin():
    features = np.random.default_rng(1).integers(-9, 9, size=(900, 3)).astype(float)
    features = np.concatenate([features, -features])
    assert bins_of(features[np.random.default_rng(2).permutation(1800)]) == bins_of(features)


def test_few_counters_are_small_and_many_large_enough():
    line = np.concatenate([np.zeros(70_000), [1.0]])[:, np.newaxis]
    few = pair_statistics(line, references=np.array([70_000, 4]))
    assert few.counts.dtype == np.uint16
    assert few.reference_counts is not None
    assert few.reference_counts[1].max() == 70_000
    assert few.reference_counts[0, 0] == 69_999
    # each spectrum may have all others at one distance
    assert _EachSpectrum(prepare(line), None).counts.dtype == np.uint32
    assert _EachSpectrum(prepare(line[:65_535]), None).counts.dtype == np.uint16

"""What is measured for every claim of the paper about Figs. 1 to 4."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from paper_data import SWEEP, Paper, explained
from paper_verdicts import NO, PARTLY, YES, Here, best_direction, graded, number, precision, skewness
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks
from scipy.stats import norm
from sklearn.metrics import adjusted_rand_score

from didymos.core.numeric.principal_components import moments, principal_components

MOST_CLUSTERS, FEW = 300, 10
LINKAGES = ("single", "average", "complete", "ward")


def clouds_variance(data: Paper) -> Here:
    """Share of the variance of the curves in two components."""
    return shares(explained(data.clouds, 2), explained(data.clouds_noise_free, 2), 0.99)


def variance(data: Paper, modes: int, least: float) -> Here:
    """Share of the variance of the map in the first components."""
    return shares(explained(data.surface, modes), explained(data.surface_noise_free, modes), least)


def shares(noisy: float, noise_free: float, least: float) -> Here:
    """Say a share with and without noise."""
    holds = YES if min(noisy, noise_free) > least else PARTLY if max(noisy, noise_free) > least else NO
    return Here(f"{100 * noisy:.1f} %, and {100 * noise_free:.1f} % without noise", holds)


def affine_residual(data: Paper) -> Here:
    """Share of the parameters' variance that the best affine map of the plane leaves."""
    values = data.clouds.spectra.values.reshape(-1, data.clouds.sizes["energy"])
    plane = principal_components(moments(values), 2).scores(values)[:, :2]
    parameters = data.clouds.truth_coefficients.values.reshape(-1, 2)
    design = np.column_stack([plane, np.ones(len(plane))])
    rest = parameters - design @ np.linalg.lstsq(design, parameters, rcond=None)[0]
    left = float((rest**2).sum() / ((parameters - parameters.mean(axis=0)) ** 2).sum())
    return Here(f"it leaves {100 * left:.3f} % of their variance", graded(left, 0.01, 0.05))


def clouds_found(data: Paper) -> Here:
    """Agreement of k-means with the true clouds, all curves counted."""
    second = np.zeros(data.clouds.truth_amplitude.shape, dtype=bool)
    step = float(data.clouds.x[1] - data.clouds.x[0])
    row, column = (np.rint(data.clouds.truth_position.sel(axis=name) / step).astype(int).values for name in ("y", "x"))
    second[row, column] = True
    found = data.clouds_compared.method_label.sel(algorithm="kmeans-2").values
    return rand_index(adjusted_rand_score(second.ravel(), found.ravel()))


def rand_index(value: float, words: str = "") -> Here:
    """Say an adjusted Rand index."""
    return Here(f"adjusted Rand index {number(value)}{words}", graded(value, 0.8, 0.4))


def averages(data: Paper) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the energies, and the average spectra of surface and vacancies by truth."""
    spectra = data.surface.spectra.values.reshape(len(data.truth), -1).astype(np.float64)
    return data.surface.energy.values, *(spectra[data.truth == value].mean(axis=0) for value in (0, 1))


def gap_edges(data: Paper) -> tuple[float, float]:
    """Return the energies of the two maxima beside the gap in the average spectrum of the surface."""
    energy, surface, _ = averages(data)
    peaks = energy[find_peaks(gaussian_filter1d(surface, 3))[0]]
    return float(peaks[peaks < 0].max()), float(peaks[peaks > 0].min())


def gap_width(data: Paper) -> Here:
    """Distance of the maxima beside the gap."""
    low, high = gap_edges(data)
    width = high - low
    return Here(f"{width:.1f} meV from maximum to maximum", YES if 3 <= width <= 5 else PARTLY if width <= 6 else NO)


def signal_spread(data: Paper) -> Here:
    """Largest ratio of high to low conductance at one energy."""
    spectra = data.surface.spectra.values.reshape(len(data.truth), -1)
    low, high = np.quantile(spectra, (0.005, 0.995), axis=0)
    ratio = float((high / low).max())
    holds = YES if 3 <= ratio <= 5 else PARTLY if 2 <= ratio <= 8 else NO
    return Here(f"{ratio:.1f}-fold between the quantiles of 0.5 and 99.5 % at the energy of most change", holds)


def in_gap(data: Paper) -> Here:
    """Ratio of the conductance of vacancies and surface in the gap."""
    energy, surface, vacancy = averages(data)
    middle = int(np.abs(energy).argmin())
    ratio = float(vacancy[middle] / surface[middle])
    return Here(f"{ratio:.2f} times the conductance of the surface at 0 mV", graded(ratio, 1.05, 1.0))


def iso_energy(data: Paper) -> Here:
    """Agreement of the segmented slices with the truth."""
    counted = data.truth >= 0
    found = [adjusted_rand_score(data.truth[counted], each.iso_energy_label.values.ravel()[counted])
             for each in (data.twin, data.robust)]  # fmt: skip
    at = number(data.chosen_energy, 0)
    return rand_index(found[0], f" at −1 mV, {number(found[1])} at {at} mV, which didymos chooses")


def change_outside_gap(data: Paper) -> Here:
    """Share of the squared change of the average spectrum outside the gap."""
    energy, surface, vacancy = averages(data)
    low, high = gap_edges(data)
    change = (vacancy - surface) ** 2
    outside = float(change[(energy < low) | (energy > high)].sum() / change.sum())
    return Here(f"{100 * outside:.0f} % of the squared change lies outside the gap", graded(outside, 0.5, 0.2))


def pca_direction(data: Paper) -> Here:
    """Average precision along the best direction."""
    found = best_direction(data.plane("pca"), data.truth)[0]
    return Here(f"AP {number(found)} along the best direction", graded(found, 0.95, 0.7))


def pca_gap(data: Paper) -> Here:
    """Largest empty stretch between the two groups along the best direction."""
    along = best_direction(data.plane("pca"), data.truth)[1]
    low, high = (float(np.median(along[data.truth == value])) for value in (0, 1))
    between = np.sort(along[(along >= low) & (along <= high)])
    empty = float(np.diff(between).max() / (high - low))
    words = f"the largest empty stretch from the one to the other is {100 * empty:.1f} % of the way"
    return Here(words, graded(empty, 0.1, 0.2))


def kmeans(data: Paper, number: int) -> Here:
    """Agreement of k-means with the truth."""
    return rand_index(float(data.compared.adjusted_rand_index.sel(algorithm=f"kmeans-{number}")))


def third_cluster(data: Paper) -> Here:
    """Share of the surface that becomes a cluster of its own."""
    label = data.compared.method_label.sel(algorithm="kmeans-3").values.ravel()
    surface = np.bincount(label[data.truth == 0], minlength=4)[1:]
    minor = float(np.sort(surface)[-2] / surface.sum())
    words = f"{100 * minor:.0f} % of the surface become a cluster, adjusted Rand index "
    index = float(data.compared.adjusted_rand_index.sel(algorithm="kmeans-3"))
    return Here(words + number(index), graded(minor, 0.1, 0.02))


def spurious(data: Paper) -> Here:
    """Surface spectra in the cluster of the vacancies."""
    label = data.compared.method_label.sel(algorithm="kmeans-3").values.ravel()
    home = np.bincount(label[data.truth == 1]).argmax()
    count = int(((label == home) & (data.truth == 0)).sum())
    return Here(f"{count} of {(label == home).sum()} spectra of that cluster are surface", YES if count else NO)


def second_largest(data: Paper, linkage: str) -> NDArray[np.int64]:
    """Return the size of the largest cluster beside the main one, for 2, 3 ... clusters."""
    one = data.compared.sel(linkage=f"agglomerative-{linkage}")
    leaves, merges = one.leaf_size.values.astype(int), one.merges.values.astype(int)
    sizes = np.concatenate([leaves, merges[:, 3]])
    held, found = {len(sizes) - 1}, []
    for row in range(len(merges) - 1, -1, -1):
        held.remove(len(leaves) + row)
        held.update(merges[row, :2].tolist())
        found.append(int(np.sort(sizes[list(held)])[-2]))
    return np.array(found)


def second_cluster(data: Paper, linkage: str) -> Here:
    """Largest cluster beside the main one up to 300 clusters."""
    sizes = second_largest(data, linkage)[: MOST_CLUSTERS - 1]
    words = f"up to {sizes.max()} spectra, with {2 + int(sizes.argmax())} clusters"
    return Here(words, graded(float(sizes.max()), FEW, 10 * FEW))


def single_splits(data: Paper) -> Here:
    """Share of splits that take off one spectrum."""
    found = [float((data.compared.split_size.sel(linkage=f"agglomerative-{name}") == 1).mean()) for name in LINKAGES]
    words = ", ".join(f"{100 * share:.0f} % ({name})" for share, name in zip(found, LINKAGES, strict=True))
    return Here(words, YES if min(found) > 0.5 else PARTLY if max(found) > 0.5 else NO)


def agglomerative_truth(data: Paper) -> Here:
    """Agreement of two clusters with the truth."""
    found = [float(data.compared.adjusted_rand_index.sel(algorithm=f"agglomerative-{name}")) for name in LINKAGES]
    words = ", ".join(f"{number(index)} ({name})" for index, name in zip(found, LINKAGES, strict=True))
    holds = YES if max(found) < 0.4 else PARTLY if min(found) < 0.4 else NO
    return Here(f"adjusted Rand index of two clusters {words}", holds)


def tail(data: Paper) -> Here:
    """Skewness of the distances."""
    found = float(data.pairs.distance_moments.sel(moment="skewness"))
    return Here(f"skewness {number(found)}", graded(found, 1.0, 0.5))


def tail_of_surface(data: Paper) -> Here:
    """Skewness with and without vacancies."""
    found = [float(each.distance_moments.sel(moment="skewness")) for each in (data.pairs, data.pairs_of_surface)]
    words = f"skewness {number(found[0])}, and {number(found[1])} of the pairs of surface spectra"
    return Here(words, graded(found[0] - found[1], 0.2, 0.05))


def symmetric(data: Paper) -> Here:
    """Skewness over n."""
    centres, density = data.pairs.sweep_bin.values, data.pairs.log_distance_sweep.values
    found = [skewness(centres, each) for each in density]
    raw = float(data.pairs.distance_moments.sel(moment="skewness"))
    words = ", ".join(f"{number(value)} ({multiple:g})" for value, multiple in zip(found, SWEEP, strict=True))
    holds = YES if max(map(abs, found)) < raw / 2 else PARTLY if min(map(abs, found)) < raw / 2 else NO
    return Here(f"skewness {number(raw)} becomes {words}, in brackets *n* over the median distance", holds)


def shoulder(data: Paper) -> Here:
    """For how many n the density has further turning points right of its peak."""
    found = []
    for density in data.pairs.log_distance_sweep.values:
        smooth = gaussian_filter1d(density, 4)
        curvature = np.diff(smooth[int(smooth.argmax()) :], 2)
        signs = np.sign(curvature[np.abs(curvature) > 0.01 * np.abs(curvature).max()])
        found.append(int((np.diff(signs) != 0).sum()))
    count = sum(turns >= 3 for turns in found)
    return Here(f"for {count} of {len(found)} values of *n*", graded(count / len(found), 0.5, 0.01))


def two_gaussians(data: Paper) -> Here:
    """Gain of the likelihood."""
    gain, error = (float(data.pairs.attrs[name]) for name in ("two_gaussians_gain", "two_gaussians_gain_std"))
    holds = YES if gain > 3 * error else PARTLY if gain > 0 else NO
    return Here(f"mean log-likelihood higher by {number(gain, 3)} ± {number(error, 3)} a pair", holds)


def two_gaussians_misfit(data: Paper) -> Here:
    """Share of the pairs that the Gaussians misplace."""
    centres, density = data.pairs.log_distance_bin.values, data.pairs.log_distance_histogram.values
    step, components = float(np.diff(centres).mean()), data.pairs.distance_components.values
    two = sum(weight * norm(mean, sd).pdf(centres) for weight, mean, sd in components)
    mean = float((density * centres).sum() * step)
    one = norm(mean, float(np.sqrt((density * (centres - mean) ** 2).sum() * step))).pdf(centres)
    misplaced = [float(np.abs(density - model).sum() * step / 2) for model in (two, one)]
    words = f"{100 * misplaced[0]:.1f} % of the pairs misplaced, by one Gaussian {100 * misplaced[1]:.1f} %"
    return Here(words, graded(misplaced[0], 0.05, 0.1))


def abundance(data: Paper) -> Here:
    """Average precision of the abundance."""
    found = precision(data.pairs.abundance.values.ravel(), data.truth)
    return Here(f"AP {number(found)}", graded(found, 0.95, 0.7))


def own_label(data: Paper) -> Here:
    """Agreement of the labels by own histograms."""
    counted = data.truth >= 0
    label = data.pairs.distance_label.values.ravel()
    words = f", {(label == 1).sum()} spectra are labelled as minority"
    return rand_index(adjusted_rand_score(data.truth[counted], label[counted]), words)


def typical(data: Paper) -> Here:
    """Where the typical histograms peak, in units of the width of the component of large distances."""
    centres = data.pairs.log_distance_bin.values
    peaks = [float(centres[each.argmax()]) for each in data.pairs.typical_log_distance_histogram.values]
    near, far = data.pairs.distance_components.values[:, 1]
    words = f"minority at {number(peaks[1])}, majority at {number(peaks[0])}; the Gaussians at {number(far)} and "
    holds = YES if abs(peaks[1] - far) < abs(peaks[1] - near) and abs(peaks[0] - near) < abs(peaks[0] - far) else NO
    return Here(words + number(near), holds)

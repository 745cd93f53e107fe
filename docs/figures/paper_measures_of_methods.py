"""What is measured for every claim of the paper about Figs. 5 to 8."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from paper_data import LOWER, Paper, latent_distance_of
from paper_verdicts import NO, PARTLY, YES, Here, best_direction, graded, number, precision
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.stats import skew, spearmanr

from didymos.core.latent.distance_correlation import log_distance_correlation
from didymos.schema import Region

CLEAR_PRECISION, CLEAR_STEP = 0.95, 0.6
"""From here on the latent distance finds vacancies, and its distance correlation is a step."""
BINS, SMOOTHING, LEAST_PEAK = 60, 2.0, 0.05
TWIN, ROBUST = "twin-euclidean", "twin-robust"
FILLED, EMPTY, MIDDLE = (-15, -5), (7, 15), (0, 7)
"""mV, the windows of the paper."""


def of(data: Paper, name: str, method: str) -> float:
    """Return a number of a method."""
    return float(data.compared[name].sel(algorithm=method))


def line(data: Paper, method: str, least: float) -> Here:
    """Share of the variance of the latent distance on a line."""
    share = of(data, "line_share", method)
    return Here(f"a line explains {100 * share:.1f} % of the variance", graded(share, least, 0.9))


def log_curve(data: Paper) -> Here:
    """Line in the distance, and in its logarithm."""
    raw, rescaled = rescaled_distance(data)
    curve = float(np.corrcoef(np.log(raw), rescaled)[0, 1] ** 2)
    share = of(data, "line_share", "log-rescaled")
    words = f"a line in the distance explains {100 * share:.1f} %, in its logarithm {100 * curve:.1f} %"
    return Here(words, graded(curve, 0.98, 0.9))


def rescaled_distance(data: Paper) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distances from the mean spectrum, and rescaled with n at the same multiple as that of the pairs."""
    raw = data.raw_distance
    multiple = data.pairs.attrs["distance_offset"] / float(data.pairs.distance_quantile.sel(pair_share=0.5))
    return raw, log_distance_correlation(raw, multiple * float(np.median(raw))).latent_distance


def log_tail(data: Paper) -> Here:
    """Skewness of the distances from the mean."""
    before, after = (float(skew(each)) for each in rescaled_distance(data))
    words = f"skewness of the distances from the mean {number(before)} becomes {number(after)}"
    return Here(words, graded(abs(after) / abs(before), 0.25, 0.6))


def squeezed(data: Paper) -> Here:
    """How much farther the far spectra are than the usual one."""

    def far(distance: NDArray[np.float64]) -> float:
        return float(np.quantile(distance, 0.99) / np.median(distance))

    raw, wide, narrow = (
        far(each)
        for each in (data.raw_distance, *(data.latent_distance(f"kernel-pca-{w}") for w in ("wide", "narrow")))
    )
    words = f"99 % quantile over median {number(wide, 1)} (wide) and {number(narrow, 1)} (narrow), raw {number(raw, 1)}"
    return Here(words, graded(max(wide, narrow) / raw, 0.7, 1.0))


def kernel_settings(data: Paper) -> Here:
    """Rank correlation and average precisions of the two kernels."""
    both = [data.latent_distance(f"kernel-pca-{width}") for width in ("wide", "narrow")]
    found = [precision(each, data.truth) for each in both]
    same = float(spearmanr(*both).statistic)
    words = f"AP {number(found[0])} (wide) and {number(found[1])} (narrow), rank correlation {number(same)}"
    return Here(words, YES if abs(found[0] - found[1]) > 0.3 or same < 0.5 else NO)


def umap_scale(data: Paper) -> Here:
    """Rank correlation, and share on a line."""
    latent, share = data.latent_distance("umap"), of(data, "line_share", "umap")
    same = float(spearmanr(data.raw_distance, latent).statistic)
    words = f"a line explains {100 * share:.0f} % of the variance, rank correlation {number(same)}"
    return Here(words, graded(share, 0.8, 0.4))


def no_separation(data: Paper, method: str) -> Here:
    """Neither a step nor a direction that finds the vacancies."""
    distance, index = precision(data.latent_distance(method), data.truth), of(data, "step_index", method)
    direction = best_direction(data.plane(method), data.truth)[0]
    words = f"step index {number(index)}, AP {number(distance)} by distance, {number(direction)} by best direction"
    step = index >= CLEAR_STEP and distance >= CLEAR_PRECISION
    return Here(words, NO if step else PARTLY if max(distance, direction) >= CLEAR_PRECISION else YES)


def autoencoder_regions(data: Paper) -> Here:
    """Peaks of the density of the latent plane."""
    counts = np.histogram2d(*data.plane("autoencoder").T, bins=BINS)[0]
    density = gaussian_filter(counts, SMOOTHING)
    peaks = (density == maximum_filter(density, size=5)) & (density > LEAST_PEAK * density.max())
    count = int(peaks.sum())
    words = f"{count} {'peak' if count == 1 else 'peaks'} of density over {100 * LEAST_PEAK:.0f} % of the highest"
    return Here(words, YES if 3 <= count <= 4 else PARTLY if count == 2 else NO)


def nearest_step(data: Paper) -> Here:
    """Step index of the twin among all methods."""
    indices = data.compared.step_index.dropna("algorithm").drop_sel(algorithm=[TWIN, ROBUST])
    best = str(indices.algorithm[int(indices.values.argmax())].item())
    own = of(data, "step_index", TWIN)
    words = f"step index {number(own)} ({number(of(data, 'step_index', ROBUST))} robust); "
    words += (
        f"highest of the others {number(float(indices.max()))} ({best}), PCA {number(of(data, 'step_index', 'pca'))}"
    )
    return Here(words, YES if own > float(indices.max()) else NO)


def most_step_share(data: Paper) -> Here:
    """Share of the variance that two levels explain."""
    shares = data.compared.step_share.dropna("algorithm").drop_sel(algorithm=[TWIN, ROBUST])
    own, best = of(data, "step_share", TWIN), str(shares.algorithm[int(shares.values.argmax())].item())
    words = f"{100 * own:.0f} %, of the others at most {100 * float(shares.max()):.0f} % ({best})"
    return Here(words, YES if own > float(shares.max()) else NO)


def twin_separation(data: Paper) -> Here:
    """Average precision, and how far apart the groups are."""

    def apart(distance: NDArray[np.float64]) -> float:
        low, high = np.quantile(distance[data.truth == 0], 0.99), np.quantile(distance[data.truth == 1], 0.01)
        return float(high / low)

    latent = data.latent_distance(TWIN)
    found = precision(latent, data.truth)
    ratios = apart(latent), apart(data.raw_distance)
    words = f"AP {number(found)}; the nearest vacancy (1 %) is {number(ratios[0], 1)} times as far as the farthest "
    words += f"surface (99 %), {number(ratios[1], 1)} times in the data"
    return Here(
        words, YES if found >= CLEAR_PRECISION and ratios[0] > max(1, ratios[1]) else PARTLY if ratios[0] > 1 else NO
    )


def agreement(data: Paper) -> Here:
    """Correlation of two trainings."""
    scores = [each.method_score.sel(algorithm=TWIN).values.ravel() for each in (data.compared, data.again)]
    latent = [latent_distance_of(each, TWIN) for each in (data.compared, data.again)]
    found = [float(np.corrcoef(*each)[0, 1]) for each in (scores, latent)]
    words = f"correlation {number(found[0], 3)} of the scores, {number(found[1], 3)} of the latent distances; "
    words += f"mean correlation of two single networks {number(data.twin.attrs['embedding_agreement'], 3)}"
    return Here(words, graded(min(found), 0.9, 0.7))


def threshold(data: Paper) -> Here:
    """Correlation of the scores at two thresholds."""
    both = [each.score.values.ravel() for each in (data.twin, data.lower_threshold)]
    same = float(np.corrcoef(*both)[0, 1])
    found = precision(both[1], data.truth)
    words = (
        f"correlation of the scores {number(same)} with a threshold {100 * (1 - LOWER):.0f} % lower, AP {number(found)}"
    )
    return Here(words, graded(same, 0.9, 0.7))


def score_levels(data: Paper) -> Here:
    """Median score by truth, and rank correlation with the true amplitude."""
    score, words = data.twin.score.values.ravel(), []
    medians = [float(np.median(score[data.truth == value])) for value in (0, -1, 1)]
    for name, median in zip(("surface", "between", "vacancy"), medians, strict=True):
        words.append(f"{number(median)} ({name})")
    robust = float(np.median(data.robust.score.values.ravel()[data.truth == -1]))
    affected = data.amplitude >= 0.02
    same = float(spearmanr(score[affected], data.amplitude[affected]).statistic)
    words = f"median {', '.join(words)}; rank correlation with the true amplitude {number(same)}"
    words += f" (robust metric: between {number(robust)})"
    apart = medians[0] < 0.3 and medians[2] > 0.7
    return Here(words, YES if apart and 0.2 < medians[1] < 0.8 and same > 0.7 else PARTLY if apart else NO)


def transition(data: Paper) -> Here:
    """Median true amplitude of the three regions."""
    region = data.twin.region.values.ravel()
    regions = (Region.MAJORITY, Region.TRANSITION, Region.MINORITY)
    found = [float(np.median(data.amplitude[region == each])) for each in regions]
    between = float((data.truth[region == Region.TRANSITION] == -1).mean())
    words = f"median true amplitude {', '.join(map(number, found))}; {100 * between:.0f} % of it are truly between"
    return Here(words, YES if found == sorted(found) and between > 0.8 else PARTLY if found == sorted(found) else NO)


def extent(data: Paper) -> Here:
    """Overlap of the minority with the true vacancies."""
    found, true = data.twin.region.values.ravel() == Region.MINORITY, data.truth == 1
    overlap = float((found & true).sum() / (found | true).sum())
    words = (
        f"{found.sum()} spectra of the minority and {true.sum()} true ones share {100 * overlap:.0f} % of their union"
    )
    return Here(words, graded(overlap, 0.8, 0.5))


def outperforms(data: Paper) -> Here:
    """How many methods find vacancies worse."""
    others = data.compared.average_precision.drop_sel(algorithm=[TWIN, ROBUST])
    own = of(data, "average_precision", TWIN)
    worse = int((others < own - 0.02).sum())
    words = f"AP of the score {number(own)}; {worse} of {others.size} others are lower"
    return Here(words, YES if worse == others.size else PARTLY if worse else NO)


def change(data: Paper) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return energies, the change of the average spectrum from majority to minority, and its standard error."""
    mean, spread = data.twin.region_spectrum.values, data.twin.region_spectrum_std.values
    error = np.hypot(*(spread[each] / np.sqrt(float(data.twin.region_size[each])) for each in (0, 2)))
    return data.twin.energy.values, (mean[2] - mean[0]).astype(np.float64), error


def whole_window(data: Paper) -> Here:
    """Share of the energies with a change."""
    _, difference, error = change(data)
    share = float((np.abs(difference) > 3 * error).mean())
    return Here(f"over three standard errors at {100 * share:.0f} % of the energies", graded(share, 0.9, 0.6))


def mean_correlation(data: Paper, one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the mean correlation between two windows."""
    return float(data.twin.energy_correlation.sel(energy=slice(*one), energy_2=slice(*other)).mean())


def anticorrelated(data: Paper) -> Here:
    """Correlation between the windows of the paper, and the windows that are found."""
    found = mean_correlation(data, FILLED, EMPTY)
    edges = zip(*(data.twin[f"window_{name}"].values for name in ("start", "stop", "sign")), strict=True)
    windows = ", ".join(
        f"{number(low, 1)} to {number(high, 1)} ({'+' if sign > 0 else '−'})" for low, high, sign in edges
    )
    return Here(f"mean correlation {number(found)}; found are {windows} mV", graded(found, -0.3, -0.1))


def intermediate(data: Paper) -> Here:
    """Correlation of the middle window with the others."""
    below, above = (mean_correlation(data, MIDDLE, each) for each in (FILLED, EMPTY))
    within, across = mean_correlation(data, FILLED, FILLED), mean_correlation(data, FILLED, EMPTY)
    words = f"correlation {number(below)} with the filled and {number(above)} with the empty states"
    return Here(f"{words} ({number(within)} within the filled)", YES if across < below < 0.8 * within else NO)


def weight_moved(data: Paper) -> Here:
    """Integrated change of filled and empty states, and of the window of the paper."""
    energy, difference, _ = change(data)
    moved = [
        float(np.trapezoid(difference[inside], energy[inside]))
        for inside in (energy <= 0, energy >= 0, energy >= EMPTY[0])
    ]
    words = f"{number(moved[0], 1)} nS mV below and {number(moved[1], 1)} above zero bias"
    holds = YES if moved[0] < 0 < moved[1] else PARTLY if moved[0] < 0 < moved[2] else NO
    return Here(f"{words}, {number(moved[2], 1)} from {EMPTY[0]} mV on", holds)

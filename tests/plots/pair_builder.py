"""The part of a fake result that comes from the distances between spectra, made with plain numpy."""

from __future__ import annotations

import numpy as np

NOISE = 5e-6
OFFSET = 2.0
MULTIPLES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
SPACES = (
    "principal components",
    "log-rescaled",
    "twin network",
    "kernel PCA (cosine)",
    "kernel PCA (radial)",
    "non-negative matrices",
    "UMAP",
    "t-SNE",
    "autoencoder",
    "k-means",
    "Isomap",
    "a name that is far too long for one panel",
)


def add_distances(data, space, spectra, spaces, random):
    """Add every variable that has to do with distances."""
    flat = spectra.reshape(-1, spectra.shape[-1])
    usable = np.isfinite(flat).all(1)
    chosen = flat[usable][random.integers(usable.sum(), size=300)]
    _add_pairs(data, chosen / NOISE)
    _add_single_spectra(data, space, flat, usable, chosen)
    _add_correlation(data, space, flat, spaces)


def _add_pairs(data, chosen):
    distance = np.linalg.norm(chosen[:, None] - chosen[None], axis=-1)[np.triu_indices(len(chosen), 1)]
    distance = distance[distance > 0] if (distance > 0).any() else distance + 1
    counts, sides = np.histogram(distance, 100, range=(0, distance.max()))
    data["distance_histogram"] = ("distance_bin", counts)
    data.coords["distance_bin"] = ("distance_bin", _centres(sides))
    logarithm = np.log(distance + OFFSET)
    density, sides = np.histogram(logarithm, 80, density=True)
    data["log_distance_histogram"] = ("log_distance_bin", density)
    data["log_distance_histogram_std"] = ("log_distance_bin", np.zeros_like(density))
    data.coords["log_distance_bin"] = _centres(sides)
    middle = np.quantile(logarithm, 0.85)
    low, high = logarithm[logarithm <= middle], logarithm[logarithm >= middle]
    rows = [[0.85, low.mean(), low.std() + 0.05], [0.15, high.mean(), high.std() + 0.05]]
    data["distance_components"] = (("component", "parameter"), np.array(rows))
    data.coords["parameter"] = ["weight", "mean", "sd"]
    offsets = np.median(distance) * np.array(MULTIPLES)
    shifted = np.log(distance + offsets[:, None])
    sides = np.linspace(shifted.min() - 1e-9, shifted.max() + 1e-9, 201)
    sweep = [np.histogram(row, sides, density=True)[0] for row in shifted]
    data["log_distance_sweep"] = (("sweep_offset", "sweep_bin"), np.array(sweep))
    data.coords["sweep_offset"], data.coords["sweep_bin"] = offsets, _centres(sides)
    standard = (distance - distance.mean()) / max(distance.std(), 1e-9)
    moments = [distance.mean(), distance.std(), (standard**3).mean(), (standard**4).mean() - 3]
    data["distance_moments"] = ("moment", np.array(moments))
    data.coords["moment"] = ["mean", "sd", "skewness", "kurtosis"]
    shares = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
    data["distance_quantile"] = ("pair_share", np.quantile(distance, shares))
    data.coords["pair_share"] = shares


def _add_single_spectra(data, space, flat, usable, chosen):
    others = np.unique(chosen, axis=0) / NOISE
    bins, (_, mean, sd) = data["log_distance_bin"].values, data["distance_components"].values[1]
    sides = np.concatenate([bins, bins[-1:] + bins[1] - bins[0]]) - (bins[1] - bins[0]) / 2
    squared = (others**2).sum(1) + (flat[usable] ** 2).sum(1)[:, None] / NOISE**2 - 2 * flat[usable] / NOISE @ others.T
    distance = np.sqrt(np.maximum(squared, 0))
    distance[distance < 1e-3] = np.nan  # a spectrum is not compared with itself
    logarithm, number = np.log(distance + OFFSET), np.isfinite(distance).sum(1)
    place = np.searchsorted(sides, logarithm) + (bins.size + 2) * np.arange(len(logarithm))[:, None]
    counts = np.bincount(place.ravel(), minlength=(bins.size + 2) * len(logarithm)).reshape(-1, bins.size + 2)
    own = np.full((len(flat), bins.size), np.nan)
    average, label = np.full(len(flat), np.nan), np.full(len(flat), -1, dtype=np.int8)
    if number.all():  # a single spectrum has no others
        own[usable] = counts[:, 1:-1] / number[:, None] / np.diff(sides)
        average[usable] = np.nanmean(distance, axis=1)
        boundary = data["distance_components"].values[:, 1].mean()
        label[usable] = (logarithm > boundary).sum(1) > 0.5 * number
    shape = data["spectra"].shape[:-1]
    data.attrs["distance_peak"] = mean
    inside = np.abs(bins - mean) < np.maximum(sd / 2, bins[1] - bins[0])
    data["mean_distance"] = (space, average.reshape(shape))
    data["abundance"] = (space, own[:, inside].mean(1).reshape(shape))
    data["distance_label"] = (space, label.reshape(shape))
    groups = [own[label == value] for value in (0, 1)]
    typical = [group.mean(0) if len(group) else np.full(bins.size, np.nan) for group in groups]
    data["typical_log_distance_histogram"] = (("distance_group", "log_distance_bin"), np.array(typical))
    data["distance_group_size"] = ("distance_group", np.array([len(group) for group in groups]))
    data.coords["distance_group"] = ["majority", "minority"]


def _add_correlation(data, space, flat, spaces):
    raw = np.linalg.norm(flat - np.nanmean(flat, axis=0), axis=1)
    data["distance_to_mean"] = (space, raw.reshape(data["spectra"].shape[:-1]), {"units": "V"})
    planes = [data[name].values.reshape(len(flat), -1) for name in ("pca", "embedding")]
    linear, twin = (np.linalg.norm(plane - np.nanmean(plane, axis=0), axis=1) for plane in planes)
    known = {"principal components": linear, "log-rescaled": np.log(raw / NOISE + OFFSET), "twin network": twin}
    names = SPACES[:spaces]
    latent = [known.get(name, twin + number * np.sqrt(raw / NOISE)) for number, name in enumerate(names)]
    counts, centres, shares = zip(*[_correlation(raw, distance) for distance in latent], strict=True)
    dims = ("latent_space", "raw_distance_bin", "latent_distance_bin")
    data["distance_correlation"] = (dims, np.array(counts))
    data["latent_distance"] = (dims[::2], np.array(centres))
    lines, steps = np.array(shares).T
    data["line_share"], data["step_share"] = ("latent_space", lines), ("latent_space", steps)
    data["step_index"] = ("latent_space", (steps - lines) / (2 - lines - steps))
    sides = _sides(raw[np.isfinite(raw)])
    data.coords["raw_distance_bin"] = ("raw_distance_bin", _centres(sides), {"units": "V"})
    data.coords["latent_space"] = list(names)


def _correlation(raw, latent):
    finite = np.isfinite(raw) & np.isfinite(latent)
    sides = _sides(latent[finite])
    counts = np.histogram2d(raw[finite], latent[finite], [_sides(raw[np.isfinite(raw)]), sides])[0].astype(int)
    x, y = raw[finite], latent[finite]
    if y.size < 2 or np.ptp(y) == 0:
        return counts, _centres(sides), (np.nan, np.nan)
    cuts = np.quantile(y, np.linspace(0.01, 0.99, 99))
    parts = [(y[y <= cut], y[y > cut]) for cut in cuts]
    left = [sum(part.var() * part.size for part in pair if part.size) / y.size for pair in parts]
    return counts, _centres(sides), (np.corrcoef(x, y)[0, 1] ** 2, 1 - min(left) / y.var())


def _sides(values):
    low, high = (values.min(), values.max()) if values.size else (0.0, 1.0)
    half = abs(low) / 2 if abs(low) > 1e-12 else 0.5
    return np.linspace(low, high, 65) if high - low > 1e-12 else np.linspace(low - half, low + half, 65)


def _centres(sides):
    return (sides[1:] + sides[:-1]) / 2

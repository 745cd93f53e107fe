"""A plausible result with every variable, made with plain numpy: an image, scattered points, one row or one column."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr
from pair_builder import add_distances

from didymos.schema import SPECTRAL_REGIONS, region_attributes

SHAPES = {
    "image": (30, 36),
    "wide": (12, 60),
    "row": (1, 90),
    "column": (90, 1),
    "pixel": (1, 1),
    "points": (400,),
}


def build_result(
    layout: str = "image",
    *,
    distinct: bool = True,
    topography: bool = True,
    truth: bool = True,
    flagged: bool = True,
    shape: tuple[int, ...] | None = None,
    energies: int = 96,
    spaces: int = 3,
    seed: int = 0,
) -> xr.Dataset:
    """Return a result whose every variable fits the others."""
    random = np.random.default_rng(seed)
    shape = shape or SHAPES[layout]
    space = ("point",) if layout == "points" else ("y", "x")
    energy = np.linspace(-15.0, 15.0, energies)
    x, y, positions = _positions(layout, shape, random)
    amplitude, kind = _defects(x, y, distinct, random)
    spectra = _spectra(energy, amplitude, kind, np.sin(x * 1.3e9 + y * 0.9e9), random)

    score = np.clip(amplitude + random.normal(0, 0.015, shape), 0, 1)
    region = np.zeros(shape, dtype=np.int8)
    region[score > 0.25] = 1
    region[score > 0.6] = 2
    if not distinct:
        region[:] = 0
    if flagged and region.size > 20:
        region.ravel()[random.choice(region.size, 5, replace=False)] = 3
        region.ravel()[-max(3, region.size // 20) :] = -1
    spectra[region == -1] = np.nan
    score[region < 0] = np.nan
    score[region == 3] = np.nan
    kind = np.where(region == 2, kind, 0).astype(np.int8)

    data = xr.Dataset(coords={"energy": ("energy", energy, {"units": "mV", "long_name": "bias"}), **positions})
    attributes: dict[str, object] = {"units": "V", "long_name": "dI/dV", "channel": "LI Demod 1 X (V)"}
    attributes |= {"channel_rule": "the first lock-in X channel", "derived": 0}
    data["spectra"] = ((*space, "energy"), spectra.astype(np.float32), attributes)
    if topography:
        height = 3.1e-8 + 2e-11 * np.sin(x * 0.9e9) * np.sin(y * 0.9e9) + 4e-11 * amplitude
        data["topography"] = (space, height, {"units": "m"})
    data["score"] = (space, score.astype(np.float32))
    deviation = 0.02 + 0.3 * score * (1 - score) + np.abs(random.normal(0, 0.01, shape))
    data["score_std"] = (space, deviation.astype(np.float32))
    data["region"] = (space, region, region_attributes())
    data["kind"] = (space, kind)
    data["phase"] = (space, np.where(np.arange(kind.size) < kind.size / 3, 2, 1).reshape(kind.shape))
    _add_spaces(data, space, score, random)
    _add_averages(data, spectra, region, kind)
    add_distances(data, space, spectra, spaces, random)
    _add_energies(data, spectra, region, energy)
    slice_ = np.where(np.isfinite(score), spectra[..., energies // 2], np.nan)
    level = np.nanquantile(slice_, 0.95)
    data["iso_energy_label"] = (space, (slice_ > level).astype(np.int8), {"energy": float(energy[energies // 2])})
    loss = np.exp(-np.arange(60) / 12.0)[None, None] * random.uniform(0.8, 1.2, (2, 4, 1)) + 0.01
    data["training_loss"] = (("network", "member", "step"), loss * random.uniform(0.9, 1.1, loss.shape))
    data = data.assign_coords(network=["embedding", "score"], member=np.arange(1, 5), step=np.arange(60) * 10)
    if truth:
        data["truth_amplitude"] = (space, amplitude)
        data["truth_kind"] = (space, np.where(amplitude > 0.02, np.maximum(kind, 1), 0).astype(np.int8))
    data.attrs |= _attributes(distinct, int(np.isfinite(spectra).all(-1).sum()))
    return data


def _positions(layout, shape, random):
    units = {"units": "m"}
    if layout == "points":
        x, y = random.uniform(0, 6e-8, shape), random.uniform(0, 5e-8, shape)
        return x, y, {"x": ("point", x, units), "y": ("point", y, units)}
    columns, rows = np.arange(shape[1]) * 1.5e-9 + 1e-7, np.arange(shape[0]) * 1.5e-9 - 2e-8
    x, y = np.meshgrid(columns, rows)
    return x, y, {"x": ("x", columns, units), "y": ("y", rows, units)}


def _defects(x, y, distinct, random):
    amplitude, kind = np.zeros(x.shape), np.ones(x.shape, dtype=np.int8)
    if not distinct:
        return amplitude, kind
    for number in range(max(4, x.size // 250)):
        centre = random.integers(x.size)
        distance = np.hypot(x - x.ravel()[centre], y - y.ravel()[centre])
        peak = np.exp(-((distance / 2.4e-9) ** 2))
        kind[peak > amplitude] = 1 if number % 3 else 2
        amplitude = np.maximum(amplitude, peak)
    return amplitude, kind


def _spectra(energy, amplitude, kind, ripple, random):
    gap = 1 - 0.7 * np.exp(-((energy / 2.2) ** 2)) + 0.25 * np.exp(-(((np.abs(energy) - 3.5) / 1.1) ** 2))
    drift = ripple[..., None] * np.tanh(energy / 8) * 0.08
    first = 0.6 * np.exp(-(((energy + 0.8) / 0.9) ** 2)) + 0.35 * np.tanh((energy - 5) / 4)
    second = 0.7 * np.exp(-(((energy - 1.5) / 0.9) ** 2)) - 0.25 * np.tanh((energy + 3) / 4)
    change = np.where((kind == 1)[..., None], first, second)
    clean = gap + drift + amplitude[..., None] * change
    return 1e-4 * (clean + random.normal(0, 0.05, clean.shape))


def _add_spaces(data, space, score, random):
    flat = np.where(np.isfinite(data["spectra"].values), data["spectra"].values, 0).reshape(-1, data.sizes["energy"])
    left, values, right = np.linalg.svd(flat - flat.mean(0), full_matrices=False)
    modes = min(20, values.size)
    scores = (left * values)[:, :modes].reshape(*score.shape, modes)
    scores[~np.isfinite(score)] = np.nan
    data["pca"] = ((*space, "mode"), scores, {"units": "V"})
    data["pca_spectrum"] = (("mode", "energy"), right[:modes])
    share = values**2 / max(np.sum(values**2), 1e-30)
    data["explained_variance_ratio"] = ("mode", share[:modes])
    plane = np.stack([score * 1.8, 0.6 * score * (1 - score)], axis=-1)
    data["embedding"] = ((*space, "component"), plane + random.normal(0, 0.04, plane.shape))
    data["distance_to_majority"] = (space, 5 + 20 * score)
    data.coords["mode"], data.coords["component"] = np.arange(1, modes + 1), np.arange(1, 3)


def _add_averages(data, spectra, region, kind):
    for dim, labels, names in (
        ("region_name", region, [member.name.lower() for member in SPECTRAL_REGIONS]),
        ("kind_index", kind, list(range(1, int(kind.max(initial=0)) + 1))),
    ):
        numbers = [int(member) for member in SPECTRAL_REGIONS] if dim == "region_name" else names
        chosen = [spectra[labels == number] for number in numbers]
        nothing = np.full(spectra.shape[-1], np.nan)
        stem = dim.split("_")[0]
        data.coords[dim] = names
        means = [values.mean(0) if len(values) else nothing for values in chosen]
        data[f"{stem}_spectrum"] = ((dim, "energy"), np.reshape(means, (len(names), spectra.shape[-1])), {"units": "V"})
        data[f"{stem}_size"] = (dim, np.array([len(values) for values in chosen], dtype=int))
        if stem == "region":
            spreads = [values.std(0) if len(values) else nothing for values in chosen]
            data["region_spectrum_std"] = ((dim, "energy"), np.array(spreads), {"units": "V"})


def _add_energies(data, spectra, region, energy):
    flat = spectra.reshape(-1, energy.size)
    flat = flat[np.isfinite(flat).all(1)]
    smooth = np.stack([np.convolve(line, np.ones(7) / 7, mode="same") for line in flat])
    correlation = np.corrcoef(smooth.T) if len(flat) > 1 else np.eye(energy.size)
    data["energy_correlation"] = (("energy", "energy_2"), correlation)
    data.coords["energy_2"] = ("energy_2", energy, {"units": "mV"})
    sides = np.linspace(0, 2.2e-4, 81)
    counts = [np.histogram(column, sides)[0] for column in flat.T]
    data["signal_histogram"] = (("signal_bin", "energy"), np.array(counts).T)
    data.coords["signal_bin"] = ("signal_bin", (sides[1:] + sides[:-1]) / 2, {"units": "V"})
    difference = spectra[region == 2][:20, None] - spectra[region == 0][None, :60]
    sides = np.linspace(-1.2e-4, 1.2e-4, 81)
    counts = [np.histogram(difference[..., index], sides)[0] for index in range(energy.size)]
    data["region_distance_histogram"] = (("region_distance_bin", "energy"), np.array(counts).T)
    data.coords["region_distance_bin"] = ("region_distance_bin", (sides[1:] + sides[:-1]) / 2, {"units": "V"})
    data["window_start"] = ("window", np.array([-15.0, 6.5]), {"units": "mV"})
    data["window_stop"] = ("window", np.array([1.5, 15.0]), {"units": "mV"})
    data["window_sign"] = ("window", np.array([-1, 1]))
    data["window_strength"] = ("window", np.array([-0.42, -0.42]))
    found = bool((region == 2).any())
    data["window_weight_transfer"] = ("window", np.array([-3.1e-4, 2.2e-4]) if found else np.full(2, np.nan))
    data["window_weight_transfer_std"] = ("window", np.array([4e-5, 3e-5]) if found else np.full(2, np.nan))
    for name in ("window_weight_transfer", "window_weight_transfer_std"):
        data[name].attrs["units"] = "V mV"


def _attributes(distinct, usable):
    settings = {"seed": 7, "metric": "robust", "channel": None, "twin": {"layers": [20, 5, 2], "margin": 1.0}}
    return {
        "distinct_population": int(distinct),
        "distinct_population_p_value": 2.4e-6 if distinct else 0.37,
        "distance_threshold": 18.0,
        "distance_offset": 2.0,
        "distance_pairs": usable * (usable - 1) // 2,
        "distance_references": usable - 1,
        "two_gaussians_gain": 0.12 if distinct else 0.004,
        "two_gaussians_gain_std": 0.02,
        "two_gaussians_p_value": 2e-4 if distinct else 0.41,
        "metric": "robust",
        "rank": 4,
        "settings": json.dumps(settings),
        "didymos_version": "0.1.0",
        "input_file": "grid_007.3ds",
        "input_sha256": "ab" * 32,
        "seed": 7,
        "created": "2026-01-02T03:04:05Z",
    }

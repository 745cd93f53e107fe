"""The surfaces with known truth on which didymos is measured, and how hard they are.

`SUITE` names them; other benchmarks import it. Run alone, it simulates each and prints the share of the points that are
defects (true amplitude over 0.5), and the average precision of finding these among the clear ones (the others under
0.02) as a ratio to the ceiling: a linear discriminant trained on the truth, with cross-validation. The peers know no
truth: the distance of the first three principal components from their mean (PCA), the Mahalanobis distance in the
first twenty (RX), an isolation forest on these, and the distance to the larger centre of k-means.

Targets (``--check`` exits 1 where one is missed):

- at least 16 surfaces with defects and at least 8 without;
- where there are defects, the ceiling is at least 0.97: the information is there;
- no peer reaches 0.9 of the ceiling on more than half of them: they are not trivial.

Run with ``python benchmarks/suite.py [--check] [--seeds N]``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from didymos.simulate import RECIPES

SIZE: Mapping[str, Any] = {"shape": (64, 64), "energies": 128}
PEERS = ("PCA", "RX", "forest", "k-means")
CEILING_TARGET, TRIVIAL, TRIVIAL_SHARE = 0.97, 0.9, 0.5


@dataclass(frozen=True)
class Surface:
    """A recipe with options, under a name."""

    name: str
    recipe: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def defect_free(self) -> bool:
        """Whether nothing is to be found."""
        return bool(self.options.get("defect_free"))

    def simulate(self, seed: int) -> xr.Dataset:
        """Return the map of one seed, with its truth."""
        return RECIPES[self.recipe](**{**SIZE, **self.options, "seed": seed})


STREAKED = {"line_offset": 0.2, "flicker": 0.03, "tip_changes": 5}
FREE = {"defect_free": True}
WEAK = {"strength": 0.3, "inhomogeneity": 2.0}
SUITE = (
    Surface("plain", "fese"),
    Surface("faint", "fese", {"strength": 0.18, "noise": 2.0}),
    Surface("noisy", "fese", {"strength": 0.4, "noise": 4.0, "inhomogeneity": 2.0}),
    Surface("rare", "fese", {**WEAK, "defects": 1}),
    Surface("crowded", "fese", {"strength": 0.4, "inhomogeneity": 2.5, "defects": 20}),
    Surface("uneven", "fese", {"strength": 0.5, "inhomogeneity": 5.0}),
    Surface("streaked", "fese", {**STREAKED, "strength": 0.5}),
    Surface("corrupted", "fese", {**WEAK, "corrupted": 0.02}),
    Surface("sparse", "fese", {**WEAK, "missing": 0.5}),
    Surface("aborted", "fese", {**WEAK, "aborted_rows": 20}),
    Surface("drifting", "fese", {**WEAK, "drift": (1.5e-9, -1e-9), "bias_drift": 0.4}),
    Surface("moire", "fese", {"texture": "moire", "strength": 0.4, "inhomogeneity": 3.0}),
    Surface("domains", "fese", {"texture": "domains", "strength": 0.4, "inhomogeneity": 3.0}),
    Surface("normal metal", "fese", {**WEAK, "gap": 0.0, "temperature": 20.0, "strength": 0.45}),
    Surface(
        "several kinds", "fese", {**WEAK, "kinds": ("vacancy", "adatom", "magnetic"), "defects": 9, "strength": 0.6}
    ),
    Surface("point-like", "fese", {**WEAK, "kinds": ("magnetic",), "defects": 8, "strength": 0.5}),
    Surface("gapped", "semiconductor"),
    Surface("gapped, faint", "semiconductor", {"strength": 0.1}),
    Surface("gapped, three kinds", "semiconductor", {"kinds": ("donor", "acceptor", "deep"), "inhomogeneity": 2.0}),
    Surface("resonances", "kondo", {"strength": 0.4, "inhomogeneity": 2.0}),
    Surface("resonances, three kinds", "kondo", {"kinds": ("cobalt", "titanium", "silver"), "inhomogeneity": 2.0}),
    Surface("levels", "landau", {"defects": 2}),
    Surface("levels, vacancies", "landau", {"kinds": ("vacancy",), "defects": 4, "strength": 0.3}),
    Surface("curves, few", "polynomials", {"shape": (64, 64), "defects": 80, "separation": 0.6}),
    Surface("none", "fese", FREE),
    Surface("none, uneven", "fese", {**FREE, "inhomogeneity": 4.0}),
    Surface("none, streaked", "fese", {**FREE, **STREAKED}),
    Surface("none, corrupted", "fese", {**FREE, "corrupted": 0.02}),
    Surface("none, domains", "fese", {**FREE, "texture": "domains", "inhomogeneity": 2.0}),
    Surface("none, moire", "semiconductor", {**FREE, "texture": "moire"}),
    Surface("none, gapped", "semiconductor", FREE),
    Surface("none, resonances", "kondo", FREE),
    Surface("none, levels", "landau", FREE),
    Surface("none, curves", "polynomials", {**FREE, "shape": (64, 64)}),
)
"""All surfaces, with and without defects."""


def clear_points(surface: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return which points (y * x) count, and which of these are defects: good spectra of clear amplitude."""
    amplitude = surface["truth_amplitude"].values.ravel()
    measured = np.isfinite(surface["spectra"].values).all(axis=-1).ravel()
    good = measured & (surface["truth_artefact"].values.ravel() == 0)
    clear = good & ((amplitude > 0.5) | (amplitude < 0.02))
    return clear, amplitude[clear] > 0.5


def main() -> int:
    """Simulate, print the table, check the targets."""
    parser = argparse.ArgumentParser(description="how hard the surfaces of the suite are")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    print(f"{'surface':<27}{'recipe':<15}{'seed':>4}{'points %':>9}{'ceiling':>9}", *(f"{name:>8}" for name in PEERS))
    ceilings, ratios = [], []
    for surface in SUITE:
        for seed in range(1, options.seeds + 1):
            start = time.perf_counter()
            data = surface.simulate(seed)
            seconds = time.perf_counter() - start
            share = 100 * float((data["truth_amplitude"] > 0.5).mean())
            line = f"{surface.name:<27}{surface.recipe:<15}{seed:>4}{share:>9.2f}"
            if not surface.defect_free:
                ceiling, found = precisions(data)
                ceilings.append(ceiling)
                ratios.append(found / ceiling)
                line += f"{ceiling:>9.3f} " + " ".join(f"{ratio:>8.3f}" for ratio in found / ceiling)
            print(f"{line:<101}{seconds:>5.1f} s", flush=True)
    easy = (np.array(ratios) >= TRIVIAL).mean(axis=0)
    print(
        "share on which a peer reaches 0.9 of the ceiling:", *(f"{n} {v:.2f}" for n, v in zip(PEERS, easy, strict=True))
    )
    numbers = [sum(surface.defect_free is free for surface in SUITE) for free in (False, True)]
    met = numbers[0] >= 16 and numbers[1] >= 8 and min(ceilings) >= CEILING_TARGET and max(easy) <= TRIVIAL_SHARE
    print("targets met" if met else "targets missed")
    return 0 if met or not options.check else 1


def precisions(surface: xr.Dataset) -> tuple[float, np.ndarray]:
    """Return the average precision of the discriminant and of every peer, in the order of `PEERS`."""
    clear, defect = clear_points(surface)
    spectra = surface["spectra"].values.reshape(-1, surface.sizes["energy"])
    measured = np.isfinite(spectra).all(axis=-1)
    scores = np.full((len(spectra), 20), np.nan)
    scores[measured] = PCA(20, random_state=0).fit_transform(spectra[measured])
    few = StratifiedKFold(min(5, int(defect.sum())), shuffle=True, random_state=0)
    trained = cross_val_predict(LinearDiscriminantAnalysis(), scores[clear], defect, cv=few, method="decision_function")
    found = [average_precision_score(defect, guess[clear]) for guess in _peers(scores, measured)]
    return float(average_precision_score(defect, trained)), np.array(found)


def _peers(scores: np.ndarray, measured: np.ndarray) -> list[np.ndarray]:
    """Return what the peers make of principal components, high where unusual."""
    some = scores[measured]
    guesses = [np.linalg.norm(some[:, :3], axis=1), np.linalg.norm(some / some.std(axis=0), axis=1)]
    guesses.append(-IsolationForest(random_state=0).fit(some).score_samples(some))
    means = KMeans(2, n_init=4, random_state=0).fit(some[:, :2])
    larger = np.argmax(np.bincount(means.labels_))
    guesses.append(np.linalg.norm(some[:, :2] - means.cluster_centers_[larger], axis=1))
    full = np.full((len(guesses), len(scores)), np.nan)
    full[:, measured] = guesses
    return list(full)


if __name__ == "__main__":
    sys.exit(main())

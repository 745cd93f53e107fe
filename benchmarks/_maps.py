"""All maps with defects and known truth: the own suite and, where it lies beside the checkout, a second simulator.

The second simulator was written apart from `didymos.simulate`: a folder with a file ``cases.py``, whose ``build(name)``
returns the spectra, the energies, which were measured, the true amplitude and the kind of each. `--suite-b` names
the folder; its maps are left out where it is missing.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from didymos.schema import spectral_map
from suite import SUITE

BESIDE = Path(__file__).resolve().parents[1].parent / "shared" / "suite_b"


@dataclass(frozen=True)
class TrueMap:
    """A map and its truth.

    Attributes
    ----------
    name : str
    data : xarray.DataArray or xarray.Dataset
    amplitude : array, shape (n_points,)
        1 at the core of a defect, 0 where there is none.
    kind : array of int, shape (n_points,)
        Of the defect, from 1; 0 for none.
    sound : array of bool, shape (n_points,)
        Spectra that were measured and are not corrupted.
    phase : array of int, shape (n_points,), optional
        Of the common populations, from 1; 0 where none is certain: at walls, in defects, without a spectrum.
    corrupted : array of bool, shape (n_points,), optional
        Spectra that the instrument has corrupted.
    """

    name: str
    data: Any
    amplitude: np.ndarray
    kind: np.ndarray
    sound: np.ndarray
    phase: np.ndarray | None = None
    corrupted: np.ndarray | None = None


def own_maps(seeds: int, *, without_defects: bool = False) -> Iterator[tuple[str, Callable[[], TrueMap]]]:
    """Yield the name of every map of the own suite, and what simulates it; on request those without defects."""
    for surface in SUITE:
        if without_defects or not surface.defect_free:
            for seed in range(1, seeds + 1):
                yield f"{surface.name}, {seed}", partial(_own, surface, seed)


def second_maps(folder: Path, *, without_defects: bool = False) -> Iterator[tuple[str, Callable[[], TrueMap]]]:
    """Yield the name of every map of the second simulator, and what simulates it; on request those without defects."""
    if not (folder / "cases.py").is_file():
        print(f"no second simulator at {folder}: its maps are left out", file=sys.stderr)
        return
    sys.path.insert(0, str(folder))
    cases = importlib.import_module("cases")
    for name in cases.NAMES:
        if without_defects or not name.startswith("null"):
            yield f"B {name}", partial(_second, cases, name)


def _own(surface: Any, seed: int) -> TrueMap:
    data: xr.Dataset = surface.simulate(seed)
    truth = {name: data[f"truth_{name}"].values.ravel() for name in ("amplitude", "kind", "artefact")}
    measured = np.isfinite(data["spectra"].values).all(axis=-1).ravel()
    sound = measured & (truth["artefact"] == 0)
    return TrueMap(f"{surface.name}, {seed}", data, truth["amplitude"], truth["kind"], sound)


def _second(cases: Any, name: str) -> TrueMap:
    made = cases.build(name)
    spectra = np.where(made["mask"][..., np.newaxis], made["cube"], np.nan)
    data = spectral_map(spectra.astype(np.float32), np.asarray(made["energy"], dtype=float), energy_units="mV")
    corrupted = made.get("glitch", np.zeros_like(made["mask"]))
    sound = (made["mask"] & ~corrupted).ravel()
    truth, kind = made["truth"].ravel(), made["label"].ravel()
    return TrueMap(f"B {name}", data, truth, kind, sound, corrupted=corrupted.ravel())

"""Known changes added to real maps, and how many of them are found with default settings.

The surface is measured, the truth is what was added. Maps: the Nanonis grids and the lattice of ``shared/data`` beside
the checkout, and further ones that are named. A map takes part where it can be read and has at least 400 usable
spectra; what is left out is listed. Without any map nothing is measured and nothing fails.

An implant is a form on the surface times a change of the spectrum. The forms: a Gaussian spot of 1.0 to 1.5 points,
two spots side by side, a single point with a quarter of the change at each of its 4 neighbours. The changes: a peak, a
peak and a dip, a step 5 to 15 % of the energy range wide, at random energies, up or down. Implants lie at least 4
points from the rim and from what the unchanged map shows as core, flank (amplitude over 0.1) or artefact. A copy has 3
to 5 implants of the same form and change, 10 points apart, fewer where no more fit. The copies go through the forms and
the changes in turn; both strengths get the same implants.

The strength is what a filter of the shape of the change sees. The local contrast of a point is its spectrum minus the
median of the points 3 away. The filter weights every energy by the inverse variance of the contrast there, over the
undisturbed points of the unchanged map; the standard deviation of its output over these points is the unit. The change
is scaled until its own contrast, at its largest, is 12 or 20 such deviations.

A row shows the map, whether a population was distinct before, the strength, the copies and in how many a population is
distinct. Then the implants, how many were found (a core within 2 points of the centre, and a distinct population) and
their share. Last the objects elsewhere: those with a core farther than 4 points from every implant and farther than 3
from every core of the unchanged map.

Targets (``--check`` exits 1 where one is missed):

- at least 50 implants in all, and at least 90 % of them found;
- no claims elsewhere: at most 0.1 objects a copy, on average.

Run with ``python benchmarks/implants.py [--check] [--copies N] [--seed N] [--data DIR] [MAP ...]``.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from scipy.spatial import cKDTree

from _ingredients import Profile, dumbbell, onset, peak, spot
from _measured import CHANNELS, DATA, LATTICE, lattice_of
from didymos import InputError, open_map
from didymos.workflow import Settings, find_evidence, fit_metric, prepare
from didymos.workflow.evidence import Evidence
from didymos.workflow.points import Points

STRENGTHS = (12, 20)
FORMS = ("spot", "two spots", "single point")
CHANGES = ("peak", "peak and dip", "step")
FEWEST_SPECTRA, FEWEST_IMPLANTS, LEAST_RECALL, MOST_ELSEWHERE = 400, 50, 0.9, 0.1
RIM, AWAY, APART = 4, 4, 10  # points from an implant to the rim, to the defects of the map, to other implants
NEAR, ELSEWHERE, KNOWN = 2, 4, 3  # points: found within, elsewhere beyond, and that far from every known core
RING = (2.6, 3.15)  # distances between which the 8 points lie that are 3 away
FLANK = 0.1  # an amplitude over this is part of a defect


@dataclass(frozen=True)
class Ground:
    """A real map, its local contrast and where implants may lie; positions are in points, rows are all spectra."""

    name: str
    map: xr.DataArray
    positions: np.ndarray
    ring: np.ndarray
    free: np.ndarray
    covariance: np.ndarray
    cores: np.ndarray
    distinct: bool


@dataclass(frozen=True)
class Outcome:
    """What was found in one copy."""

    name: str
    strength: int
    what: str
    distinct: bool
    found: np.ndarray
    elsewhere: int


def main() -> int:
    """Implant, print the table, check the targets."""
    parser = argparse.ArgumentParser(description="known changes added to real maps")
    parser.add_argument("maps", nargs="*", type=Path, metavar="MAP", help="further real maps")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--copies", type=int, default=9, help="copies of every map for each strength")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the real measurements")
    options = parser.parse_args()
    start = time.perf_counter()
    if not (grounds := list(real_maps(options.data, options.maps))):
        print("no real map: nothing is measured")
        return 0
    print(
        f"{'map':<36}{'before':>8}{'strength':>10}{'copies':>8}{'distinct':>10}{'implants':>10}{'found':>7}"
        f"{'recall':>8}{'elsewhere a copy':>18}"
    )
    outcomes: list[Outcome] = []
    for ground in grounds:
        for strength in STRENGTHS:
            rows = [implanted(ground, copy, options.seed, strength) for copy in range(options.copies)]
            print(line(rows, ground.distinct), flush=True)
            outcomes += rows
    met = judge(outcomes)
    print(f"{time.perf_counter() - start:.0f} s")
    return 0 if met or not options.check else 1


def real_maps(folder: Path, further: list[Path]) -> Iterator[Ground]:
    """Yield every map that takes part; print why another is left out."""
    if not folder.is_dir():
        print(f"the real measurements are not at {folder}: they are skipped")
    own = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in ("", ".md", ".txt")]
    for path in [*own, *further]:
        lattice = path == folder / LATTICE
        for channel in CHANNELS if lattice else ("",):
            name = f"lattice, {channel}" if lattice else path.name
            try:
                yield ground_of(name, lattice_of(path, CHANNELS[channel]) if lattice else open_map(path))
            except InputError as error:
                print(f"left out: {name}: {error}".replace(f"{name}: {name}", name))


def ground_of(name: str, data: xr.DataArray) -> Ground:
    """Analyse a map as it is, and measure its local contrast."""
    points = prepare(prepare(data, Settings()).map, Settings())
    if points.usable.sum() < FEWEST_SPECTRA:
        raise InputError(f"{points.usable.sum()} usable spectra, fewer than {FEWEST_SPECTRA}")
    evidence = evidence_of(points)
    nearest = np.asarray(cKDTree(points.positions).query(points.positions, 2)[0])[:, 1]
    positions = points.positions / np.median(nearest)
    ring = ring_of(positions)
    values = np.where(points.usable[:, np.newaxis], points.values[:].astype(float), np.nan)
    contrast = contrast_of(values, ring)
    whole = np.isfinite(contrast).all(axis=1)
    calm = np.zeros(len(values), bool)
    calm[points.usable] = ~evidence.population.core
    if evidence.amplitudes is not None:
        calm[points.usable] &= evidence.amplitudes.background | (evidence.amplitudes.value <= FLANK)
    inside = ((positions - positions.min(axis=0) >= RIM) & (positions.max(axis=0) - positions >= RIM)).all(axis=1)
    free = calm & whole & inside & (_distance(positions, positions[~calm]) >= AWAY)
    if not free.any():
        raise InputError(f"no place is {RIM} points from the rim and {AWAY} from its defects and artefacts")
    covariance = np.cov(contrast[calm & whole], rowvar=False)
    covariance += np.finfo(np.float32).eps * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    cores = positions[points.usable][evidence.population.core]
    return Ground(name, points.map, positions, ring, free, covariance, cores, evidence.distinct)


def evidence_of(points: Points) -> Evidence:
    """Return the evidence of a map with default settings."""
    return find_evidence(points, fit_metric(points, Settings()), Settings())


def _distance(positions: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how far every position is from the nearest of the others."""
    return np.asarray(cKDTree(others).query(positions)[0]) if len(others) else np.full(len(positions), np.inf)


def ring_of(positions: np.ndarray) -> np.ndarray:
    """Return the indices of the points 3 away from every point, filled up with -1."""
    inner, outer = (cKDTree(positions).query_ball_point(positions, radius) for radius in RING)
    around = [sorted(set(far) - set(near)) for near, far in zip(inner, outer, strict=True)]
    ring = np.full((len(positions), max(map(len, around))), -1)
    for row, found in zip(ring, around, strict=True):
        row[: len(found)] = found
    return ring


def contrast_of(values: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """Return every row minus the median of its ring; NaN where fewer than 4 points of the ring are known."""
    contrast = np.full(values.shape, np.nan)
    known = np.append(np.isfinite(values).all(axis=1), False)  # the last is that of -1
    for point in np.flatnonzero(known[ring].sum(axis=1) >= 4):
        contrast[point] = values[point] - np.median(values[ring[point][known[ring[point]]]], axis=0)
    return contrast


def seen_at(ground: Ground, spectrum: np.ndarray) -> float:
    """Return at how many standard deviations of the local contrast a filter of its shape sees a change."""
    weighted = spectrum / np.diag(ground.covariance)
    return float(weighted @ spectrum / np.sqrt(weighted @ ground.covariance @ weighted))


def profile_of(form: str, random: np.random.Generator) -> tuple[Profile, float]:
    """Return a form on the surface, and how far its middle may lie off the nearest point along each axis."""
    if form == "single point":
        return lambda y, x: np.where(np.hypot(y, x) < 0.5, 1.0, np.where(np.hypot(y, x) < 1.2, 0.25, 0.0)), 0.0
    if form == "spot":
        return spot(random.uniform(1.0, 1.5)), 0.5
    return dumbbell(1.0, random.uniform(2.0, 3.0), random.uniform(0, np.pi)), 0.5


def change_of(change: str, energy: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a smooth change of the spectrum, up or down."""
    share = (energy - energy.min()) / np.ptp(energy)
    start, sign = random.uniform(0.2, 0.8), random.choice([-1, 1])
    if change == "step":
        # from 10 to 90 % of its height within 5 to 15 % of the range
        return np.asarray(sign * onset(share, start, random.uniform(0.05, 0.15) / (2 * np.log(9))))
    width = random.uniform(0.03, 0.1)
    one = peak(share, start, width)
    if change == "peak and dip":
        beside = start + random.uniform(2, 4) * width * (1 if start < 0.5 else -1)
        one -= random.uniform(0.5, 1) * peak(share, beside, width)
    return np.asarray(sign * one)


def places_of(ground: Ground, random: np.random.Generator) -> np.ndarray:
    """Return the indices of 3 to 5 points apart from each other, fewer where no more fit."""
    wanted, places = random.integers(3, 6), np.zeros(0, int)
    for point in random.permutation(np.flatnonzero(ground.free)):
        here = ground.positions[[point]]
        if len(places) < wanted and _distance(here, ground.positions[places])[0] >= APART:
            places = np.append(places, point)
    return places


def implanted(ground: Ground, copy: int, seed: int, strength: int) -> Outcome:
    """Add implants to a copy of a map and analyse it."""
    random = np.random.default_rng([seed, copy, zlib.crc32(ground.name.encode())])
    form, change = FORMS[copy % 3], CHANGES[copy // 3 % 3]
    spectrum = change_of(change, ground.map["energy"].values.astype(float), random)
    added = np.zeros((len(ground.positions), 1))
    centres = ground.positions[places_of(ground, random)]
    for centre in centres:
        profile, beside = profile_of(form, random)
        y, x = (ground.positions - centre - random.uniform(-beside, beside, 2)).T
        one = profile(y, x)[:, np.newaxis]
        added += one / np.nanmax(contrast_of(one, ground.ring))
    spectrum *= strength / seen_at(ground, spectrum)
    changed = (ground.map.values + (added * spectrum).reshape(ground.map.shape)).astype(np.float32)
    points = prepare(ground.map.copy(data=changed), Settings())
    evidence = evidence_of(points)
    positions, label = ground.positions[points.usable], evidence.population.label
    found = (_distance(centres, positions[label > 0]) <= NEAR) & evidence.distinct
    far = (_distance(positions, centres) > ELSEWHERE) & (_distance(positions, ground.cores) > KNOWN)
    claims = len(np.unique(label[far & (label > 0)]))
    return Outcome(ground.name, strength, f"{form}, {change}", evidence.distinct, found, claims)


def line(rows: list[Outcome], before: bool) -> str:
    """Return a row of the table."""
    found = np.concatenate([row.found for row in rows])
    return (
        f"{rows[0].name:<36}{'yes' if before else 'no':>8}{rows[0].strength:>10}{len(rows):>8}"
        f"{sum(row.distinct for row in rows):>10}{len(found):>10}{found.sum():>7}{found.mean():>8.3f}"
        f"{np.mean([row.elsewhere for row in rows]):>18.2f}"
    )


def judge(outcomes: list[Outcome]) -> bool:
    """Print where implants were missed, and which targets are met."""
    for row in outcomes:
        if missed := np.count_nonzero(~row.found):
            print(f"missed: {row.name}, {row.strength}, {row.what}: {missed} of {len(row.found)}")
    found = np.concatenate([row.found for row in outcomes])
    elsewhere = np.mean([row.elsewhere for row in outcomes])
    targets = (
        ("implants", len(found), FEWEST_IMPLANTS, len(found) >= FEWEST_IMPLANTS),
        ("recall", found.mean(), LEAST_RECALL, found.mean() >= LEAST_RECALL),
        ("objects elsewhere a copy", elsewhere, MOST_ELSEWHERE, elsewhere <= MOST_ELSEWHERE),
    )
    for name, value, limit, met in targets:
        bound = "at most" if limit == MOST_ELSEWHERE else "at least"
        print(f"{name:<26}{value:>8.3f}  {bound} {limit:g}: {'met' if met else 'MISSED'}")
    return all(met for *_, met in targets)


if __name__ == "__main__":
    sys.exit(main())

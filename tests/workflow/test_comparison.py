"""What a comparison holds, where the truth is known, and what must not change it; methods that fail on the way."""

import contextlib
import dataclasses
import json
import mmap
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.cluster.hierarchy import cut_tree, linkage
from sklearn.metrics import adjusted_rand_score, average_precision_score

from didymos import InputError, compare, open_result, save_result, spectral_map
from didymos.methods import registry
from didymos.methods.interface import Family, Outcome, Task, Tree
from didymos.schema import COMPARISON_ATTRIBUTES, COMPARISON_VARIABLES
from didymos.simulate import fese, polynomials
from didymos.workflow import comparison
from didymos.workflow.comparison_variables import split_sizes
from didymos.workflow.measuring import measured

TIMED = ("seconds", "peak_memory")


@dataclasses.dataclass(frozen=True)
class Fake:
    """A method that does what it is given."""

    name: str
    work: Callable[[Task], Any]
    packages: tuple[str, ...] = ()

    @property
    def title(self):
        return f"The method {self.name}"

    def run(self, task):
        return self.work(task)


def brightness(task):
    """Three groups by the mean signal, the middle one the largest."""
    mean = task.values.mean(axis=1, dtype=float)
    low, high = np.quantile(mean, [0.1, 0.7])
    labels = np.where(mean < low, 5, np.where(mean > high, 9, 2))
    return Outcome(mean, labels=labels, notes=("It looks at\nthe mean.", "It is quick."))


def hierarchy(task):
    tree = linkage(task.values[:, ::4], "average")
    leaves = np.ones(len(task.values), dtype=np.int64)
    return Outcome(task.values[:, 0], labels=cut_tree(tree, [2]).ravel(), tree=Tree(tree, leaves))


def plane(task):
    return Outcome(task.values[:, 0], space=task.values[:, :2], origin=task.values[:, :2].mean(axis=0, dtype=float))


@pytest.fixture
def fakes(monkeypatch):
    """Let `compare` know methods of one's own."""

    def add(**works):
        families = {
            name: Family(name, partial(lambda method, _: method, Fake(name, work))) for name, work in works.items()
        }
        monkeypatch.setattr(comparison, "further", lambda: families)
        return tuple(families)

    return add


@pytest.fixture(scope="module")
def surface():
    """FeSe with vacancies, its truth beside it; two rows missing, one spectrum that ends early and a clipped one."""
    data = fese(shape=(24, 24), energies=48, seed=0)
    values = data["spectra"].values
    values[-2:] = np.nan
    values[3, 4, 40:] = np.nan
    values[5, 20, 30:] = 1.01 * np.nanmax(values)
    return data


def same_numbers(first, second, but=()):
    for name in first.variables:
        if name not in (*TIMED, *but):
            floats = first[name].dtype.kind == "f"
            assert np.array_equal(first[name].values, second[name].values, equal_nan=floats), name


def test_everything_of_the_schema_is_there_and_nothing_else(surface, fakes):
    names = fakes(brightness=brightness, hierarchy=hierarchy, plane=plane)
    found = compare(surface, ["pca", *names])
    of_prepared = {"energy_shift", "saturated", "artefact"}
    assert {*found.data_vars} == {*COMPARISON_VARIABLES} - of_prepared
    for name, variable in COMPARISON_VARIABLES.items():
        if name in of_prepared:
            continue
        meaning = "dI/dV" if name == "spectra" else "Topography" if name == "topography" else variable.meaning
        dims = [dim for each in variable.dims for dim in (("y", "x") if each == "space" else (each,))]
        assert found[name].dims == tuple(dims), name
        assert found[name].attrs["long_name"] == meaning
    assert {*found.attrs} == {*COMPARISON_ATTRIBUTES}
    assert found["algorithm"].values.tolist() == ["pca", *names]
    assert found["method_title"].values[1] == "The method brightness"
    assert found["method_note"].values.tolist()[1:] == ["It looks at the mean.\nIt is quick.", "", ""]
    assert found["energy"].attrs["units"] == "mV"
    for name in ("spectra", "group_spectrum", "distance_to_mean", "raw_distance_bin"):
        assert found[name].attrs["units"] == "nS", name


def test_missing_and_corrupted_spectra_are_left_out_of_everything(surface, fakes):
    found = compare(surface, ["pca", *fakes(brightness=brightness)])
    left_out = np.zeros((24, 24), dtype=bool)
    left_out[-2:] = left_out[3, 4] = left_out[5, 20] = True
    region = found["region"].values
    assert np.array_equal(region == -1, np.isnan(surface["spectra"].values).all(axis=-1))
    assert sorted(map(tuple, np.argwhere(region == 3))) == [(3, 4), (5, 20)]
    for values in (found["method_score"].values, found["latent"].values[0, ..., :1].T[0].T[np.newaxis]):
        assert np.array_equal(np.isnan(values), np.broadcast_to(left_out, values.shape))
    assert np.array_equal(found["method_label"].values == -1, np.broadcast_to(left_out, (2, 24, 24)))
    assert (found["truth"].values[left_out] == -1).all()
    assert np.array_equal(np.isnan(found["distance_to_mean"]), left_out)
    assert found["distance_correlation"].sel(algorithm="pca").sum() == (~left_out).sum()


def test_groups_are_numbered_by_size_and_averaged(surface, fakes):
    found = compare(surface, fakes(brightness=brightness)).squeeze("algorithm")
    usable, label = found["region"].values == 0, found["method_label"].values
    mean = surface["spectra"].values.mean(axis=-1)
    low, high = np.quantile(mean[usable], [0.1, 0.7])
    groups = [(mean >= low) & (mean <= high), mean > high, mean < low]
    assert found["group_count"] == 3
    for number, chosen in enumerate(groups, 1):
        assert np.array_equal(label == number, usable & chosen)
        group = found.sel(group=number)
        assert group["group_size"] == (usable & chosen).sum()
        expected = surface["spectra"].values[usable & chosen].mean(axis=0, dtype=float)
        np.testing.assert_allclose(group["group_spectrum"], expected, rtol=1e-6)
    assert np.isnan(found["group_spectrum"].sel(group=slice(4, None))).all()
    assert np.isnan(found[["latent", "latent_origin", "distance_correlation", "step_index"]].to_array()).all()


def test_centres_follow_the_numbers_of_their_groups(surface, fakes):
    def by_sign(task):
        first = task.scores[:, :2]
        centres = np.array([[-1.0, 0.0], [7.0, 7.0], [1.0, 0.0]])  # nothing is in the second group
        return Outcome(np.abs(first[:, 0]), space=first, labels=np.where(first[:, 0] > 0, 2, 0), centres=centres)

    found = compare(surface, fakes(sign=by_sign)).squeeze("algorithm")
    for number in (1, 2):
        members = found["latent"].values[found["method_label"].values == number]
        assert found["group_centre"].sel(group=number).values.tolist() == [np.sign(members[0, 0]), 0.0]
    assert np.isnan(found["group_centre"].sel(group=slice(3, None))).all()


def test_a_space_without_labels_is_divided_in_two_by_the_nearest_centre(fakes):
    surface = polynomials(shape=(20, 20), energies=32, separation=4.0, seed=1)
    found = compare(surface, fakes(plane=lambda task: Outcome(task.values[:, 0], space=task.scores[:, :2])))
    found = found.squeeze("algorithm")
    assert found["group_count"] == 2
    assert float(found["adjusted_rand_index"]) == 1.0
    distance = [np.linalg.norm(found["latent"] - centre, axis=-1) for centre in found["group_centre"].values[:2]]
    assert np.array_equal(found["method_label"], np.argmin(distance, axis=0) + 1)
    # where the position of the mean spectrum is not known it is the mean of the positions
    np.testing.assert_allclose(found["latent_origin"], 0, atol=1e-3)


def test_without_space_and_labels_there_are_no_groups(surface, fakes):
    found = compare(surface, fakes(bare=lambda task: Outcome(task.values[:, 0]))).squeeze("algorithm")
    assert (found["method_label"].values[found["region"].values == 0] == 0).all()
    assert (int(found["group_count"]), int(found["group_size"].sum())) == (0, 0)
    assert np.isnan(found["adjusted_rand_index"])


def test_distance_correlations_are_lines_and_steps_in_the_whole_space(surface, fakes):
    def ladder(task):
        distance = np.linalg.norm(task.values - task.values.mean(axis=0, dtype=float), axis=1)
        step = (distance > np.median(distance)).astype(float)
        three = np.zeros((len(distance), 3))
        three[:, 2] = step  # the plane does not show it
        return Outcome(step, space=three, origin=np.zeros(3))

    def logarithm(task):
        distance = np.linalg.norm(task.values - task.values.mean(axis=0, dtype=float), axis=1)
        return Outcome(distance, latent_distance=np.log(distance + np.median(distance)))

    found = compare(surface, ["pca", *fakes(ladder=ladder, logarithm=logarithm)])
    assert found["step_index"].sel(algorithm="ladder") == pytest.approx(1)
    assert found["step_share"].sel(algorithm="ladder") == pytest.approx(1)
    assert found["line_share"].sel(algorithm="pca") > 0.95
    assert found["step_index"].sel(algorithm="pca") < -0.5
    middle = found["latent_distance"].sel(algorithm="logarithm").values
    raw = found["distance_to_mean"].values
    logs = np.log(raw + np.nanmedian(raw))
    half = (middle[1] - middle[0]) / 2
    assert (middle[0] - half, middle[-1] + half) == pytest.approx((np.nanmin(logs), np.nanmax(logs)))


def test_agreement_with_the_truth_is_that_of_scikit_learn(surface, fakes):
    found = compare(surface, ["pca", *fakes(brightness=brightness)])
    amplitude = surface["truth_amplitude"].values
    counted = (found["region"].values == 0) & ((amplitude > 0.5) | (amplitude < 0.02))
    defect = amplitude[counted] > 0.5
    for name in ("pca", "brightness"):
        one = found.sel(algorithm=name)
        expected = average_precision_score(defect, one["method_score"].values[counted])
        assert one["average_precision"] == pytest.approx(expected)
        expected = adjusted_rand_score(defect, one["method_label"].values[counted])
        assert one["adjusted_rand_index"] == pytest.approx(expected)
    assert found["average_precision"].sel(algorithm="pca") > 0.95
    assert found["latent_average_precision"].sel(algorithm="pca") > 0.95
    assert found.attrs["truth_source"] == "simulation"
    assert np.array_equal(found["truth"].values >= 0, counted)


def test_a_given_truth_takes_the_place_of_the_simulated_one(surface, fakes):
    first = surface["spectra"].values[..., 0]
    given = np.where(first > np.nanmedian(first), 1.0, 0.0)
    given[:3] = np.nan
    found = compare(surface, fakes(plane=plane), truth=given)
    assert found["average_precision"].item() == pytest.approx(1)
    assert (found["truth"].values[:3] == -1).all()
    assert found.attrs["truth_source"] == "given"
    named = compare(surface, ["plane"], truth=xr.DataArray(given.T, dims=("x", "y"), attrs={"source": "marks.csv"}))
    assert named.attrs["truth_source"] == "marks.csv"
    assert np.array_equal(named["truth"], found["truth"])


@pytest.mark.parametrize("value", [0, 1])
def test_a_truth_of_one_class_cannot_be_agreed_with(surface, fakes, value):
    found = compare(surface, fakes(plane=plane), truth=np.full((24, 24), value))
    assert np.isnan(found["average_precision"]).all()
    assert np.isnan(found["adjusted_rand_index"]).all()


def test_without_a_truth_nothing_is_counted(surface, fakes):
    found = compare(surface["spectra"], fakes(plane=plane))
    assert (found["truth"] == -1).all()
    assert np.isnan(found["average_precision"]).all()
    assert found.attrs["truth_source"] == ""


def test_trees_stand_side_by_side(surface, fakes):
    def small(task):
        n = len(task.values)
        tree = Tree(np.array([[1, 2, 0.5, n - 9], [0, 3, 2.0, n]]), np.array([9, 20, n - 29]))
        return Outcome(task.values[:, 0], tree=tree)

    found = compare(surface, fakes(plane=plane, hierarchy=hierarchy, small=small))
    assert found["linkage"].values.tolist() == ["hierarchy", "small"]
    usable = int((found["region"] == 0).sum())
    one = found.sel(linkage="small")
    assert one["split_size"].values[:2].tolist() == [9, 20]
    assert one["leaf_size"].values[:3].tolist() == [9, 20, usable - 29]
    assert one["merges"].values[1].tolist() == [0, 3, 2.0, usable]
    assert all(np.isnan(one[name].values[many:]).all() for name, many in (("split_size", 2), ("leaf_size", 3)))
    assert found["split_size"].sel(linkage="hierarchy", order=2) == found["group_size"].sel(
        {"algorithm": "hierarchy", "group": 2}
    )
    assert found["order"].values[[0, -1]].tolist() == [2, usable]


def test_split_sizes_are_those_of_cutting_the_tree():
    values = np.random.default_rng(0).normal(size=(30, 3))
    tree = linkage(values, "ward")
    sizes = split_sizes(Tree(tree, np.ones(30, dtype=np.int64)))
    for order in range(2, 31):
        coarse, fine = cut_tree(tree, [order - 1]).ravel(), cut_tree(tree, [order]).ravel()
        ((split,),) = [np.unique(coarse[fine == g]) for g in range(order) if (fine == g).sum() == sizes[order - 2]][:1]
        parts = [np.bincount(fine[coarse == group]) for group in range(order - 1)]
        broken = [part[part > 0] for part in parts if (part > 0).sum() == 2]
        assert [min(part) for part in broken] == [sizes[order - 2]]
        assert split < order


FAULTS = {
    "InputError": lambda task: (_ for _ in ()).throw(InputError("the spectra are\n too few")),
    "MemoryError": lambda task: np.empty(1 << 60, dtype=np.int8),
    "ZeroDivisionError": lambda task: 1 // 0,
    "warning": lambda task: np.log(np.float64(-1.0)),
    "nothing": lambda task: None,
    "short": lambda task: Outcome(task.values[:-1, 0]),
    "nan": lambda task: Outcome(np.where(task.values[:, 0] > 9, np.nan, 1.0)),
    "words": lambda task: Outcome(np.full(len(task.values), "high")),
    "flat": lambda task: Outcome(task.values[:, 0], space=task.values[:, 0]),
    "origin": lambda task: Outcome(task.values[:, 0], space=task.values[:, :2], origin=np.zeros(3)),
    "labels": lambda task: Outcome(task.values[:, 0], labels=task.values[:, 0]),
    "centres": lambda task: Outcome(task.values[:, 0], labels=np.full(len(task.values), 2), centres=np.zeros((2, 2))),
    "tree": lambda task: Outcome(task.values[:, 0], tree=Tree(np.zeros((1, 4)), np.array([1, 1]))),
    "loop": lambda task: Outcome(
        task.values[:, 0], tree=Tree(np.array([[0, 2, 1.0, 2]]), np.array([1, len(task.values) - 1]))
    ),
    "writes": lambda task: task.values.sort(),
    "writes map": lambda task: task.map.values.fill(0),
}


def test_a_failure_leaves_the_others_as_they_were(surface, fakes):
    def greedy(task):
        task.usable[:] = False
        np.random.seed(1)  # noqa: NPY002
        raise RuntimeError("first line\nand second")

    good = compare(surface, ["pca", *fakes(brightness=brightness)])
    fakes(greedy=greedy, brightness=brightness, **FAULTS)
    found = compare(surface, ["greedy", *FAULTS, "pca", "brightness"])
    same_numbers(good, found)
    skipped = json.loads(found.attrs["skipped_methods"])
    assert list(skipped) == ["greedy", *FAULTS]
    assert not any("\n" in line for line in skipped.values())
    assert skipped["greedy"] == "RuntimeError: first line and second"
    assert skipped["InputError"] == "the spectra are too few"
    assert "more memory" in skipped["MemoryError"]
    assert "NoneType" in skipped["nothing"]
    assert "read-only" in skipped["writes"]


def test_a_method_without_its_package_is_left_out(surface, monkeypatch):
    absent = Fake("absent", brightness, ("no_such_package",))
    families = {"absent": Family("absent", lambda _: absent)}
    monkeypatch.setattr(comparison, "further", lambda: families)
    found = compare(surface, ["pca", "absent"])
    assert found["algorithm"].values.tolist() == ["pca"]
    assert "no_such_package" in json.loads(found.attrs["skipped_methods"])["absent"]


def test_an_entry_point_that_does_not_load_is_named(surface, fakes, monkeypatch):
    monkeypatch.setattr(registry, "families", dict)
    monkeypatch.setattr(registry, "skipped_families", lambda: {"broken": "it does not load"})
    fakes(plane=plane)
    assert json.loads(compare(surface).attrs["skipped_methods"]) == {"broken": "it does not load"}
    assert json.loads(compare(surface, ["plane"]).attrs["skipped_methods"]) == {}


def test_where_no_method_can_be_run_the_reasons_are_given(surface, fakes):
    fakes(**FAULTS)
    with pytest.raises(InputError, match=r"ZeroDivisionError.*read-only") as caught:
        compare(surface, ["ZeroDivisionError", "writes"])
    assert "\n" not in str(caught.value)


def test_stopping_stops(surface, fakes):
    def stop(task):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(surface, fakes(stop=stop))


def test_wrong_arguments_are_refused_before_the_work(surface, fakes):
    worked: list[Task] = []
    fakes(plane=worked.append)
    wrongs: tuple[dict[str, Any], ...] = (
        {"methods": ["plane", "pcb"]},
        {"methods": []},
        {"methods": [1]},
        {"methods": ["plane"], "truth": np.zeros((24, 23))},
        {"methods": ["plane"], "truth": np.full((24, 24), 2)},
        {"methods": ["plane"], "seed": -1},
        {"methods": ["plane"], "energy_range": (5.0, -5.0)},
        {"methods": ["plane"], "energy_range": (500.0, 600.0)},
    )
    for wrong in wrongs:
        with pytest.raises(InputError) as caught:
            compare(surface, **wrong)
        assert "\n" not in str(caught.value)
    assert worked == []


def test_the_same_seed_gives_the_same_numbers(surface):
    first = compare(surface, ["pca", "kmeans-3"], seed=5)
    np.random.default_rng().random(7)
    np.random.seed(3)  # noqa: NPY002
    second = compare(surface, ["pca", "kmeans-3"], seed=5)
    same_numbers(first, second)
    assert first.attrs["seed"] == 5


def test_the_order_of_scattered_spectra_does_not_matter(surface):
    y, x = np.meshgrid(surface["y"], surface["x"], indexing="ij")
    values, order = surface["spectra"].values.reshape(-1, 48), np.random.default_rng(0).permutation(576)
    energy, truth = surface["energy"].values, surface["truth_amplitude"].values.ravel() > 0.5
    here = compare(spectral_map(values, energy, x=x.ravel(), y=y.ravel()), ["pca"], truth=truth)
    shuffled = spectral_map(values[order], energy, x=x.ravel()[order], y=y.ravel()[order])
    there = compare(shuffled, ["pca"], truth=truth[order])
    assert here["method_score"].dims == ("algorithm", "point")
    for name in ("method_score", "method_label", "region", "truth"):
        np.testing.assert_allclose(there[name].values, here[name].values[..., order], rtol=1e-5, atol=1e-9)
    assert there["average_precision"].values == pytest.approx(here["average_precision"].values)


def test_units_do_not_matter(surface):
    here = compare(surface, ["pca", "kmeans-2"])
    spectra = surface["spectra"] * 2.0**-30
    spectra.attrs["units"] = "S"
    volts = surface["energy"] / 1000
    volts.attrs["units"] = "V"
    there = compare(surface.assign(spectra=spectra).assign_coords(energy=volts), ["pca", "kmeans-2"])
    np.testing.assert_allclose(there["method_score"] * 2.0**30, here["method_score"], rtol=1e-5, atol=1e-5)
    numbers = ("method_label", "group_size", "average_precision", "adjusted_rand_index", "distance_correlation")
    for name in numbers:
        np.testing.assert_allclose(there[name], here[name], atol=2 if name == "distance_correlation" else 1e-9)
    assert there["step_index"].values == pytest.approx(here["step_index"].values, abs=1e-4)
    assert there["group_spectrum"].attrs["units"] == "S"
    assert there["energy"].attrs["units"] == "V"


def test_an_energy_range_is_cut_out(surface, fakes):
    seen = []

    def note(task):
        seen.append(task.values.shape[1])
        return plane(task)

    found = compare(surface, fakes(note=note), energy_range=(-5.0, 5.0))
    assert seen == [found.sizes["energy"]]
    assert np.abs(found["energy"]).max() <= 5.0
    settings = json.loads(found.attrs["settings"])
    assert settings.pop("preparing")["smooth"] == 0
    assert settings == {"methods": ["note"], "seed": 0, "energy_range": [-5.0, 5.0]}


def test_it_comes_back_from_a_file(surface, fakes, tmp_path):
    names = fakes(hierarchy=hierarchy, plane=plane, zero=FAULTS["ZeroDivisionError"])
    found = compare(surface, ["pca", *names])
    again = open_result(save_result(found, tmp_path / "comparison.nc"))
    xr.testing.assert_identical(again, found)
    assert json.loads(again.attrs["skipped_methods"])["zero"].startswith("ZeroDivisionError")


def test_progress_is_reported_method_by_method(surface, fakes):
    def half(task):
        task.report(0.5)
        return plane(task)

    seen = []
    compare(surface, fakes(half=half, zero=FAULTS["ZeroDivisionError"]), progress=lambda *step: seen.append(step))
    assert seen == [("half", 0.0), ("half", 0.5), ("half", 1.0), ("zero", 0.0), ("zero", 1.0)]


def test_time_and_memory_are_measured():
    with measured() as cost, mmap.mmap(-1, 30_000_000) as block:  # pages of its own, whatever was freed before
        for _ in range(30):
            block.write(bytes(1_000_000))  # touched, so that it is there
        time.sleep(0.1)
    assert 0.1 <= cost.seconds < 5
    assert 15 < cost.peak_memory < 300
    with measured() as nothing:
        pass
    assert 0 <= nothing.peak_memory < 15


def test_the_cost_of_a_method_that_fails_is_measured_too():
    def fail():
        time.sleep(0.05)
        raise ZeroDivisionError

    with contextlib.suppress(ZeroDivisionError), measured() as cost:
        fail()
    assert cost.seconds >= 0.05

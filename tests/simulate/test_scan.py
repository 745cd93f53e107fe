import inspect
import json
from typing import Any

import numpy as np
import pytest
from surfaces import simulated

from didymos.schema import InputError
from didymos.simulate import OPTIONS, RECIPES, fese, semiconductor
from didymos.simulate.options import FeseOptions, SurfaceOptions, option_meanings
from didymos.simulate.recipes.common import Scan

SMALL: dict[str, Any] = {"shape": (20, 22), "energies": 32}
PITCH = 2.66e-10


def scan(drift, shape=(30, 40)):
    return Scan(FeseOptions(shape=shape, drift=drift), 1e-9)


@pytest.mark.parametrize("drift", [(0.0, 0.0), (3e-9, 0.0), (-2.5e-9, 4e-9), (0.0, -7e-9), (40e-9, 1e-9)])
def test_each_spectrum_is_taken_where_the_tip_has_drifted_to(drift):
    path = scan(drift)
    y, x = np.indices(path.canvas).astype(np.float32)
    seen = path.sample(np.stack([y, x], axis=-1))
    assert seen.shape == (30, 40, 2)
    expected = np.indices((30, 40)) + np.array(drift)[:, None, None] / 1e-9 * path.time
    difference = np.moveaxis(seen, -1, 0) - expected
    # the origin of the canvas is free, the rest is not
    np.testing.assert_allclose(difference, np.broadcast_to(difference[:, :1, :1], difference.shape), atol=0.02)
    assert seen.min() >= -0.02
    assert (np.moveaxis(seen, -1, 0).reshape(2, -1).max(axis=1) <= np.array(path.canvas) - 1 + 0.02).all()


@pytest.mark.parametrize("drift", [(0.0, 0.0), (3e-9, 0.0), (-2.5e-9, 4e-9), (20e-9, 5e-9)])
def test_a_site_appears_where_it_is_seen(drift):
    path = scan(drift)
    sites = path.scatter(12, 3.0, np.random.default_rng(2))
    y, x = np.indices(path.canvas)
    for site, (row, column) in zip(sites, path.apparent(sites), strict=True):
        blob = np.exp(-((y - site[0]) ** 2 + (x - site[1]) ** 2) / 4.0).astype(np.float32)[..., None]
        seen = path.sample(blob)[..., 0]
        where = np.unravel_index(int(seen.argmax()), seen.shape)
        assert np.hypot(where[0] - row, where[1] - column) <= 1.0


def test_drift_moves_defects_apart_from_where_they_are():
    still = simulated("fese", **SMALL, noise=0.0, defects=2, seed=3)
    moving = simulated("fese", **SMALL, noise=0.0, defects=2, seed=3, drift=(1.2e-9, 0.8e-9))
    assert moving.spectra.shape == still.spectra.shape
    for data in (still, moving):
        y, x = np.indices(SMALL["shape"])
        for row, column in data.truth_position.values / PITCH:
            near = np.hypot(y - row, x - column) < 5
            assert data.truth_amplitude.values[near].max() > 0.7


def test_the_zero_of_the_bias_drifts_from_the_first_to_the_last_spectrum():
    options = {"shape": (6, 6), "energies": 201, "noise": 0.0, "defects": 0, "inhomogeneity": 0.0}
    spectra = fese(**options, bias_drift=3.0).spectra
    straight = fese(**options).spectra[0, 0]
    np.testing.assert_allclose(spectra[0, 0], straight, rtol=2e-3)
    energy = straight.energy.values
    gap = [float(energy[np.abs(energy) < 8][spectra[row, column].values[np.abs(energy) < 8].argmin()])
           for row, column in ((0, 0), (3, 0), (5, 5))]  # fmt: skip
    assert gap == pytest.approx([gap[0], gap[0] + 3.0 * 18 / 35, gap[0] + 3.0], abs=0.25)


def test_a_changed_tip_stays_so_until_the_next_change():
    options = {"shape": (12, 10), "energies": 16, "noise": 0.0, "defects": 0, "inhomogeneity": 0.0, "seed": 4}
    curves = fese(**options, tip_changes=3).spectra.values.reshape(120, -1)
    changed = np.flatnonzero(np.abs(np.diff(curves, axis=0)).max(axis=1) > 1e-3)
    assert len(changed) == 3
    np.testing.assert_allclose(curves[0], fese(**options).spectra[0, 0], rtol=1e-5)


@pytest.mark.parametrize("texture", ["smooth", "moire", "domains"])
@pytest.mark.parametrize("recipe", [name for name, kind in OPTIONS.items() if issubclass(kind, SurfaceOptions)])
def test_every_texture_varies_the_surface_and_none_does_not(recipe, texture):
    options = {"shape": (10, 12), "energies": 12, "noise": 0.0, "defects": 0, "texture": texture}
    varied, even = (simulated(recipe, **options, inhomogeneity=scale).spectra.values for scale in (1.0, 0.0))
    np.testing.assert_allclose(even, np.broadcast_to(even[:1, :1], even.shape), rtol=1e-4, atol=1e-5)
    assert varied.std(axis=(0, 1)).max() > 1e-3 * varied.mean()


@pytest.mark.parametrize("recipe", [name for name, kind in OPTIONS.items() if kind.KINDS])
def test_kinds_come_in_turn_and_a_name_alone_will_do(recipe):
    known = OPTIONS[recipe].KINDS
    data = simulated(recipe, shape=(40, 44), energies=12, kinds=known, defects=4, noise=0.0)
    assert data.sizes["kind_index"] == len(known)
    assert data.truth_kind.attrs["flag_meanings"].split() == ["none", *known]
    np.testing.assert_array_equal(data.truth_position_kind, np.arange(4) % len(known) + 1)
    assert set(np.unique(data.truth_kind)) == {0, *range(1, len(known) + 1)}
    one = simulated(recipe, shape=(16, 16), energies=8, kinds=known[-1], defects=1)
    assert json.loads(one.attrs["parameters"])["kinds"] == [known[-1]]


@pytest.mark.slow
def test_several_kinds_have_spectra_of_their_own():
    data = fese(shape=(48, 48), energies=64, kinds=("vacancy", "adatom", "magnetic"), defects=6, noise=0.0, seed=1)
    surface = data.spectra.where(data.truth_amplitude < 0.02).mean(("y", "x"))
    change = np.stack([data.spectra.where(data.truth_kind == kind).mean(("y", "x")) - surface for kind in (1, 2, 3)])
    change /= np.linalg.norm(change, axis=1, keepdims=True)
    assert np.abs(change @ change.T - np.eye(3)).max() < 0.9
    # a spin binds states in the gap
    middle = np.abs(data.energy.values).argmin()
    assert change[2, middle] > 3 * abs(change[1, middle])


def test_wrong_options_get_one_line():
    for options, words in (
        ({"kinds": ("vacancy", "hole")}, "allowed are one or more of vacancy, adatom, magnetic"),
        ({"kinds": ()}, "kinds is empty"),
        ({"kinds": ("adatom", "adatom")}, "each once"),
        ({"texture": "rough"}, "smooth, moire, domains"),
        ({"tip_width": -1e-10}, "tip_width"),
        ({"drift": (1e-9, float("inf"))}, "drift"),
        ({"drift": 3.0}, r"drift is 3.0; allowed is \(float, float\)"),
        ({"shape": "ab"}, "shape is 'ab'; allowed is"),
        ({"noise": "much", "seed": 1}, "noise is 'much'; allowed is float"),
        ({"kinds": 3}, "kinds is 3"),
        ({"energy_range": (1,)}, "energy_range is"),
    ):
        with pytest.raises(InputError, match=words):
            fese(**{**SMALL, **options})


@pytest.mark.parametrize("recipe", RECIPES)
def test_options_are_in_the_signature_and_the_help(recipe):
    function, kind = RECIPES[recipe], OPTIONS[recipe]
    meanings = option_meanings(kind)
    parameters = inspect.signature(function).parameters
    assert list(parameters) == list(meanings)
    for name, (what, meaning) in meanings.items():
        assert f"    {name} : {what}\n" in (function.__doc__ or "")
        assert len(meaning) > 10
        assert parameters[name].default == getattr(kind(), name)


def test_numbers_of_any_type_are_the_same_request():
    plain = semiconductor(shape=(6, 7), energies=9, seed=2, energy_range=(-500, 500))
    other = semiconductor(shape=[np.int64(6), 7.0], energies=np.int32(9), seed=np.uint8(2),
                          energy_range=np.array([-500, 500]))  # fmt: skip
    assert plain.attrs["parameters"] == other.attrs["parameters"]
    np.testing.assert_array_equal(plain.spectra, other.spectra)

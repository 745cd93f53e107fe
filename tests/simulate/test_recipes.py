import inspect
import json

import numpy as np
import pytest
import xarray as xr
from surfaces import made, simulated

from didymos.schema import InputError, validate_map
from didymos.simulate import RECIPES, fese, polynomials, recipe_options, semiconductor

SMALL = {"shape": (24, 28), "energies": 64}
FLAWED = {"defects": 3, "missing": 0.1, "aborted_rows": 4, "corrupted": 0.05}
RECIPE = pytest.mark.parametrize("recipe", RECIPES)


def explained(spectra):
    curves = spectra.values.reshape(-1, spectra.sizes["energy"]).astype(float)
    variance = np.linalg.svd(curves - curves.mean(axis=0), compute_uv=False) ** 2
    return np.cumsum(variance) / variance.sum()


@pytest.fixture(scope="module")
def iron_selenide():
    """The default map, every second energy, without noise."""
    return fese(energies=128, noise=0.0)


@pytest.fixture(scope="module")
def crystal():
    return semiconductor(shape=(64, 64), energies=128, noise=0.0)


@RECIPE
def test_map_and_truth_have_the_promised_form(recipe):
    data = simulated(recipe, **SMALL)
    xr.testing.assert_identical(validate_map(data.spectra), data.spectra)
    assert data.spectra.dims == ("y", "x", "energy")
    assert data.spectra.shape == (24, 28, 64)
    assert {name: data[name].attrs["units"] for name in ("x", "y", "energy", "topography")} == {
        "x": "m",
        "y": "m",
        "energy": "mV",
        "topography": "m",
    }
    amplitude, kinds = data.truth_amplitude.values, data.truth_kind_amplitude.values
    assert ((amplitude >= 0) & (amplitude <= 1)).all()
    np.testing.assert_array_equal(amplitude, kinds.max(axis=0))
    np.testing.assert_array_equal(data.truth_kind.values > 0, amplitude > 0.5)
    assert data.truth_kind.values.max() <= data.sizes["kind_index"]
    assert data.truth_artefact.dtype == np.int8
    assert data.truth_position.shape == (data.sizes["defect"], 2)
    assert set(data.truth_position_kind.values) <= set(data.kind_index.values)
    assert np.isfinite(data.topography.values).all()
    for name in data.data_vars:
        assert "long_name" in data[name].attrs


@RECIPE
def test_parameters_reproduce_the_map(recipe):
    first = simulated(recipe, **SMALL, seed=1)
    parameters = json.loads(first.attrs["parameters"])
    assert parameters.keys() == recipe_options(recipe).keys()
    assert parameters["seed"] == first.attrs["seed"] == 1
    xr.testing.assert_equal(RECIPES[first.attrs["recipe"]](**parameters), first)


@RECIPE
def test_another_seed_gives_another_map(recipe):
    one, other = simulated(recipe, **SMALL), simulated(recipe, **SMALL, seed=1)
    assert not np.allclose(one.spectra, other.spectra)
    assert not np.array_equal(one.truth_position, other.truth_position)


@RECIPE
@pytest.mark.parametrize("options", [{"defects": 0}, {"defect_free": True}, {"defect_free": True, "defects": 4}])
def test_without_defects_nothing_is_there(recipe, options):
    data = simulated(recipe, **SMALL, **options)
    assert not data.truth_amplitude.values.any()
    assert not data.truth_kind.values.any()
    assert data.sizes["defect"] == 0
    assert np.isfinite(data.spectra).all()


@RECIPE
def test_number_of_defects_is_the_one_asked_for(recipe):
    assert simulated(recipe, **SMALL, **FLAWED).sizes["defect"] == 3


@pytest.mark.parametrize("recipe", ["fese", "semiconductor"])
def test_without_strength_the_defects_change_nothing(recipe):
    with_none, without = simulated(recipe, **SMALL, strength=0.0), simulated(recipe, **SMALL, defects=0)
    np.testing.assert_allclose(with_none.spectra, without.spectra, rtol=1e-5, atol=1e-6)
    assert not with_none.truth_amplitude.values.any()


@pytest.mark.parametrize("recipe", ["fese", "semiconductor"])
def test_surface_and_defects_do_not_depend_on_noise(recipe):
    clean, noisy = simulated(recipe, **SMALL, noise=0.0), simulated(recipe, **SMALL)
    for name in ("truth_amplitude", "truth_position", "topography"):
        xr.testing.assert_equal(clean[name], noisy[name])
    assert not np.allclose(clean.spectra, noisy.spectra)


@RECIPE
def test_missing_and_aborted_spectra_are_nan_and_corrupted_spectra_are_flagged(recipe):
    data = simulated(recipe, **SMALL, **FLAWED)
    absent = np.isnan(data.spectra.values)
    assert absent[-4:].all()
    np.testing.assert_array_equal(absent.any(axis=-1), absent.all(axis=-1))
    assert 0.05 < absent[:-4].mean() < 0.15
    assert set(np.unique(data.truth_artefact)) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    "energy_range", [(-3.0, 2.0), (4.0, 12.0), pytest.param((-40.0, -5.0), marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("recipe", ["fese", "semiconductor"])
def test_any_window_shows_the_same_spectra(recipe, energy_range):
    scale = 1.0 if recipe == "fese" else 50.0
    low, high = (scale * end for end in energy_range)
    window = made(recipe, shape=(9, 9), energies=8, energy_range=(low, high), noise=0.0, defects=1)
    wide = made(recipe, shape=(9, 9), energies=801, energy_range=(-40 * scale, 40 * scale), noise=0.0, defects=1)
    expected = wide.spectra.interp(energy=window.energy)
    np.testing.assert_allclose(window.spectra, expected, rtol=0.01, atol=0.01 * float(wide.spectra.mean()))


def test_polynomials_have_two_components_and_two_clouds():
    data = polynomials()
    assert data.sizes["energy"] == 512
    assert explained(data.spectra)[1] > 0.99 > explained(data.spectra)[0]
    points = data.truth_coefficients.values.reshape(-1, 2)
    second = data.truth_kind.values.ravel() == 1
    distance = np.linalg.norm(points[second].mean(axis=0) - points[~second].mean(axis=0))
    assert distance > 5 * max(points[second].std(axis=0).max(), points[~second].std(axis=0).max())
    # the curves know the coefficients: an affine map of the first two components leaves next to nothing
    curves = data.spectra.values.reshape(-1, 512).astype(float)
    u, s, _ = np.linalg.svd(curves - curves.mean(axis=0), full_matrices=False)
    design = np.column_stack([u[:, :2] * s[:2], np.ones(len(u))])
    residual = points - design @ np.linalg.lstsq(design, points, rcond=None)[0]
    assert residual.var() < 1e-3 * points.var()


def test_iron_selenide_has_few_components_and_few_defects(iron_selenide):
    share = explained(iron_selenide.spectra)
    assert share[1] > 0.90
    assert share[2] > 0.99
    assert 0.02 < (iron_selenide.truth_amplitude > 0.5).mean() < 0.04
    assert (iron_selenide.truth_amplitude < 0.02).mean() > 0.8


def test_default_noise_is_two_to_three_percent():
    clean, noisy = fese(shape=(32, 32), noise=0.0).spectra, fese(shape=(32, 32)).spectra
    noise = float((noisy - clean).std() / clean.mean())
    assert 0.02 < noise < 0.03


def test_iron_selenide_has_a_gap_that_vacancies_fill(iron_selenide):
    data = iron_selenide
    surface = data.spectra.where(data.truth_amplitude < 0.02).mean(("y", "x"))
    vacancy = data.spectra.where(data.truth_kind == 1).mean(("y", "x"))
    bottom = surface.sel(energy=slice(-4, 4)).idxmin("energy")
    assert abs(float(bottom)) < 0.5
    depth = [float(each.sel(energy=0, method="nearest") / each.sel(energy=[-3, 3], method="nearest").mean())
             for each in (surface, vacancy)]  # fmt: skip
    assert depth[0] < 0.8 < depth[1]
    # weight moves from filled to empty states, over the whole window
    change = vacancy - surface
    assert (change.sel(energy=slice(-15, -5)) < 0).all()
    assert change.sel(energy=slice(10, 15)).mean() > 0


def test_iron_selenide_windows_are_anticorrelated(iron_selenide):
    spectra = iron_selenide.spectra
    correlation = np.corrcoef(spectra.values.reshape(-1, spectra.sizes["energy"]).T)
    energy = spectra.energy.values
    filled, empty = energy < -5, energy > 9
    assert correlation[np.ix_(filled, filled)].mean() > 0.9
    assert correlation[np.ix_(filled, empty)].mean() < -0.2


def test_iron_selenide_has_dumbbells_in_two_orientations():
    data = fese(shape=(48, 48), energies=16, defects=4, noise=0.0, seed=2)
    assert set(data.truth_position_angle.values) == {-45.0, 45.0}
    pitch = float(data.x[1] - data.x[0])
    for (y, x), angle in zip(data.truth_position.values / pitch, data.truth_position_angle.values, strict=True):
        near = (np.hypot(*(np.indices((48, 48)) - np.array([y, x])[:, None, None])) < 5) * data.truth_amplitude.values
        if min(y, x, 47 - y, 47 - x) < 5:
            continue
        offset_y, offset_x = (np.indices((48, 48)) - np.array([y, x])[:, None, None]).astype(float)
        assert np.sign((near * offset_y * offset_x).sum()) == np.sign(angle)


def test_vacancies_scatter_waves_far_beyond_their_lobes():
    options = {"shape": (48, 48), "energies": 32, "noise": 0.0, "inhomogeneity": 0.0, "seed": 4}
    vacancy = fese(**options, defects=1)
    change = (vacancy.spectra - fese(**options, defects=0).spectra).values
    y, x = np.indices((48, 48))
    row, column = vacancy.truth_position.values[0] / 2.66e-10
    far = np.abs(change[np.hypot(y - row, x - column) > 12])
    mean = 6.7
    assert far.max() > 0.003 * mean  # nS
    assert far.max() < 0.1 * mean


def test_semiconductor_has_a_drifting_gap_and_two_kinds_of_levels(crystal):
    surface = crystal.spectra.where(crystal.truth_amplitude < 0.02)
    mean = surface.mean(("y", "x"))
    assert float(mean.sel(energy=0, method="nearest")) < 0.05 * float(mean.max())
    kinds = [crystal.spectra.where(crystal.truth_kind == kind).mean(("y", "x")) - mean for kind in (1, 2)]
    gap = slice(-400, 350)
    levels = [float(change.sel(energy=gap).idxmax("energy")) for change in kinds]
    assert levels[0] > 100
    assert levels[1] < -100
    edge = (surface > 0.3 * mean.sel(energy=-700, method="nearest")).sel(energy=slice(None, 0)).sum("energy")
    drift = edge.where(np.isfinite(surface[..., 0])).std() * float(crystal.energy[1] - crystal.energy[0])
    assert 10 < float(drift) < 100


def test_smaller_strength_is_fainter():
    for recipe in ("fese", "semiconductor"):
        clean, faint = (simulated(recipe, **SMALL, noise=0.0, strength=s).spectra.values for s in (0.0, 0.2))
        full = simulated(recipe, **SMALL, noise=0.0).spectra.values
        assert 0 < np.abs(faint - clean).max() < 0.4 * np.abs(full - clean).max()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shape": (0, 5)}, "shape"),
        ({"energies": 1}, "at least 2"),
        ({"energy_range": (5.0, -5.0)}, "ascending"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"defects": -2}, "defects"),
        ({"aborted_rows": 99}, "aborted_rows"),
    ],
)
@RECIPE
def test_bad_options_get_one_line(recipe, options, words):
    with pytest.raises(InputError, match=words) as caught:
        simulated(recipe, **{**SMALL, **options})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("recipe", [fese, semiconductor])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"strength": -1.0}, "strength"),
        ({"inhomogeneity": float("nan")}, "inhomogeneity"),
        ({"correlation_length": 0.0}, "correlation length"),
        ({"colour": 3}, "unknown option colour"),
        ({"defects": 5000}, "5000 defects"),
    ],
)
def test_bad_physics_gets_one_line(recipe, options, words):
    with pytest.raises(InputError, match=words):
        recipe(**{**SMALL, **options})


def test_unknown_recipe_gets_one_line():
    with pytest.raises(InputError, match=r"fese.*polynomials.*semiconductor"):
        recipe_options("snow")


@RECIPE
def test_every_option_is_documented(recipe):
    for name in inspect.signature(RECIPES[recipe]).parameters:
        assert name in (RECIPES[recipe].__doc__ or "")

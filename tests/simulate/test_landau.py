import numpy as np
import pytest
from naive_simulate import landau_levels_by_summation
from scipy.special import eval_genlaguerre, j0
from surfaces import made

from didymos.schema import InputError
from didymos.simulate import landau
from didymos.simulate.landau_density import Impurities, average_over, level_density
from didymos.simulate.landau_levels import DiracLevels, radial_states
from didymos.simulate.options.landau import CUTOFF

LEVELS = DiracLevels(field=10.0, fermi_velocity=1e6, dirac_point=-80.0, lifetime=5.0)
GRID = np.linspace(-270.0, 310.0, 291)
EVERY = np.arange(-LEVELS.highest, LEVELS.highest + 1)
PITCH = 1e-9
SMALL = {"shape": (24, 28), "energies": 64, "noise": 0.0, "lifetime": 8.0}
CENTRE = np.array([[20, 20]])


def well(distance):
    """A charge as deep under the surface as it is screened, in mV."""
    return -200.0 * np.exp(-np.hypot(distance, 3e-9) / 3e-9)


NOTHING = Impurities(np.zeros((0, 2), dtype=int), well)


def seen(disorder=None, impurities=NOTHING, levels=LEVELS, grid=GRID, shape=(41, 41)):
    margin = levels.margin(PITCH)
    potential = np.zeros((shape[0] + 2 * margin, shape[1] + 2 * margin))
    return level_density(potential if disorder is None else potential + disorder, impurities, levels, grid, PITCH)


def random_potential(shape, spread, seed=0):
    return spread * np.random.default_rng(seed).standard_normal(shape)


def test_levels_go_with_the_root_of_order_and_field():
    n = np.arange(1, 9)
    away = LEVELS.energy(n) - LEVELS.dirac_point
    np.testing.assert_allclose(away, away[0] * np.sqrt(n))
    np.testing.assert_allclose(LEVELS.energy(-n) - LEVELS.dirac_point, -away)
    assert LEVELS.energy(0) == LEVELS.dirac_point
    assert away[0] == pytest.approx(114.7, abs=0.1)  # mV: 36.3 mV at 1 T
    weak = DiracLevels(field=2.5, fermi_velocity=1e6, dirac_point=-80.0, lifetime=5.0)
    np.testing.assert_allclose(2 * (weak.energy(n) + 80.0), away)
    assert LEVELS.magnetic_length == pytest.approx(8.11e-9, abs=1e-11)
    assert LEVELS.energy(LEVELS.highest) + 80.0 <= CUTOFF < LEVELS.energy(LEVELS.highest + 1) + 80.0


@pytest.mark.parametrize("order", [0, 1, 2, 7, 14])
def test_orbits_are_normalised_rings_with_the_transform_of_laguerre(order):
    orbit, length = LEVELS.orbit(order, PITCH), LEVELS.magnetic_length
    assert orbit.min() >= 0
    assert orbit.sum() == pytest.approx(1.0)
    steps = PITCH * (np.arange(len(orbit)) - len(orbit) // 2)
    distance = np.hypot(steps[:, None], steps)
    parts = {order, max(order - 1, 0)}
    assert (orbit * distance**2).sum() == pytest.approx(2 * length**2 * (np.mean(list(parts)) + 1), rel=0.02)
    for q in (0.1 / length, 0.5 / length, 1.3 / length):
        y = (q * length) ** 2 / 2
        expected = np.mean([eval_genlaguerre(m, 0, y) * np.exp(-y) for m in parts])
        assert (orbit * j0(q * distance)).sum() == pytest.approx(expected, abs=0.005)


def test_average_over_an_orbit_is_the_plain_sum():
    orbit, field = LEVELS.orbit(0, 4e-9), random_potential((2, 25, 22), 1.0)
    reach = len(orbit) // 2
    average = average_over(field, orbit)
    assert average.shape == (2, 25 - 2 * reach, 22 - 2 * reach)
    expected = (field[1, 2 : 3 + 2 * reach, 1 : 2 + 2 * reach] * orbit).sum()
    assert average[1, 2, 1] == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(1, 1), (3, 4)])
def test_without_a_potential_there_is_the_comb(shape):
    density, shift = seen(shape=shape)
    comb = sum(
        4e-18 / (2 * np.pi * LEVELS.magnetic_length**2) * width / np.pi / ((GRID - energy) ** 2 + width**2)
        for energy, width in zip(LEVELS.energy(EVERY), LEVELS.width(EVERY), strict=True)
    )
    np.testing.assert_allclose(density, np.broadcast_to(comb, density.shape), rtol=1e-5)
    assert not shift.any()


def test_a_uniform_potential_moves_everything_by_itself():
    density, shift = seen(13.0, shape=(3, 3))
    moved = LEVELS.comb(EVERY, GRID - 13.0)
    np.testing.assert_allclose(density[1, 1], moved, atol=0.005 * moved.max())
    np.testing.assert_allclose(shift, 13.0)


def test_levels_follow_a_slowly_varying_potential():
    margin = LEVELS.margin(PITCH)
    x = np.arange(-margin, 41 + margin) - 20
    density, shift = seen(0.3 * x[None, :], grid=np.linspace(-130, 80, 2101))
    np.testing.assert_allclose(shift[20], 0.3 * x[margin:-margin], atol=1e-6)
    for first, last, order in ((0, 800, 0), (1300, 2101, 1)):
        energies = np.linspace(-130, 80, 2101)[first:last]
        peaks = energies[density[20, :, first:last].argmax(axis=-1)]
        np.testing.assert_allclose(peaks, LEVELS.energy(order) + 0.3 * x[margin:-margin], atol=1.2)


def test_every_level_keeps_its_weight_at_every_point():
    # one narrow group of levels, far from the others and from both ends of the grid
    sparse = DiracLevels(field=40.0, fermi_velocity=3e6, dirac_point=0.0, lifetime=4.0)
    grid = np.linspace(-350.0, 350.0, 1401)
    potential = random_potential((3 + 2 * sparse.margin(PITCH),) * 2, 60.0)
    impurities = Impurities(np.array([[1, 1]]), well)
    density, _ = seen(potential, impurities, sparse, grid, shape=(3, 3))
    clean, _ = seen(levels=sparse, grid=grid, shape=(3, 3))
    assert np.abs(density - clean).max() > 0.1 * clean.max()
    np.testing.assert_allclose(density.sum(axis=-1), clean.sum(axis=-1), rtol=0.01)
    weight = 4 / (2 * np.pi * (1e9 * sparse.magnetic_length) ** 2)
    assert clean[0, 0].sum() * (grid[1] - grid[0]) == pytest.approx(weight, rel=0.05)


@pytest.mark.parametrize("sites", [[], pytest.param([(1, 2)], marks=pytest.mark.slow), [(0, 0), (3, 4)]])
def test_density_is_the_plain_sum_over_centres_and_momenta(sites):
    levels = DiracLevels(field=40.0, fermi_velocity=8e5, dirac_point=-30.0, lifetime=25.0)
    grid, shape, pitch = np.linspace(-400, 400, 81), (4, 5), 2e-9
    margin = levels.margin(pitch)
    disorder = random_potential((shape[0] + 2 * margin, shape[1] + 2 * margin), 50.0)
    impurities = Impurities(np.array(sites, dtype=int).reshape(-1, 2), well)
    density, _ = level_density(disorder, impurities, levels, grid, pitch)
    expected = landau_levels_by_summation(disorder, sites, well, levels, grid, pitch, shape)
    every = np.arange(-levels.highest, levels.highest + 1)
    expected += levels.comb(every[np.abs(every) > levels.resolved], grid)
    inner = np.abs(grid - levels.dirac_point) < 180  # from where the levels that are not told apart are far
    assert levels.resolved >= 2
    np.testing.assert_allclose(density[..., inner], expected[..., inner], atol=0.01 * expected[..., inner].max())


@pytest.mark.parametrize("order", [0, 1, 3, 8])
def test_states_around_a_potential_have_the_mean_shift_of_the_projected_potential(order):
    # <r|P V P|r> / <r|P|r> = int |<r|P|r'>|^2 V(r') with the projector P on a Dirac level in closed form
    states = radial_states(LEVELS, order, well, PITCH)
    assert states.share.sum(axis=0).max() <= 1 + 1e-5
    reach = states.share.shape[-1] // 2
    steps = PITCH / 2 * np.arange(-120, 121)
    y, x = np.meshgrid(steps, steps, indexing="ij")
    for column in (0, 4, 11):
        u = (y**2 + (x - column * PITCH) ** 2) / (2 * LEVELS.magnetic_length**2)
        n = order
        kernel = eval_genlaguerre(n, 0, u) ** 2
        if n:
            kernel = (kernel + eval_genlaguerre(n - 1, 0, u) ** 2 + 2 * u / n * eval_genlaguerre(n - 1, 1, u) ** 2) / 4
        kernel = kernel * np.exp(-u) / (2 * np.pi * LEVELS.magnetic_length**2)
        expected = (kernel * well(np.hypot(y, x))).sum() * (PITCH / 2) ** 2
        assert states.shift @ states.share[:, reach, reach + column] == pytest.approx(expected, abs=0.1)


def test_a_charge_splits_the_lowest_level():
    density, shift = seen(impurities=Impurities(CENTRE, well))
    near = np.abs(GRID - LEVELS.energy(0)) < 60
    at_core = GRID[near][density[20, 20, near].argmax()]
    far = GRID[near][density[0, 0, near].argmax()]
    assert far == pytest.approx(LEVELS.energy(0), abs=2)
    assert at_core == pytest.approx(LEVELS.energy(0) + shift[20, 20], abs=3)
    assert shift[20, 20] < -10
    assert shift.argmin() == 20 * 41 + 20


def test_a_translated_impurity_translates_the_change():
    one, _ = seen(impurities=Impurities(CENTRE, well))
    other, _ = seen(impurities=Impurities(CENTRE + np.array([3, -5]), well))
    np.testing.assert_allclose(other[3:, :-5], one[:-3, 5:], rtol=1e-4)


def test_two_far_impurities_change_what_each_of_them_changes():
    clean, _ = seen(shape=(21, 161))
    sites = np.array([[10, 10], [10, 150]])
    one, other, both = (
        seen(impurities=Impurities(some, well), shape=(21, 161))[0] for some in (sites[:1], sites[1:], sites)
    )
    np.testing.assert_allclose(both - clean, one + other - 2 * clean, atol=0.005 * clean.max())


def test_weak_field_merges_the_levels_into_the_cone():
    weak = DiracLevels(field=0.5, fermi_velocity=1e6, dirac_point=0.0, lifetime=6.0)
    energy = np.linspace(60.0, 300.0, 61)
    comb = weak.comb(np.arange(-weak.highest, weak.highest + 1), energy)
    sea = np.linspace(-CUTOFF, CUTOFF, 30001)
    width = weak.lifetime + 0.02 * np.abs(sea)
    lines = width / np.pi / ((energy[:, None] - sea) ** 2 + width**2)
    cone = 2 / (np.pi * 658.212**2) * np.abs(sea)  # 1/(mV nm^2), hbar v_F = 658.212 mV nm
    np.testing.assert_allclose(comb, np.trapezoid(lines * cone, sea), rtol=0.01)
    np.testing.assert_allclose(weak.field_free(energy), np.interp(energy, sea, cone), rtol=0.01)


def test_density_is_never_negative():
    potential = random_potential((41 + 2 * LEVELS.margin(PITCH),) * 2, 300.0)
    density, _ = seen(potential, Impurities(CENTRE, lambda distance: 5 * well(distance)))
    assert density.min() > 0


@pytest.mark.parametrize("options", [{"defects": 0}, {"defect_free": True}])
def test_no_strength_is_the_clean_surface_to_the_bit(options):
    clean, none = landau(**SMALL, **options), made("landau", **SMALL, strength=0.0)
    np.testing.assert_array_equal(clean.spectra, none.spectra)
    assert not none.truth_amplitude.values.any()
    assert np.abs(made("landau", **SMALL).spectra - clean.spectra).max() > 0.1


def test_homogeneous_surface_has_one_spectrum():
    data = landau(**SMALL, inhomogeneity=0.0, defects=0)
    np.testing.assert_allclose(data.spectra, np.broadcast_to(data.spectra[0, 0], data.spectra.shape), rtol=1e-6)
    peak = data.spectra[0, 0].sel(energy=slice(-120, -40)).idxmax("energy")
    assert float(peak) == pytest.approx(-80.0, abs=8)


def test_disorder_moves_the_levels_and_does_not_depend_on_the_field():
    options = {"shape": (40, 40), "noise": 0.0, "defects": 0, "potential_spread": 8.0}
    lowest = [
        landau(**options, field=field).spectra.sel(energy=slice(-110, -50)).idxmax("energy").values
        for field in (8.0, 16.0)
    ]
    assert lowest[0].std() > 2  # mV
    assert np.corrcoef(lowest[0].ravel(), lowest[1].ravel())[0, 1] > 0.9


def test_default_map_has_few_defects_of_both_kinds():
    data = landau(energies=64)
    assert 0.02 < (data.truth_amplitude > 0.5).mean() < 0.04
    assert set(np.unique(data.truth_kind)) == {0, 1, 2}
    assert (data.truth_amplitude < 0.1).mean() > 0.7


def test_amplitude_of_a_charge_falls_off_smoothly_and_knows_no_disorder():
    options = {**SMALL, "shape": (31, 31), "defects": 1, "kinds": "charged"}
    data = landau(**options)
    amplitude = data.truth_amplitude
    y, x = np.rint(data.truth_position.values[0] / PITCH).astype(int)
    assert float(amplitude[y, x]) == pytest.approx(1.0, abs=0.01)
    line = amplitude.values[y, x:] if x < 15 else amplitude.values[y, x::-1]
    assert (np.diff(line[:16]) <= 1e-3).all()
    assert np.abs(np.diff(line)).max() < 0.12
    for other in ({"inhomogeneity": 0.0}, {"potential_spread": 20.0, "slope_spread": 1e-3}):
        np.testing.assert_allclose(landau(**options, **other).truth_amplitude, amplitude, atol=1e-6)


def test_vacancy_puts_a_resonance_in_place_of_the_levels():
    options = {"shape": (31, 31), "defects": 1, "kinds": "vacancy", "noise": 0.0, "seed": 3}
    data = landau(**options)
    y, x = np.rint(data.truth_position.values[0] / PITCH).astype(int)
    core = data.spectra[y, x]
    assert float(core.idxmax("energy")) == pytest.approx(-80 + 45, abs=15)
    clean = landau(**options | {"defects": 0}).spectra[y, x]
    level = {"energy": float(clean.sel(energy=slice(20, 80)).idxmax("energy"))}
    contrast = [
        float(each.sel(level) / each.sel(energy=level["energy"] - 20, method="nearest")) for each in (core, clean)
    ]
    assert contrast[0] < 1.1 < 1.5 < contrast[1]


def test_charge_bends_levels_by_its_sign():
    options = {**SMALL, "energies": 256, "defects": 1, "kinds": "charged", "inhomogeneity": 0.0}
    moved = []
    for charge in (-1.0, 1.0):
        data = landau(**options, charge=charge)
        y, x = np.rint(data.truth_position.values[0] / PITCH).astype(int)
        moved.append(float(data.spectra[y, x].sel(energy=slice(-130, -30)).idxmax("energy")) + 80)
    assert moved[0] > 10
    assert moved[1] == pytest.approx(-moved[0], abs=4)


@pytest.mark.parametrize("texture", ["smooth", "moire", "domains"])
def test_there_is_a_current_even_without_background(texture):
    data = landau(**SMALL, texture=texture, background=0.0, potential_spread=40.0, correlation_length=3e-9)
    assert data.spectra.values.min() >= 0
    assert np.isfinite(data.topography).all()


def test_a_drifting_tip_sees_the_same_defect_elsewhere():
    data = landau(**SMALL, defects=1, kinds="charged", drift=(4e-9, 0.0))
    y, x = np.rint(data.truth_position.values[0] / PITCH).astype(int)
    assert float(data.truth_amplitude[y, x]) > 0.95


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"field": 0.1}, "field is 0.1; allowed are numbers from 1 to 40"),
        ({"fermi_velocity": 1.0}, "fermi_velocity"),
        ({"dirac_point": 900.0}, "dirac_point"),
        ({"lifetime": 0.0}, "lifetime"),
        ({"background": -0.1}, "background"),
        ({"potential_spread": -1.0}, "potential_spread"),
        ({"slope_spread": float("nan")}, "slope_spread"),
        ({"charge": 9.0}, "charge"),
        ({"screening_length": 1e-6}, "screening_length"),
        ({"energy_range": (-2000.0, 100.0)}, "1920 mV from the Dirac point; allowed are 1500"),
        ({"setpoint_bias": 1600.0}, "1680 mV"),
        ({"kinds": "adatom"}, "charged, vacancy"),
    ],
)
def test_bad_options_get_one_line(options, words):
    with pytest.raises(InputError, match=words) as caught:
        landau(**{**SMALL, **options})
    assert "\n" not in str(caught.value)

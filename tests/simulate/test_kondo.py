import dataclasses

import numpy as np
import pytest
from naive_simulate import density_with_levels, greens_function_by_inversion
from scipy import constants
from scipy.optimize import curve_fit

from didymos.schema import InputError
from didymos.simulate import kondo
from didymos.simulate.bands import parabolic_band
from didymos.simulate.impurity import Impurity, ResonantLevel
from didymos.simulate.lattice import Lattice
from didymos.simulate.options.kondo import ADATOMS, Adatom, KondoOptions
from didymos.simulate.recipes.kondo import EMPTY_WIDTH, SPACING, adatom_levels
from didymos.simulate.scattering import density_change

MASS, ONSET = 0.4, -65.0
HOPPING = 1e3 * constants.hbar**2 / (2 * MASS * constants.m_e * SPACING**2 * constants.e)  # mV
SMALL = {"shape": (26, 24), "energies": 96, "lifetime": 6.0}
QUIET = {**SMALL, "noise": 0.0, "inhomogeneity": 0.0}
KINDS = pytest.mark.parametrize("kind", ADATOMS)


def band(size, shift=0.0, onset=ONSET):
    return parabolic_band((size, size), onset, MASS, SPACING, shift)


@pytest.fixture(scope="module")
def surface():
    """A surface large enough that nothing comes round it, its options and its lattice."""
    return KondoOptions(lifetime=6.0), Lattice(band(256))


def on_top(surface, levels, energy, columns=1):
    """Change of the density of states above one adatom and along the row beside it, shape (columns, energy)."""
    options, lattice = surface
    levels = [dataclasses.replace(level, site=(0, 0)) for level in levels]
    tip = options.tip_width / SPACING
    return density_change(lattice, levels, energy, options.lifetime, (1, columns), 1, tip=tip)[0].astype(float)


@pytest.fixture(scope="module")
def adatoms():
    """Noise-free map of one adatom of each kind, with its row and column, and a spectrum without it."""
    options = {**QUIET, "energies": 201, "lifetime": 4.5}
    maps = {kind: kondo(**options, kinds=(kind,), defects=1) for kind in ADATOMS}
    clean = kondo(**options, defects=0).spectra.values[0, 0]
    return {kind: (data, place_of(data)) for kind, data in maps.items()}, clean


def place_of(data):
    return tuple(np.rint(data.truth_position.values[0] / SPACING).astype(int))


# the band


def test_band_is_that_of_free_electrons_near_its_bottom():
    k = 2 * np.pi * np.array([0, 1, 3, 6]) / 128
    energy = band(128)[0, [0, 1, 3, 6], 0, 0]
    free = ONSET + 1e3 * (constants.hbar * k / SPACING) ** 2 / (2 * MASS * constants.m_e) / constants.e
    np.testing.assert_allclose(energy - ONSET, free - ONSET, rtol=0.01)


def test_density_of_states_is_a_step_of_the_effective_mass():
    lattice = Lattice(band(300, 0.25), 0.25)
    step = MASS * constants.m_e * SPACING**2 / (2 * np.pi * constants.hbar**2) * constants.e * 1e-3  # 1/mV and spin
    below, onset, plateau = lattice.density([ONSET - 60, ONSET, ONSET + 60], 5.0, 1)
    assert plateau == pytest.approx(step, rel=0.03)
    assert onset == pytest.approx(step / 2, rel=0.03)
    assert below < 0.04 * step


@pytest.mark.parametrize("shape", [(6, 8), (5, 6), (6, 7)])
def test_greens_function_of_an_even_band_is_that_of_inversion(shape):
    hamiltonian = parabolic_band(shape, -300.0, MASS, SPACING)
    slow = greens_function_by_inversion(hamiltonian, -100.0, 60.0)
    fast = Lattice(hamiltonian).greens_function([-100.0], 60.0)[0]
    np.testing.assert_allclose(fast, slow, atol=2e-6 * np.abs(slow).max())


# levels on a lattice

LEVELS = {
    "level": [ResonantLevel((2, 3), 40.0, 300.0)],
    "direct": [ResonantLevel((2, 3), 40.0, 300.0, direct=-1.7)],
    "width": [ResonantLevel((2, 3), 40.0, 300.0, direct=0.6, width=45.0)],
    "two": [ResonantLevel((2, 3), 40.0, 300.0, direct=0.6), ResonantLevel((4, 2), -90.0, 250.0, direct=-1.0)],
    "beside a potential": [ResonantLevel((2, 3), 40.0, 300.0, direct=0.6), Impurity((2, 4), np.array([[-400.0]]))],
    "two on a site": [ResonantLevel((2, 3), 900.0, 700.0, width=90.0), ResonantLevel((2, 3), 0.0, 200.0, 1.5)],
}


@pytest.mark.parametrize("tip", [0.0, 0.6])
@pytest.mark.parametrize("levels", LEVELS.values(), ids=LEVELS)
def test_levels_are_those_of_the_lattice_with_a_site_more_for_each(levels, tip):
    hamiltonian, energy = parabolic_band((5, 6), -300.0, MASS, SPACING), np.linspace(-400, 400, 21)
    clean = density_with_levels(hamiltonian, [], energy, 20.0, tip)
    exact = density_with_levels(hamiltonian, levels, energy, 20.0, tip)
    fast = density_change(Lattice(hamiltonian), levels, energy, 20.0, (5, 6), 1, tip=tip)
    assert np.abs(exact - clean).max() > 0.1 * clean.max()
    np.testing.assert_allclose(fast, exact - clean, atol=2e-4 * np.abs(exact).max())


def test_a_level_brings_one_state_which_only_a_direct_tip_sees():
    hamiltonian, energy = parabolic_band((6, 6), -300.0, MASS, SPACING), np.arange(-30_000, 30_000, 10.0)

    def weight(direct):
        levels = [ResonantLevel((2, 3), 40.0, 300.0, direct=direct)]
        change = density_change(Lattice(hamiltonian), levels, energy, 30.0, (6, 6), 1)
        return np.trapezoid(change, energy, axis=-1), np.trapezoid(np.abs(change), energy, axis=-1)[2, 3]

    sites, moved = weight(0.0)
    assert moved > 0.05
    assert np.abs(sites).max() < 1e-3
    sites, _ = weight(0.8)
    assert sites[2, 3] == pytest.approx(0.8**2, rel=0.01)  # the tails beyond the range hold some
    assert np.abs(np.delete(sites, 2 * 6 + 3)).max() < 1e-3


# the line of one adatom


def fano(energy, height, q, level, width, offset, slope, bend):
    ratio = (energy - level) / width
    return height * (q**2 - 1 + 2 * q * ratio) / (1 + ratio**2) + offset + slope * energy + bend * energy**2


@pytest.mark.parametrize("q", [-0.7, 0.0, 0.8, 2.0])
@pytest.mark.parametrize("attraction", [-1e-3, -500.0])
def test_on_top_of_an_adatom_the_line_has_the_shape_width_and_energy_asked_for(surface, attraction, q):
    options = surface[0]
    energy = np.linspace(-30, 30, 61)
    levels = adatom_levels(surface[1], Adatom(attraction, temperature=40.0, level=2.0, asymmetry=q), options)
    line = on_top(surface, levels, energy) - on_top(surface, levels[:1], energy)
    start = (np.abs(line).max(), q, 2.0, 4.0, 0.0, 0.0, 0.0)
    fitted, _ = curve_fit(fano, energy, line[0], start)
    width = constants.k / constants.e * 1e3 * np.hypot(np.pi * options.temperature, 40.0)
    assert fitted[1] == pytest.approx(q, abs=0.12)
    assert fitted[2] == pytest.approx(2.0, abs=0.4)
    assert abs(fitted[3]) == pytest.approx(width, rel=0.1)


def test_the_line_changes_with_the_direct_way_to_the_level(surface):
    levels = adatom_levels(surface[1], ADATOMS["cobalt"], surface[0])
    energy = np.array([3.0 - 10, 3.0, 3.0 + 10])
    background = on_top(surface, levels[:1], energy)[0]
    asymmetry = []
    for direct in (levels[1].direct, 0.0, -levels[1].direct):
        low, _, high = on_top(surface, [levels[0], dataclasses.replace(levels[1], direct=direct)], energy)[0]
        asymmetry.append(high - background[2] - low + background[0])
    assert asymmetry[0] > asymmetry[1] > asymmetry[2]
    assert levels[1].direct > 0


def test_temperature_and_scale_widen_the_resonance(surface):
    def inelastic(**options):
        return adatom_levels(surface[1], ADATOMS["cobalt"], KondoOptions(lifetime=6.0, **options))[1]

    cold, warm, strong = inelastic(), inelastic(temperature=77.0), inelastic(kondo_scale=2.0)
    assert warm.width > 2 * cold.width
    assert warm.coupling == pytest.approx(cold.coupling)
    assert strong.coupling == pytest.approx(np.sqrt(2) * cold.coupling)


# bound states and waves


@pytest.mark.parametrize("attraction", [-900.0, -1100.0])
def test_attraction_binds_a_state_below_the_onset(surface, attraction):
    energy = np.arange(-140, -40, 0.5)
    options = surface[0]
    (level,) = adatom_levels(surface[1], Adatom(attraction), options)
    change = on_top((dataclasses.replace(options, lifetime=2.0), Lattice(band(480))), [level], energy)[0]
    bound = energy[change.argmax()]
    strength = (level.coupling**2 / (bound + 1j * EMPTY_WIDTH - level.level)).real
    # 1 / U = G(E): the logarithm of the square lattice below its band, E. N. Economou (2006), ch. 5
    assert bound == pytest.approx(ONSET - 32 * HOPPING * np.exp(4 * np.pi * HOPPING / strength), abs=2.0)
    assert bound < ONSET - 3


def test_waves_have_half_the_wavelength_of_the_electrons():
    lattice, place, width = Lattice(band(480)), np.arange(8, 80), 4.0
    for energy in (0.0, 60.0):
        change = density_change(lattice, [Impurity((0, 0), np.array([[600.0]]))], [energy], width, (1, 80), 1)[0, 8:, 0]
        k = np.arccos(1 - (energy - ONSET) / (2 * HOPPING))
        decay = np.exp(-2 * width * place / (2 * HOPPING * np.sin(k)))
        waves = np.stack([np.cos(2 * k * place), np.sin(2 * k * place)]) * decay / place
        fit = waves.T @ np.linalg.lstsq(waves.T, change, rcond=None)[0]
        assert np.corrcoef(fit, change)[0, 1] > 0.99
        other = np.stack([np.cos(2.1 * k * place), np.sin(2.1 * k * place)]) * decay / place
        worse = other.T @ np.linalg.lstsq(other.T, change, rcond=None)[0]
        assert ((worse - change) ** 2).sum() > 5 * ((fit - change) ** 2).sum()


# the map


def test_cobalt_is_a_dip_and_titanium_also_a_peak_at_the_fermi_level(adatoms):
    for kind in ("cobalt", "titanium"):
        data, place = adatoms[0][kind]
        line, energy = data.spectra.values[place], data.energy.values
        near = np.abs(energy) < 25
        around = np.mean([line[np.abs(energy - at) < 3].mean() for at in (-25, 25)])
        assert 0.1 < 1 - line[near].min() / around < 0.4
        assert (line[near].max() / around - 1 > 0.08) == (kind == "titanium")


def test_silver_has_nothing_at_the_fermi_level_and_a_peak_below_the_onset(adatoms):
    data, place = adatoms[0]["silver"]
    line, energy = data.spectra.values[place], data.energy.values
    assert energy[line.argmax()] < ONSET - 2
    near = np.abs(energy) < 25
    smooth = np.polyval(np.polyfit(energy[near], line[near], 2), energy[near])
    assert np.abs(smooth - line[near]).max() < 0.02 * line[near].mean()
    assert line.max() > 2 * adatoms[1].max()


def test_kinds_differ(adatoms):
    maps, clean = adatoms
    cores = {kind: data.spectra.values[place] - clean for kind, (data, place) in maps.items()}
    cores = {kind: core / np.linalg.norm(core) for kind, core in cores.items()}
    for one, other in (("cobalt", "titanium"), ("cobalt", "silver"), ("titanium", "silver")):
        assert cores[one] @ cores[other] < 0.93


@KINDS
def test_spectra_and_truth_are_largest_at_the_adatom(adatoms, kind):
    data, place = adatoms[0][kind]
    assert data.truth_amplitude.values[place] == pytest.approx(1.0)
    assert (data.truth_amplitude.values > 0.5).sum() < 30
    change = np.abs(data.spectra.values - adatoms[1]).sum(axis=-1)
    assert np.hypot(*(np.unravel_index(change.argmax(), change.shape) - np.array(place))) < 1.5
    assert (data.spectra.values > 0).all()


@KINDS
def test_without_strength_or_defects_the_surface_is_the_clean_one(kind):
    options = {**SMALL, "kinds": (kind,), "seed": 3, "noise": 0.0}
    clean = kondo(**options, defects=0)
    for same in ({"defect_free": True}, {"strength": 0.0}):
        np.testing.assert_array_equal(kondo(**options, **same).spectra, clean.spectra)


def test_onset_moves_over_the_surface_and_the_resonance_does_not():
    uneven = {"onset_spread": 6.0, "slope_spread": 0.0, "correlation_length": 8e-10}
    options = {**SMALL, **uneven, "noise": 0.0, "energies": 201, "lifetime": 4.0}
    with_one, without = kondo(**options, defects=1, seed=4), kondo(**options, defects=0, seed=4)
    energy = without.energy.values
    steepest = energy[np.diff(without.spectra.values, axis=-1).argmax(axis=-1)]
    assert 3 < steepest.std() < 10
    assert steepest.mean() == pytest.approx(ONSET, abs=8)
    place = place_of(with_one)
    near = np.abs(energy) < 25
    dip = with_one.spectra.values[place][near] / without.spectra.values[place][near]
    assert energy[near][dip.argmin()] == pytest.approx(ADATOMS["cobalt"].level, abs=4)


def test_bulk_states_are_the_rest_of_the_surface_state():
    shares = []
    for share in (0.3, 0.6):
        spectrum = kondo(**{**QUIET, "lifetime": 3.0}, defects=0, surface_share=share).spectra.values[0, 0]
        energy = np.linspace(-100, 100, 96)
        below, above = (spectrum[np.abs(energy - at) < 5].mean() for at in (-95, 0))
        shares.append(1 - below / above)
    np.testing.assert_allclose(shares, [0.3, 0.6], atol=0.06)


@pytest.mark.slow
def test_default_map_has_as_many_points_of_adatoms_as_promised():
    data = kondo(energies=32)
    assert data.sizes["defect"] == 30
    assert 0.02 < float((data.truth_amplitude > 0.5).mean()) < 0.04


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("onset", 10.0),
        ("effective_mass", 0.1),
        ("lifetime", 0.5),
        ("surface_share", 0.0),
        ("kondo_scale", 0.0),
        ("onset_spread", -1.0),
        ("slope_spread", -1.0),
        ("kinds", ("iron",)),
    ],
)
def test_values_outside_their_range_get_one_line(option, value):
    with pytest.raises(InputError, match=f"{option} is .*allowed are"):
        kondo(**{option: value})

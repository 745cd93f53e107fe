import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymos.core.defects import learned_amplitude
from didymos.core.defects.amplitude import Amplitudes
from didymos.core.defects.learned_amplitude import LARGEST_AMPLITUDE, LEAST_NOISE, LearnedAmplitude
from didymos.core.defects.quadratic import QuadraticMap

COLUMNS, STRENGTH = 4, 20.0


def planted(kinds=1, points=1200, seed=0, noise=0.02):
    """Spectra of which a quarter hold some of a defect: features, true amplitude of each kind, what was measured."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((points, kinds))
    defect = rng.random(points) < 0.25
    kind = rng.integers(0, kinds, points)
    truth[np.arange(points), kind] = np.where(defect, rng.random(points), 0.0)
    features = rng.normal(size=(points, COLUMNS))
    features[:, :kinds] += STRENGTH * truth
    value = truth.max(axis=1) + rng.normal(scale=noise, size=points)
    nothing = np.zeros(points, dtype=bool)
    return features, truth, Amplitudes(value, (kind + 1).astype(np.int16), ~defect, nothing, np.full(kinds, noise))


def part(amplitudes, which):
    """The amplitudes of some spectra."""
    value, kind, quiet, doubtful = amplitudes.value, amplitudes.kind, amplitudes.quiet, amplitudes.doubtful
    return Amplitudes(value[which], kind[which], quiet[which], doubtful[which], amplitudes.noise)


def replaced(amplitudes, **changes):
    return Amplitudes(**{**vars(amplitudes), **changes})


def same(first, second):
    """Whether two learned amplitudes are the same to the bit."""
    names = ("offset", "linear", "quadratic", "reach")
    forms = all(np.array_equal(getattr(first.forms, name), getattr(second.forms, name)) for name in names)
    return forms and np.array_equal(first.noise, second.noise)


def by_hand(kinds, noise, strangeness=1.0):
    """Amplitudes that are the features themselves."""
    pairs = kinds * (kinds + 1) // 2
    forms = QuadraticMap(np.zeros(kinds), np.eye(kinds), np.zeros((pairs, kinds)), 1e9)
    return LearnedAmplitude(forms, np.array(noise), strangeness)


@pytest.mark.parametrize("kinds", [1, 2, 3])
@pytest.mark.parametrize("seed", range(2))
def test_spectra_that_were_not_learned_from_have_the_right_amplitude(kinds, seed):
    features, truth, amplitudes = planted(kinds, seed=seed)
    learned, others = np.arange(1200) < 600, np.arange(1200) >= 600
    found = LearnedAmplitude.of(features[learned], part(amplitudes, learned), 1.0, seed=0).forms(features[others])
    assert found.shape == (600, kinds)
    assert np.sqrt(np.mean((found - truth[others]) ** 2)) < 2 / STRENGTH
    for number in range(kinds):
        assert np.corrcoef(found[:, number], truth[others, number])[0, 1] > 0.9


def test_what_is_learned_is_no_worse_than_the_noise_of_the_features():
    features, _, amplitudes = planted()
    found = LearnedAmplitude.of(features, amplitudes, 1.0, seed=0)
    # along the change the features have a spread of 1, the change one of 20
    assert 0.5 / STRENGTH < found.noise[0] < 1.1 / STRENGTH


def test_a_curved_majority_is_no_defect():
    rng = np.random.default_rng(1)
    features, truth, amplitudes = planted(seed=1)
    position = rng.uniform(-6, 6, len(features))
    features[:, 1] += position
    # at its ends the majority is as far along the change as a defect
    features[:, 0] += 0.5 * position**2
    found = LearnedAmplitude.of(features, amplitudes, 1.0, seed=0).forms(features)[:, 0]
    ends = (np.abs(position) > 5) & amplitudes.quiet
    assert features[ends, 0].mean() > 0.6 * STRENGTH
    assert found[ends].mean() == pytest.approx(0, abs=0.1)
    assert np.corrcoef(found, truth[:, 0])[0, 1] > 0.9


def test_at_quiet_points_the_amplitude_is_nought_whatever_was_measured():
    features, _, amplitudes = planted()
    strange = np.where(amplitudes.quiet, 7.0, amplitudes.value)
    plain = LearnedAmplitude.of(features, amplitudes, 1.0, seed=0)
    assert same(plain, LearnedAmplitude.of(features, replaced(amplitudes, value=strange), 1.0, seed=0))
    strange = np.where(amplitudes.quiet, amplitudes.value, 0.5)
    assert not same(plain, LearnedAmplitude.of(features, replaced(amplitudes, value=strange), 1.0, seed=0))


def test_amplitudes_beyond_the_known_range_are_cut_off():
    features, _, amplitudes = planted()
    wide = np.where(amplitudes.value > 0.8, 30.0, np.where(amplitudes.value < 0.2, -30.0, amplitudes.value))
    cut = np.clip(wide, 0.0, LARGEST_AMPLITUDE)
    first, second = (
        LearnedAmplitude.of(features, replaced(amplitudes, value=value), 1.0, seed=0) for value in (wide, cut)
    )
    assert same(first, second)
    assert first.forms(features).max() < 2 * LARGEST_AMPLITUDE


def test_doubtful_spectra_teach_nothing():
    rng = np.random.default_rng(2)
    features, _, amplitudes = planted()
    doubtful = ~amplitudes.quiet & (rng.random(1200) < 0.4)
    broken = features.copy()
    broken[doubtful] = 100.0
    found = LearnedAmplitude.of(broken, replaced(amplitudes, doubtful=doubtful), 1.0, seed=0)
    expected = LearnedAmplitude.of(features[~doubtful], part(amplitudes, ~doubtful), 1.0, seed=0)
    assert same(found, expected)


def test_the_order_of_the_spectra_hardly_matters():
    features, _, amplitudes = planted(2)
    order = np.random.default_rng(3).permutation(1200)
    plain = LearnedAmplitude.of(features, amplitudes, 1.0, seed=0)
    other = LearnedAmplitude.of(features[order], part(amplitudes, order), 1.0, seed=0)
    assert other.forms(features) == pytest.approx(plain.forms(features), abs=1e-9)
    assert other.noise == pytest.approx(plain.noise, rel=1e-9)


def test_the_noise_is_positive_where_the_majority_is_all_alike():
    features, _, amplitudes = planted()
    features[amplitudes.quiet] = 0.0
    found = LearnedAmplitude.of(features, amplitudes, 1.0, seed=0)
    assert found.noise == pytest.approx([LEAST_NOISE])


def test_without_a_quiet_spectrum_the_noise_is_that_of_the_measurement():
    features, _, amplitudes = planted(2)
    some = part(amplitudes, ~amplitudes.quiet)
    found = LearnedAmplitude.of(features[~amplitudes.quiet], some, 1.0, seed=0)
    assert np.array_equal(found.noise, amplitudes.noise)


@given(st.floats(0, 3), st.floats(0, 3), st.floats(0, 5), st.floats(0, 5))
def test_the_degree_rises_with_the_amplitude_and_with_what_is_strange(less, more, small, large):
    less, more = sorted((less, more))
    small, large = sorted((small, large))
    learned = by_hand(1, [0.1], 2.0)
    first, second, third = learned.degree(np.array([[less], [more], [less]]), np.array([small, small, large]))
    assert first <= second
    assert first <= third


def test_the_degree_is_that_of_the_nearest_kind_and_of_what_is_strange_to_all():
    learned = by_hand(2, [0.3, 0.4], 5.0)
    features = np.array([[0.0, 0.0], [-9.0, -9.0], [0.4, 0.0], [0.4, 0.3], [0.0, 0.0]])
    found = learned.degree(learned.forms(features), np.array([0, 0, 0, 0, 10.0]))
    # sqrt(a^2 + noise^2) of the largest kind; twice the strangeness counts as 2
    assert found == pytest.approx([0.4, 0.4, 0.5, 0.5, np.hypot(0.4, 2)])


def test_the_core_of_a_defect_has_degree_one():
    features, truth, amplitudes = planted(2)
    learned = LearnedAmplitude.of(features, amplitudes, 1.0, seed=0)
    found = learned.degree(learned.forms(features), np.zeros(len(features)))
    whole = truth.max(axis=1)
    assert found[whole > 0.95].mean() == pytest.approx(1, abs=0.1)
    assert found[whole == 0].mean() < 0.2


def learned_from(monkeypatch, features, amplitudes, seed):
    """The rows of the features that are learned from."""
    seen = []
    learn = QuadraticMap.learned

    def watched(some, goal):
        seen.append(some)
        return learn(some, goal)

    monkeypatch.setattr(learned_amplitude.QuadraticMap, "learned", watched)
    LearnedAmplitude.of(features, amplitudes, 1.0, seed=seed)
    monkeypatch.setattr(learned_amplitude.QuadraticMap, "learned", learn)
    place = {row.tobytes(): number for number, row in enumerate(features)}
    return np.array([place[row.tobytes()] for row in seen[0]])


def test_of_very_many_spectra_a_sample_is_learned_from(monkeypatch):
    features, _, amplitudes = planted()
    assert np.array_equal(learned_from(monkeypatch, features, amplitudes, 0), np.arange(1200))
    monkeypatch.setattr(learned_amplitude, "LARGEST_SAMPLE", 100)
    chosen = learned_from(monkeypatch, features, amplitudes, 0)
    assert np.all(np.diff(chosen) > 0)
    assert len(chosen) == 100
    assert np.count_nonzero(amplitudes.quiet[chosen]) == 50
    assert np.array_equal(learned_from(monkeypatch, features, amplitudes, 0), chosen)
    assert not np.array_equal(learned_from(monkeypatch, features, amplitudes, 1), chosen)


@pytest.mark.parametrize(("defects", "chosen_defects"), [(20, 20), (50, 50), (70, 50)])
def test_a_sample_is_no_more_than_half_of_defects_and_no_doubtful_spectrum(monkeypatch, defects, chosen_defects):
    features, _, amplitudes = planted()
    beside = np.flatnonzero(~amplitudes.quiet)
    doubtful = np.isin(np.arange(1200), beside[defects:])
    monkeypatch.setattr(learned_amplitude, "LARGEST_SAMPLE", 100)
    chosen = learned_from(monkeypatch, features, replaced(amplitudes, doubtful=doubtful), 0)
    assert len(chosen) == 100
    found = chosen[~amplitudes.quiet[chosen]]
    assert len(found) == chosen_defects
    assert np.all(np.isin(found, beside[:defects]))


def test_the_seed_decides_everything(monkeypatch):
    features, truth, amplitudes = planted()
    monkeypatch.setattr(learned_amplitude, "LARGEST_SAMPLE", 200)
    first, again, other = (LearnedAmplitude.of(features, amplitudes, 1.0, seed=seed) for seed in (4, 4, 5))
    assert same(first, again)
    assert not same(first, other)
    assert np.corrcoef(other.forms(features)[:, 0], truth[:, 0])[0, 1] > 0.9

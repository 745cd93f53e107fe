"""What is particular about single methods: their equations, and what they do with many spectra."""

import numpy as np
import pytest
from sklearn.decomposition import PCA, KernelPCA
from sklearn.metrics import adjusted_rand_score, average_precision_score
from tasks import task_of, two_clouds

from didymos.core.latent.distance_correlation import distance_to_mean
from didymos.methods import autoencoder, chosen, kernel_pca, large, latent, log_rescaled, nmf, tsne, umap
from didymos.simulate import fese

CLOUDS = two_clouds(20, 40)


def run(name, values, seed=0):
    return chosen([name])[0].run(task_of(values, seed))


def test_the_plane_of_principal_components_is_that_of_scikit_learn():
    values = CLOUDS[0].astype(np.float64)
    plain = PCA(2).fit_transform(values)
    found = run("pca", values)
    assert np.abs(found.space) == pytest.approx(np.abs(plain), abs=1e-3)
    assert found.score == pytest.approx(np.linalg.norm(plain, axis=1), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("clusters", [2, 3, 7])
def test_the_nearest_centre_decides_the_cluster(clusters):
    found = run(f"kmeans-{clusters}", CLOUDS[0])
    distance = np.linalg.norm(found.space[:, np.newaxis] - found.centres, axis=2)
    assert np.array_equal(found.labels, distance.argmin(axis=1))
    assert found.score == pytest.approx(distance[:, 0])
    size = np.bincount(found.labels, minlength=clusters)
    assert np.all(np.diff(size) <= 0)
    means = np.stack([found.space[found.labels == each].mean(axis=0) for each in range(clusters)])
    assert found.centres == pytest.approx(means, rel=1e-3, abs=1e-3)


def test_rescaled_distances_are_their_logarithm():
    found = run("log-rescaled", CLOUDS[0])
    raw = distance_to_mean(CLOUDS[0])
    # exp undoes the logarithm: a straight line of slope 1
    slope, offset = np.polyfit(raw, np.exp(found.latent_distance), 1)
    assert slope == pytest.approx(1)
    assert offset > 0
    assert np.exp(found.latent_distance) == pytest.approx(raw + offset)


def test_the_vacancies_of_a_surface_have_most_pairs_in_the_component_of_large_distances():
    surface = fese(shape=(32, 32), energies=64)
    amplitude = surface["truth_amplitude"].values.ravel()
    found = run("log-rescaled", surface["spectra"].values.reshape(-1, 64))
    clear = (amplitude > 0.5) | (amplitude < 0.02)
    assert average_precision_score(amplitude[clear] > 0.5, found.score[clear]) > 0.98
    assert adjusted_rand_score(amplitude[clear] > 0.5, found.labels[clear]) > 0.9


def test_the_width_of_the_kernel_follows_the_distances():
    values = CLOUDS[0]
    features = latent.unit_scores(task_of(values))
    width = 2 * kernel_pca.usual_distance(features)
    plain = KernelPCA(2, kernel="rbf", gamma=1 / (2 * width**2)).fit_transform(features)
    assert np.abs(run("kernel-pca-wide", values).space) == pytest.approx(np.abs(plain), abs=1e-6)
    assert kernel_pca.usual_distance(7 * features) == pytest.approx(7 * kernel_pca.usual_distance(features))
    assert kernel_pca.usual_distance(np.array([[0.0], [0.0], [0.0], [0.0], [3.0]])) == pytest.approx(3 * 0.4**0.5)


def test_two_positive_spectra_are_found_with_their_weights():
    energy = np.linspace(-1, 1, 40)
    sources = np.stack([np.exp(-((energy + 0.5) ** 2) / 0.02), np.exp(-((energy - 0.5) ** 2) / 0.02)])
    sources /= np.linalg.norm(sources, axis=1, keepdims=True)
    weights = np.random.default_rng(0).gamma(2, 1, (200, 2))
    weights[:20, 0] = weights[20:40, 1] = 0  # spectra of one source alone make the answer unique
    found = run("nmf", weights @ sources)
    assert found.notes == ()
    order = [0, 1] if np.corrcoef(found.space[:, 0], weights[:, 0])[0, 1] > 0.9 else [1, 0]
    assert found.space[:, order] == pytest.approx(weights, abs=0.02)
    assert found.origin[order] == pytest.approx(weights.mean(axis=0), abs=0.02)


def test_a_negative_signal_is_raised_where_it_is_and_the_note_says_so():
    values = CLOUDS[0] - CLOUDS[0].min(axis=0)
    lowered = values.copy()
    lowered[:, :4] -= 5
    plain, found = run("nmf", values), run("nmf", lowered)
    assert plain.notes == ()
    assert found.notes == ("The signal is raised by its lowest value at 4 of 32 energies, to be positive.",)
    assert found.space == pytest.approx(plain.space, abs=1e-2 * np.ptp(plain.space))


def test_the_network_errs_where_two_numbers_do_not_tell_a_spectrum():
    # a plane of spectra, which two numbers tell, and a few that leave it, each into a direction of its own
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    values = rng.uniform(-1, 1, size=(600, 2)) @ directions[:2] + 0.02 * rng.normal(size=(600, 12))
    values[:6] += directions[2:8]
    found = run("autoencoder", values)
    assert average_precision_score(np.arange(600) < 6, found.score) > 0.9
    assert np.median(found.score) < 0.3 * np.sqrt(2 / 3)


@pytest.mark.parametrize(
    ("name", "module", "limit"),
    [
        ("kernel-pca-wide", kernel_pca, "MOST_FITTED"),
        ("nmf", nmf, "MOST_SPECTRA"),
        ("autoencoder", autoencoder, "MOST_SPECTRA"),
        ("umap", umap, "MOST_SPECTRA"),
        ("tsne", tsne, "MOST_SPECTRA"),
    ],
)
def test_a_sample_of_the_spectra_keeps_the_clouds_apart(name, module, limit, monkeypatch):
    values, rare = CLOUDS
    for package in chosen([name])[0].packages:
        pytest.importorskip(package)
    monkeypatch.setattr(module, limit, 150)
    found = run(name, values)
    assert found.notes[0].startswith("Fitted to 150 of 400 spectra, drawn at random; the other spectra ")
    centres = np.stack([found.space[rare].mean(axis=0), found.space[~rare].mean(axis=0)])
    spread = np.linalg.norm(found.space[rare] - centres[0], axis=1).mean()
    assert np.linalg.norm(centres[0] - centres[1]) > 2 * spread


def test_a_sample_of_the_pairs_orders_the_spectra_as_all_do(monkeypatch):
    values, rare = two_clouds(40, 160)
    whole = run("log-rescaled", values)
    monkeypatch.setattr(log_rescaled, "ALL_PAIRS_UP_TO", 1200)
    monkeypatch.setattr(log_rescaled, "SAMPLED_PAIRS", 1000)
    part = run("log-rescaled", values)
    assert part.notes == ("Each of 1600 spectra is compared with 1000 of them, drawn at random.",)
    assert part.score == pytest.approx(whole.score, abs=0.03)
    assert np.array_equal(part.labels == 1, rare)


def test_drawn_spectra_and_their_neighbours():
    features = np.random.default_rng(0).normal(size=(300, 3))
    chosen_ones = large.drawn(300, 40, seed=1)
    assert np.array_equal(chosen_ones, np.unique(chosen_ones))
    assert len(chosen_ones) == 40
    assert not np.array_equal(chosen_ones, large.drawn(300, 40, seed=2))
    assert np.array_equal(large.drawn(40, 40, seed=1), np.arange(40))
    plain = np.linalg.norm(features[:, np.newaxis] - features[chosen_ones], axis=2).argmin(axis=1)
    assert np.array_equal(large.nearest(features, chosen_ones), plain)
    # of identical spectra each chosen one is its own nearest
    same = np.zeros((50, 3))
    assert np.array_equal(large.nearest(same, np.arange(0, 50, 5))[::5], np.arange(10))


def test_blocks_make_no_difference():
    values = np.random.default_rng(0).normal(size=(2 * large.ROWS + 5, 3))
    assert np.array_equal(large.in_blocks(lambda x: 2 * x, values), 2 * values)

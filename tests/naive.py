"""The plain, slow twin of every fast path: short functions, float64, nothing clever."""

import numpy as np


def pair_distances(features):
    """Return the distance of every pair i < j, in the order of two loops."""
    features = np.asarray(features, dtype=np.float64)
    distances = []
    for i in range(len(features)):
        for j in range(i + 1, len(features)):
            distances.append(np.sqrt(np.sum((features[i] - features[j]) ** 2)))
    return np.array(distances)


def nearest_distance(positions):
    """Return the distance of every point to the nearest other point."""
    positions = np.asarray(positions, dtype=np.float64)
    nearest = np.empty(len(positions))
    for i, position in enumerate(positions):
        others = np.delete(positions, i, axis=0)
        nearest[i] = np.sqrt(((others - position) ** 2).sum(axis=1)).min()
    return nearest


def principal_components(values, scale):
    """Return mean, component spectra (in rows) and variances of values / scale from a singular value decomposition."""
    divided = np.asarray(values, dtype=np.float64) / scale
    mean = divided.mean(axis=0)
    _, singular, spectra = np.linalg.svd(divided - mean, full_matrices=False)
    return mean, spectra, singular**2 / (len(values) - 1)


def contrastive_loss(embedded, similar, counted, margin):
    """Return the contrastive loss as a loop over ordered pairs, similar and dissimilar ones averaged apart."""
    pull, push = [], []
    for i in range(len(embedded)):
        for j in range(len(embedded)):
            distance = np.sqrt(sum((embedded[i][k] - embedded[j][k]) ** 2 for k in range(len(embedded[i]))))
            if counted[i][j] and similar[i][j]:
                pull.append(distance**2)
            elif counted[i][j]:
                push.append(max(0.0, margin[i][j] - distance) ** 2)
    return (np.mean(pull) if pull else 0.0) + (np.mean(push) if push else 0.0)


def encoder(weights, biases, activation, features):
    """Return a fully connected network of one spectrum after another, all layers but the last one activated."""
    outputs = []
    for spectrum in features:
        hidden = np.asarray(spectrum, dtype=np.float64)
        for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            hidden = np.asarray(weight, dtype=np.float64).T @ hidden + bias
            if layer < len(weights) - 1:
                hidden = activation(hidden)
        outputs.append(hidden)
    return np.array(outputs)


def signal_counts(values, edges):
    """Return the histogram of every energy's values over the same edges, shape (bins, energies)."""
    columns = np.asarray(values, dtype=np.float64).T
    return np.stack([np.histogram(column[np.isfinite(column)], edges)[0] for column in columns], axis=1)


def region_difference_counts(majority, minority, edges):
    """Return the histogram of |x_i - x_j| over every pair of a majority and a minority spectrum, energy by energy."""
    majority, minority = (np.asarray(values, dtype=np.float64) for values in (majority, minority))
    counts = np.zeros((len(edges) - 1, majority.shape[1]), dtype=int)
    for energy in range(majority.shape[1]):
        for first in majority[:, energy]:
            for second in minority[:, energy]:
                if np.isfinite(first) and np.isfinite(second):
                    counts[:, energy] += np.histogram(abs(first - second), edges)[0]
    return counts


def otsu_level(values):
    """Return the cut between two neighbouring values that maximises the variance between the classes."""
    distinct = sorted(set(values))
    best, level = -1.0, distinct[0]
    for cut in range(1, len(distinct)):
        low, high = distinct[cut - 1], distinct[cut]
        below = [value for value in values if value <= low]
        above = [value for value in values if value >= high]
        between = len(below) * len(above) / len(values) ** 2 * (np.mean(above) - np.mean(below)) ** 2
        if between > best:
            best, level = between, (low + high) / 2
    return level


CIRCLE = ((0, 3), (1, 3), (2, 2), (3, 1), (3, 0), (3, -1), (2, -2), (1, -3))
STRAIGHT = ((0, 2), (0, 4), (2, 0), (4, 0))


def surroundings(image, y, x):
    """Return the median over pairs of opposite points of their averages; None where there are fewer than three."""

    def averages(steps):
        found = []
        for dy, dx in steps:
            ends = [(y + dy, x + dx), (y - dy, x - dx)]
            if all(0 <= row < image.shape[0] and 0 <= column < image.shape[1] for row, column in ends):
                average = (image[ends[0]] + image[ends[1]]) / 2
                found += [average] if np.isfinite(average).all() else []
        return found

    pairs = averages(CIRCLE)
    if len(pairs) < 3:
        pairs += averages(STRAIGHT)
    return np.median(pairs, axis=0) if len(pairs) >= 3 else None


def plane_residual(features, positions, neighbours):
    """Return every point minus the least-squares plane through its nearest other points, evaluated at the point."""
    features, positions = np.asarray(features, dtype=np.float64), np.asarray(positions, dtype=np.float64)
    residual = np.empty_like(features)
    for i in range(len(features)):
        distance = np.sqrt(((positions - positions[i]) ** 2).sum(axis=1))
        distance[i] = -1
        nearest = np.argsort(distance, kind="stable")[1 : neighbours + 1]
        offset = positions[nearest] - positions[i]
        design = np.column_stack([np.ones(len(nearest)), offset / np.abs(offset).max()])
        residual[i] = features[i] - np.linalg.lstsq(design, features[nearest], rcond=None)[0][0]
    return residual

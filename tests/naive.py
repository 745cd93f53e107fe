"""The plain, slow twin of every fast path: short functions, float64, nothing clever."""

import math

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


def plane_residual(features, positions, first, last):
    """Return every point minus the least-squares plane through the points around it, evaluated at the point."""
    features, positions = np.asarray(features, dtype=np.float64), np.asarray(positions, dtype=np.float64)
    residual = np.empty_like(features)
    for i in range(len(features)):
        distance = np.sqrt(((positions - positions[i]) ** 2).sum(axis=1))
        distance[i] = -1
        nearest = np.argsort(distance, kind="stable")[1 + first : last + 1]
        offset = positions[nearest] - positions[i]
        design = np.column_stack([np.ones(len(nearest)), offset / np.abs(offset).max()])
        residual[i] = features[i] - np.linalg.lstsq(design, features[nearest], rcond=None)[0][0]
    return residual


def usual_values(lead, values, neighbours):
    """Return at every point the height of the ridge plane through its nearest other points, in Python sums."""
    usual = np.empty_like(values)
    for i, own in enumerate(lead):
        distance = np.linalg.norm(lead - own, axis=1)
        nearest = [j for j in np.argsort(distance, kind="stable") if j != i][:neighbours]
        design = np.array([[1.0, *(lead[j] - own)] for j in nearest])
        ridge = neighbours * np.diag([0.0, *[1.0] * len(own)])
        usual[i] = np.linalg.solve(design.T @ design + ridge, design.T @ values[nearest])[0]
    return usual


def distances_to_mean(features):
    """Return the distance of every finite point from the mean of the finite ones, NaN for the others."""
    points = [[float(entry) for entry in point] for point in features]
    finite = [point for point in points if np.isfinite(point).all()]
    mean = [math.fsum(column) / len(finite) for column in zip(*finite, strict=True)]
    return np.array([math.dist(point, mean) if np.isfinite(point).all() else np.nan for point in points])


def line_share(x, y):
    """Return the share of the variance of y that the least-squares line in x explains, from its residuals."""
    design = np.column_stack([np.ones(len(x)), x])
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return 1 - np.sum(residual**2) / np.sum((y - np.mean(y)) ** 2)


def step_share(values):
    """Return the largest share of the variance that the means of the values below and above any cut explain."""
    explained = []
    for level in sorted(set(values))[:-1]:
        below, above = values[values <= level], values[values > level]
        left = np.sum((below - below.mean()) ** 2) + np.sum((above - above.mean()) ** 2)
        explained.append(1 - left / np.sum((values - values.mean()) ** 2))
    return max(explained)


def joint_counts(x, y, x_edges, y_edges):
    """Return how many pairs (x, y) lie in each bin, the last bins with their upper edges."""
    counts = np.zeros((len(x_edges) - 1, len(y_edges) - 1), dtype=int)
    for pair in zip(x, y, strict=True):
        place = [
            min(sum(edge <= value for edge in edges) - 1, len(edges) - 2)
            for value, edges in zip(pair, (x_edges, y_edges), strict=True)
        ]
        counts[tuple(place)] += 1
    return counts


def distance_table(features):
    """Return the distance of every spectrum from every other, NaN from itself and of what is not finite."""
    spectra = [[float(entry) for entry in spectrum] for spectrum in features]
    table = np.full((len(spectra), len(spectra)), np.nan)
    for i, first in enumerate(spectra):
        for j, second in enumerate(spectra):
            if i != j and np.isfinite(first).all() and np.isfinite(second).all():
                table[i, j] = math.dist(first, second)
    return table


def known(distances):
    """Return the entries of a row of distances that are numbers."""
    return np.array([distance for distance in distances if not math.isnan(distance)])


def counts_below(distances, edges, tolerance):
    """Return the fewest and the most distances below every edge, if each is known within a relative tolerance."""
    distances = np.asarray(distances, dtype=np.float64)
    fewest = [np.count_nonzero(distances * (1 + tolerance) < edge) for edge in edges]
    most = [np.count_nonzero(distances * (1 - tolerance) <= edge) for edge in edges]
    return np.array(fewest), np.array(most)


def mean_distance(table):
    """Return the mean distance of every spectrum from the others."""
    return np.array([math.fsum(known(row)) / len(known(row)) if len(known(row)) else np.nan for row in table])


def moments(values):
    """Return mean, standard deviation, skewness and excess kurtosis."""
    mean = math.fsum(values) / len(values)
    second, third, fourth = (math.fsum((v - mean) ** power for v in values) / len(values) for power in (2, 3, 4))
    return mean, math.sqrt(second), third / second**1.5, fourth / second**2 - 3


def sampled_mean(table, references, function):
    """Return the average of a function of the distance over references and others, and its standard error."""
    averages = [np.mean([function(distance) for distance in known(table[reference])]) for reference in references]
    number, population = len(averages), sum(len(known(row)) > 0 for row in table)
    mean = sum(averages) / number
    variance = sum((average - mean) ** 2 for average in averages) / (number - 1)
    return mean, math.sqrt(variance / number * (1 - number / population))


def window_density(distances, low, high, offset):
    """Return the density of log(d + offset) between two values of it."""
    inside = sum(low <= math.log(distance + offset) < high for distance in distances)
    return inside / len(distances) / (high - low)


def belongs_to_farther(distance, fit):
    """Return the largest probability of the farther Gaussian from its nearer neighbour's mean up to log(d + n)."""

    def densities(u):
        scores = [(u - fit.mean[k]) / fit.sd[k] for k in range(2)]
        return [fit.weight[k] / fit.sd[k] * math.exp(-(scores[k] ** 2) / 2) for k in range(2)]

    u = math.log(distance + fit.offset) if distance + fit.offset > 0 else -math.inf
    if u < fit.mean[0]:
        return 0.0
    each = [densities(value) for value in np.linspace(fit.mean[0], u, 100)]
    return max(far / (near + far) for near, far in each if near + far > 0)


def farther_density(distances, places, fit):
    """Return the sum over distances of their part in the farther Gaussian, smoothed over a quarter of its width."""
    logarithms = [math.log(distance + fit.offset) for distance in distances]
    parts = [belongs_to_farther(distance, fit) for distance in distances]
    density = np.zeros(len(places))
    for i, place in enumerate(places):
        for u, part in zip(logarithms, parts, strict=True):
            density[i] += part * math.exp(-(((place - u) / (fit.sd[1] / 4)) ** 2) / 2)
    return density


def soft_contrastive_loss(embedded, similarity, counted, margin):
    """Return the contrastive loss as a loop over ordered pairs, each pulled by its similarity, pushed by the rest."""
    pull, push, alike, unlike = 0.0, 0.0, 0.0, 0.0
    for i in range(len(embedded)):
        for j in range(len(embedded)):
            if counted[i][j]:
                distance, weight = math.dist(embedded[i], embedded[j]), float(similarity[i][j])
                pull, alike = pull + weight * distance**2, alike + weight
                push, unlike = push + (1 - weight) * max(0.0, float(margin[i][j]) - distance) ** 2, unlike + 1 - weight
    return (pull / alike if alike else 0.0) + (push / unlike if unlike else 0.0)


def grown(present, marked, steps):
    """Return an image of marks after so many steps to the four points beside, absent points included on the way."""
    rows, columns = present.shape
    image = np.array(marked)
    for y in range(rows):
        for x in range(columns):
            near = [abs(y - v) + abs(x - u) <= steps for v in range(rows) for u in range(columns) if marked[v, u]]
            image[y, x] = any(near)
    return image & present


def beside_on_image(marked):
    """Return, for every marked point of an image in the order of its rows, which others touch it."""
    places = np.argwhere(marked)
    return [
        {j for j, other in enumerate(places) if j != i and np.abs(place - other).max() <= 1}
        for i, place in enumerate(places)
    ]


def beside_where_scattered(positions, nearest):
    """Return, for every point, which others are among its nearest ones or have it among theirs."""
    beside: list[set[int]] = [set() for _ in positions]
    for i, position in enumerate(positions):
        others = sorted((math.dist(position, other), j) for j, other in enumerate(positions) if j != i)
        for _, j in others[:nearest]:
            beside[i].add(j)
            beside[j].add(i)
    return beside


def groups(beside, marked):
    """Return the sets of marked points that are connected, one walk from every point that no walk has reached."""
    found, left = [], {i for i, mark in enumerate(marked) if mark}
    while left:
        group, ends = set(), [min(left)]
        while ends:
            point = ends.pop()
            group.add(point)
            ends += [other for other in beside[point] if marked[other] and other not in group]
        found.append(group)
        left -= group
    return found


def repetition(present, marked, largest_shift):
    """Return the largest autocorrelation outside the central peak, as loops over shifts and points."""
    rows, columns = present.shape
    mean = np.sum(marked & present) / np.sum(present)

    def correlation(dy, dx):
        products = [
            (marked[y, x] - mean) * (marked[y + dy, x + dx] - mean)
            for y in range(max(0, -dy), min(rows, rows - dy))
            for x in range(max(0, -dx), min(columns, columns - dx))
            if present[y, x] and present[y + dy, x + dx]
        ]
        return (math.fsum(products) / len(products) if products else 0.0), len(products)

    shifts = {(dy, dx): correlation(dy, dx) for dy in range(-rows, rows) for dx in range(-columns, columns)}
    variance, points = shifts[0, 0]
    if variance == 0:
        return 0.0
    end, ring = 0, variance
    while ring >= 0.05 * variance:
        inside = [value for (dy, dx), (value, _) in shifts.items() if end <= math.hypot(dy, dx) < end + 1]
        ring, end = math.fsum(inside) / len(inside), end + 1
    return max(
        value / variance if math.hypot(dy, dx) > end and pairs >= 0.2 * points else 0.0
        for (dy, dx), (value, pairs) in shifts.items()
        if abs(dy) <= largest_shift * rows and abs(dx) <= largest_shift * columns
    )


def discriminant_moment(white, label, longest, largest_share):
    """Return the second moment of the points of objects, each point shortened and each object counted by its share."""
    moment, total = np.zeros((white.shape[1], white.shape[1])), 0.0
    for number in sorted(set(label) - {0}):
        vectors = [vector for vector, own in zip(white, label, strict=True) if own == number]
        weight = min(1.0, largest_share / len(vectors))
        for vector in vectors:
            length = math.sqrt(math.fsum(vector**2))
            short = vector if length <= longest else vector * (longest / length)
            moment += weight * np.outer(short, short)
            total += weight
    return moment / total


def longest_row(marks):
    """Return the length of the longest row of marks."""
    longest = 0
    for first in range(len(marks)):
        for last in range(first, len(marks)):
            if all(marks[first : last + 1]):
                longest = max(longest, last + 1 - first)
    return longest


def distance_to_places(positions, places):
    """Return the distance of every point to the nearest of some places."""
    return np.array([min(math.dist(position, place) for place in places) for position in positions])


def usual_step(positions):
    """Return the median distance of points from the fourth nearest of the others, or the farthest of fewer."""
    fourth = []
    for i, position in enumerate(positions):
        others = sorted(math.dist(position, other) for j, other in enumerate(positions) if j != i)
        fourth.append(others[:4][-1])
    return np.median(fourth)


def widening_average(steps, vectors, mean, widths, share):
    """Return the Gaussian average of vectors, so many steps away, of the first width that finds a share of itself.

    Widths come with the reach of the Gaussian along rows and columns and with the sum of its weights.
    """
    for width, reach, whole in widths:
        weights = [
            math.exp(-(dy**2 + dx**2) / (2 * width**2)) if max(abs(dy), abs(dx)) <= reach else 0.0 for dy, dx in steps
        ]
        if math.fsum(weights) > share * whole:
            return sum(weight * vector for weight, vector in zip(weights, vectors, strict=True)) / math.fsum(weights)
    return mean


def average_around(image, known, gap, share):
    """Return the average of the known points around every point of an image, those within a gap left out."""
    places = [tuple(place) for place in np.argwhere(known)]
    mean = np.mean([image[place] for place in places], axis=0)
    widths: list[tuple[int, int, float]] = []
    width = 2
    while width < 2 * max(known.shape):
        reach = int(4 * width + 0.5)
        line = math.fsum(math.exp(-(step**2) / (2 * width**2)) for step in range(-reach, reach + 1))
        widths, width = [*widths, (width, reach, line**2)], 2 * width
    result = np.empty(image.shape)
    for y, x in np.ndindex(known.shape):
        kept = [(v, u) for v, u in places if gap <= 0 or math.hypot(v - y, u - x) > gap]
        steps = [(v - y, u - x) for v, u in kept]
        result[y, x] = widening_average(steps, [image[place] for place in kept], mean, widths, share)
    return result


def average_where_scattered(features, positions, known, spacing, gap, share, nearest):
    """Return the average of the nearest known points of every point, those within a gap of so many spacings left out.

    The gap is left out first, so that there is something to average however wide it is.
    """
    places = np.flatnonzero(known)
    result = np.empty(features.shape)
    for i, position in enumerate(positions):
        away = sorted((math.dist(position, positions[j]) / spacing, j) for j in places)
        kept = [(distance, j) for distance, j in away if gap <= 0 or distance > gap][:nearest]
        widths = [(2 * 2**k, math.inf, min(2 * math.pi * (2 * 2**k) ** 2, min(nearest, len(places)))) for k in range(7)]
        steps, vectors = [(distance, 0.0) for distance, _ in kept], [features[j] for _, j in kept]
        result[i] = widening_average(steps, vectors, features[places].mean(axis=0), widths, share)
    return result


def line_offsets(residual, width, limit):
    """The running median of the contrast, in the order of the scan, in lines that stand out and those beside them."""
    rows, _, features = residual.shape
    known = [(y, x) for y, x in np.ndindex(residual.shape[:2]) if np.all(np.isfinite(residual[y, x]))]
    values = np.array([residual[place] for place in known])
    middle = np.median(values, axis=0)
    spread = 1.4826 * np.median(np.abs(values - middle), axis=0)
    odd = set()
    for row in range(rows):
        line = np.array([residual[place] for place in known if place[0] == row])
        if len(line) >= width:
            error = spread * math.sqrt(math.pi / 2 / len(line))
            if any(abs(np.median(line[:, k]) - middle[k]) > limit * error[k] for k in range(features)):
                odd.add(row)
    offset = np.zeros_like(residual)
    for index, (y, x) in enumerate(known):
        if {y - 1, y, y + 1} & odd:
            around = [min(max(index + step, 0), len(known) - 1) for step in range(-(width // 2), width // 2 + 1)]
            offset[y, x] = np.median(values[around], axis=0)
    return offset


def region_posterior(score, expected, value, noise, bounds, like):
    """Probabilities that true amplitudes exceed each bound, from what is expected at a score and what was measured."""
    order = sorted(range(len(score)), key=lambda i: score[i])
    found = np.zeros((len(score), len(bounds)))
    for rank, i in enumerate(order):
        window = [order[min(max(rank + step, 0), len(order) - 1)] for step in range(-(like // 2), like - like // 2)]
        scatter = max(np.mean([(value[j] - expected[j]) ** 2 - noise[j] ** 2 for j in window]), 0.0)
        # two measures with their weights
        weight = scatter / (scatter + noise[i] ** 2)
        best = (1 - weight) * expected[i] + weight * value[i]
        spread = math.sqrt(weight * noise[i] ** 2 + noise[i] ** 2 / like)
        found[i] = [0.5 * (1 + math.erf((best - bound) / spread / math.sqrt(2))) for bound in bounds]
    return found


def label_similarity(labels, amplitude, other):
    """Return max(0, 1 - |A_i - A_j|) of every pair, A_i along the axis of the label, and NaN where it is not known."""

    def place(i):
        return [float(amplitude[i]) if labels[i] == axis else 0.0 for axis in sorted(set(labels))]

    table = np.full((len(labels), len(labels)), np.nan)
    for i in range(len(labels)):
        for j in range(len(labels)):
            if labels[i] != other and labels[j] != other:
                table[i, j] = max(0.0, 1 - math.dist(place(i), place(j)))
            else:
                named = [labels[k] > 0 and amplitude[k] > 0 for k in (i, j)]
                table[i, j] = 0.0 if any(named) else np.nan
    return table


def roundness(label, places, directions):
    """Points of every object over the area of the disc on its largest extent; 1 at entry 0."""
    found = [1.0]
    for number in range(1, label.max() + 1):
        own = places[label == number]
        extents = [0.0]
        for angle in np.pi * np.arange(directions) / directions:
            along = [row * np.cos(angle) + column * np.sin(angle) for row, column in own]
            extents.append(max(along) - min(along) + 1 if along else 0.0)
        found.append(len(own) / (np.pi / 4 * max(extents) ** 2))
    return np.array(found)


def usable_values(measured, low, high):
    """Return how many values the spectra that are measured at both ends of a range could have in the range."""
    spectra = 0
    for each in measured:
        places = np.flatnonzero(each)
        if len(places) and places[0] <= low and places[-1] >= high:
            spectra += 1
    return spectra * (high - low + 1)


def largest_range(measured):
    """Return the range with most usable values by trying all, the widest of equal ones."""
    energies = len(measured[0])
    tried = [
        (usable_values(measured, low, high), high - low, -low)
        for low in range(energies)
        for high in range(low, energies)
    ]
    _, width, low = max(tried)
    return -low, width - low


def bridged(spectrum):
    """Return a spectrum with straight lines across its gaps."""
    places = np.flatnonzero(np.isfinite(spectrum))
    return np.interp(np.arange(len(spectrum)), places, np.asarray(spectrum, dtype=np.float64)[places])


def next_measured(spectrum, energy, along):
    """Return the measured energies next to one, half of them on either side as far as there are."""
    places = [place for place in range(len(spectrum)) if np.isfinite(spectrum[place])]
    below = sum(place < energy for place in places)
    first = min(max(below - (along + 1) // 2, 0), len(places) - along)
    return places[first : first + along]


def drawn_to_chain(covariance, spectra, along):
    """Return a covariance drawn towards that of a chain with the weight of `along` spectra."""
    sd = np.sqrt(np.diag(covariance))
    energies = len(sd)
    links = [covariance[i, i + 1] / (sd[i] * sd[i + 1]) for i in range(energies - 1)]
    link = min(max(np.mean(links), 0.0), 0.999)
    drawn = np.empty_like(covariance)
    for i in range(energies):
        for j in range(energies):
            chain = sd[i] * sd[j] * link ** abs(i - j)
            drawn[i, j] = (spectra * covariance[i, j] + along * chain) / (spectra + along)
            drawn[i, j] += 1e-6 * sd[i] ** 2 * (i == j)
    return drawn


def filled_gaps(values, positions, around, along, rounds):
    """Return spectra with predicted values in their gaps, and the expected variance of a measured value about each."""
    values, positions = np.asarray(values, dtype=np.float64), np.asarray(positions, dtype=np.float64)
    known = np.isfinite(values)
    count, energies = values.shape
    middle = np.array([np.median(values[known[:, e], e]) for e in range(energies)])
    rough = np.array([bridged(spectrum - middle) + middle for spectrum in values])
    difference = np.empty_like(rough)
    for i in range(count):
        away = np.linalg.norm(positions - positions[i], axis=1)
        away[i] = np.inf
        difference[i] = rough[i] - np.median(rough[np.argsort(away)[:around]], axis=0)
    scale = np.array([1.4826 * np.median(np.abs(difference[known[:, e], e])) for e in range(energies)])
    size = np.array([np.sqrt(np.mean((difference[i] / scale)[known[i]] ** 2)) for i in range(count)])
    usual = difference / scale / np.maximum(1, size / np.median(size))[:, np.newaxis]
    covariance = drawn_to_chain(usual.T @ usual / count, count, along)
    for _ in range(rounds):
        further, before = np.zeros(energies), usual.copy()
        for i, e in np.argwhere(~known):
            beside = next_measured(values[i], e, along)
            weights = np.linalg.solve(covariance[np.ix_(beside, beside)], covariance[beside, e])
            usual[i, e] = weights @ before[i, beside]
            further[e] += covariance[e, e] - weights @ covariance[beside, e]
        covariance = drawn_to_chain((usual.T @ usual + np.diag(further)) / count, count, along)
    filled, variance = values.copy(), np.full(values.shape, np.nan)
    for i, e in np.argwhere(~known):
        beside = next_measured(values[i], e, along)
        inner = covariance[np.ix_(beside, beside)]
        weights = np.linalg.solve(inner, covariance[beside, e])
        z = difference[i, beside] / scale[beside]
        filled[i, e] = rough[i, e] - difference[i, e] + scale[e] * (weights @ z)
        unusual = (along + z @ np.linalg.solve(inner, z)) / (2 * along)
        variance[i, e] = unusual * scale[e] ** 2 * (covariance[e, e] - weights @ covariance[beside, e])
    return filled, variance


def densest_half(positions, around):
    """Return the share of the area on which the densest half of the points lie."""
    area = []
    for position in np.asarray(positions, dtype=np.float64):
        away = sorted(np.sum((positions - position) ** 2, axis=1))
        area.append(away[around])
    area.sort()
    return sum(area[: len(area) // 2]) / sum(area)


def mirrored(spectrum, place):
    """Return the value of a spectrum at a place, which may lie up to its length beyond either end."""
    if place < 0:
        place = -place - 1
    if place >= len(spectrum):
        place = 2 * len(spectrum) - 1 - place
    return float(spectrum[place])


def correlated(spectrum, kernel):
    """Return the sums of products of a kernel with a spectrum, at every energy or (even kernels) between every two."""
    count = len(spectrum) - (1 - len(kernel) % 2)
    first = (len(kernel) - 1) // 2
    return [
        sum(weight * mirrored(spectrum, place - first + step) for step, weight in enumerate(kernel))
        for place in range(count)
    ]


def power_at(spectrum, frequency):
    """Return |sum r exp(-2 pi i f j / n)|^2 / n."""
    n = len(spectrum)
    total = sum(value * np.exp(-2j * np.pi * frequency * place / n) for place, value in enumerate(spectrum))
    return abs(total) ** 2 / n


def mean_share(change, beside):
    """Return the mean of the shares that the neighbours have in a change, each limited, and its error."""
    squared = sum(value**2 for value in change)
    strength = max(squared - len(change), 1)
    shares = [max(-1, min(1, sum(c * r for c, r in zip(change, one, strict=True)) / strength)) for one in beside]
    return sum(shares) / len(shares), math.sqrt(squared / len(shares)) / strength


def alike_counts(change, shifts, least):
    """Return with how many others every change has a cosine over `least`, and with how many after shifts on average."""

    def cosine(first, second):
        return sum(a * b for a, b in zip(first, second, strict=True)) / (math.hypot(*first) * math.hypot(*second))

    found, by_chance = [], []
    for one, mine in enumerate(change):
        found.append(sum(cosine(mine, theirs) > least for other, theirs in enumerate(change) if other != one))
        pairs = [(mine[shift:], theirs[:-shift]) for theirs in change for shift in shifts]
        by_chance.append(sum(cosine(*pair) > least for pair in pairs) / len(shifts))
    return found, by_chance


def best_of_blocks(score, side):
    """Return the point with the largest score in every square block of an image, the first of several."""
    rows, columns = score.shape
    best = []
    for top in range(0, rows, side):
        for left in range(0, columns, side):
            block = [(i, j) for i in range(top, min(top + side, rows)) for j in range(left, min(left + side, columns))]
            i, j = max(block, key=lambda at: score[at])
            best.append(i * columns + j)
    return np.array(best)


def nearest_of(positions, asked):
    """Return which of some positions is nearest to each of others."""
    return np.array([int(np.linalg.norm(positions - at, axis=1).argmin()) for at in asked])


def packed_spectrum(spectrum, mean):
    """Return a spectrum as it is after its difference from a mean was rounded to 254 equal steps, and the step."""
    rest = [value - usual for value, usual in zip(spectrum, mean, strict=True)]
    low, high = min(rest), max(rest)
    step = (high - low) / 254
    levels = [round((value - low) / step) if step else 0 for value in rest]
    return np.array([usual + low + step * level for usual, level in zip(mean, levels, strict=True)]), step


def is_inside(x, y, corners):
    """Tell whether a point lies in a polygon: whether a ray to the right crosses its sides an odd number of times."""
    odd = False
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
            odd = not odd
    return odd


def local_polynomials(spectra, energy, window, order):
    """Return spectra smoothed by a polynomial through the finite values of every window, one fit a value."""
    spectra, half = np.asarray(spectra, dtype=np.float64), window // 2
    smooth = spectra.copy()
    for i, spectrum in enumerate(spectra):
        for k in range(len(energy)):
            first = min(max(k - half, 0), len(energy) - window)
            at = [j for j in range(first, first + window) if np.isfinite(spectrum[j])]
            if np.isfinite(spectrum[k]) and len(at) > order:
                middle = energy[first + half]
                fitted = np.polynomial.Polynomial.fit(energy[at] - middle, spectrum[at], order)
                smooth[i, k] = fitted(energy[k] - middle)
    return smooth


def excess_over_median(spectra, window):
    """Return how far every finite value lies from the median of the other finite ones around it."""
    spectra, half = np.asarray(spectra, dtype=np.float64), window // 2
    energies = spectra.shape[1]
    found = np.full(spectra.shape, np.nan)
    for i, spectrum in enumerate(spectra):
        for k, value in enumerate(spectrum):
            first = min(max(k - half, 0), energies - window)
            others = [spectrum[j] for j in range(first, first + window) if j != k]
            around = [other for other in others if np.isfinite(other)]
            if np.isfinite(value) and around:
                found[i, k] = value - np.median(around)
    return found


def stands_out_on_both_sides(spectra, found, each_side, farthest, share):
    """Return which found values differ alike from the median of the next values on either side that are not found."""
    kept = np.zeros_like(found)
    for i, k in np.argwhere(found):
        sides = []
        for direction in (-1, 1):
            places = [k + direction * step for step in range(1, farthest + 1)]
            places = [j for j in places if 0 <= j < spectra.shape[1] and np.isfinite(spectra[i, j]) and not found[i, j]]
            if places:
                sides.append(spectra[i, k] - np.median(spectra[i, places[:each_side]]))
        if sides:
            large = max(abs(one) for one in sides)
            alike = len(sides) == 1 or sides[0] * sides[1] > 0
            kept[i, k] = alike and min(abs(one) for one in sides) >= share * large
    return kept


def calibration_line(lockin, current, bias):
    """Return slope and offset of the derivative of the current on the lock-in averaged over the same biases."""
    x, y = [], []
    for signal, flow in zip(lockin, current, strict=True):
        for k in range(1, len(bias) - 1):
            wide = bias[k + 1] - bias[k - 1]
            area = (bias[k] - bias[k - 1]) * (signal[k] + signal[k - 1]) / 2
            area += (bias[k + 1] - bias[k]) * (signal[k + 1] + signal[k]) / 2
            if np.isfinite(area) and np.isfinite(flow[k + 1] - flow[k - 1]):
                x.append(area / wide)
                y.append((flow[k + 1] - flow[k - 1]) / wide)
    offset, slope = np.polynomial.polynomial.polyfit(np.array(x), np.array(y), 1)
    return slope, offset


def broadened_ratio(current, bias, width, kernel):
    """Return the current over voltage, averaged with a kernel, for evenly spaced biases, in a loop over pairs."""
    found = np.full(np.shape(current), np.nan)
    for i, flow in enumerate(current):
        for k, here in enumerate(bias):
            above = below = 0.0
            for j, there in enumerate(bias):
                if there == 0 or not np.isfinite(flow[j]):
                    continue
                apart = abs(there - here) / width
                weight = math.exp(-apart) if kernel == "exponential" else math.exp(-(apart**2) / 2)
                weight *= (0.5 if j in (0, len(bias) - 1) else 1.0) * there**2 / (there**2 + width**2)
                above += weight * flow[j] / there
                below += weight
            found[i, k] = above / below
    return found


def power_law(spectrum, energy, window):
    """Return A E^-r through the positive values of a window, fitted to their logarithms with their size as weight."""
    inside = [k for k, e in enumerate(energy) if window[0] <= e <= window[1] and spectrum[k] > 0]
    values = np.array([spectrum[k] for k in inside])
    # numpy multiplies residuals, not their squares, by the weights
    rate, level = np.polyfit(np.log(np.asarray(energy)[inside]), np.log(values), 1, w=np.sqrt(values))
    return np.exp(level) * np.asarray(energy) ** rate


def averages_of_bins(values, rows, columns, energies):
    """Return the averages of the finite values of every whole bin."""
    shape = [size // count for size, count in zip(np.shape(values), (rows, columns, energies), strict=True)]
    found = np.full(shape, np.nan)
    for i, j, k in np.ndindex(*shape):
        part = values[i * rows : (i + 1) * rows, j * columns : (j + 1) * columns, k * energies : (k + 1) * energies]
        finite = part[np.isfinite(part)]
        if finite.size:
            found[i, j, k] = finite.sum() / finite.size
    return found


def correlations_at_lags(spectra, reference, most):
    """Return the correlation of every spectrum with a reference, the one shifted against the other."""
    found = np.full((len(spectra), 2 * most + 1), -1.0)
    count = len(reference)
    for i, spectrum in enumerate(spectra):
        for lag in range(-most, most + 1):
            a = [spectrum[k + lag] for k in range(count) if 0 <= k + lag < count]
            b = [reference[k] for k in range(count) if 0 <= k + lag < count]
            if np.ptp(a) > 0 and np.ptp(b) > 0:
                found[i, lag + most] = np.corrcoef(a, b)[0, 1]
    return found


def fits_after_shifts(image, reference, largest, overlap):
    """Return atanh(r) sqrt(n) of an image and its reference for every shift of whole pixels."""
    rows, columns = image.shape
    found = np.zeros((2 * rows - 1, 2 * columns - 1))
    least = overlap * np.isfinite(image).sum()
    for r in range(-rows + 1, rows):
        for c in range(-columns + 1, columns):
            pairs = [
                (image[i + r, j + c], reference[i, j])
                for i in range(rows)
                for j in range(columns)
                if 0 <= i + r < rows and 0 <= j + c < columns
            ]
            pairs = [pair for pair in pairs if np.isfinite(pair).all()]
            if abs(r) <= largest * rows and abs(c) <= largest * columns and len(pairs) >= max(least, 3):
                a, b = np.transpose(pairs)
                found[r + rows - 1, c + columns - 1] = np.arctanh(np.corrcoef(a, b)[0, 1]) * np.sqrt(len(pairs))
    return found

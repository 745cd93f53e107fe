"""The variables and attributes of a comparison of methods."""

from __future__ import annotations

from collections.abc import Mapping

from didymos.schema.names import ENERGY
from didymos.schema.results import HEIGHT, LATENT, MEGABYTES, RESULT_VARIABLES, SECONDS, SIGNAL, TEXT, Variable

COMPARISON_VARIABLES: Mapping[str, Variable] = {
    "spectra": Variable(("space", ENERGY), "the map as compared, NaN where a value is missing", SIGNAL),
    "topography": Variable(("space",), "height at each point", HEIGHT),
    "energy_shift": RESULT_VARIABLES["energy_shift"],
    "saturated": RESULT_VARIABLES["saturated"],
    "artefact": RESULT_VARIABLES["artefact"],
    "region": Variable(("space",), "-1 missing, 3 artefact (left out of all methods), else 0"),
    "truth": Variable(("space",), "1 defect, 0 none, -1 neither: not counted"),
    "method_title": Variable(("algorithm",), "name of the method in words", TEXT),
    "method_note": Variable(("algorithm",), "notes on this run, one sentence a line", TEXT),
    "method_score": Variable(("algorithm", "space"), "score of each spectrum, high where unusual; scales differ"),
    "method_label": Variable(("algorithm", "space"), "group of each spectrum: 1 the largest, 0 none, -1 left out"),
    "group_spectrum": Variable(
        ("algorithm", "group", ENERGY), "average spectrum of each of the largest groups", SIGNAL
    ),
    "group_size": Variable(("algorithm", "group"), "number of spectra in each of the largest groups"),
    "group_count": Variable(("algorithm",), "number of groups"),
    "latent": Variable(
        ("algorithm", "space", "latent_component"), "position of each spectrum in the plane of the method", LATENT
    ),
    "latent_origin": Variable(("algorithm", "latent_component"), "position of the mean spectrum in this plane", LATENT),
    "group_centre": Variable(
        ("algorithm", "group", "latent_component"), "centres of the groups in the plane, of k-means", LATENT
    ),
    "distance_to_mean": Variable(("space",), "Euclidean distance of each spectrum from the mean spectrum", SIGNAL),
    "distance_correlation": Variable(
        ("algorithm", "raw_distance_bin", "latent_distance_bin"),
        "number of spectra at each distance from the mean spectrum and from its position in the latent space",
    ),
    "latent_distance": Variable(
        ("algorithm", "latent_distance_bin"), "distance from the position of the mean spectrum", LATENT
    ),
    "line_share": Variable(
        ("algorithm",), "share of the variance of the latent distance that a line in the raw distance explains"
    ),
    "step_share": Variable(("algorithm",), "share of the variance of the latent distance that two levels explain"),
    "step_index": Variable(("algorithm",), "whether a step (1) or a line (-1) describes the latent distance better"),
    "seconds": Variable(("algorithm",), "time the method took, in s", SECONDS),
    "peak_memory": Variable(
        ("algorithm",), "peak memory of the process during the method, above the memory before, in MB", MEGABYTES
    ),
    "average_precision": Variable(("algorithm",), "of method_score against the truth; NaN without"),
    "latent_average_precision": Variable(
        ("algorithm",),
        "of a nearest-neighbour classifier in the latent space, trained on the truth elsewhere on the map",
    ),
    "adjusted_rand_index": Variable(("algorithm",), "of method_label against the truth; NaN without"),
    "merges": Variable(
        ("linkage", "merge", "merge_field"),
        "how the last clusters merge: left, right, height, spectra (SciPy's)",
        LATENT,
    ),
    "leaf_size": Variable(("linkage", "leaf"), "number of spectra in each of the last clusters"),
    "split_size": Variable(("linkage", "order"), "number of spectra in the smaller of the two clusters of each split"),
}
"""Every variable that a comparison may hold; ``linkage`` names the agglomerative methods."""

COMPARISON_ATTRIBUTES: Mapping[str, str] = {
    "skipped_methods": "methods left out as JSON: name and why",
    "preparation_notes": "preparation, what was left out or filled, points that lie unevenly: one sentence a line",
    "truth_source": "where the truth came from; empty without one",
    "settings": "all settings as JSON",
    "didymos_version": "version that wrote the comparison",
    "input_file": "name of the input file",
    "input_sha256": "SHA-256 of the input file",
    "seed": "seed of the random numbers",
    "created": "date and time (ISO 8601, UTC)",
}
"""Every global attribute that a comparison holds."""

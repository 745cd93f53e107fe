"""The twin networks of a comparison in words."""

TITLES = {"euclidean": "Twin network, Euclidean distance", "robust": "Twin network, robust distance"}
"""The metrics and the names of the methods in words."""

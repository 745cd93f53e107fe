"""Spectra of a map that is not in memory: read in parts, worked on by this process or a cluster, and kept track of."""

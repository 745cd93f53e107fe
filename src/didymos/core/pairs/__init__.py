"""Distances of all pairs of spectra."""

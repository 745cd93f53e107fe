"""Robust statistics, principal components, mixtures, labels and threads."""

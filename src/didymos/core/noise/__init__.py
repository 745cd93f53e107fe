"""Noise of the energies and rank of the signal."""

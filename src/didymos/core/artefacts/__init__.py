"""Corrupted spectra and tip changes."""

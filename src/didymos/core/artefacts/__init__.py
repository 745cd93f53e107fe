"""Corrupted spectra and changes of the tip."""

"""Nanonis grids (``.3ds``): header, records, frame and sweep of a file, and a map as such a file."""

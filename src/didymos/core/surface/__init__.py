"""Neighbourhoods, interpolation from the neighbourhood, connected objects and their shape."""

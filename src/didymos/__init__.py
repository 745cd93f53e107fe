"""didymos finds what is different in a hyperspectral map."""

__version__ = "0.1.0"

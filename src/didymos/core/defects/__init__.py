"""Amplitude of defects and regions of the surface."""

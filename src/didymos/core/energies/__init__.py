"""What is resolved in energy: correlation, histograms, iso-energy slices."""

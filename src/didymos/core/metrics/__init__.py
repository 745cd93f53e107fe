"""Linear metrics: a map from spectra to features."""

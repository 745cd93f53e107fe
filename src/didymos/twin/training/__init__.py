"""Training twin networks on pairs of spectra."""

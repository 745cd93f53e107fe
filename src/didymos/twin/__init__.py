"""The twin network: similarity of spectra learnt from pairs."""

"""How distances in a latent space compare with those of the spectra."""

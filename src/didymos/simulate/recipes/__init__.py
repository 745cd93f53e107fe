"""Ready-made maps with known truth, one file per recipe."""

"""Pre-activation residual networks (He et al. 2016b)."""

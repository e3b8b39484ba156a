"""Figures, measured here and now on real servers: `make bench`."""

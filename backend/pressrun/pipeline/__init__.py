"""Document in, artifacts out; knows neither HTTP nor tables."""

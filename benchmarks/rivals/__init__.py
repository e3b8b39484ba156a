"""The same deck captured by what people use today; see `compare.py`."""

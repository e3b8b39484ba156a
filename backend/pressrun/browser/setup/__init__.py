"""What a machine needs for a browser, how it is put there, and the proof that it works."""

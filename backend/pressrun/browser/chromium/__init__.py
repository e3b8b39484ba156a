"""One browser: found, launched, sealed, spoken to, watched and ended, here or elsewhere."""

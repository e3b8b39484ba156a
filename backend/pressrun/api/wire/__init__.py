"""The form of what comes in and goes out: bodies, models, problems, headers."""

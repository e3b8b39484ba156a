"""A run's events as Server-Sent Events, and the one task that watches for news, for its client and for the time."""

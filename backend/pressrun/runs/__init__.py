"""What a run is, who may start one, what happened to it."""

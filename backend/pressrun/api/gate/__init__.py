"""What may come in at all: hosts, origins, tokens, shares. Decided before any endpoint is asked."""

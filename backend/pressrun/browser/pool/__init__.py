"""The shared browsers: capacity, waiting queue, leases, whose capture is next."""

"""RunEvent union; EventLog: append, read_after, follow."""

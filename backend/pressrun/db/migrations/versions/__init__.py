"""One file a revision, named by its number; frozen once released: they know no code of ours."""

"""Playwright lives here, nowhere else."""

"""Pressrun turns text and HTML into slides. See docs/architecture.md for where things live and why."""

__version__ = "0.1.0"
"""Of wheel, sdist, wire and command line; pyproject.toml reads it here, and importing it costs nothing."""

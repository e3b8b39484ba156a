"""Pressrun turns text and HTML into slides. See `ARCHITECTURE` in docs/ for the house plan."""

from importlib.metadata import version

__version__ = version("pressrun")

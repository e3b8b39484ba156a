"""Pressrun turns text and HTML into slides. See docs/architecture.md for where things live and why."""

from importlib.metadata import version

__version__ = version("pressrun")

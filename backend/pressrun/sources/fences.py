"""What begins and ends a fenced listing, for all that read Markdown by its lines."""

from __future__ import annotations

import re
from typing import Final

FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
"""At the beginning of a line; its group is the fence, which is ended by one of the same that is as long or longer."""

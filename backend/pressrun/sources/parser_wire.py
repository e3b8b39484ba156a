"""How `parser_pool` and `parser_child` talk: a header, then that many bytes of JSON. JSON, because a child that was
taken over must not be able to make the parent run anything, as a pickle could.
"""

from __future__ import annotations

import struct
from typing import Final

# length of the body in bytes, CPU seconds allowed (0 in an answer)
HEADER: Final = struct.Struct(">QQ")

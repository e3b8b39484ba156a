"""How `parser_pool` and `parser_child` talk: a header, that many bytes of JSON, and as they are the bytes of what came
from elsewhere. JSON, because a child that was taken over must not be able to make the parent run anything, as a pickle
could; bytes apart, because spelled in JSON a few megabytes hold the parent's event loop for a tenth of a second.
"""

from __future__ import annotations

import struct
from typing import Final

# lengths of the JSON and of the bytes behind it, CPU seconds allowed (0 in an answer)
HEADER: Final = struct.Struct(">QQQ")

"""How far each of a site's files has come, as the others remember it.

Every file of a site notes now and then how far the others have come: their high-water marks. A file that is put back
from a backup is then behind its mark, which its own contents cannot tell.
"""

from __future__ import annotations

import msgspec


class HighWater(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file has come: the file's name, its life, a number that only grows within it, and a digest there.

    A `life` begins when a file is made, and ends when it is made anew. The `digest` tells two files apart that have
    come equally far in one life, as after an older one was put back and went on.
    """

    file: str
    life: str
    number: int
    digest: str = ""

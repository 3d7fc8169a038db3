"""Makes words that a device, or a stranger through it, wrote harmless to look at.

Templates escape HTML by themselves. What they let pass are characters that reorder or hide what stands around them
(https://trojansource.codes, CVE-2021-42574) and control characters; each becomes the sign for "something was here".
"""

from __future__ import annotations

import re

_INSTEAD = "\ufffd"
# Controls except the line feed; the marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm.
_HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def harmless(words: object) -> str:
    """The words as text, with a sign for each character that could mislead; whoever writes HTML still escapes them."""
    return _HARMFUL.sub(_INSTEAD, str(words))

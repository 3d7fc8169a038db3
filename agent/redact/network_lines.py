"""The names of wireless networks in the lines below the one that tells of them.

Windows tells the profile of a network among the lines of an event, macOS lists networks below a heading.
"""

from __future__ import annotations

import re

Range = tuple[int, int]

# The profile of an event of Windows' WLAN AutoConfig.
_PROFILE = re.compile(
    rb"\s*(?:Profile Name|Profilname|Nom du profil|Nombre de perfil|Nome profilo|Nome do perfil|Profielnaam|"
    rb"Nazwa profilu|Profilnavn|Profilnamn|Profiilin nimi|N\xc3\xa1zev profilu)\s?: ?+"
    rb"(?!network-[a-z2-7]{8,12}\s*$)(?P<value>[^\r\n]{1,64}?)\s*$"
)
_LISTED = re.compile(rb"[ ]+(?!network-[a-z2-7]{8,12}:)(?P<value>\S[^\r\n]{0,31}?):\s*$")
_DEEPER = 2


def network_in(line: bytes, indentation: int) -> Range | None:
    """The name of a wireless network: of a profile of Windows, or in a list of macOS below a line so far indented."""
    profile = _PROFILE.match(line)
    if profile is not None:
        return profile.span("value")
    listed = _LISTED.match(line) if indentation else None
    return listed.span("value") if listed is not None and listed.start("value") == indentation + _DEEPER else None

"""Within which bounds a bundle is packed: how large it may be, in how many files, at which clock, by whose key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from agent.flow import Pack, Plan
from agent.signature import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PackBounds:
    """Sizes are as in the plan; ``threads`` is how many may pack, up to three; without it one for each core."""

    made_at: datetime
    limit_bytes: int
    volume_bytes: int | None = None
    volumes_bytes: int | None = None
    signing_key: SigningKey | None = None
    threads: int | None = None
    pack: Pack = "auto"

    @staticmethod
    def of(plan: Plan, signing_key: SigningKey | None, threads: int | None) -> PackBounds:
        """The bounds of ``plan``."""
        return PackBounds(
            made_at=plan.made_at,
            limit_bytes=plan.limit_bytes,
            volume_bytes=plan.volume_bytes,
            volumes_bytes=plan.volumes_bytes,
            signing_key=signing_key,
            threads=threads,
            pack=plan.pack,
        )

    def with_one_volume_more(self) -> PackBounds | None:
        """The same with room for another volume, or ``None`` when no more may be."""
        if self.volume_bytes is None or self.volumes_bytes is None or self.limit_bytes >= self.volumes_bytes:
            return None
        return replace(self, limit_bytes=min(self.limit_bytes + self.volume_bytes, self.volumes_bytes))

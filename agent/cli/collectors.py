"""``sendlogs collectors``: what can be gathered at all."""

from __future__ import annotations

from agent.cli.options import verb
from agent.cli.output import Output


@verb(example="sendlogs collectors")
def command(output: Output) -> None:
    """List everything that can be gathered: what it is, why support wants it, and how private it is."""
    import collectors

    for name, declared in collectors.installed().items():
        values = {
            "name": name,
            "title": declared.title,
            "gathers": declared.gathers,
            "why": declared.why,
            "sensitivity": declared.sensitivity,
            "platforms": sorted(declared.platforms),
            "items": declared.items,
            "options": declared.options,
            "limits": declared.limits,
        }
        told = f"{name} ({declared.sensitivity.value}; {', '.join(sorted(declared.platforms))})"
        output.record("collector", values, f"{told}\n    {declared.gathers}\n    {declared.why}")

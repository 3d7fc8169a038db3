"""``sendlogs completion``: the script by which a shell completes our words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from agent.cli.options import verb
from agent.cli.output import Output


@verb(example="sendlogs completion bash > ~/.local/share/bash-completion/completions/sendlogs")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(output: Output, shell: str) -> None:
    """Print the completion script for a shell."""
    from agent.cli import program

    kind = get_completion_class(shell)
    assert kind is not None, shell
    # The variable's name is click's own rule: the program's name in capitals.
    script = kind(program, {}, "sendlogs", "_SENDLOGS_COMPLETE").source()
    output.record("completion", {"shell": shell, "script": script}, script)

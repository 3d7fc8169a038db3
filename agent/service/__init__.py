"""The background service: one small process that stays, and children that do the work and end.

What stays in memory all day must be small, so the process that stays (``python -m agent.service``) imports the
standard library, ``truststore``, and the few files here; it never imports what reads settings, verifies, gathers,
redacts or delivers. Each of these is an *errand*: a child process (``agent.cli.errands``) that is told what to do on
its standard input, tells what comes of it as JSON lines, and ends; it ends as well when the service does, whatever
ended that. ``resident`` puts the parts together: ``loop`` (what waits), ``poll`` and ``telling`` over ``line`` (the
desk), ``requests`` over ``records`` (what champions asked for), ``children`` (the errands), ``channel`` (the person's
own programs), ``systemd`` (whoever started it).
"""

"""Settings, and the data the program ships with: profiles, redaction rules, JSON Schemas.

Nothing here imports the rest of the program. ``settings`` is read by the fronts and by ``agent.plan``; below
the plan no stage reads configuration. ``places`` alone knows where things lie on a machine, and
``private_files`` alone makes files that only their owner may read.
"""


class ConfigurationProblem(ValueError):
    """A file or a variable that cannot be used; the message names it, the line and the key as it was written.

    The offending value is never part of the message: a proxy's address may hold a password.
    """

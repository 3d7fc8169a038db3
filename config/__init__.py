"""Configuration: settings and profiles (found, loaded, checked), and the data that ships with the program.

Imports nothing else of the project, so that every part may ask it. What a person wrote and the program
cannot use is always a :class:`ConfigurationProblem`.
"""

from __future__ import annotations


class ConfigurationProblem(ValueError):
    """What a person configured cannot be used.

    The message is one sentence that names the file, the key as it was written, and what is expected there;
    it never repeats a value that may be a secret.
    """

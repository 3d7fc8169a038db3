"""For all tests: an example may take as long as the machine is busy. What is slow is a benchmark's to find."""

from hypothesis import settings

settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")

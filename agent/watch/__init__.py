"""Crashes of the applications that have a profile: seen at once, told once, and the logs around them kept.

``places`` says where an application's crashes show, ``crash_watch`` notices them there, ``known_crashes`` remembers
which were told, and ``snapshot`` copies the ends of the logs before rotation takes them. Nothing here sends anything,
and ``crash_watch`` and ``known_crashes`` import next to nothing, for the process that stays.
"""

"""Crashes of the applications that have a profile: seen at once, told once, and the logs around them kept.

``places`` says where an application's crashes show, ``crash_watch`` looks there and ``telling_logs`` into the logs in
which applications tell of crashes themselves, ``known_crashes`` remembers which were told, and ``snapshot`` copies the
ends of the logs before rotation takes them. Nothing here sends anything, and what looks imports next to nothing, for
the process that stays.
"""

"""Collection requests: a champion asks a device for a bundle, and sees at once what becomes of it.

``asking`` says whether one may ask, ``collection_requests`` makes and signs a request and takes its answers
(``requests_api``, ``request_commands``). ``long_poll`` holds the devices' calls, ``live_events`` the champions', and
``wake_ups`` ends both as soon as there is something new (``gathered``: one look for all who ask the same).
"""

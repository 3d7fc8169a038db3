"""The embedded ticketing desk: django-helpdesk, an API for devices, and a viewer for their bundles.

A separate program with separate trust: it imports nothing of the agent, and meets it on the wire alone.

    __main__ → commands → serve → first_start
    asgi → streamed_body → (Django) → api → enrolment · tickets · bundle_store → models
"""

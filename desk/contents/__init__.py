"""What is inside a bundle, read apart: in a process without rights and with bounds, since a device is not trusted.

``archive_reader`` is that process, ``bundle_contents`` asks it; ``manifest_told`` and ``manifest_signature`` say what
a manifest tells, ``member_window`` shows a stretch of one member, ``report_elements`` what of a report may be shown.
"""

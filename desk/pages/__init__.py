"""What a champion's browser shows: a page each of bundles, devices, requests, the quarantine, tokens, the audit.

Views and what they alone need. They look things up and change them through the rooms beside, and know no bytes of an
upload and no wire. The tickets' own pages are django-helpdesk's.
"""

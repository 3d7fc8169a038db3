"""A champion's request, as this computer sees it: a statement of the desk that is believed only after every check.

Decision 80 says what a request is and why. ``admission`` is the way in; what it asks of the others, in the order of its
checks: ``envelope`` (size, form, key, signature), ``pins`` (whose key), ``statement`` (fields), ``nonces`` (times, used
request ids, rate). ``refusals`` are the ways to say no, ``refusal_lines`` what the audit keeps of those. Nothing here
gathers, speaks to the network, or asks a person.
"""

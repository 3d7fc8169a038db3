"""Which lines the rules have to look at, by the fastest engine there is; it changes nothing of the result.

``picker`` says what an engine is, ``engines`` chooses one. ``dialect`` gives every trigger a form that all of them read
alike, ``parsed_trigger`` what can be known of it beforehand, and ``compiled_patterns`` keeps what takes long to make.
"""

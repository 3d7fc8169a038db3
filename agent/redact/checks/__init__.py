"""What a found value is: a credential, a person, a host or a number, or only something that looks like one.

``validators`` names the checks for the rules. Those of numbers compute (check digits, ranges); those of people, hosts
and secrets weigh how a value is made, what stands around it, and words that are nobody's (``things``, ``doers``,
``principals``, ``public_hosts``, ``technical_names``, ``message_words``). All take bytes and say yes or no; none knows
a rule, a file or an engine.
"""

"""The program on the user's machine: collect, redact, pack, deliver.

The data goes one way: a front makes a ``Request``; ``plan`` turns it into a ``Plan``; ``collect`` yields
artifacts, ``redact`` turns each into a ``Redacted`` or withholds it, ``archive`` packs them, ``gate`` scans
what was packed, ``delivery`` hands it over and returns the ``Receipt``. See docs/design.md.
"""

__version__ = "0.1.0"

"""Redaction by several processes at once: the same bytes come out as from one.

A ``crew`` serves a bundle that is being made: ``parts`` of long artifacts and ``artifact_job``, small ones whole, go
through a ``shared_pipe``. ``workers`` serve a folder or a bundle that is redacted on its own, a ``file_job`` each.
"""

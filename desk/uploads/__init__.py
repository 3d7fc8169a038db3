"""The bytes of bundles on their way in, and where they lie.

``streamed_body`` and ``direct_body`` hand a body past the parsers; ``upload_headers`` and ``tus_headers`` say what is
announced; ``bundle_store`` takes it whole, ``resumable`` in pieces, ``parts`` past the desk into an object store;
``read_back`` proves what arrived, and ``bundle_bytes`` hands it out again.
"""

"""How fast, how small and how soon back: commands that print a table beside a named peer or limit.

``python -m bench.clicks``, ``bench.faults``, ``bench.poll`` and ``bench.idle``; the last line each prints is the
same figures as JSON. Everything is on 127.0.0.1, and nothing here is shipped.
"""

"""Runs a whole GitTix for tests and benchmarks: servers, processes, settings and logs.

`bin/chaos`, `bin/bench`, `bin/browser-tests` and `bin/live-load` use it. Only `servers` needs packages besides Python.
"""

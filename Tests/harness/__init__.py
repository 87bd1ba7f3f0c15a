"""Runs a whole GitTix for tests and benchmarks: servers, processes, settings and logs.

`bin/chaos`, `bin/bench`, `bin/browser-tests`, `bin/contract-tests` and `bin/live-load` use it. Only `servers` and
`standby` need packages besides Python.
"""

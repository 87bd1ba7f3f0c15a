"""The faults, one module for each family. Importing this package fills the catalogue."""

from chaos.faults import clock, failpoints, network, postgres, process, redis, rolling, stripe  # noqa: F401

"""The faults, one module for each family. Importing this package fills the catalogue."""

from chaos.faults import (  # noqa: F401
    clock, failover, failpoints, forgery, network, pause, poison, postgres, process, redis, rolling, stripe,
)  # fmt: skip

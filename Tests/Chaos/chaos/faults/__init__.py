"""The faults, one module for each family. Importing this package fills the catalogue."""

from chaos.faults import (  # noqa: F401
    clock, failover, failpoints, network, pause, poison, postgres, process, redis, rolling, stripe,
)  # fmt: skip

"""Everything that goes wrong. Each module has one family; importing this package fills the catalogue."""

from chaos.faults import clock, net, payload, postgres, process, redis, stripe, traps  # noqa: F401

"""Free ports of the loopback interface."""

import random
import socket

_taken: set[int] = set()
# Not seeded, because several runs may look for ports at the same time.
_random = random.SystemRandom()


def free_port() -> int:
    """Returns a free port, and never the same port twice. Ports are below the ephemeral range, so a restarted server
    can take its port again."""
    for _ in range(200):
        port = _random.randrange(15_000, 31_000)
        if port in _taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _taken.add(port)
        return port
    raise RuntimeError("no free port found on 127.0.0.1")

"""Ports of the loopback."""

import random
import socket


class Ports:
    """Gives out free ports below the range that outgoing connections take theirs from: a server that is started again
    finds its own port free. Chosen by the machine's chance, not by the run's: several runs may go on at once."""

    def __init__(self) -> None:
        self.given: set[int] = set()
        self.chance = random.SystemRandom()

    def take(self) -> int:
        for _ in range(200):
            port = self.chance.randrange(15_000, 31_000)
            if port in self.given:
                continue
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            self.given.add(port)
            return port
        raise RuntimeError("no free port was found on 127.0.0.1")

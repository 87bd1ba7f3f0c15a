"""Sends many commands to Redis quickly."""

import socket
from collections.abc import Iterable


def encode(*words: str | bytes | int) -> bytes:
    """A command in Redis's protocol."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


def send_all(port: int, commands: Iterable[bytes], batch_size: int = 2000) -> int:
    """Sends encoded commands and returns their number. Each response must be one line or one bulk string."""
    count = 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        reader = connection.makefile("rb")
        batch: list[bytes] = []

        def flush() -> None:
            nonlocal count
            connection.sendall(b"".join(batch))
            for _ in batch:
                line = reader.readline()
                if line.startswith(b"-"):
                    raise RuntimeError(f"Redis answers with an error: {line.decode().strip()}")
                if line.startswith(b"$"):
                    reader.readline()
            count += len(batch)
            batch.clear()

        for command in commands:
            batch.append(command)
            if len(batch) == batch_size:
                flush()
        flush()
    return count

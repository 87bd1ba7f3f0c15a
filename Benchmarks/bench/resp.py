"""Writes many commands to Redis quickly."""

import socket
from collections.abc import Iterable


def encode(*words: str | bytes | int) -> bytes:
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


def pipe(port: int, commands: Iterable[bytes], chunk: int = 2000) -> int:
    """Sends encoded commands, each of which is answered in one line or one bulk string, and returns how many."""
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
                    raise RuntimeError(f"Redis refused: {line.decode().strip()}")
                if line.startswith(b"$"):
                    reader.readline()
            count += len(batch)
            batch.clear()

        for command in commands:
            batch.append(command)
            if len(batch) == chunk:
                flush()
        flush()
    return count

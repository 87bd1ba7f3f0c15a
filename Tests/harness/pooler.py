"""A PgBouncer in front of a PostgreSQL server."""

import shutil
import socket
from pathlib import Path

from harness.servers import Server, as_server_user, create_owned_directory

MODES = ("session", "transaction")
# A client in session mode keeps a session of the server for as long as it is connected.
POOL_SIZES = {"session": 60, "transaction": 6}


class PgBouncer(Server):
    name = "pgbouncer"

    def __init__(self, port: int, data: Path, log: Path, mode: str, server_port: int):
        super().__init__(port, data, log)
        self.mode = mode
        self.server_port = server_port

    async def launch(self) -> None:
        create_owned_directory(self.data)
        (self.data / "users.txt").write_text('"gittix" ""\n')
        settings = self.data / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host=127.0.0.1 port={self.server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {self.port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {self.data}/users.txt\n"
            f"pool_mode = {self.mode}\ndefault_pool_size = {POOL_SIZES[self.mode]}\n"
            # A server that was unreachable is tried again after one second instead of fifteen.
            "server_login_retry = 1\n"
        )
        for file in self.data.iterdir():
            file.chmod(0o644)
        # Debian installs PgBouncer outside the PATH of users.
        program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
        await self._spawn(as_server_user(program, str(settings)))

    async def is_available(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    async def stop(self) -> None:
        await self.kill()

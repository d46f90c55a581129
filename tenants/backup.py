"""The whole platform in one file, and back: the database, and the files that its rows name.

A tar of `manifest.json`, the database (pg_dump's custom format, or an SQLite file), and
`media/`. Secrets of companies are in it as the database has them, encrypted with
ENCRYPTION_KEYS; the keys themselves and people's sessions are not.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from tenants import row_security
from tenants.fields import fernet

FORMAT: Final = 1
SESSIONS: Final = "django_session"
LOCK_SECONDS: Final = 10  # for whoever still uses the tables that a restore replaces
LONGEST_SECONDS: Final = 6 * 3600
_MANIFEST, _DATABASE, _MEDIA = "manifest.json", "database", "media"
_PROOF: Final = b"voicebot"


class BackupError(Exception):
    """It cannot be done; the text says why, and what to do about it."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    format: int
    vendor: str  # "postgresql", "sqlite"
    created_at: str
    #: The last migration of each app: a release that does not know one of them is too old.
    migrations: dict[str, str]
    #: Something encrypted: only who has the keys can use the secrets in the database.
    proof: str


def back_up(target: Path) -> Manifest:
    """Write everything to `target`, a new file for this user alone, or a pipe. Raises BackupError."""
    manifest = Manifest(
        format=FORMAT,
        vendor=connection.vendor,
        created_at=timezone.now().isoformat(timespec="seconds"),
        migrations=_applied(),
        proof=fernet().encrypt(_PROOF).decode(),
    )
    with _temporary() as folder, _new(target) as file, tarfile.open(fileobj=file, mode="w|") as archive:
        text = json.dumps(asdict(manifest), indent=2).encode()
        entry = tarfile.TarInfo(_MANIFEST)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
        # The database first: of what comes later there are files without a row, which are cleaned up.
        dump = folder / _DATABASE
        _dump_postgresql(dump) if connection.vendor == "postgresql" else _dump_sqlite(dump)
        archive.add(dump, _DATABASE)
        for path in sorted(Path(settings.MEDIA_ROOT).rglob("*")):
            with contextlib.suppress(FileNotFoundError):  # erased meanwhile, as its row will be
                archive.add(path, f"{_MEDIA}/{path.relative_to(settings.MEDIA_ROOT)}", recursive=False)
    return manifest


def restore(source: Path, *, force: bool = False) -> Manifest:
    """Put back what `back_up` wrote, then bring the tables up to this release. Raises BackupError.

    Into an empty database; with `force` in place of whatever is there. On PostgreSQL all
    of the database comes back, or nothing changes.
    """
    if not force and connection.introspection.table_names():
        raise BackupError(
            "The database is not empty. Restore into a new one, or use --force to replace everything in it."
        )
    with _temporary() as folder:
        try:
            with source.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as archive:
                manifest = _checked(archive)
                for member in archive:
                    if member.name != _MANIFEST:
                        archive.extract(member, folder, filter="data")  # nothing outside of the folder, no devices
        except FileNotFoundError:
            raise BackupError(f"{source} does not exist.") from None
        except (tarfile.TarError, EOFError) as error:
            raise BackupError(f"{source} is no backup of ours, or a part of one: {error}") from error
        if not (folder / _DATABASE).is_file():
            raise BackupError(f"{source} is incomplete: it has no database.")
        dump = folder / _DATABASE
        _load_postgresql(dump) if connection.vendor == "postgresql" else _load_sqlite(dump)
        if (folder / _MEDIA).is_dir():
            shutil.copytree(folder / _MEDIA, settings.MEDIA_ROOT, dirs_exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    return manifest


def _checked(archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    content = archive.extractfile(first) if first and first.name == _MANIFEST and first.isfile() else None
    try:
        found = json.load(content) if content else {}
        manifest = Manifest(**found)
    except (ValueError, TypeError):
        raise BackupError("This is no backup of ours: its manifest is missing or of another format.") from None
    if manifest.format != FORMAT:
        raise BackupError(f"The backup has format {manifest.format}, this release knows {FORMAT}.")
    if manifest.vendor != connection.vendor:
        raise BackupError(f"The backup is of {manifest.vendor}, DATABASE_URL names {connection.vendor}.")
    known = MigrationLoader(None).disk_migrations
    if unknown := [each for each in manifest.migrations.items() if each not in known]:
        raise BackupError(f"The backup is of a later release ({'.'.join(unknown[0])}): upgrade first.")
    try:
        fernet().decrypt(manifest.proof)
    except InvalidToken:
        raise BackupError(
            "ENCRYPTION_KEYS (or SECRET_KEY, from which they are derived) are not those of the backup: secrets in it "
            "could not be read. Set the keys that were in use when it was made."
        ) from None
    return manifest


def _applied() -> dict[str, str]:
    applied = MigrationLoader(connection).applied_migrations
    if not applied:
        raise BackupError("The database has no tables: there is nothing to keep. Is DATABASE_URL right?")
    return dict(sorted(applied))  # the last one of each app wins


@contextmanager
def _temporary() -> Iterator[Path]:
    """A folder for this user alone, where there is room for recordings."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="backup-", dir=settings.DATA_DIR) as folder:
        yield Path(folder)


@contextmanager
def _new(path: Path) -> Iterator[IO[bytes]]:
    is_pipe = path.exists() and not stat.S_ISREG(path.stat().st_mode)
    try:
        descriptor = os.open(path, os.O_WRONLY if is_pipe else os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupError(f"{path} cannot be made: {error.strerror}.") from error
    with open(descriptor, "wb") as file:
        try:
            yield file
        except BaseException:
            if not is_pipe:
                path.unlink(missing_ok=True)  # half a backup must not look like one
            raise


# --- PostgreSQL -----------------------------------------------------------------


def _run(program: str, *arguments: str, connects: bool = True) -> None:
    """One of PostgreSQL's programs; the password is in its environment, where nobody else sees it."""
    target, environment = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    try:
        done = subprocess.run(  # noqa: S603
            [program, *arguments, *(target[1:] if connects else ())],
            # Of everyone, whoever the user is: row-level security would leave the rest out.
            env=os.environ
            | (environment or {})
            | {"PGOPTIONS": f"-c lock_timeout={LOCK_SECONDS}s -c {row_security.FOR_EVERYONE}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
        )
    except FileNotFoundError:
        raise BackupError(
            f"{program} is not installed: install PostgreSQL's client programs (postgresql-client), of the server's "
            "release or a later one."
        ) from None
    except subprocess.TimeoutExpired:
        raise BackupError(f"{program} did not come to its end in {LONGEST_SECONDS // 3600} hours.") from None
    if done.returncode:
        raise BackupError(f"{program}: {' '.join(done.stderr.split())[:500]}")


def _dump_postgresql(path: Path) -> None:
    _run(
        "pg_dump",
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--enable-row-security",
        f"--exclude-table-data={SESSIONS}",
        f"--file={path}",
    )


def _load_postgresql(path: Path) -> None:
    script = path.with_suffix(".sql")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(path), connects=False)
    connection.close()
    fresh = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
    quiet = ("--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--single-transaction")
    _run("psql", *quiet, f"--command={fresh}", f"--file={script}")


# --- SQLite ------------------------------------------------------------------------


def _dump_sqlite(path: Path) -> None:
    connection.ensure_connection()
    raw: Any = connection.connection
    with closing(sqlite3.connect(path)) as copy:
        raw.backup(copy)
        with copy:
            copy.execute(f"DELETE FROM {SESSIONS}")  # noqa: S608
        copy.execute("VACUUM")  # or the pages would still have them


def _load_sqlite(path: Path) -> None:
    connection.ensure_connection()
    raw: Any = connection.connection
    with closing(sqlite3.connect(path)) as copy:
        copy.backup(raw)
    connection.close()

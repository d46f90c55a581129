"""A platform that is lost comes back from one file."""

from __future__ import annotations

import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from tenants.models import Tenant, VendorKey
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "the-key-of-a-vendor-4711"


def everything() -> dict[str, list[Any]]:
    """The rows of all tables, as the database has them."""
    found = {}
    with acting_for(EVERYONE), connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


@pytest.fixture
def _migrated(transactional_db: None, settings: Settings) -> None:
    """The tests' tables, which were made from the models, are those of the newest migrations."""
    settings.MIGRATION_MODULES = {}
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    for app, name in MigrationLoader(None).disk_migrations:
        recorder.record_applied(app, name)


@pytest.fixture
def backup(_migrated: None, cast: Cast, tmp_path: Path) -> Path:
    """A backup of the cast, with a recording, a vendor's key, and somebody who is signed in."""
    default_storage.save("recordings/alpha/1.wav", ContentFile(b"RIFF" + bytes(5000)))
    with acting_for(cast.alpha.tenant):
        VendorKey.objects.filter(provider="openai").delete()
        VendorKey.objects.create(provider="openai", api_key=KEY)
    Client().force_login(cast.owner)
    path = tmp_path / "backup.tar"
    call_command("backup", to=path)
    return path


def test_all_of_it_comes_back(backup: Path, cast: Cast) -> None:
    before = everything()
    assert len(before["django_session"]) == 1
    default_storage.delete("recordings/alpha/1.wav")
    with acting_for(EVERYONE):
        Tenant.objects.get(slug="alpha").delete()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE of_a_later_release (number integer)")

    call_command("restore", source=backup, force=True)

    after = everything()
    assert after.pop("django_session") == []
    assert after == {table: rows for table, rows in before.items() if table != "django_session"}
    with default_storage.open("recordings/alpha/1.wav") as recording:
        assert recording.read() == b"RIFF" + bytes(5000)
    with acting_for(cast.alpha.tenant):
        assert VendorKey.objects.get(provider="openai").api_key == KEY
    cast.alpha.tenant.save()  # it can be written to


def test_it_is_for_one_user_alone_and_has_no_secret_in_clear(backup: Path, cast: Cast, settings: Any) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with tarfile.open(backup) as archive:
        names = archive.getnames()
        for name in names:
            file = archive.extractfile(name)
            content = file.read() if file else b""
            assert KEY.encode() not in content
            assert settings.SECRET_KEY.encode() not in content
    assert {"manifest.json", "database", "media/recordings/alpha/1.wav"} <= set(names)
    assert list(settings.DATA_DIR.glob("backup-*")) == []


def test_what_is_there_is_replaced_only_on_demand(backup: Path) -> None:
    before = everything()
    with pytest.raises(CommandError, match=r"not empty.*--force"):
        call_command("restore", source=backup)
    with pytest.raises(CommandError, match="cannot be made: File exists"):
        call_command("backup", to=backup)
    assert everything() == before


def test_other_keys_are_noticed_before_anything_is_lost(backup: Path, settings: Any) -> None:
    before = everything()
    settings.ENCRYPTION_KEYS, settings.SECRET_KEY = [Fernet.generate_key().decode()], "another"
    with pytest.raises(CommandError, match="ENCRYPTION_KEYS"):
        call_command("restore", source=backup, force=True)
    assert everything() == before


def test_half_a_backup_and_other_files_are_refused(backup: Path, tmp_path: Path) -> None:
    before = everything()
    content = backup.read_bytes()
    for name, part in (("half", content[: len(content) // 2]), ("other", b"not a tar at all"), ("empty", b"")):
        (tmp_path / name).write_bytes(part)
        with pytest.raises(CommandError):
            call_command("restore", source=tmp_path / name, force=True)
    with pytest.raises(CommandError, match="does not exist"):
        call_command("restore", source=tmp_path / "missing", force=True)
    assert everything() == before


def test_a_backup_of_a_later_release_waits_for_the_upgrade(backup: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.tar"
    with tarfile.open(backup) as archive:
        archive.extractall(tmp_path / "out", filter="data")
    manifest = tmp_path / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"calls": "', '"calls": "9999_'))
    with tarfile.open(later, "w") as archive:
        for name in ("manifest.json", "database"):
            archive.add(tmp_path / "out" / name, name)
    with pytest.raises(CommandError, match="later release"):
        call_command("restore", source=later, force=True)

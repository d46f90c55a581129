"""Numbers of tickets in the form that customers' have: what people and other systems wrote was kept as they wrote it."""

from django.db import migrations, transaction
from django.db.models import Q
from django.utils import timezone

from companies.phone import international

BATCH = 500


def normalise(apps, schema_editor):
    """A batch in a transaction: calls go on meanwhile. The time of the change moves, for whoever keeps a copy."""
    tickets = apps.get_model("tickets", "Ticket").objects.using(schema_editor.connection.alias)
    other = ~Q(phone_number__regex=r"^\+[1-9][0-9]{6,14}$") | Q(phone_number__startswith="+330")
    written, last = tickets.filter(other).exclude(phone_number="").order_by("pk"), 0
    while True:
        with transaction.atomic(schema_editor.connection.alias):
            batch = list(written.filter(pk__gt=last).select_for_update().only("pk", "phone_number")[:BATCH])
            if not batch:
                return
            last = batch[-1].pk
            changed = [ticket for ticket in batch if international(ticket.phone_number)]
            for ticket in changed:
                ticket.phone_number, ticket.updated_at = international(ticket.phone_number), timezone.now()
            tickets.bulk_update(changed, ["phone_number", "updated_at"])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0003_searched")]

    operations = [migrations.RunPython(normalise, migrations.RunPython.noop)]

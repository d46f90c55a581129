from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Settings")

    def ready(self) -> None:
        from tenants import row_security, sync
        from tenants.webhooks import outbox

        sync.watch()
        outbox.watch()
        post_migrate.connect(row_security.enforce, sender=self)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Settings")

    def ready(self) -> None:
        from tenants import sync

        sync.watch()

from importlib import import_module

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig

from monitoring import errors


class AdminConfig(DjangoAdminConfig):
    """Django's admin on our Unfold site."""

    default_site = "voicebot_site.admin.VoicebotAdminSite"

    def ready(self) -> None:
        super().ready()
        import_module("voicebot_site.checks")
        errors.start()

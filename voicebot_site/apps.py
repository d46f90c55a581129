from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin on our Unfold site."""

    default_site = "voicebot_site.admin.VoicebotAdminSite"

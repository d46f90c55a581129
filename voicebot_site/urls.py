from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from voicebot_site.health import healthz, readyz
from voicebot_site.metrics import metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    # Browsers ask unbidden. Lazy: before collectstatic has run, no file has an address.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("voicebot/favicon.svg"))),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", include("voicebot_site.api.urls")),
    path("", include("tickets.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "voicebot_site.api.problems.bad_request"
handler404 = "voicebot_site.api.problems.not_found"
handler500 = "voicebot_site.api.problems.server_error"

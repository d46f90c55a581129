from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from voicebot_site.health import healthz, readyz

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("favicon.ico", RedirectView.as_view(url=static("voicebot/favicon.svg"))),  # browsers ask unbidden
    path("healthz", healthz),
    path("readyz", readyz),
    path("", include("django_prometheus.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("calls.urls")),
    path("admin/", admin.site.urls),
]

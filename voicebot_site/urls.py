from django.contrib import admin
from django.urls import include, path

from voicebot_site.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("", include("django_prometheus.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("calls.urls")),
    path("admin/", admin.site.urls),
]

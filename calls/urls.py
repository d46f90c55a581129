from django.urls import path

from calls.api import AnnounceView, ResultView

urlpatterns = [
    path("calls/announce", AnnounceView.as_view(), name="announce"),
    path("calls/<uuid:call_uuid>/result", ResultView.as_view(), name="result"),
]

from django.urls import path

from calls.api import AnnounceView, ResultView
from calls.costs_api import CostsSummaryView

urlpatterns = [
    path("calls/announce", AnnounceView.as_view(), name="announce"),
    path("calls/<uuid:call_uuid>/result", ResultView.as_view(), name="result"),
    path("costs/summary", CostsSummaryView.as_view(), name="costs_summary"),
]

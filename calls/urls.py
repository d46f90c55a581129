from django.urls import path

from calls.api import RecordingView
from calls.costs_api import CostsSummaryView
from calls.dialplan_api import AnnounceView, ResultView
from calls.monitor import LiveConsumer
from calls.testcall import TestCallConsumer

#: Who is there is asked by the consumers themselves (calls.sockets), again and again.
websockets = [path("ws/live", LiveConsumer.as_asgi()), path("ws/try", TestCallConsumer.as_asgi())]

urlpatterns = [
    path("calls/announce", AnnounceView.as_view(), name="announce"),
    path("calls/<uuid:call_uuid>/result", ResultView.as_view(), name="result"),
    path("calls/<uuid:call_uuid>/recording", RecordingView.as_view(), name="call-recording"),
    path("costs/summary", CostsSummaryView.as_view(), name="costs_summary"),
]

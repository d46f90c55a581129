from django.urls import path

from tickets.views import weekly_report_choice

urlpatterns = [path("letters/weekly/<str:token>/", weekly_report_choice, name="weekly_report_choice")]

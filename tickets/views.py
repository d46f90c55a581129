"""What a link in a letter leads to; whoever follows it may not be signed in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tenants.models import Membership
from tickets.reports.letters import membership_of


@csrf_exempt  # mail programs post here by themselves (RFC 8058); the token is the permission
@require_http_methods(["GET", "HEAD", "POST"])
def weekly_report_choice(request: HttpRequest, token: str) -> HttpResponse:
    """Whether somebody wants the weekly report: a POST declines it, or with `again` asks for it."""
    membership = membership_of(token)
    if membership is None:
        raise Http404
    if request.method == "POST":
        membership.wants_report = "again" in request.POST
        Membership.objects.filter(pk=membership.pk).update(wants_report=membership.wants_report)
    with translation.override(membership.tenant.language):
        response = render(request, "mail/weekly_report_choice.html", {"membership": membership})
    response["Referrer-Policy"] = "no-referrer"  # the address is the permission
    return response

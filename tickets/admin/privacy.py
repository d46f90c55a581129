"""On a customer's page: give out, or erase, all that is known of them."""

from __future__ import annotations

import tempfile
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from unfold.decorators import action

from companies.models import Customer
from tickets.privacy import Belongings, erase, export
from voicebot_site.files import send_temporary


class Privacy:
    """Of the screen of customers; the right is called privacy."""

    actions_detail = ("privacy",)

    def has_privacy_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        allowed: bool = self._may(request, "privacy")  # type: ignore[attr-defined]
        return allowed

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        give_out, erase = wrap(require_safe(self.give_out_view)), wrap(require_POST(self.erase_view))
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [
            path("<path:object_id>/export.zip", give_out, name="companies_customer_give_out"),
            path("<path:object_id>/erase/", erase, name="companies_customer_erase"),
            *urls,
        ]

    def _customer(self, request: HttpRequest, object_id: str) -> Customer:
        customer = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if not self._may(request, "privacy", customer):  # type: ignore[attr-defined]
            raise PermissionDenied
        if customer is None:
            raise Http404
        found: Customer = customer
        return found

    @action(
        description=gettext_lazy("Personal data"), url_path="privacy", permissions=["privacy"], icon="shield_person"
    )
    def privacy(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What there is of the customer, and the buttons."""
        return self._page(request, self._customer(request, object_id))

    def _page(self, request: HttpRequest, customer: Customer, error: str = "") -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": _("Personal data of %s") % customer,
            "opts": Customer._meta,
            "customer": customer,
            "counts": Belongings.of(customer).counts(),
            "error": error,
        }
        return TemplateResponse(request, "admin/companies/customer/privacy.html", context)

    def give_out_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        customer = self._customer(request, object_id)
        file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it was sent
        export(customer=customer, to=file)
        return send_temporary(request, file, content_type="application/zip", filename=f"customer-{customer.pk}.zip")

    def erase_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        customer = self._customer(request, object_id)
        if request.POST.get("number", "").replace(" ", "") != customer.phone_number:
            return self._page(request, customer, _("Type the telephone number as it stands here, to confirm."))
        try:
            counts = erase(customer=customer, request=request)
        except ValidationError as error:
            return self._page(request, customer, error.messages[0])
        told = _(
            "The customer is erased, with %(turns)d spoken turns, %(recordings)d recordings and %(comments)d comments."
        )
        messages.success(request, told % counts)
        return redirect("admin:companies_customer_changelist")

"""Nobody of Alpha sees or changes anything of Bravo, whatever they type.

The suite is made from the registered admin: a new screen is covered without a test of
its own. A URL that nobody thought about fails test_outsider_pages.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.files.base import ContentFile
from django.db import models
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from tenants.models import Membership, Tenant
from tenants.roles import MONEY
from tenants.scope import TenantModel, acting_for
from tests.admin.outsider import Login, assert_silent, client, count, one_scenario, owner, stored, url
from tests.admin.pages import form_of, text
from tests.admin.rows import OWNED, REGISTERED, foreign_row, label, row_of
from tests.cast import Cast, person

__all__ = ["client", "one_scenario", "owner"]

every_screen = pytest.mark.parametrize("model", REGISTERED, ids=label)
every_owned_screen = pytest.mark.parametrize("model", OWNED, ids=label)


# --- Looking ------------------------------------------------------------------


@every_screen
def test_a_list_has_no_foreign_rows(model: type[models.Model], client: Client, cast: Cast) -> None:
    foreign_row(cast, model)
    for query in ("", "?q=a", "?all="):
        address = url(model, "changelist") + query
        assert_silent(client.get(address, follow=True), address)


@every_screen
def test_no_query_lists_foreign_rows(model: type[models.Model], owner: Client, cast: Cast) -> None:
    """Whatever is searched, ordered or filtered for, by the person who may the most."""
    bravo = cast.bravo.tenant.pk
    queries = ["?q=33687", "?q=198.51", "?o=1", "?e=1", f"?tenant__id__exact={bravo}", f"?tenant={bravo}"]
    queries += [f"?tenant__id__in={bravo}", "?tenant__name__startswith=B"]
    for field in foreign_keys(model):
        pk = foreign_row(cast, field.related_model).pk
        queries += [
            f"?{field.name}__id__exact={pk}",
            f"?{field.name}={pk}",
            f"?{field.name}__tenant__name__startswith=B",
        ]
    for query in queries:
        address = url(model, "changelist") + query
        assert_silent(owner.get(address, follow=True), address)


@every_screen
def test_a_foreign_row_answers_like_an_absent_one(model: type[models.Model], client: Client, cast: Cast) -> None:
    row = foreign_row(cast, model)
    for page in ("change", "delete", "history"):
        address, absent = url(model, page, row.pk), url(model, page, 999_999)
        for send in (client.get, client.post):
            answer, other = send(address), send(absent)
            assert answer.status_code == other.status_code, f"{send.__name__} {address}"
            assert answer.get("Location") == other.get("Location")
            assert_silent(answer, address)
    assert_silent(client.get(url(model, "change", row.pk), follow=True), f"{label(model)} {row.pk}")


@every_screen
def test_forms_offer_no_foreign_rows(model: type[models.Model], client: Client, cast: Cast) -> None:
    foreign_row(cast, model)
    assert_silent(client.get(url(model, "add")), f"adding {label(model)}")
    if issubclass(model, TenantModel):
        own = row_of(cast.alpha, model)
        for page in ("change", "delete", "history"):
            assert_silent(client.get(url(model, page, own.pk)), f"{page} of {label(model)}")


def test_autocomplete_finds_no_foreign_rows(client: Client, cast: Cast) -> None:
    for model in REGISTERED:
        for field in foreign_keys(model):
            question = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field.name,
            }
            for term in ("", "a", "33687"):
                assert_silent(
                    client.get(reverse("admin:autocomplete"), question | {"term": term}), f"autocomplete {question}"
                )


def test_the_search_finds_no_foreign_rows(client: Client) -> None:
    for term in ("a", "martin", "33687654321", "client", "internet"):
        for extended in ({}, {"extended": "1"}):
            response = client.get(reverse("admin:search"), {"s": term, **extended})
            assert_silent(response, f"search for {term}")


def test_the_search_remembers_nothing_of_the_tenant_acted_for_before(cast: Cast, login: Login) -> None:
    both = person("both", cast.bravo.tenant, Membership.Role.OWNER)
    Membership.objects.create(user=both, tenant=cast.alpha.tenant, role=Membership.Role.OWNER)
    client, question = login(both), {"s": "martin", "extended": "1"}
    assert "MARTIN-Bravo" in text(client.get(reverse("admin:search"), question))
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
    found = text(client.get(reverse("admin:search"), question))
    assert "MARTIN-Alpha" in found
    assert "Bravo" not in found


def test_the_first_pages_tell_nothing(client: Client) -> None:
    for page in ("index", "password_change", "jsi18n"):
        assert_silent(client.get(reverse(f"admin:{page}")), page)
    for app in {model._meta.app_label for model in REGISTERED}:
        assert_silent(client.get(reverse("admin:app_list", args=[app])), app)


# --- Writing ------------------------------------------------------------------


@every_screen
def test_a_foreign_row_cannot_be_written_over(model: type[models.Model], client: Client, cast: Cast) -> None:
    row = foreign_row(cast, model)
    before = stored(row)
    forged = {key: "" if value is None else str(value) for key, value in model_to_dict(row).items()}
    forged |= {"name": "taken", "text": "taken", "status": "resolved", "is_active": "on", "role": "owner"}
    client.post(url(model, "change", row.pk), forged)
    client.post(url(model, "delete", row.pk), {"post": "yes"})
    assert stored(row) == before


@every_screen
def test_actions_do_nothing_to_foreign_rows(model: type[models.Model], client: Client, cast: Cast) -> None:
    row = foreign_row(cast, model)
    before = stored(row)
    names = ["delete_selected", *(str(name) for name in admin.site._registry[model].actions or ())]
    for name in names:
        data = {"action": name, ACTION_CHECKBOX_NAME: [row.pk], "post": "yes", "select_across": "1"}
        assert_silent(client.post(url(model, "changelist"), data), f"{name} of {label(model)}")
    assert stored(row) == before


@every_owned_screen
def test_a_forged_reference_is_refused(model: type[models.Model], owner: Client, cast: Cast) -> None:
    own, address = row_of(cast.alpha, model), ""
    for field in foreign_keys(model):
        address = url(model, "change", own.pk)
        data = form_of(owner, address, f"{model._meta.model_name}_form") if may_change(owner, own) else None
        if data is None or field.name not in data:
            continue
        before = stored(own)
        data[field.name] = [str(foreign_row(cast, field.related_model).pk)]
        response = owner.post(address, data)
        assert response.status_code == 200, f"{label(model)}.{field.name} took a row of Bravo"
        assert_silent(response, address)
        assert stored(own) == before


@every_screen
def test_inlines_reach_no_foreign_rows(model: type[models.Model], owner: Client, cast: Cast) -> None:
    """Every inline that the page really has, whatever chose it."""
    own = own_row(cast, model)
    if own is None or not may_change(owner, own):
        return
    address = url(model, "change", own.pk)
    data = form_of(owner, address, f"{model._meta.model_name}_form")
    for inline in owner.get(address).context["inline_admin_formsets"]:
        prefix, kind = inline.formset.prefix, inline.formset.model
        if f"{prefix}-TOTAL_FORMS" not in data:
            continue
        foreign, total = foreign_row(cast, kind), count(kind)
        before = stored(foreign)
        texts = {f"{prefix}-0-{name}": ["taken"] for name in ("text", "name", "label")}
        # The row of the inline is exchanged for one of Bravo, to be changed and then deleted.
        for deletion in ({}, {f"{prefix}-0-DELETE": ["on"]}):
            forged = data | {f"{prefix}-0-id": [str(foreign.pk)], **texts, **deletion}
            forged |= {f"{prefix}-TOTAL_FORMS": ["1"], f"{prefix}-INITIAL_FORMS": ["1"]}
            assert_silent(owner.post(address, forged), address)
        # The row is hung under one of Bravo.
        parent = inline.formset.fk.name
        forged = data | {f"{prefix}-0-{parent}": [str(foreign_row(cast, model).pk)]}
        assert_silent(owner.post(address, forged), address)
        assert stored(foreign) == before, f"{label(kind)} below {label(model)}"
        assert count(kind) == total


@every_screen
def test_filters_find_no_foreign_rows(model: type[models.Model], owner: Client, cast: Cast) -> None:
    """Every parameter of every filter that the list really has."""
    foreign = foreign_row(cast, model)
    listed = owner.get(url(model, "changelist"))
    if listed.status_code != 200 or "cl" not in (listed.context or {}):
        return
    values = {str(foreign.pk), str(cast.bravo.tenant.pk)}
    values |= {str(foreign_row(cast, field.related_model).pk) for field in foreign_keys(model)}
    for spec in listed.context["cl"].filter_specs:
        for name in filter(None, spec.expected_parameters()):
            for value in sorted(values):
                response = owner.get(url(model, "changelist"), {name: value}, follow=True)
                assert_silent(response, f"{label(model)} by {name}={value}")


STANDARD_PAGES = frozenset({"add", "change", "delete", "changelist", "history"})


def pages_of_its_own(model: type[models.Model]) -> list[tuple[str, list[str]]]:
    """(name, parameters) of the pages that a screen has besides Django's."""
    prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
    return [
        (pattern.name, list(pattern.pattern.converters))
        for pattern in admin.site._registry[model].get_urls()
        if pattern.name and pattern.name.removeprefix(prefix) not in STANDARD_PAGES
    ]


def arguments_of(row: models.Model, parameters: list[str], cast: Cast) -> dict[str, Any]:
    """What Bravo's row has by the name of a parameter, else its key; a run is an import of Bravo."""
    return {key: cast.bravo.import_run.pk if key == "run" else getattr(row, key, row.pk) for key in parameters}


@pytest.mark.parametrize("model", [model for model in REGISTERED if pages_of_its_own(model)], ids=label)
def test_pages_of_its_own_reach_no_foreign_rows(model: type[models.Model], client: Client, cast: Cast) -> None:
    """Pages, exports, files, previews and actions that a screen has besides Django's, by walking its URLs."""
    row = foreign_row(cast, model)
    for field in (field for field in model._meta.concrete_fields if isinstance(field, models.FileField)):
        with acting_for(cast.bravo.tenant):
            getattr(row, field.name).save("bravo.wav", ContentFile(b"RIFF bravo"))
    before = stored(row)
    for name, parameters in pages_of_its_own(model):
        arguments = arguments_of(row, parameters, cast)
        address = reverse(f"admin:{name}", kwargs=arguments)
        question = {"ids": row.pk, "tenant": cast.bravo.tenant.pk, "pk": row.pk, "q": "bravo"}
        assert_silent(client.get(address, question), f"GET {address}")
        for forged in ({}, {"post": "yes", ACTION_CHECKBOX_NAME: row.pk, "with": row.pk, "text": "taken"}):
            assert_silent(client.post(address, forged), f"POST {address}")
    assert stored(row) == before


@every_screen
def test_staff_outside_any_company_reach_nothing_that_one_owns(
    model: type[models.Model], cast: Cast, login: Login
) -> None:
    """Nobody acts for a company without a reason: every page of every screen, by walking its URLs."""
    client, row = login(cast.staff), foreign_row(cast, model)
    is_closed = issubclass(model, TenantModel) and label(model) not in MONEY
    pages = [("changelist", []), ("add", []), *((page, [row.pk]) for page in ("change", "delete", "history"))]
    addresses = [url(model, page, *arguments) for page, arguments in pages]
    addresses += [
        reverse(f"admin:{name}", kwargs=arguments_of(row, parameters, cast))
        for name, parameters in pages_of_its_own(model)
    ]
    addresses += [
        f"{reverse('admin:autocomplete')}?app_label={field.model._meta.app_label}"
        f"&model_name={field.model._meta.model_name}&field_name={field.name}"
        for other in REGISTERED
        for field in foreign_keys(other)
        if field.related_model is model
    ]
    for address in addresses:
        for send in (client.get, client.post):
            response = send(address)
            if is_closed:
                assert response.status_code in {403, 404, 405}, f"{send.__name__} {address} is open"
            assert_no_customer(response, f"{send.__name__} {address}")
    if issubclass(model, TenantModel):
        assert stored(row)


def test_staff_outside_any_company_find_nothing_that_one_owns(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    for question in ({"s": "martin"}, {"s": "martin", "extended": "1"}, {"s": "a", "extended": "1"}):
        assert_no_customer(client.get(reverse("admin:search"), question), "the search")
    for page in ("index", "live", "try", "rights", "security"):
        assert_no_customer(client.get(reverse(f"admin:{page}")), page)


def assert_no_customer(response: Any, where: str) -> None:
    body = text(response)
    for secret in ("MARTIN", "33687654321", "33612345678", "198.51.100.7", "box clignote"):
        assert secret not in body, f"{where} tells {secret!r}"


@every_owned_screen
def test_what_is_added_belongs_to_the_own_tenant(model: type[models.Model], owner: Client, cast: Cast) -> None:
    with acting_for(cast.bravo.tenant):
        before = model._default_manager.count()
    if owner.get(url(model, "add")).status_code == 403:
        return
    data = form_of(owner, url(model, "add"), f"{model._meta.model_name}_form")
    for field in foreign_keys(model):
        if field.name in data:
            data[field.name] = [str(foreign_row(cast, field.related_model).pk)]
    data |= {"tenant": [str(cast.bravo.tenant.pk)], "tenant_id": [str(cast.bravo.tenant.pk)]}
    owner.post(url(model, "add"), data)
    with acting_for(cast.bravo.tenant):
        assert model._default_manager.count() == before


# --- Helpers --------------------------------------------------------------------


def foreign_keys(model: type[models.Model]) -> list[Any]:
    """References to rows that are in the admin too; `tenant` is on no form."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.name != "tenant" and field.related_model in REGISTERED
    ]


def own_row(cast: Cast, model: type[models.Model]) -> models.Model | None:
    """Alpha's row of a model; None for what the platform alone has."""
    if model is Tenant:
        return cast.alpha.tenant
    if model is Membership:
        return cast.owner.memberships.get()
    return row_of(cast.alpha, model) if issubclass(model, TenantModel) else None


def may_change(client: Client, row: models.Model) -> bool:
    response = client.get(url(type(row), "change", row.pk))
    return response.status_code == 200 and bool(response.context["has_change_permission"])

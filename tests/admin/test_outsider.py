"""Nobody of Alpha sees or changes anything of Bravo, whatever they type.

The suite is made from the registered admin: a new screen is covered without a test of
its own, and a URL that nobody thought about fails it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.db import models
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from providers.phrases import phrase_store
from providers.protocols import Voice
from tenants.middleware import SESSION_KEY
from tenants.models import Membership, Tenant
from tenants.scope import EVERYONE, TenantModel, acting_for
from tests.admin.pages import form_of, text
from tests.admin.rows import OWNED, REGISTERED, foreign_row, label, row_of
from tests.cast import Cast, person

Login = Callable[[User], Client]
every_screen = pytest.mark.parametrize("model", REGISTERED, ids=label)
every_owned_screen = pytest.mark.parametrize("model", OWNED, ids=label)


@pytest.fixture(params=[Membership.Role.OWNER, Membership.Role.AGENT, Membership.Role.VIEWER])
def client(request: pytest.FixtureRequest, cast: Cast, login: Login) -> Client:
    """The browser of somebody of Alpha; an owner may the most, a viewer the least."""
    return login(person(f"alpha-{request.param}", cast.alpha.tenant, request.param))


@pytest.fixture
def owner(cast: Cast, login: Login) -> Client:
    return login(cast.owner)


def url(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def assert_silent(response: Any, where: str) -> None:
    """Bravo is not in the answer: neither its name, which is in every text of it, nor its number."""
    assert response.status_code in {200, 302, 400, 403, 404, 405}, f"{where} answered {response.status_code}"
    body = text(response).lower()
    for secret in ("bravo", "33687654321", "198.51.100.7", "outsider"):
        assert secret not in body, f"{where} tells {secret!r}"


def stored(row: models.Model) -> dict[str, Any]:
    with acting_for(EVERYONE):
        fresh = type(row)._base_manager.get(pk=row.pk)
    return {field.attname: getattr(fresh, field.attname) for field in fresh._meta.concrete_fields}


def count(model: type[models.Model]) -> int:
    with acting_for(EVERYONE):
        return model._base_manager.count()


# --- Looking ------------------------------------------------------------------


@every_screen
def test_a_list_has_no_foreign_rows(model: type[models.Model], client: Client, cast: Cast) -> None:
    foreign_row(cast, model)
    queries = [
        "",
        "?q=a",
        "?q=33687",
        "?q=198.51",
        "?all=",
        "?o=1",
        "?e=1",
        f"?tenant__id__exact={cast.bravo.tenant.pk}",
    ]
    queries += [
        f"?tenant={cast.bravo.tenant.pk}",
        f"?tenant__id__in={cast.bravo.tenant.pk}",
        "?tenant__name__startswith=B",
    ]
    for field in foreign_keys(model):
        pk = foreign_row(cast, field.related_model).pk
        queries += [
            f"?{field.name}__id__exact={pk}",
            f"?{field.name}={pk}",
            f"?{field.name}__tenant__name__startswith=B",
        ]
    for query in queries:
        address = url(model, "changelist") + query
        assert_silent(client.get(address, follow=True), address)


@every_screen
def test_a_foreign_row_answers_like_an_absent_one(model: type[models.Model], client: Client, cast: Cast) -> None:
    row = foreign_row(cast, model)
    for page in ("change", "delete", "history"):
        address, absent = url(model, page, row.pk), url(model, page, 999_999)
        for send in (client.get, client.post):
            answer, other = send(address), send(absent)
            assert answer.status_code == other.status_code, f"{send.__name__} {address}"
            assert answer.get("Location") == other.get("Location")
            assert_silent(client.get(address, follow=True), address)
    assert client.get(url(model, "change", row.pk), follow=True).status_code != 500


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
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk})
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


@every_owned_screen
def test_inlines_reach_no_foreign_rows(model: type[models.Model], owner: Client, cast: Cast) -> None:
    own = row_of(cast.alpha, model)
    for inline in admin.site._registry[model].inlines:
        if not may_change(owner, own):
            continue
        foreign = foreign_row(cast, inline.model)
        before, total = stored(foreign), count(inline.model)
        address = url(model, "change", own.pk)
        data = form_of(owner, address, f"{model._meta.model_name}_form")
        prefix = next(key for key in data if key.endswith("-TOTAL_FORMS")).removesuffix("-TOTAL_FORMS")
        # The row of the inline is exchanged for one of Bravo, to be changed and then deleted.
        for deletion in ({}, {f"{prefix}-0-DELETE": ["on"]}):
            forged = data | {f"{prefix}-0-id": [str(foreign.pk)], f"{prefix}-0-text": ["taken"], **deletion}
            forged |= {f"{prefix}-TOTAL_FORMS": ["1"], f"{prefix}-INITIAL_FORMS": ["1"]}
            assert_silent(owner.post(address, forged), address)
        # The row is hung under one of Bravo.
        parent = next(field for field in foreign_keys(inline.model) if field.related_model is model)
        forged = data | {f"{prefix}-0-{parent.name}": [str(row_of(cast.bravo, model).pk)]}
        assert_silent(owner.post(address, forged), address)
        assert stored(foreign) == before
        assert count(inline.model) == total


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


# --- What is no screen of a model ----------------------------------------------


def test_a_recording_is_only_for_its_tenant(client: Client, cast: Cast, settings: Any) -> None:
    call = cast.bravo.call
    call.recording.name = "recordings/bravo.wav"
    with acting_for(cast.bravo.tenant):
        call.save()
    path = settings.MEDIA_ROOT / call.recording.name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"RIFF bravo")
    address = reverse("admin:calls_call_recording", args=[call.uuid])
    response = client.get(address)
    assert response.status_code in {403, 404}
    assert_silent(response, address)


def test_a_spoken_phrase_is_only_for_its_tenant(client: Client, cast: Cast) -> None:
    """The address names a key, not a row: what is heard is what the own tenant says."""
    pcm = b"\x10\x27\xf0\xd8" * 8000
    phrase_store().keep(cast.bravo.phrase.text, Voice(language="fr", voice_id=cast.bravo.tenant.voice), pcm)
    assert client.get(reverse("admin:tenants_phrase_audio", args=["fr", "welcome"])).status_code == 404


def test_a_cloned_voice_is_only_for_its_tenant(client: Client, cast: Cast) -> None:
    address = reverse("admin:tenants_clonedvoice_listen", args=[cast.bravo.cloned_voice.pk])
    assert client.get(address).status_code in {403, 404}
    # Whoever has heard of its id cannot speak with it either.
    before = stored(cast.alpha.tenant)
    client.post(
        url(Tenant, "change", cast.alpha.tenant.pk), {**model_to_dict(cast.alpha.tenant), "voice": "voice-of-bravo"}
    )
    assert stored(cast.alpha.tenant) == before


def test_a_token_is_only_for_its_tenant(client: Client, cast: Cast) -> None:
    before = stored(cast.bravo.server)
    address = reverse("admin:tenants_asteriskserver_token", args=[cast.bravo.server.pk])
    for data in ({}, {"renew": "1"}):
        response = client.post(address, data)
        assert response.status_code in {403, 404}
        assert cast.bravo.server.token not in text(response)
    assert stored(cast.bravo.server) == before


def test_nobody_switches_to_a_company_that_is_not_theirs(client: Client, cast: Cast) -> None:
    switch = reverse("admin:switch_tenant")
    for value in (cast.bravo.tenant.pk, "", "0", "-1", "x"):
        assert_silent(client.post(switch, {"tenant": value}), f"switching to {value!r}")
        assert client.session.get(SESSION_KEY) in {None, cast.alpha.tenant.pk}
    assert client.get(switch, {"tenant": cast.alpha.tenant.pk}).status_code == 405


def test_a_session_that_names_a_foreign_tenant_is_not_believed(client: Client, cast: Cast) -> None:
    session = client.session
    session[SESSION_KEY] = cast.bravo.tenant.pk
    session.save()
    assert_silent(client.get(reverse("admin:index")), "the dashboard")


#: Every URL that is not a screen of a registered model, and who sees to it.
LISTED = {
    "": "redirects to admin/",
    "favicon.ico": "redirects to a static file",
    "api/v1/calls/announce": "tests/calls/test_api.py: the server's token says whose call it is",
    "api/v1/calls/<uuid:call_uuid>/result": "tests/calls/test_api.py",
    "api/v1/costs/summary": "tests/calls/test_costs.py",
    "healthz": "tells nothing",
    "readyz": "tells nothing",
    "metrics": "counts without tenants' texts",
    "i18n/setlang/": "sets a cookie",
    "admin/": "test_the_first_pages_tell_nothing",
    "admin/login/": "Django's",
    "admin/logout/": "Django's",
    "admin/password_change/": "test_the_first_pages_tell_nothing",
    "admin/password_change/done/": "Django's",
    "admin/jsi18n/": "test_the_first_pages_tell_nothing",
    "admin/autocomplete/": "test_autocomplete_finds_no_foreign_rows",
    "admin/search/": "test_the_search_finds_no_foreign_rows",
    "admin/tenant/": "test_nobody_switches_to_a_company_that_is_not_theirs",
    "admin/r/<path:content_type_id>/<path:object_id>/": "test_view_on_site_leads_nowhere",
    "admin/^(?P<app_label>…)/$": "test_the_first_pages_tell_nothing",
    "admin/(?P<url>.*)$": "Django's page that is not there",
    "admin/auth/user/<id>/password/": "test_nobody_sets_the_password_of_others",
    "admin/calls/call/<uuid:uuid>/recording.wav": "test_a_recording_is_only_for_its_tenant",
    "admin/tenants/phrase/<str:language>/<slug:key>.wav": "test_a_spoken_phrase_is_only_for_its_tenant",
    "admin/tenants/clonedvoice/<path:object_id>/listen.wav": "test_a_cloned_voice_is_only_for_its_tenant",
    "admin/tenants/asteriskserver/<path:object_id>/token/": "test_a_token_is_only_for_its_tenant",
}
SCREENS = (
    "",
    "add/",
    "autocomplete/",
    *(f"<path:object_id>/{page}" for page in ("", "history/", "delete/", "change/")),
)


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, address)
        elif isinstance(entry, URLPattern):
            yield re.sub(r"<app_label>[\w|]+", "<app_label>…", address)  # in the order of a set


def test_every_url_is_somebody_s_concern() -> None:
    screens = {
        f"admin/{model._meta.app_label}/{model._meta.model_name}/{page}" for model in REGISTERED for page in SCREENS
    }
    unlisted = set(patterns(get_resolver())) - screens - LISTED.keys()
    assert not unlisted, f"new URLs: try them as an outsider, then add them to LISTED: {sorted(unlisted)}"


def test_view_on_site_leads_nowhere(client: Client, cast: Cast) -> None:
    from django.contrib.contenttypes.models import ContentType

    kind = ContentType.objects.get_for_model(cast.bravo.ticket)
    address = reverse("admin:view_on_site", args=[kind.pk, cast.bravo.ticket.pk])
    assert client.get(address).status_code == 404


def test_nobody_sets_the_password_of_others(client: Client, cast: Cast) -> None:
    address = reverse("admin:auth_user_password_change", args=[cast.outsider.pk])
    before = cast.outsider.password
    for response in (client.get(address), client.post(address, {"password1": "Xy7-taken!", "password2": "Xy7-taken!"})):
        assert response.status_code == 403
    cast.outsider.refresh_from_db()
    assert cast.outsider.password == before


# --- Helpers --------------------------------------------------------------------


def foreign_keys(model: type[models.Model]) -> list[Any]:
    """References to rows that are in the admin too; `tenant` is on no form."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.name != "tenant" and field.related_model in REGISTERED
    ]


def may_change(client: Client, row: models.Model) -> bool:
    response = client.get(url(type(row), "change", row.pk))
    return response.status_code == 200 and bool(response.context["has_change_permission"])

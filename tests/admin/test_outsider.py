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
from django.core.files.base import ContentFile
from django.db import models
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from calls import scenarios
from providers.phrases import phrase_store
from providers.protocols import Voice
from tenants.middleware import SESSION_KEY
from tenants.models import ConnectionTest, Membership, Phrase, ProblemType, Tenant
from tenants.roles import MONEY
from tenants.scope import EVERYONE, TenantModel, acting_for
from tests.admin.pages import form_of, text
from tests.admin.rows import OWNED, REGISTERED, foreign_row, label, row_of
from tests.cast import Cast, person

Login = Callable[[User], Client]
every_screen = pytest.mark.parametrize("model", REGISTERED, ids=label)
every_owned_screen = pytest.mark.parametrize("model", OWNED, ids=label)


@pytest.fixture(params=[Membership.Role.OWNER, Membership.Role.VIEWER])
def client(request: pytest.FixtureRequest, cast: Cast, login: Login) -> Client:
    """The browser of somebody of Alpha; an owner may the most, a viewer the least."""
    return login(person(f"alpha-{request.param}", cast.alpha.tenant, request.param))


@pytest.fixture(autouse=True)
def _one_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever posts nothing to the rehearsal has all scenarios played, for seconds; one tells as much."""
    load = scenarios.load
    one = "hangs_up_in_opening"
    monkeypatch.setattr(scenarios, "load", lambda language: [each for each in load(language) if each.name == one])


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


# --- What is no screen of a model ----------------------------------------------


def test_a_recording_is_only_for_its_tenant(client: Client, cast: Cast, settings: Any) -> None:
    call = cast.bravo.call
    call.recording.name = "recordings/bravo.wav"
    with acting_for(cast.bravo.tenant):
        call.save()
    path = settings.MEDIA_ROOT / call.recording.name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"RIFF bravo")
    for page in ("recording", "waveform"):
        address = reverse(f"admin:calls_call_{page}", args=[call.uuid])
        response = client.get(address)
        assert response.status_code in {403, 404}
        assert_silent(response, address)


def test_a_spoken_phrase_is_only_for_its_tenant(client: Client, cast: Cast) -> None:
    """The address names a key, not a row: what is heard is what the own tenant says."""
    pcm = b"\x10\x27\xf0\xd8" * 8000
    phrase_store().keep(cast.bravo.phrase.text, Voice(language="fr", voice_id=cast.bravo.tenant.voice), pcm)
    assert client.get(reverse("admin:tenants_phrase_audio", args=["fr", "welcome"])).status_code == 404


def test_pages_about_phrases_tell_of_the_own_ones_only(client: Client, cast: Cast) -> None:
    with acting_for(cast.bravo.tenant):
        Phrase.objects.update(draft="Un brouillon de Bravo.")
    before = stored(cast.bravo.phrase)
    for page in ("progress", "publish", "export", "import"):
        address = reverse(f"admin:tenants_phrase_{page}")
        assert_silent(client.get(address), address)
    for page in ("listen", "speak", "rehearse", "publish", "import"):
        address = reverse(f"admin:tenants_phrase_{page}")
        forged = {"discard": str(cast.bravo.phrase.pk), "name": "hangs_up_in_opening", "language": "xx", "rows": "x"}
        assert_silent(client.post(address, forged), address)
    address = reverse("admin:tenants_phrase_restore", args=[cast.bravo.phrase.pk])
    assert client.post(address, {"change": cast.bravo.phrase_change.pk}).status_code in {403, 404}
    own = reverse("admin:tenants_phrase_restore", args=[cast.alpha.phrase.pk])
    assert client.post(own, {"change": cast.bravo.phrase_change.pk}).status_code in {403, 404}
    assert stored(cast.bravo.phrase) == before


def test_a_preset_s_problem_is_added_to_the_own_company(client: Client, cast: Cast) -> None:
    with acting_for(cast.bravo.tenant):
        before = ProblemType.objects.count()
    address = reverse("admin:tenants_problemtype_preset")
    for code in ("landline", "internet", "x"):
        assert_silent(client.post(address, {"code": code}), address)
    with acting_for(cast.bravo.tenant):
        assert ProblemType.objects.count() == before


def test_words_are_tried_with_the_own_settings(client: Client) -> None:
    tried = {
        "admin:tenants_keyword_try": "ma box clignote, je suis énervé",
        "admin:tenants_faqentry_try": "où se trouve l'entreprise à Concarneau ?",
    }
    for page, words in tried.items():
        for part in ("", "1"):
            assert_silent(client.get(reverse(page), {"text": words, "part": part}), page)


def test_a_cloned_voice_is_only_for_its_tenant(client: Client, cast: Cast) -> None:
    address = reverse("admin:tenants_clonedvoice_listen", args=[cast.bravo.cloned_voice.pk])
    assert client.get(address).status_code in {403, 404}
    # Whoever has heard of its id cannot speak with it either.
    before = stored(cast.alpha.tenant)
    kept = {key: value for key, value in model_to_dict(cast.alpha.tenant).items() if value is not None}
    client.post(url(Tenant, "change", cast.alpha.tenant.pk), {**kept, "voice": "voice-of-bravo"})
    assert stored(cast.alpha.tenant) == before


def test_a_ticket_is_worked_on_only_in_its_tenant(client: Client, cast: Cast) -> None:
    foreign, own = cast.bravo.ticket, cast.alpha.ticket
    before = stored(foreign)
    for verb in ("assign", "resolve", "wait", "comment"):
        address = reverse("admin:tickets_ticket_act", args=[foreign.pk])
        assert client.post(address, {"verb": verb, "text": "taken"}).status_code == 404
    merge = reverse("admin:tickets_ticket_merge", args=[foreign.pk])
    assert client.get(merge).status_code == client.post(merge, {"into": own.pk, "confirmed": "1"}).status_code == 404
    for send in (client.get, client.post):
        address = reverse("admin:tickets_ticket_merge", args=[own.pk])
        assert_silent(send(address, {"into": str(foreign.pk), "confirmed": "1"}), address)
    assert stored(foreign) == before
    assert stored(cast.bravo.comment)["ticket_id"] == foreign.pk


@pytest.mark.parametrize("kind", ["customer", "company"])
def test_sheets_and_duplicates_are_only_of_the_own_tenant(kind: str, client: Client, cast: Cast) -> None:
    own, foreign = getattr(cast.alpha, kind), getattr(cast.bravo, kind)
    before, run = stored(foreign), cast.bravo.import_run
    for page in ("export", "import", "duplicates"):
        address = reverse(f"admin:companies_{kind}_{page}")
        assert_silent(client.get(address), address)
    for page in ("import_run", "refused"):
        address = reverse(f"admin:companies_{kind}_{page}", args=[run.pk])
        for send in (client.get, client.post):
            assert send(address).status_code in {403, 404, 405}
    address = reverse(f"admin:companies_{kind}_duplicates")
    for one, into in ((own, foreign), (foreign, own)):
        pair = {"one": str(one.pk), "into": str(into.pk)}
        assert_silent(client.get(address, pair), address)
        assert_silent(client.post(address, pair), address)
    assert stored(foreign) == before
    assert stored(own)
    assert stored(run)["state"] == "looked_at"


def test_personal_data_is_only_for_its_tenant(client: Client, cast: Cast) -> None:
    customer, before = cast.bravo.customer, stored(cast.bravo.customer)
    for page in ("privacy", "give_out"):
        address = reverse(f"admin:companies_customer_{page}", args=[customer.pk])
        response = client.get(address)
        assert response.status_code in {403, 404}
        assert_silent(response, address)
    address = reverse("admin:companies_customer_erase", args=[customer.pk])
    assert client.post(address, {"number": customer.phone_number}).status_code in {403, 404}
    assert stored(customer) == before


def test_a_token_is_only_for_its_tenant(client: Client, cast: Cast) -> None:
    before = stored(cast.bravo.server)
    address = reverse("admin:tenants_asteriskserver_token", args=[cast.bravo.server.pk])
    for data in ({}, {"renew": "1"}):
        response = client.post(address, data)
        assert response.status_code in {403, 404}
        assert cast.bravo.server.token not in text(response)
    assert stored(cast.bravo.server) == before


def test_a_server_is_tested_only_by_its_tenant(client: Client, cast: Cast) -> None:
    before = count(ConnectionTest)
    for page in ("test", "test_steps"):
        address = reverse(f"admin:tenants_asteriskserver_{page}", args=[cast.bravo.server.pk])
        for send in (client.get, client.post):
            response = send(address)
            assert response.status_code in {403, 404, 405}
            assert_silent(response, address)
    assert count(ConnectionTest) == before


def test_the_first_steps_are_of_the_own_company(client: Client, cast: Cast) -> None:
    before = stored(cast.bravo.tenant)
    for data in ({}, {"done": "phrases"}, {"done": "all"}):
        assert_silent(client.get(reverse("admin:first_steps")), "first steps")
        assert_silent(client.post(reverse("admin:first_steps"), data), "first steps")
    assert stored(cast.bravo.tenant) == before


def test_an_api_key_is_only_for_its_tenant(client: Client, cast: Cast) -> None:
    before = stored(cast.bravo.api_key)
    response = client.post(reverse("admin:tenants_apikey_renew", args=[cast.bravo.api_key.pk]), {"overlap": "day"})
    assert response.status_code in {403, 404}
    assert "vbk_" not in text(response)
    assert stored(cast.bravo.api_key) == before


def test_a_webhook_s_secret_and_deliveries_are_only_for_its_tenant(client: Client, cast: Cast) -> None:
    rows = (cast.bravo.webhook, cast.bravo.webhook_message)
    before = [stored(row) for row in rows]
    for name, row in (("secret", rows[0]), ("test", rows[0])):
        address = reverse(f"admin:tenants_webhookendpoint_{name}", args=[row.pk])
        for data in ({}, {"renew": "1"}):
            response = client.post(address, data)
            assert response.status_code in {403, 404}
            assert cast.bravo.webhook.secret not in text(response)
    address = reverse("admin:tenants_webhookmessage_resend", args=[rows[1].pk])
    assert client.post(address).status_code in {403, 404}
    assert [stored(row) for row in rows] == before


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
    "healthz": "tells nothing",
    "readyz": "tells nothing",
    "metrics": "tests/site/test_metrics.py: for Prometheus alone",
    "i18n/setlang/": "sets a cookie",
    "admin/": "test_the_first_pages_tell_nothing",
    "admin/login/": "tests/admin/test_signing_in.py",
    "admin/second-step/": "tests/admin/test_signing_in.py: whose password was right",
    "admin/security/": "tests/admin/test_signing_in.py: one's own browsers",
    "admin/security/set-up/": "tests/admin/test_signing_in.py: one's own app",
    "admin/rights/": "the same for all",
    "admin/invitation/<str:token>/": "tests/admin/test_people.py: the link says whose it is",
    "admin/password/": "tests/admin/test_signing_in.py",
    "admin/password/<uidb64>/<token>/": "tests/admin/test_signing_in.py",
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
    "admin/try/": "tests/calls/test_testcall.py",
    "admin/live/": "tells nothing; its WebSocket: tests/calls/test_live.py",
    "admin/calls/call/<uuid:uuid>/recording.wav": "test_a_recording_is_only_for_its_tenant",
    "admin/calls/call/<uuid:uuid>/waveform.json": "test_a_recording_is_only_for_its_tenant",
    **{
        f"admin/companies/{kind}/{page}": "test_sheets_and_duplicates_are_only_of_the_own_tenant"
        for kind in ("customer", "company")
        for page in ("export.csv", "import/", "import/<int:run>/", "import/<int:run>/refused.csv", "duplicates/")
    },
    "admin/tickets/ticket/<path:object_id>/act/": "test_a_ticket_is_worked_on_only_in_its_tenant",
    "admin/tickets/ticket/<path:object_id>/merge/": "test_a_ticket_is_worked_on_only_in_its_tenant",
    "admin/tenants/phrase/<str:language>/<slug:key>.wav": "test_a_spoken_phrase_is_only_for_its_tenant",
    **{
        f"admin/tenants/phrase/{page}": "test_pages_about_phrases_tell_of_the_own_ones_only"
        for page in (
            *("listen/", "speak/", "progress/", "publish/", "rehearse/", "export.csv", "import/"),
            "<path:object_id>/restore/",
        )
    },
    "admin/tenants/problemtype/preset/": "test_a_preset_s_problem_is_added_to_the_own_company",
    "admin/tenants/keyword/try/": "test_words_are_tried_with_the_own_settings",
    "admin/tenants/faqentry/try/": "test_words_are_tried_with_the_own_settings",
    "admin/tenants/clonedvoice/<path:object_id>/listen.wav": "test_a_cloned_voice_is_only_for_its_tenant",
    "admin/companies/customer/<path:object_id>/privacy": "test_personal_data_is_only_for_its_tenant",
    "admin/companies/customer/<path:object_id>/privacy/": "test_personal_data_is_only_for_its_tenant",
    "admin/companies/customer/<path:object_id>/export.zip": "test_personal_data_is_only_for_its_tenant",
    "admin/companies/customer/<path:object_id>/erase/": "test_personal_data_is_only_for_its_tenant",
    "admin/tenants/jobrun/start/": "tests/admin/test_jobs.py: for staff alone",
    "admin/tenants/apikey/<path:object_id>/renew/": "test_an_api_key_is_only_for_its_tenant",
    "letters/weekly/<str:token>/": "tests/tickets/test_weekly_report.py: the signed link says whose choice it is",
    "admin/tenants/asteriskserver/<path:object_id>/token/": "test_a_token_is_only_for_its_tenant",
    **dict.fromkeys(
        (f"admin/tenants/asteriskserver/<path:object_id>/{page}" for page in ("test/", "test/steps/")),
        "test_a_server_is_tested_only_by_its_tenant",
    ),
    "admin/first-steps/": "test_the_first_steps_are_of_the_own_company",
    **dict.fromkeys(
        (
            "admin/tenants/webhookendpoint/<path:object_id>/secret/",
            "admin/tenants/webhookendpoint/<path:object_id>/test/",
            "admin/tenants/webhookmessage/<path:object_id>/resend/",
        ),
        "test_a_webhook_s_secret_and_deliveries_are_only_for_its_tenant",
    ),
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
    # tests/api/test_outsider.py tries every route of the API.
    addresses = {address for address in patterns(get_resolver()) if not address.startswith("api/")}
    unlisted = addresses - screens - LISTED.keys()
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

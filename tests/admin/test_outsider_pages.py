"""Nobody of Alpha sees or changes anything of Bravo by what is no screen of a model; and no URL is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from providers.phrases import phrase_store
from providers.protocols import Voice
from tenants.middleware import SESSION_KEY
from tenants.models import ConnectionTest, Phrase, ProblemType, Tenant
from tenants.scope import acting_for
from tests.admin.outsider import assert_silent, client, count, one_scenario, stored, url
from tests.admin.pages import text
from tests.admin.rows import REGISTERED
from tests.cast import Cast

__all__ = ["client", "one_scenario"]


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


#: Every URL that is not a screen of a registered model, and who sees to it; tests are here or in test_outsider.py.
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

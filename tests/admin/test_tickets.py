"""The queue and the page of a ticket."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from calls.models import Call
from tenants.models import AuditEntry, Membership, WebhookEndpoint, WebhookMessage
from tenants.scope import acting_for
from tests.admin.pages import form_in, form_of, text
from tests.cast import Cast, person
from tickets import services
from tickets.models import Comment, Ticket

Login = Callable[[User], Client]
LIST = "/admin/tickets/ticket/"
Status = Ticket.Status


@pytest.fixture
def agent(cast: Cast, login: Login) -> Client:
    client = login(cast.teammate)
    client.cookies["django_language"] = "en"
    return client


def make(cast: Cast, **values: Any) -> Ticket:
    with acting_for(cast.alpha.tenant):
        return services.create(**values)


def again(ticket: Ticket) -> Ticket:
    with acting_for(ticket.tenant):
        return Ticket.objects.select_related("assigned_to").get(pk=ticket.pk)


def act(client: Client, ticket: Ticket, verb: str, **data: str) -> Any:
    return client.post(reverse("admin:tickets_ticket_act", args=[ticket.pk]), {"verb": verb, **data})


def run(client: Client, action: str, *tickets: Ticket, confirmed: str | None = "1", **data: Any) -> Any:
    chosen: dict[str, Any] = {ACTION_CHECKBOX_NAME: [ticket.pk for ticket in tickets]}
    if confirmed:
        chosen["confirmed"] = confirmed
    return client.post(LIST + "?queue=all", {"action": action, "index": "0", **chosen, **data}, follow=True)


# --- The queue ------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["dupont", "DUPONT Élise", "elise.d", "0612 elise", "fumée", "Débit", "FIBRE", "alpha client", '"rouge fumée"'],
)
def test_the_search_finds_each_word_wherever_it_stands(words: str, cast: Cast, agent: Client) -> None:
    ticket = make(
        cast,
        client_name="Élise Dupont",
        client_email="elise.d@example.com",
        phone_number="+33061200000",
        description="Une rouge fumée.",
        summary="Débit faible",
        tag="FIBRE",
        company=cast.alpha.company,
    )
    other = make(cast, client_name="Paul Martin", summary="Pas de tonalité")
    page = text(agent.get(LIST, {"queue": "all", "q": words}))
    assert f"#{ticket.pk}<" in page
    assert f"#{other.pk}<" not in page


def test_the_search_finds_no_row_of_which_a_word_is_missing(cast: Cast, agent: Client) -> None:
    ticket = make(cast, client_name="Élise Dupont")
    for words in ("dupont zzzz", "dup%nt", "dup_nt", "bravo"):
        assert f"#{ticket.pk}<" not in text(agent.get(LIST, {"queue": "all", "q": words}))


def test_a_viewer_searches_names_and_no_numbers(cast: Cast, login: Login) -> None:
    ticket = make(cast, client_name="Élise Dupont", phone_number="+33061200000", description="Rappelez le 0612.")
    viewer = login(person("viewer", cast.alpha.tenant, Membership.Role.VIEWER))
    assert f"#{ticket.pk}<" in text(viewer.get(LIST, {"queue": "all", "q": "dupont"}))
    assert f"#{ticket.pk}<" not in text(viewer.get(LIST, {"queue": "all", "q": "0612"}))
    assert f"#{ticket.pk}<" not in text(viewer.get(LIST, {"queue": "all", "searched__contains": "0612"}))


def test_each_tab_shows_as_many_as_it_says(cast: Cast, agent: Client) -> None:
    make(cast, assigned_to=cast.teammate)
    make(cast, status=Status.PENDING, assigned_to=cast.owner)
    make(cast, status=Status.RESOLVED, sentiment=Ticket.Sentiment.NEGATIVE)
    make(cast, status=Status.FAILED, sentiment=Ticket.Sentiment.NEGATIVE, wants_callback=True)
    make(cast, created_at=timezone.now() - timedelta(days=9))
    tabs = agent.get(LIST).context["cl"].tabs
    counts = {tab.key: tab.count for tab in tabs}
    assert counts == {
        "open": 4,
        "mine": 1,
        "unassigned": 3,
        "angry": 1,
        "callback": 1,
        "overdue": 1,
        "pending": 1,
        "all": None,
    }
    for tab in tabs:
        listed = agent.get(LIST + tab.link).context["cl"].result_count
        assert listed == (6 if tab.count is None else tab.count), tab.key


def test_who_asks_for_nothing_sees_the_work_and_a_link_what_it_names(cast: Cast, agent: Client) -> None:
    done = make(cast, status=Status.RESOLVED)
    assert done not in agent.get(LIST).context["cl"].result_list
    assert list(agent.get(LIST + "?status__exact=resolved").context["cl"].result_list) == [done]


def test_a_search_and_a_filter_stay_in_the_tab(cast: Cast, agent: Client) -> None:
    page = text(agent.get(LIST + "?queue=mine"))
    assert page.count('<input type="hidden" name="queue" value="mine">') == 2


def test_an_overdue_ticket_says_since_when(cast: Cast, agent: Client) -> None:
    make(cast, created_at=timezone.now() - timedelta(hours=11))
    assert "3\N{NO-BREAK SPACE}hours late" in text(agent.get(LIST))


# --- Several at once ------------------------------------------------------------


def test_what_cannot_be_resolved_is_left_and_counted(cast: Cast, agent: Client) -> None:
    one, done = make(cast), make(cast, status=Status.RESOLVED)
    page = text(run(agent, "resolve", one, cast.alpha.ticket, done))
    assert "2 tickets were changed." in page
    assert "1 ticket was left as it is" in page
    assert (again(one).status, again(one).resolved_by_id) == (Status.RESOLVED, cast.teammate.pk)
    run(agent, "reopen", one)
    assert again(one).status == Status.OPEN


def test_a_severity_that_was_not_chosen_is_asked_for(cast: Cast, agent: Client) -> None:
    ticket = make(cast)
    page = run(agent, "set_severity", ticket, severity="")
    assert "Choose the severity" in text(page)
    assert again(ticket).severity == ticket.severity


@pytest.mark.parametrize(
    ("action", "data", "field", "value"),
    [
        ("set_tag", {"tag": " VIP "}, "tag", "VIP"),
        ("set_severity", {"severity": "high"}, "severity", "high"),
        ("wait", {}, "status", "pending"),
    ],
)
def test_one_value_for_several(
    cast: Cast, agent: Client, action: str, data: dict[str, str], field: str, value: str
) -> None:
    tickets = [make(cast), make(cast)]
    run(agent, action, *tickets, **data)
    assert [getattr(again(ticket), field) for ticket in tickets] == [value, value]


@pytest.mark.parametrize(
    ("action", "data", "said"),
    [
        ("set_severity", {"severity": "low"}, "Severity: low"),
        ("set_tag", {"tag": ""}, "Tag: –"),
        ("assign", {"assignee": "nobody"}, "Assign to: nobody"),
    ],
)
def test_what_several_tickets_would_lose_is_asked_first_with_how_many(
    cast: Cast, agent: Client, action: str, data: dict[str, str], said: str
) -> None:
    given = {"severity": "high", "tag": "VIP", "assigned_to": cast.owner}
    tickets = [make(cast, **given) for _ in range(3)]
    question = run(agent, action, *tickets, confirmed=None, **data)
    page = text(question)
    assert "Change 3 tickets?" in page
    assert said in page
    assert {again(ticket).updated_at for ticket in tickets} == {ticket.updated_at for ticket in tickets}
    with acting_for(cast.alpha.tenant):
        assert not AuditEntry.objects.filter(object_id=str(tickets[0].pk), person=cast.teammate).exists()
    posted: dict[str, list[str]] = {}
    for name, value in question.context["posted"]:
        posted.setdefault(name, []).append(value)
    done = text(agent.post(LIST + "?queue=all", {**posted, "confirmed": "1"}, follow=True))
    assert "3 tickets were changed." in done
    for ticket in tickets:
        now = again(ticket)
        assert (now.severity, now.tag, now.assigned_to) != ("high", "VIP", cast.owner)


def test_one_ticket_is_not_asked_about(cast: Cast, agent: Client) -> None:
    ticket = make(cast)
    run(agent, "set_severity", ticket, confirmed=None, severity="low")
    assert again(ticket).severity == "low"


def test_nothing_is_chosen_beside_an_action_before_somebody_does(cast: Cast, agent: Client) -> None:
    ticket = make(cast, assigned_to=cast.owner)
    page = text(agent.get(LIST + "?queue=all"))
    for field in ("severity", "assignee"):
        select = page[page.index(f'<select name="{field}"') :]
        assert select[: select.index("</option>")].count('value=""') == 1
    assert "Choose beside the action" in text(run(agent, "assign", ticket, assignee=""))
    assert again(ticket).assigned_to == cast.owner


def test_tickets_are_given_to_colleagues_only(cast: Cast, agent: Client) -> None:
    ticket = make(cast)
    run(agent, "assign", ticket, assignee=cast.owner.pk)
    assert again(ticket).assigned_to == cast.owner
    run(agent, "assign", ticket, assignee=cast.outsider.pk)
    assert again(ticket).assigned_to == cast.owner
    run(agent, "assign_to_me", ticket)
    assert again(ticket).assigned_to == cast.teammate


def test_a_viewer_changes_nothing(cast: Cast, login: Login) -> None:
    client, ticket = login(person("viewer", cast.alpha.tenant, Membership.Role.VIEWER)), cast.alpha.ticket
    run(client, "resolve", ticket)
    assert act(client, ticket, "resolve").status_code == 403
    assert act(client, ticket, "comment", text="no").status_code == 403
    assert client.get(reverse("admin:tickets_ticket_merge", args=[ticket.pk])).status_code == 403
    assert again(ticket).status == Status.OPEN
    page = text(client.get(reverse("admin:tickets_ticket_change", args=[ticket.pk])))
    assert 'id="vb-comment"' not in page


# --- One ticket -----------------------------------------------------------------


def test_one_press_takes_waits_resolves_and_reopens(cast: Cast, agent: Client) -> None:
    ticket = cast.alpha.ticket
    for verb, status in (("assign", "open"), ("wait", "pending"), ("resolve", "resolved"), ("reopen", "open")):
        assert act(agent, ticket, verb).status_code == 302
        assert again(ticket).status == status
    assert again(ticket).assigned_to == cast.teammate
    history = text(agent.get(reverse("admin:tickets_ticket_history", args=[ticket.pk])))
    for verb in ("Assign to me", "Wait for the customer", "Resolve", "Reopen"):
        assert verb in history
        with acting_for(cast.alpha.tenant):
            assert AuditEntry.objects.filter(detail=verb, person=cast.teammate, object_id=str(ticket.pk)).count() == 1


def test_a_comment_is_kept_and_may_end_the_work(cast: Cast, agent: Client) -> None:
    ticket = cast.alpha.ticket
    act(agent, ticket, "comment", text="<b>Rappelé</b>", then="resolve")
    page = text(agent.get(reverse("admin:tickets_ticket_change", args=[ticket.pk])))
    assert "&lt;b&gt;Rappelé&lt;/b&gt;" in page
    assert again(ticket).status == Status.RESOLVED
    act(agent, ticket, "comment", text=" ")
    with acting_for(cast.alpha.tenant):
        assert Comment.objects.filter(ticket=ticket).count() == 2


def test_a_step_that_is_not_allowed_says_why(cast: Cast, agent: Client) -> None:
    done = make(cast, status=Status.RESOLVED)
    page = text(agent.post(reverse("admin:tickets_ticket_act", args=[done.pk]), {"verb": "wait"}, follow=True))
    assert "cannot become" in page


def test_the_form_offers_the_next_statuses_and_counts_the_deadline_anew(cast: Cast, agent: Client) -> None:
    ticket = make(cast)
    address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    response = agent.get(address)
    offered = [value for value, _label in response.context["adminform"].form.fields["status"].choices]
    assert offered == ["open", "pending", "resolved"]
    data = form_of(agent, address, "ticket_form")
    assert agent.post(address, data | {"severity": ["high"]}).status_code == 302
    after = again(ticket)
    assert after.due_at == after.created_at + timedelta(hours=4)
    assert agent.post(address, data | {"status": ["failed"]}).status_code == 200


def test_what_a_colleague_wrote_meanwhile_is_shown_and_not_overwritten(cast: Cast, agent: Client) -> None:
    """What was typed here stays too, and who saves again has seen both."""
    ticket = make(cast, summary="Alpha appelle.\nDeux fois.", tag="ADSL")
    address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    typed = form_of(agent, address, "ticket_form") | {"tag": ["FIBRE"], "comment": ["Rappelé."]}
    with acting_for(cast.alpha.tenant):
        services.update(ticket=ticket, actor=cast.owner, summary="Du collègue.", tag="VDSL", wants_callback=True)
    refused = agent.post(address, typed)
    page = text(refused)
    assert "Somebody changed this meanwhile" in page
    assert {"summary", "tag", "wants_callback"} < set(refused.context["adminform"].form.errors)
    assert "By now it says “VDSL”" in page
    assert (again(ticket).summary, again(ticket).tag) == ("Du collègue.", "VDSL")
    shown = form_in(page, "ticket_form")
    assert (shown["summary"], shown["tag"], shown["wants_callback"]) == (["Du collègue."], ["FIBRE"], ["on"])
    assert ">Rappelé.</textarea>" in page
    assert agent.post(address, shown).status_code == 302
    assert (again(ticket).summary, again(ticket).tag, again(ticket).wants_callback) == ("Du collègue.", "FIBRE", True)


def test_a_tick_that_was_taken_away_meanwhile_stays_away(cast: Cast, agent: Client) -> None:
    ticket = make(cast, wants_callback=True, summary="Débit")
    address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    data = form_of(agent, address, "ticket_form") | {"tag": ["FIBRE"]}
    with acting_for(cast.alpha.tenant):
        services.update(ticket=ticket, actor=cast.owner, wants_callback=False)
    assert agent.post(address, form_in(text(agent.post(address, data)), "ticket_form")).status_code == 302
    assert (again(ticket).wants_callback, again(ticket).tag) == (False, "FIBRE")


def test_a_comment_of_a_colleague_and_lines_of_a_browser_stop_nobody(cast: Cast, agent: Client) -> None:
    ticket = make(cast, summary="Une ligne.\nEt une autre. ")
    address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    data = form_of(agent, address, "ticket_form") | {"tag": ["FIBRE"]}
    data = {name: [value.replace("\n", "\r\n") for value in values] for name, values in data.items()}
    act(agent, ticket, "comment", text="Rappelé.")
    assert agent.post(address, data).status_code == 302
    assert again(ticket).tag == "FIBRE"


def test_a_status_that_changed_meanwhile_is_told(cast: Cast, agent: Client) -> None:
    ticket = make(cast)
    address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    data = form_of(agent, address, "ticket_form")
    with acting_for(cast.alpha.tenant):
        services.resolve(ticket=ticket, actor=cast.owner)
    response = agent.post(address, data | {"status": ["pending"]})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["status"] == [
        "By now it says “resolved”; saving again replaces that."
    ]


def test_a_ticket_added_by_hand_has_a_deadline(cast: Cast, agent: Client) -> None:
    address = reverse("admin:tickets_ticket_add")
    data = form_of(agent, address, "ticket_form") | {"client_name": ["Zoé"], "summary": ["Débit"], "severity": ["high"]}
    assert agent.post(address, data).status_code == 302
    with acting_for(cast.alpha.tenant):
        ticket = Ticket.objects.get(client_name="Zoé")
    assert ticket.due_at == ticket.created_at + timedelta(hours=4)


def test_a_ticket_that_says_nothing_is_refused_by_naming_what_to_fill_in(cast: Cast, agent: Client) -> None:
    address = reverse("admin:tickets_ticket_add")
    data = form_of(agent, address, "ticket_form") | {"client_name": ["Zoé"], "summary": [" "]}
    response = agent.post(address, data)
    assert "Summary, In the caller&#x27;s words, Customer, Telephone." in text(response)
    assert list(response.context["adminform"].form.errors) == ["summary"]
    for name, value in (("phone_number", "+33612000000"), ("customer", str(cast.alpha.customer.pk))):
        assert agent.post(address, data | {name: [value]}).status_code == 302
    with acting_for(cast.alpha.tenant):
        emptied, erased = Ticket.objects.get(phone_number="+33612000000"), services.create()
    for ticket, change, status in ((emptied, {"phone_number": [""]}, 200), (erased, {"severity": ["high"]}, 302)):
        address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
        assert agent.post(address, form_of(agent, address, "ticket_form") | change).status_code == status


def test_a_comment_that_is_being_written_is_saved_with_the_ticket(cast: Cast, agent: Client) -> None:
    """Once, told to webhooks together with the change, and not lost where the form is refused."""
    ticket = cast.alpha.ticket
    address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    data = form_of(agent, address, "ticket_form") | {"status": ["resolved"], "comment": [" Rappelé hier. "]}
    refused = agent.post(address, data | {"client_email": ["nonsense"]})
    assert "> Rappelé hier. </textarea>" in text(refused)
    with acting_for(cast.alpha.tenant):
        Comment.objects.all().delete()
        WebhookEndpoint.objects.create(name="CRM", url="https://crm.example.com/", events=["ticket.updated"])
    assert agent.post(address, data).status_code == 302
    with acting_for(cast.alpha.tenant):
        remark = Comment.objects.get(ticket=ticket)
        assert (remark.text, remark.author) == ("Rappelé hier.", cast.teammate)
        assert again(ticket).status == Status.RESOLVED
        told = WebhookMessage.objects.get(event="ticket.updated").body
        assert "Rappelé hier." in told
        assert '"status":"resolved"' in told
        entries = AuditEntry.objects.filter(object_id=str(ticket.pk), person=cast.teammate)
        assert not [entry for entry in entries if "Rappelé" in str(entry.changes)]
        assert entries.filter(detail="Comment").count() == 1
    too_long = agent.post(address, form_of(agent, address, "ticket_form") | {"comment": ["x" * 5001]})
    assert "at most 5000 characters" in text(too_long)


def test_the_customer_s_history_is_beside_the_ticket(cast: Cast, agent: Client) -> None:
    other = make(cast, customer=cast.alpha.customer, summary="L'an dernier aussi.")
    unknown = make(cast, phone_number=cast.bravo.customer.phone_number, summary="Quelqu'un d'autre.")
    page = text(agent.get(reverse("admin:tickets_ticket_change", args=[cast.alpha.ticket.pk])))
    assert f"#{other.pk}" in page
    assert "an dernier aussi." in page
    assert f"#{unknown.pk}" not in page


def test_merging_shows_what_moves_and_then_the_calls_of_both(cast: Cast, agent: Client) -> None:
    one, into = cast.alpha.ticket, make(cast, customer=cast.alpha.customer)
    address = reverse("admin:tickets_ticket_merge", args=[one.pk])
    assert f"?into={into.pk}" in text(agent.get(address))
    preview = agent.get(address, {"into": f"#{into.pk}"})
    assert (preview.context["into"], preview.context["comments"]) == (into, 1)
    assert again(one).merged_into_id is None
    answer = agent.post(address, {"into": into.pk, "confirmed": "1"}, follow=True)
    page = text(answer)
    assert again(one).merged_into_id == into.pk
    assert "Alpha a été rappelé." in page
    assert reverse("admin:calls_call_change", args=[cast.alpha.call.pk]) in page
    assert f"merged into #{into.pk}" in text(agent.get(reverse("admin:tickets_ticket_change", args=[one.pk])))


def test_a_ticket_of_a_call_that_went_on_shows_both_and_either_leads_to_it(cast: Cast, agent: Client) -> None:
    with acting_for(cast.alpha.tenant):
        before = Call.objects.create(uuid=uuid.uuid4(), status=Call.Status.DROPPED)
        Call.objects.filter(pk=cast.alpha.call.pk).update(resumes=before)
    page = text(agent.get(reverse("admin:tickets_ticket_change", args=[cast.alpha.ticket.pk])))
    address = reverse("admin:calls_call_change", args=[before.pk])
    assert address in page
    assert "cut off on our side" in page
    assert reverse("admin:tickets_ticket_change", args=[cast.alpha.ticket.pk]) in text(agent.get(address))


@pytest.mark.parametrize("written", ["abc", "999999", "#", "9" * 30])
def test_a_number_of_no_ticket_is_told_and_kept(cast: Cast, agent: Client, written: str) -> None:
    address = reverse("admin:tickets_ticket_merge", args=[cast.alpha.ticket.pk])
    response = agent.get(address, {"into": written})
    assert response.status_code == 200
    if written != "#":
        assert written in text(response)
        assert "There is no other ticket" in text(response)

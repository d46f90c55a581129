"""Every scenario by text, and a third of them by telephone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.utils.translation import override
from pytest_django import Settings

from calls.scenarios import Report, Scenario, ScenarioError, load, run_text
from calls.scenarios.preset import preset
from calls.settings import Spoken
from calls.settings import load as load_settings
from sandbox.scenarios import run_audio
from tenants.models import AsteriskServer, Phrase, Tenant
from tenants.scope import EVERYONE, acting_for
from tenants.services import create_tenant

SCENARIOS = [*load("fr"), *load("en")]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: f"{scenario.language}-{scenario.name}")
def test_a_scenario_comes_out_as_expected(scenario: Scenario) -> None:
    report = run_text(scenario, preset(scenario.language))
    assert not report.failures, "\n".join([*report.failures, *report.transcript])
    assert not report.skipped
    assert not report.unsaid


def test_there_are_as_many_scenarios_as_were_promised() -> None:
    assert len(load("fr")) >= 40
    assert len(load("en")) >= 8


@pytest.fixture
def _usual_vendors(settings: Settings) -> Iterator[None]:
    """The product points the vendors to its emulators."""
    before = {name: dict(vendor) for name, vendor in settings.VENDORS.items()}
    yield
    for name, vendor in before.items():
        settings.VENDORS[name].update(vendor)


@pytest.fixture(params=["fr 1/2", "fr 2/2", "en 1/1"])
def shortest(request: pytest.FixtureRequest) -> list[Scenario]:
    """Of a third of a language's scenarios that a real line can play: as many as take about a minute at once."""
    language, share = request.param.split()
    part, parts = map(int, share.split("/"))
    scenarios = load(language)
    audible = [scenario for scenario in scenarios if not scenario.audio_obstacle]
    seconds = {scenario.name: run_text(scenario, preset(scenario.language)).seconds for scenario in audible}
    third = sorted(audible, key=lambda scenario: seconds[scenario.name])[: -(-len(scenarios) // 3)]
    return third[part - 1 :: parts]


@pytest.mark.realtime
@pytest.mark.usefixtures("_usual_vendors")
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(240)
async def test_a_third_of_the_scenarios_come_out_the_same_by_telephone(
    shortest: list[Scenario], vendors_url: str
) -> None:
    reports = await by_telephone("alpha", shortest, vendors_url)
    if late := [scenario for scenario in shortest if reports[scenario.name].failures]:
        # A pause in a sentence lasts a second, which a busy machine may take for itself: once more, and only these.
        reports |= await by_telephone("bravo", late, vendors_url)
    failed = [(report.name, *report.failures, *report.transcript) for report in reports.values() if report.failures]
    assert not failed, "\n".join(line for lines in failed for line in lines)
    assert not [report.skipped for report in reports.values() if report.skipped]


async def by_telephone(slug: str, scenarios: list[Scenario], vendors_url: str) -> dict[str, Report]:
    """The reports by name; a company of their own, whose callers have not called before."""
    tenant = await sync_to_async(new_tenant)(slug, scenarios[0].language)
    return {report.name: report for report in await run_audio(scenarios, tenant, vendors_url=vendors_url)}


def new_tenant(slug: str, language: str) -> Tenant:
    with acting_for(EVERYONE):
        AsteriskServer.objects.update(network="192.0.2.1/32")  # the line is the new one's
    return create_tenant(slug=slug, name=slug.capitalize(), language=language)


A_SCENARIO = """
[greets]
about = "Somebody calls."
caller = { number = "+33639980100" }
says = "[ask_firstname] [hangup]"
expect = { end = "hangup", scenes = ["identification"] }
"""


@pytest.mark.parametrize(
    ("line", "instead", "complaint"),
    [
        ('about = "Somebody calls."', "", "about: is missing"),
        ('about = "Somebody calls."', "about = 3", "about: 3 is not text"),
        ("caller = {", "color = 'red'\ncaller = {", "color: unknown; there are name, language, about"),
        ('number = "+33639980100"', "nummer = '1'", "caller.nummer: unknown"),
        (
            'number = "+33639980100"',
            'number = "1", earlier_calls = "two"',
            "caller.earlier_calls: 'two' is not a whole",
        ),
        ("[ask_firstname]", "[ask_shoe_size]", "says: no phrase has the key 'ask_shoe_size'"),
        ("[hangup]", "[explode]", "says: line 1: '[explode]' is not understood"),
        ('end = "hangup"', 'end = "bored"', "expect.end: 'bored' is none of goodbye"),
        ('["identification"]', "[]", "expect.scenes: name at least the scene"),
        ('end = "hangup"', 'end = "hangup", heard = "greet"', "expect.heard: 'greet' is not a list"),
        ('end = "hangup"', 'end = "hangup", not_heard = ["hello"]', "expect.not_heard: no phrase has the key 'hello'"),
        ('end = "hangup"', 'end = "hangup", ticket = { shoe = "42" }', "expect.ticket.shoe: unknown; there are"),
        ('end = "hangup"', 'end = "hangup", whole = ["hello"]', "expect.whole: no phrase has the key 'hello'"),
        ('end = "hangup"', 'end = "hangup", values = { shoe = "42" }', "expect.values.shoe: no phrase says it"),
        ("[greets]", "[greets", "Expected ']'"),
    ],
)
def test_a_scenario_that_is_wrong_is_told_what_is_wrong(
    tmp_path: Path, line: str, instead: str, complaint: str
) -> None:
    assert line in A_SCENARIO
    write(tmp_path, "one.toml", A_SCENARIO.replace(line, instead, 1))
    with pytest.raises(ScenarioError, match=re.escape(complaint)) as error:
        load("fr", tmp_path)
    assert str(error.value).startswith("fr/one.toml: ")


def test_names_and_numbers_are_used_once(tmp_path: Path) -> None:
    write(tmp_path, "one.toml", A_SCENARIO)
    write(tmp_path, "two.toml", A_SCENARIO)
    with pytest.raises(ScenarioError, match=r"fr/two\.toml: greets: the name is taken"):
        load("fr", tmp_path)
    write(tmp_path, "two.toml", A_SCENARIO.replace("greets", "waves"))
    with pytest.raises(ScenarioError, match=r"waves: caller.number: it is greets's already"):
        load("fr", tmp_path)


def test_what_is_not_met_is_said(tmp_path: Path) -> None:
    expect = """
    [greets.expect]
    end = "goodbye"
    scenes = ["opening", "diagnosis"]
    heard = ["greet", "ask_firstname", "welcome"]
    not_heard = ["welcome"]
    whole = ["greet", "goodbye"]
    words = ["Bienvenue", "Bonsoir"]
    interrupted = ["greet"]
    transfer_to = "technician"
    about_open_ticket = true
    is_recorded = true
    response_seconds = { greet = 0.5 }
    ticket = { status = "resolved", phone_number = "+33639980100" }
    """
    write(tmp_path, "one.toml", A_SCENARIO.replace('expect = { end = "hangup", scenes = ["identification"] }', expect))
    [scenario] = load("fr", tmp_path)
    with override("en"):
        report = run_text(scenario, preset("fr"))
    assert report.failures == (
        "it ended with “the caller hung up”, not with “the bot said goodbye”",
        "it was handed over to “”, not to “technician”",
        "the ticket has “open” as its status, not “resolved”",
        "it was not about the open ticket",
        "it was not recorded",
        "the scene “Diagnosis” is not in its place among: Opening, Greeting, Identification",
        "the bot did not say “Welcome a new caller (welcome)” in its place, but: Greeting message (greet), "
        "Welcome a new caller (welcome), Ask for the first name (ask_firstname)",
        "the bot said “Welcome a new caller (welcome)”",
        "the bot did not say all of “Goodbye (goodbye)”",
        "the bot did not say “Bonsoir”",
        "interrupted: nothing",
        "“Greeting message (greet)” answers nothing, so no time can be told",
    )
    assert report.failed
    assert not report.passed


def test_lines_without_occasion_are_left_out_with_those_that_follow_them(tmp_path: Path) -> None:
    says = '"""\n[ask_email] a\n[silence 1]\n[ask_firstname] [hangup]\n[ask_company] b\n"""'
    write(tmp_path, "one.toml", A_SCENARIO.replace('"[ask_firstname] [hangup]"', says))
    [scenario] = load("fr", tmp_path)
    report = run_text(scenario, preset("fr"))
    assert report.passed
    assert report.unsaid == ("[ask_email] a", "[silence 1]", "[ask_company] b")


def test_a_problem_that_the_company_does_not_know_skips_the_scenario() -> None:
    [scenario] = [scenario for scenario in load("fr") if scenario.name == "remedy_does_not_help"]
    with override("en"):
        report = run_text(scenario, preset("fr", problems={}))
    assert report.skipped == "there is no problem type “internet”"
    assert not report.passed
    assert not report.failed


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: f"{scenario.language}-{scenario.name}")
def test_a_scenario_asks_for_no_words_of_the_preset(scenario: Scenario) -> None:
    """Whoever writes phrases anew, of another length and without values, hears of what they broke alone."""

    def spoken(phrase: Spoken) -> Spoken:
        return replace(phrase, text="Eh.")

    usual = preset(scenario.language)
    problems = {
        code: replace(problem, steps=tuple(replace(step, phrase=spoken(step.phrase)) for step in problem.steps))
        for code, problem in usual.problems.items()
    }
    phrases = {key: spoken(phrase) for key, phrase in usual.phrases.items()}
    report = run_text(scenario, replace(usual, phrases=phrases, problems=problems))
    assert not report.failures, "\n".join([*report.failures, *report.transcript])


def test_a_value_is_asked_for_where_the_company_s_phrase_has_it() -> None:
    [scenario] = [scenario for scenario in load("fr") if scenario.name == "number_that_called_once"]
    wrong = replace(scenario, expect=replace(scenario.expect, values={"count": "cent fois"}))
    own = {**preset("fr").phrases, "returning_client": Spoken("returning_client", "Rebonjour.")}
    with override("en"):
        assert run_text(wrong, preset("fr")).failures == ("the bot did not say “cent fois”",)
    assert run_text(wrong, preset("fr", phrases=own)).passed


def test_what_came_is_told_in_the_language_of_whoever_reads() -> None:
    [scenario] = [scenario for scenario in load("fr") if scenario.name == "known_caller_is_helped"]
    wrong = replace(scenario, expect=replace(scenario.expect, whole=("transfer",)))
    with override("fr"):
        report = run_text(wrong, preset("fr"))
    assert report.failures == ("le bot n'a pas dit en entier « Passer un technicien (transfer) »",)
    assert "bot · Message d'accueil " in report.transcript[0]
    assert any(" appelant " in line for line in report.transcript)


@pytest.mark.django_db
def test_a_company_s_own_phrases_are_played() -> None:
    tenant = create_tenant(slug="alpha", name="Alpha", language="fr")
    with acting_for(tenant):
        Phrase.objects.filter(key="goodbye").update(text="Bonne route.")
        settings = load_settings(tenant)
    [scenario] = [scenario for scenario in load("fr") if scenario.name == "known_caller_is_helped"]
    report = run_text(scenario, settings)
    assert report.passed, report.failures
    assert report.transcript[-1].endswith("Bonne route.")


def test_the_preset_is_what_a_new_company_has(db: None) -> None:
    """So that what is tested without a database is what tenants run."""
    tenant = create_tenant(slug="alpha", name="Alpha", language="fr")
    with acting_for(tenant):
        mine = load_settings(tenant)
    assert mine.phrases == preset("fr").phrases
    assert mine.problems.keys() == preset("fr").problems.keys()
    assert [kind.steps for kind in mine.problems.values()] == [kind.steps for kind in preset("fr").problems.values()]
    for field in ("language", "record", "max_seconds", "keyterms", "censored", "after_hours", "asks", "answers"):
        assert getattr(mine, field) == getattr(preset("fr"), field), field
    assert set(mine.anger_words) == set(preset("fr").anger_words)


def command(*arguments: str) -> str:
    output = StringIO()
    call_command("scenarios", *arguments, stdout=output, stderr=output)
    return output.getvalue()


@pytest.mark.django_db
def test_the_command_prints_a_table() -> None:
    create_tenant(slug="alpha", name="Alpha", language="fr")
    output = command("--tenant", "alpha", "--only", "hangs_up_in")
    assert "passed" in output
    assert output.strip().endswith("passed, 0 failed, 0 skipped")


def test_the_command_prints_json() -> None:
    [line] = command("--only", "name_in_the_nato_alphabet", "--json").splitlines()
    report = json.loads(line)
    assert (report["name"], report["passed"], report["failures"]) == ("name_in_the_nato_alphabet", True, [])


def test_the_command_fails_with_a_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "one.toml", A_SCENARIO.replace('end = "hangup"', 'end = "goodbye"'))
    monkeypatch.setattr("sandbox.management.commands.scenarios.load", lambda language: load(language, tmp_path))
    with pytest.raises(SystemExit) as exit_:
        command()
    assert exit_.value.code == 1


@pytest.mark.django_db
def test_the_command_names_what_there_is() -> None:
    with pytest.raises(CommandError, match="--tenant: there is no company 'alpha'; there are: none"):
        command("--tenant", "alpha")
    with pytest.raises(CommandError, match="--only: no scenario's name contains 'xyz'"):
        command("--only", "xyz")


def test_calls_are_not_placed_beside_a_real_product(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1/0"
    with pytest.raises(CommandError, match="--audio plays in a product of its own: unset"):
        command("--audio")


def write(folder: Path, name: str, text: str) -> None:
    (folder / "fr").mkdir(exist_ok=True)
    (folder / "fr" / name).write_text(text)

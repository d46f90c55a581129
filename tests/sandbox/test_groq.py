"""Groq's emulator, driven by Groq's SDK over real HTTP."""

import asyncio
import json

import groq
import httpx
import pytest

from sandbox.vendors import wire

MODEL = "openai/gpt-oss-20b"


def client(vendors, key="sandbox", timeout=5.0):
    return groq.AsyncGroq(api_key=key, base_url=f"{vendors.url}/groq", max_retries=0, timeout=timeout)


def said(text, system="Tu es l'accueil."):
    return [{"role": "system", "content": system}, {"role": "user", "content": text}]


async def decide(vendors, text, properties, system="Tu es l'accueil."):
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    async with client(vendors) as api:
        answer = await api.chat.completions.create(
            model=MODEL,
            messages=said(text, system),
            response_format={"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}},
        )
    return json.loads(answer.choices[0].message.content)


async def test_it_answers(vendors):
    async with client(vendors) as api:
        answer = await api.chat.completions.create(model=MODEL, messages=said("Quels sont vos horaires ?"))
    assert "9 heures" in answer.choices[0].message.content
    (entry,) = wire.ledger
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (
        entry["input_tokens"],
        entry["output_tokens"],
    )
    assert answer.x_groq.id == entry["request_id"]


async def test_a_stream_says_the_same_and_ends_with_the_usage(vendors):
    text, usage = "", None
    async with client(vendors) as api:
        stream = await api.chat.completions.create(model=MODEL, messages=said("What are your hours?"), stream=True)
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
            usage = (chunk.x_groq and chunk.x_groq.usage) or usage
    assert usage is not None
    assert text == "We are open from Monday to Friday, 9 to 6."
    assert usage.completion_tokens == wire.ledger[0]["output_tokens"]


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("Ma box ne s'allume plus", "internet"),
        ("J'ai une question sur ma facture", "billing"),
        ("Il pleut", "unknown"),
    ],
)
async def test_an_enum_is_chosen_by_the_words_that_were_said(vendors, text, choice):
    system = "Choisis :\n- internet : box, connexion, wifi\n- billing : facture, prélèvement, paiement"
    properties = {"problem": {"type": "string", "enum": ["internet", "billing", "unknown"]}}
    assert await decide(vendors, text, properties, system) == {"problem": choice}


@pytest.mark.parametrize(
    ("text", "choice"), [("Oui, c'est exact", "yes"), ("Non, toujours pas", "no"), ("Euh", "unclear")]
)
async def test_yes_and_no_are_understood(vendors, text, choice):
    properties = {"answer": {"type": "string", "enum": ["yes", "no", "unclear"]}}
    assert await decide(vendors, text, properties) == {"answer": choice}


async def test_a_ticket_is_summarised_from_what_the_caller_said(vendors):
    transcript = "Bot : Bonjour, que puis-je faire ?\nClient : C'est inadmissible, ma box est en panne, c'est urgent !"
    properties = {
        "summary": {"type": "string"},
        "sentiment": {"type": "string", "enum": ["positive", "neutral", "negative"]},
        "severity": {"type": "string", "enum": ["low", "medium", "high"]},
        "tag": {"type": "string"},
    }
    first, again = [await decide(vendors, transcript, properties) for _ in range(2)]
    assert first == again
    assert "ma box est en panne" in first["summary"]
    assert "Bonjour" not in first["summary"]
    assert (first["sentiment"], first["severity"], first["tag"]) == ("negative", "high", "inadmissible")


@pytest.mark.parametrize(
    ("transcript", "summary"),
    [
        (
            "bot: Que puis-je faire ?\ncaller: Ma box ne marche plus.\nbot: Votre nom ?\ncaller: Marc.\n"
            "bot: Votre adresse ?\ncaller: marc.antoine.delacroix@exemple.example\ncaller: [0612345678]\n"
            "bot: Est-ce que tout fonctionne ?\ncaller: Oui.\nbot: Parfait, voilà une bonne nouvelle.\n"
            "bot: Merci de votre appel, et à bientôt.",
            "L'appelant dit : « Ma box ne marche plus. » Le problème est résolu.",
        ),
        (
            "bot: How can I help?\ncaller: My name is Alexander Montgomery the third\ncaller: The printer is broken\n"
            "bot: Shall I put you through?\ncaller: yes\nbot: I am putting you through to a technician.",
            'The caller says: "The printer is broken" The call was handed over to a person.',
        ),
        (
            "caller: Non\ncaller: Il y a de la fumée partout\nbot: Voulez-vous que je vous passe un technicien ?",
            "L'appelant dit : « Il y a de la fumée partout »",
        ),
    ],
)
async def test_a_summary_tells_the_problem_and_the_end(vendors, transcript, summary):
    assert await decide(vendors, transcript, {"summary": {"type": "string"}}) == {"summary": summary}


async def test_every_json_type_is_filled(vendors):
    properties = {
        "email": {"type": ["string", "null"]},
        "company": {"anyOf": [{"type": "string", "enum": ["TechCorp"]}, {"type": "null"}]},
        "first_name": {"type": "string"},
        "count": {"type": "integer"},
        "confidence": {"type": "number"},
        "agrees": {"type": "boolean"},
        "topics": {"type": "array", "items": {"type": "string", "enum": ["wifi", "facture"]}},
    }
    answer = await decide(vendors, "Je m'appelle Élodie, oui, le wifi, élo@exemple.fr", properties)
    assert answer == {
        "email": "élo@exemple.fr",
        "company": "TechCorp",
        "first_name": "Élodie",
        "count": 0,
        "confidence": 1,
        "agrees": True,
        "topics": ["wifi"],
    }
    assert (await decide(vendors, "Bonjour", properties))["email"] is None


async def test_a_schema_that_leaves_something_open_is_refused(vendors):
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": []}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    async with client(vendors) as api:
        with pytest.raises(groq.BadRequestError, match="schema"):
            await api.chat.completions.create(model=MODEL, messages=said("x"), response_format=wanted)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("sandbox-401", groq.AuthenticationError),
        ("sandbox-429", groq.RateLimitError),
        ("sandbox-500", groq.InternalServerError),
    ],
)
async def test_a_refusal_is_the_sdk_s_own_error(vendors, key, error):
    async with client(vendors, key) as api:
        with pytest.raises(error) as refused:
            await api.chat.completions.create(model=MODEL, messages=said("x"), stream=True)
    assert key != "sandbox-429" or refused.value.response.headers["retry-after"] == "1"


async def test_a_model_that_is_gone_is_refused(vendors):
    async with client(vendors) as api:
        with pytest.raises(groq.BadRequestError, match="decommissioned"):
            await api.chat.completions.create(model="llama-3.1-8b-instant", messages=said("x"))


async def test_a_hanging_vendor_runs_into_the_timeout(vendors):
    async with client(vendors, "sandbox-hang", timeout=0.3) as api:
        with pytest.raises(groq.APITimeoutError):
            await api.chat.completions.create(model=MODEL, messages=said("x"))


async def test_a_dropped_stream_breaks_off(vendors):
    async with client(vendors, "sandbox-drop") as api:
        stream = await api.chat.completions.create(model=MODEL, messages=said("x"), stream=True)
        with pytest.raises(httpx.RemoteProtocolError):
            _ = [chunk async for chunk in stream]


@pytest.mark.parametrize("stream", [False, True])
async def test_garbage_is_no_answer(vendors, stream):
    async with client(vendors, "sandbox-garbage") as api:
        if stream:
            with pytest.raises(json.JSONDecodeError):
                _ = [c async for c in await api.chat.completions.create(model=MODEL, messages=said("x"), stream=True)]
        else:
            assert isinstance(await api.chat.completions.create(model=MODEL, messages=said("x")), str)


async def test_what_is_no_request_is_refused(vendors):
    async with httpx.AsyncClient(base_url=vendors.url, headers={"authorization": "Bearer sandbox"}) as http:
        for body in (b"no json", b"[]", b"{}", b"x" * 1_000_001):
            answer = await http.post("/groq/openai/v1/chat/completions", content=body)
            assert answer.status_code == 400
        assert (await http.get("/groq/nowhere")).status_code == 404


@pytest.mark.parametrize(("key", "seconds"), [("sandbox", 0.2), ("sandbox-slow", 2.0)])
async def test_a_slow_vendor_takes_its_time(vendors, monkeypatch, key, seconds):
    monkeypatch.setenv("SANDBOX_LLM_DELAY", "0.2")
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with client(vendors, key) as api:
        await api.chat.completions.create(model=MODEL, messages=said("x"))
    assert loop.time() - began >= seconds

"""The simulated caller against a small bot on a real socket, in real time."""

import asyncio
import uuid

import pytest

from calls.scenarios.script import parse_script
from sandbox.caller import Caller, End
from tests.sandbox.bot import serve_bot


def call(port, script="", **options):
    return Caller("127.0.0.1", port, script=parse_script(script), **options).run()


def texts(utterances):
    return [utterance.text for utterance in utterances]


async def test_a_conversation_is_heard_on_both_sides():
    async def behave(bot):
        await bot.say("Bonjour, je vous écoute.")
        await bot.listen("ma box est en panne.")
        await asyncio.sleep(1)  # the words are there a little before the voice has ended
        await bot.say("C'est noté.")
        await bot.listen("Merci.")
        await bot.hang_up()

    seen, call_uuid = [], uuid.uuid4()
    async with serve_bot(behave) as (port, bots):
        result = await call(
            port,
            "# le matin\n\nAllô, ma box est en panne.\nMerci.",
            call_uuid=call_uuid,
            on_utterance=lambda side, utterance: seen.append((side, utterance.text)),
        )
    assert result.end == End.BOT_HANGUP
    assert texts(result.heard) == ["Bonjour, je vous écoute.", "C'est noté."]
    assert texts(result.said) == ["Allô, ma box est en panne.", "Merci."]
    assert " ".join(bots[0].texts) == "Allô, ma box est en panne. Merci."
    assert seen == [
        ("bot", "Bonjour, je vous écoute."),
        ("caller", "Allô, ma box est en panne."),
        ("bot", "C'est noté."),
        ("caller", "Merci."),
    ]
    assert bots[0].uuid == call_uuid.bytes
    greeting, answer = result.heard
    first, second = result.said
    assert greeting.start < greeting.end <= first.start < first.end < answer.start < answer.end <= second.start
    assert second.start < result.duration
    assert len(result.response_latencies) == 1
    assert result.response_latencies[0] > 0
    assert len(result.bot_audio) >= 2 * 8000 * (answer.end - greeting.start)


async def test_the_line_carries_50_frames_a_second_even_in_silence():
    async def behave(bot):
        async with bot.heard_something:
            await bot.heard_something.wait_for(lambda: bot.packets >= 50)
        await bot.hang_up()

    async with serve_bot(behave) as (port, _):
        result = await call(port)
    assert result.duration >= 0.97  # 50 frames cannot come earlier
    assert result.heard == []


async def test_the_caller_interrupts_and_reports_what_it_really_heard():
    sentence = "Pour votre sécurité, débranchez la box, attendez trente secondes, puis rebranchez-la doucement."

    async def behave(bot):
        await bot.say(sentence, wait=False)
        await bot.listen("Attendez")
        bot.saying = b""
        await bot.listen("Attendez !")
        await bot.say("Oui ?")
        await bot.hang_up()

    async with serve_bot(behave) as (port, _):
        result = await call(port, "[interrupt 1.5] Attendez !")
    heard, answer = texts(result.heard)
    assert heard
    assert sentence.startswith(heard)
    assert heard != sentence
    assert answer == "Oui ?"
    assert result.said[0].start >= result.heard[0].start + 1


async def test_a_pause_lies_inside_the_line():
    async def behave(bot):
        await bot.say("Oui ?")
        await bot.listen("Élodie.")
        await bot.hang_up()

    async with serve_bot(behave) as (port, bots):
        result = await call(port, "Je suis [pause 0.8] Élodie.")
    assert texts(result.said) == ["Je suis Élodie."]
    assert bots[0].texts == ["Je suis", "Élodie."]


async def test_keys_are_pressed_and_the_caller_hangs_up():
    async def behave(bot):
        await bot.say("Tapez zéro.")
        await bot.wait_for_keys(3)
        await bot.caller_is_gone()

    async with serve_bot(behave) as (port, bots):
        result = await call(port, "[dtmf 0*#]\n[hangup]")
    assert result.end == End.CALLER_HANGUP
    assert bots[0].keys == "0*#"


async def test_a_refusal_is_told_from_a_goodbye():
    async def behave(bot):
        bot.send(0xFF)
        await bot.caller_is_gone()

    async with serve_bot(behave) as (port, _):
        assert (await call(port)).end == End.REFUSED


async def test_a_connection_that_just_closes_is_an_eof():
    async def behave(bot):
        async with bot.heard_something:
            await bot.heard_something.wait_for(lambda: bot.uuid)

    async with serve_bot(behave) as (port, _):
        assert (await call(port)).end in (End.EOF, End.LOST)  # the kernel resets when the bot has not read all


@pytest.mark.parametrize("frame", [(0x42, b""), (0x10, b"")])
async def test_what_is_not_audiosocket_ends_the_call(frame):
    async def behave(bot):
        bot.send(*frame)
        await bot.caller_is_gone()

    async with serve_bot(behave) as (port, _):
        assert (await call(port)).end == End.PROTOCOL_ERROR


async def test_a_call_has_a_longest_duration():
    async def behave(bot):
        await bot.caller_is_gone()

    async with serve_bot(behave) as (port, _):
        result = await call(port, max_seconds=0.5)
    assert result.end == End.TIMEOUT
    assert result.duration >= 0.5


async def test_it_calls_from_any_address_of_the_loopback():
    peers = []

    async def behave(bot):
        peers.append(bot.writer.get_extra_info("peername")[0])
        await bot.hang_up()

    async with serve_bot(behave) as (port, _):
        await call(port, source="127.0.0.77")
    assert peers == ["127.0.0.77"]


async def test_a_port_that_is_closed_is_an_error(unused_tcp_port):
    with pytest.raises(ConnectionRefusedError):
        await call(unused_tcp_port)

"""The vendors' emulators: one ASGI application, each vendor under its own path.

/deepgram/…  /groq/…  and the others   what the vendor's own host serves
/sandbox/ledger                        what was used, as the vendors would bill it; DELETE empties it
"""

from __future__ import annotations

import logging

from sandbox.vendors import anthropic, deepgram, elevenlabs, flux, gemini, groq, openai
from sandbox.vendors.wire import BadRequest, Receive, Request, Response, Scope, Send, ledger

logger = logging.getLogger(__name__)

GENERATE = ("generateContent", "streamGenerateContent")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        return
    request = Request(scope, receive)
    response = Response(send)
    try:
        if scope["type"] == "http":
            await _route(request, response)
        elif request.path == "/deepgram/v1/listen":
            await deepgram.listen(request, receive, send)
        elif request.path == "/deepgram/v2/listen":
            await flux.listen(request, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})
    except BadRequest as error:
        await response.json(400, {"error": {"message": str(error), "type": "invalid_request_error"}})
    except OSError:
        pass  # the client has gone
    except Exception:
        logger.exception("the emulator failed at %s", request.path)
        raise


async def _route(request: Request, response: Response) -> None:
    match request.method, request.path.strip("/").split("/"):
        case "POST", ["groq", "openai", "v1", "chat", "completions"]:
            await groq.chat_completions(request, response)
        case "POST", [("openai" | "ollama") as vendor, "v1", "chat", "completions"]:
            await openai.chat_completions(request, response, vendor)
        case "POST", ["anthropic", "v1", "messages"]:
            await anthropic.messages(request, response)
        case "POST", ["gemini", "v1" | "v1beta", "models", method] if method.partition(":")[2] in GENERATE:
            model, _, action = method.partition(":")
            await gemini.generate_content(request, response, model, streamed=action == GENERATE[1])
        case "POST", ["elevenlabs", "v1", "text-to-speech", voice_id, *rest] if rest in ([], ["stream"]):
            await elevenlabs.text_to_speech(request, response, voice_id)
        case "POST", ["elevenlabs", "v1", "voices", "add"]:
            await elevenlabs.add_voice(request, response)
        case "DELETE", ["elevenlabs", "v1", "voices", voice_id]:
            await elevenlabs.delete_voice(request, response, voice_id)
        case "GET", ["elevenlabs", "v1", "voices"]:
            await elevenlabs.voices(request, response)
        case "GET", ["sandbox", "ledger"]:
            await response.json(200, list(ledger))
        case "DELETE", ["sandbox", "ledger"]:
            ledger.clear()
            await response.json(200, [])
        case method, _:
            message = f"Unknown request URL: {method} {request.path}"
            await response.json(404, {"error": {"message": message, "type": "invalid_request_error"}})

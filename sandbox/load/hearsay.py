"""A stand-in for Deepgram that costs little: it listens to nobody, and has everybody say the same.

Messages are those of listen v1, as `sandbox/vendors/deepgram.py` has them. Each caller speaks for a second
and a half in every eight, with interim results twice a second.

    python -m sandbox.load.hearsay PORT
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, Final
from uuid import uuid4

import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

INTERIM_SECONDS: Final = 0.5
SILENT_RESULTS: Final = 13  # between two utterances
SENTENCES: Final = ("Attendez, je cherche.", "Je ne sais plus bien.", "Un instant, s'il vous plaît.")


async def _serve(port: int) -> None:
    async with serve(hear, "127.0.0.1", port, compression=None, ping_interval=None, backlog=4096) as server:
        await server.serve_forever()


async def hear(socket: ServerConnection) -> None:
    """One WebSocket of listen v1."""
    request_id = str(uuid4())
    telling = asyncio.create_task(_tell(socket, request_id))
    seconds = 0.0
    try:
        async for message in socket:
            if isinstance(message, bytes):
                seconds += len(message) / 16_000
            elif json.loads(message)["type"] == "CloseStream":
                metadata = {"type": "Metadata", "request_id": request_id, "duration": round(seconds, 3)}
                await socket.send(json.dumps(metadata))
                return
    finally:
        telling.cancel()


async def _tell(socket: ServerConnection, request_id: str) -> None:
    """Results, until the socket is closed."""
    now, number = 0.0, 0
    try:
        while True:
            for _ in range(SILENT_RESULTS):
                await asyncio.sleep(INTERIM_SECONDS)
                now += INTERIM_SECONDS
                await socket.send(_result(request_id, now, "", is_final=False))
            words = SENTENCES[number % len(SENTENCES)].split()
            number += 1
            for part in (1, 2, len(words)):
                await asyncio.sleep(INTERIM_SECONDS)
                now += INTERIM_SECONDS
                await socket.send(_result(request_id, now, " ".join(words[:part]), is_final=part == len(words)))
    except ConnectionClosed:
        return


def _result(request_id: str, now: float, text: str, *, is_final: bool) -> str:
    words = text.split()
    alternative: dict[str, Any] = {
        "transcript": text,
        "confidence": 0.98 if text else 0.0,
        "words": [
            {"word": word, "start": now - 0.4 + 0.1 * number, "end": now - 0.3 + 0.1 * number, "confidence": 0.98}
            for number, word in enumerate(words)
        ],
    }
    return json.dumps(
        {
            "type": "Results",
            "channel_index": [0, 1],
            "start": now - INTERIM_SECONDS,
            "duration": INTERIM_SECONDS,
            "is_final": is_final,
            "speech_final": is_final,
            "channel": {"alternatives": [alternative]},
            "metadata": {
                "request_id": request_id,
                "model_info": {"name": "general-nova-3", "version": "2025-01-09.0", "arch": "nova-3"},
                "model_uuid": "00000000-0000-0000-0000-000000000000",
            },
        }
    )


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))

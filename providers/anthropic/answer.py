"""What Anthropic's messages and events tell.

The SDK builds its objects without checking them: these raise AttributeError, TypeError
or LookupError for what is no answer of Anthropic's.
"""

from __future__ import annotations

from anthropic.types import Message, MessageDeltaUsage, RawMessageStreamEvent, Usage

from providers.chat import Answer, Tokens


def add(answer: Answer, event: RawMessageStreamEvent) -> str:
    """Take the next event of a stream; the text that it brings, perhaps none.

    The input is counted in the first event, the output so far in the last but one.
    """
    match event.type:
        case "message_start":
            answer.request_id = event.message.id
            answer.tokens = _tokens(event.message.usage, None)
        case "content_block_delta" if event.delta.type == "text_delta":
            return answer.grow(event.delta.text)
        case "message_delta":
            answer.tokens = _tokens(event.usage, answer.tokens)
            answer.is_complete = event.delta.stop_reason is not None
    return ""


def add_whole(answer: Answer, message: Message) -> None:
    """Take an answer that was not streamed."""
    answer.request_id = message.id
    answer.tokens = _tokens(message.usage, None)
    for block in message.content:
        if block.type == "text":
            answer.grow(block.text)


def _tokens(usage: Usage | MessageDeltaUsage, before: Tokens | None) -> Tokens:
    """Cached input is counted beside the rest of it; the end of a stream may leave the input out."""
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    asked = (usage.input_tokens or 0) + read + written
    if before is not None and not usage.input_tokens:
        asked, read = before.input, before.cached
    details = usage.output_tokens_details
    return Tokens(asked, usage.output_tokens, cached=read, reasoning=details.thinking_tokens if details else 0)

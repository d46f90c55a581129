"""What Gemini's answers tell: the chunks of a stream have the shape of a whole one."""

from __future__ import annotations

from google.genai.types import GenerateContentResponse, GenerateContentResponseUsageMetadata

from providers.chat import Answer, Tokens


def add(answer: Answer, response: GenerateContentResponse) -> str:
    """Take the next chunk of a stream; the text that it brings, perhaps none.

    Not by the SDK's `response.text`, which logs a warning for parts that are no text.
    """
    answer.request_id = response.response_id or answer.request_id
    if response.usage_metadata is not None:
        answer.tokens = _tokens(response.usage_metadata)
    if not response.candidates:
        return ""
    candidate = response.candidates[0]
    answer.is_complete = answer.is_complete or candidate.finish_reason is not None
    parts = (candidate.content.parts if candidate.content else None) or []
    return answer.grow("".join(part.text for part in parts if part.text and not part.thought))


def add_whole(answer: Answer, response: GenerateContentResponse) -> None:
    """Take an answer that was not streamed."""
    add(answer, response)


def _tokens(usage: GenerateContentResponseUsageMetadata) -> Tokens:
    """Thoughts are billed as output and counted beside the candidates'."""
    thoughts = usage.thoughts_token_count or 0
    return Tokens(
        (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0),
        (usage.candidates_token_count or 0) + thoughts,
        cached=usage.cached_content_token_count or 0,
        reasoning=thoughts,
    )

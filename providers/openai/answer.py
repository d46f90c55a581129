"""What the answers and chunks of chat completions tell.

The SDK builds its objects without checking them: these raise AttributeError, TypeError
or LookupError for what is no answer.
"""

from __future__ import annotations

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from providers.chat import Answer, Tokens


def add(answer: Answer, chunk: ChatCompletionChunk) -> str:
    """Take the next chunk of a stream; the text that it brings, perhaps none.

    The usage comes after the last text, in a chunk without choices.
    """
    answer.request_id = chunk.id or answer.request_id
    if chunk.usage is not None:
        answer.tokens = _tokens(chunk.usage)
    if not chunk.choices:
        return ""
    choice = chunk.choices[0]
    answer.is_complete = answer.is_complete or choice.finish_reason is not None
    return answer.grow(choice.delta.content)


def add_whole(answer: Answer, completion: ChatCompletion) -> None:
    """Take an answer that was not streamed."""
    if completion.usage is not None:
        answer.tokens = _tokens(completion.usage)
    answer.request_id = completion.id
    answer.grow(completion.choices[0].message.content)


def _tokens(usage: CompletionUsage) -> Tokens:
    asked, answered = usage.prompt_tokens_details, usage.completion_tokens_details
    return Tokens(
        usage.prompt_tokens,
        usage.completion_tokens,
        cached=(asked.cached_tokens if asked else 0) or 0,
        reasoning=(answered.reasoning_tokens if answered else 0) or 0,
    )

"""The probability of an answer, read from the first token that a language model would say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

OVER = ("answers", "vocabulary")


def answer_tokens(tokenizer: Any, words: Sequence[str]) -> list[int]:
    """Tokens that start an answer with one of ``words``, however it is spelt.

    Raises:
        ValueError: no spelling is a single token, so the first token says too little.
    """
    spellings = {
        space + spelt
        for word in words
        for spelt in (word, word.lower(), word.capitalize(), word.upper())
        for space in ("", " ")
    }
    encoded = [tokenizer.encode(text, add_special_tokens=False) for text in sorted(spellings)]
    tokens = {ids[0] for ids in encoded if len(ids) == 1} - {tokenizer.unk_token_id}
    if not tokens:
        raise ValueError(f"no single token for the answer {list(words)}, valid: other words")
    return sorted(tokens)


def probability(
    logits: torch.Tensor,
    positive: Sequence[int],
    negative: Sequence[int],
    over: str,
    temperature: float,
) -> torch.Tensor:
    """Probability that the answer is positive.

    Args:
        logits: (n, vocabulary) of the first token of the answer.
        positive, negative: tokens of the two answers.
        over: ``answers`` for P(positive) / (P(positive) + P(negative)), ``vocabulary`` for
            P(positive) among all tokens.
        temperature: divides the log-odds (``answers``) or the log-probability.

    Returns:
        (n,) float32.
    """
    logits = logits.float()
    yes = logits[:, list(positive)].logsumexp(1)
    if over == "vocabulary":
        return ((yes - logits.logsumexp(1)) / temperature).exp()
    no = logits[:, list(negative)].logsumexp(1)
    return torch.sigmoid((yes - no) / temperature)

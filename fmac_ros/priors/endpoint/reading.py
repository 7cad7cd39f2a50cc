"""The number in an answer. What is neither clear is refused, never guessed."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from fmac_ros.priors.endpoint.chat import Answer, Token
from fmac_ros.priors.endpoint.complaints import said
from fmac_ros.priors.endpoint.errors import UnsureAnswer

YES, NO = "yes", "no"
LEAST_MASS = 0.5  # of yes and no together, for the first word to count as an answer

# One of the words alone, or followed by a mark that ends its clause.
_VERDICT = re.compile(r"\W*(yes|no)\s*(?:[.,;:!\n]|\W*$)", re.IGNORECASE)
_WORDS = re.compile(r"\b(yes|no)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(%?)\.?")
_FENCE = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)


def read_yes_no(answer: Answer) -> float:
    """P(yes) / (P(yes) + P(no)) of the answer's first word; 1 or 0 by the text without those.

    Raises:
        UnsureAnswer: neither the first word nor the text is a yes or a no.
    """
    first = next((token for token in answer.tokens if _word(token.text)), None)
    if first is not None:
        yes, no = _mass(first, YES), _mass(first, NO)
        if yes + no >= LEAST_MASS:
            return yes / (yes + no)
    return float(_verdict(answer.text))


def read_number(answer: Answer) -> float:
    """The number in 0..1 that is all of the answer: bare, in per cent, or ``{"value": ...}``.

    Raises:
        UnsureAnswer: the answer is anything else.
    """
    text = answer.text.strip()
    fenced = _FENCE.fullmatch(text)
    number = _number(fenced.group(1) if fenced else text)
    if number is None or not 0 <= number <= 1:
        raise UnsureAnswer(f"the answer is no number in 0..1{_quoted(answer)}")
    return float(number)


def _word(token: str) -> str:
    """The letters of a token, in lower case, less the marks of tokenizers for a space."""
    return "".join(c for c in token.lower() if c.isalpha() and c not in "\u0121\u010b")


def _mass(token: Token, word: str) -> float:
    return sum(math.exp(p) for text, p in token.candidates.items() if _word(text) == word)


def _verdict(text: str) -> bool:
    found = _VERDICT.match(text)
    said_words = {word.lower() for word in _WORDS.findall(text)}
    if found is None or len(said_words) > 1:
        raise UnsureAnswer(f"the answer is neither yes nor no{_quoted(Answer(text))}")
    return found.group(1).lower() == YES


def _number(item: Any) -> float | None:
    if isinstance(item, str):
        return _number_in(item)
    if isinstance(item, dict):
        value = item.get("value")
        return None if isinstance(value, dict) else _number(value)
    return item if isinstance(item, int | float) and not isinstance(item, bool) else None


def _number_in(text: str) -> float | None:
    found = _NUMBER.fullmatch(text.strip())
    if found is not None:
        return float(found.group(1)) / (100 if found.group(2) else 1)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return None if isinstance(content, str) else _number(content)


def _quoted(answer: Answer) -> str:
    return said(answer.text.encode())

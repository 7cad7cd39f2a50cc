"""What can go wrong with somebody else's model, said so that the user knows what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    HTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from safetensors import SafetensorError

# What the libraries raise for a repository whose files do not fit together.
MISFITS = (KeyError, TypeError, AttributeError, AssertionError, json.JSONDecodeError)


@contextmanager
def hub_errors(model: str) -> Iterator[None]:
    """Turn the errors of finding and loading ``model`` into clear ones.

    Raises:
        FileNotFoundError: the model, its revision or a file of it cannot be had; says how to.
        ValueError: the files are damaged or are not what this backend can use.
    """
    try:
        yield
    except SafetensorError as error:
        raise ValueError(_damaged(model, error)) from error
    except ImportError as error:
        raise ValueError(f"{model} needs a package that is missing: {_first(error)}") from error
    except MISFITS as error:
        reason = f"{type(error).__name__}: {_first(error)}"
        raise ValueError(f"{model} is not laid out as this backend expects: {reason}") from error
    except (OSError, ValueError, HTTPError) as error:
        raise _clearer(model, error) from error


def _clearer(model: str, error: Exception) -> Exception:
    """The error to raise for what the hub's or a model's library raised."""
    for cause in _causes(error):  # the libraries wrap the hub's errors in others
        for kind, advice in _ADVICE:
            if isinstance(cause, kind):
                return FileNotFoundError(f"{advice.format(model=model)} ({_first(cause)})")
        if isinstance(cause, SafetensorError):
            return ValueError(_damaged(model, cause))
    if "trust_remote_code" in str(error):
        return ValueError(
            f"{model} needs code from its own repository, which is never run; valid: a model whose"
            " architecture is part of the installed transformers or diffusers"
        )
    return error


# The first that fits counts: a gated repository is also one that is not found.
_ADVICE: tuple[tuple[type[Exception], str], ...] = (
    (
        GatedRepoError,
        "{model} is gated: accept its licence at https://huggingface.co/{model}, then sign in with"
        " 'hf auth login' or set HF_TOKEN",
    ),
    (
        RevisionNotFoundError,
        "{model} has no such revision: https://huggingface.co/{model} has them",
    ),
    (
        RepositoryNotFoundError,
        "the hub has no model {model}, or it is private: check the name; for a private one sign in"
        " with 'hf auth login' or set HF_TOKEN",
    ),
    (HFValidationError, "{model!r} is neither a directory nor a hub id owner/name"),
    (
        LocalEntryNotFoundError,
        "{model} is not on this machine and the hub cannot be reached: run 'hf download {model}'"
        " where there is a network, then set HF_HOME to that cache, or give the directory as"
        " 'model'",
    ),
    (
        OfflineModeIsEnabled,
        "{model} is not on this machine and HF_HUB_OFFLINE is set: unset it, or run"
        " 'hf download {model}' first",
    ),
    (HTTPError, "the hub did not give {model}: try again later, or give a directory as 'model'"),
)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _damaged(model: str, error: BaseException) -> str:
    return f"weights of {model} are cut short or damaged, download them again ({_first(error)})"


def _first(error: BaseException) -> str:
    """First line of an error's text; those of the libraries run to pages."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]

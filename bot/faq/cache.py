"""Keeps a trained matcher on disk, so that a start with the same knowledge takes milliseconds instead of seconds."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import pickle  # only for files of our own, and only for what a matcher is made of
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import rapidfuzz

from bot.faq.matcher import Entry, Matcher, Vocabulary

KEPT = 3
"""Matchers that are kept: that of the knowledge in use, and of what it was before."""

_PARTS = {
    ("builtins", "list"),
    ("collections", "Counter"),
    ("collections", "defaultdict"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
}
"""What a matcher is made of beside the classes of this package."""

_LOG = logging.getLogger(__name__)


def trained(
    folder: Path | None, entries: Sequence[Entry], names: Mapping[str, Sequence[str]], vocabulary: Vocabulary
) -> Matcher:
    """A matcher over these phrases: the one kept in the folder if there is one, else a new one, which is then kept.

    It is found by all that it is made of: phrases, names, vocabulary, and the code and the libraries that learn. A file
    that cannot be read or written costs a training, nothing else.

    Args:
        folder: Where matchers are kept, ``~`` for the home of whoever runs this; None: nowhere.
        entries: As for :class:`bot.faq.matcher.Matcher`, like the others.
        names: The names of each programme.
        vocabulary: How students write.
    """
    if folder is None:
        return Matcher(entries, names, vocabulary)
    file = folder.expanduser() / f"matcher-{_key(entries, names, vocabulary)}.pickle"
    found = _kept(file)
    if found is None:
        found = Matcher(entries, names, vocabulary)
        _keep(file, found)
    return found


def _key(entries: Sequence[Entry], names: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> str:
    made_of = {
        "entries": [[entry.label, {lang: list(texts) for lang, texts in entry.phrases.items()}] for entry in entries],
        "names": {programme: list(known) for programme, known in names.items()},
        "vocabulary": asdict(vocabulary),
        "versions": [platform.python_version(), np.__version__, rapidfuzz.__version__],
    }
    digest = hashlib.sha256(json.dumps(made_of, default=list).encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:32]


class _Reader(pickle.Unpickler):
    """Makes nothing but what a matcher is made of, whatever stands in the file."""

    def find_class(self, module: str, name: str) -> object:
        if module.startswith("bot.faq.") or (module, name) in _PARTS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a matcher")


def _kept(file: Path) -> Matcher | None:
    try:
        found = _Reader(io.BytesIO(file.read_bytes())).load()
    except FileNotFoundError:
        return None
    except Exception as error:  # noqa: BLE001 - a damaged pickle may raise anything
        _LOG.warning("the kept matcher is of no use, a new one is made: %s", error)
        return None
    return found if isinstance(found, Matcher) else None


def _keep(file: Path, matcher: Matcher) -> None:
    """Write a matcher in one move, so that nobody reads half of it, and throw the oldest ones away."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix="matcher-", delete=False) as draft:
            pickle.dump(matcher, draft, protocol=pickle.HIGHEST_PROTOCOL)
        Path(draft.name).replace(file)
        kept = sorted(file.parent.glob("matcher-*"), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in kept[KEPT:]:
            old.unlink(missing_ok=True)
    except OSError as error:
        _LOG.warning("the matcher cannot be kept, so the next start takes longer: %s", error)

"""What there is to be near to; without numpy, which not every matcher needs."""

from __future__ import annotations

from typing import Any


def phrases(material: dict[str, Any]) -> list[str]:
    """All phrases in the order of their files, the questions of other subjects last."""
    groups = [*(by_lang for _, by_lang in material["entries"]), material["vocabulary"].get("foreign", {})]
    return [text for by_lang in groups for texts in by_lang.values() for text in texts]

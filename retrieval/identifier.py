"""Names in a question that stand for one thing only: functions, error codes, flags, settings, and what is in backticks.

A passage that holds such a name as a whole token is about it; one that holds its parts may be about anything. A word
counts as a name by its form alone: a flag, an underscore, a dotted path, `::`, digits among capitals, or two humps.
Words that are merely joined by a hyphen are prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_TICKED = re.compile(r"`([^`\n]{2,80})`")
# What a repetition has taken it keeps (`++`): a question of one long word must not be read in every way there is.
_NAME = re.compile(
    r"""(?<![\w.-])(?:
      --?[A-Za-z][\w-]*+                      # --no-cache, -Wall
    | \w++(?:(?:::|\.)\w++)+                  # os.path.join, std::vector
    | \w*[^\W_]_\w++                          # CMAKE_CXX_FLAGS, read_csv
    | [A-Z]+-?\d[\w-]*+                       # E0382, CVE-2024-1
    | 0x[0-9A-Fa-f]+
    | (?=[A-Za-z]*?[a-z][A-Z][a-zA-Z]*?[a-z])\w++  # HttpResponse, useState
    )(?![\w-])""",
    re.VERBOSE,
)
_PROSE = re.compile(r"(?:\d+(?:\.\d+)+|[a-z]\.[a-z]|e\.g|i\.e|vs\.?)\Z", re.IGNORECASE)
_ADDRESS = re.compile(r"\w+://\S+")
_MOST = 5


def identifiers(question: str) -> list[str]:
    """Return up to five names in a question, in order, each once; what is in backticks first."""
    text = _ADDRESS.sub(" ", question)
    ticked = [found.strip() for found in _TICKED.findall(text)]
    bare = [found for found in _NAME.findall(_TICKED.sub(" ", text)) if not _PROSE.match(found)]
    return [name for name in dict.fromkeys((*ticked, *bare)) if name][:_MOST]


def share_held(text: str, names: Sequence[str]) -> float:
    """Return the share of names that a text holds as whole tokens, in whatever case; 0 of none."""
    held = [name for name in names if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE)]
    return len(held) / len(names) if names else 0.0

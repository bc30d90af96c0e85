"""What an answer says below its text when it is not what was to be written. None of it is a statement of the pages."""

from __future__ import annotations

FELL_BACK = "*No language model could answer this time, so these are the pages' own sentences. Ask again for prose.*"
OVER_BUDGET = "*The budget for language models is used up for now, so these are the pages' own sentences.*"
STAYED_HERE = (
    "*There is no language model on this site's own machines that could answer, so these are the pages' own sentences. "
    "Nothing was sent anywhere else.*"
)
BROKE_OFF = "*The language model broke off here: the answer is not complete. Ask again.*"

CUT = "*The answer ends here before its end. Ask for the rest.*"

CLOSINGS = (FELL_BACK, OVER_BUDGET, STAYED_HERE, BROKE_OFF, CUT)

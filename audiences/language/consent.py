"""What an audience says about consent and about people it must leave alone. Neither can make anybody contactable."""

from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from audiences.language.blocks import Block, broken, nearest

SUPPRESSIONS = {
    "hard_bounce": "bounced_hard",
    "complaint": "complained",
    "do_not_contact": "objected",
    "erasure_pending": "erased",
    "minor": "minor",
}
"""What may be suppressed for, and the reason in contact_permissions it stands for."""


def _check_suppression(value: str) -> str:
    if value not in SUPPRESSIONS:
        raise broken("AUD110", "is not a reason to suppress", nearest(value, SUPPRESSIONS))
    return value


Suppression = Annotated[str, AfterValidator(_check_suppression)]


class Consent(Block):
    """Whose law counts, and whether silence denies where that law would allow."""

    required: bool = True
    jurisdiction_from: Literal["country"] = "country"
    unknown: Literal["deny"] | None = None

    @model_validator(mode="after")
    def _check_required(self) -> "Consent":
        if not self.required:
            rule = "nobody is contacted without consent"
            fix = "leave the key out, or write `contact: none` for analysis and files"
            raise broken("AUD100", rule, fix, "required")
        return self

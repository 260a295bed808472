"""What the members of an audience take along: columns, the content they are sent, an offer."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from audiences.language.blocks import Block, Name, broken, nearest
from audiences.language.catalogue import Catalogue
from audiences.language.columns import FORMS, Finding, Traits, has_form
from audiences.language.names import SQL_WORDS

if TYPE_CHECKING:
    from audiences.spec import Definition

FACTS = {"send_at_utc": "instant", "content_locale": "text", "offer_id": "text"}
"""What a payload may take of the member beside the traits, with its kind."""

ADDED = {
    "entry_seq": "1 for the first entry, 2 for the second.",
    "entered_at": "Day of the entry, at midnight UTC.",
    "arm": "Arm of the experiment; empty without one.",
    "contact_channel": "First channel that is allowed and reachable.",
    "content_key": "What is sent, from the content catalogue; empty for nothing.",
    "content_locale": "Language it is sent in.",
    "locale_step": "How that was found: exact, language, market or fallback.",
    "offer_id": "Offer given at the entry; empty for none.",
    "offer_until": "Last day that offer is good.",
    "send_at_utc": "When to send it; empty when not on this day.",
}
"""What the table of an audience has beside the traits."""

Place = tuple[str, ...]

RESERVED = frozenset({"audience", "customer_id", "as_of_date", *ADDED})


def _check_locale(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", value):
        raise broken("AUD100", "is not a language tag", "write it as en or pt-BR")
    return value


def _check_column(value: str) -> str:
    if value in RESERVED:
        rule = "is a column every audience has already"
        raise broken("AUD100", rule, "choose another name; it is there without being listed")
    if value in SQL_WORDS:
        raise broken("AUD100", "is a word the warehouse keeps for itself", "choose another name")
    return value


class PayloadColumn(Block):
    """Where a column comes from, and what stands in for a missing value."""

    from_: str = Field(alias="from")
    fallback: str | None = None


class ArmPayload(Block):
    """What the people of one arm get instead."""

    content: Name | None = None
    offer_id: str | None = None


class Payload(Block):
    """What the members take along."""

    content: Name | None = None
    locale_fallback: Annotated[str, AfterValidator(_check_locale)] = "en"
    offer: str | None = None
    columns: dict[Annotated[Name, AfterValidator(_check_column)], PayloadColumn] = Field(
        default_factory=dict
    )


def check_payload(one: "Definition", traits: Traits, catalogue: Catalogue) -> Iterator[Finding]:
    """What is wrong with what an audience sends, given the columns, contents, offers and zones there are."""
    payload = one.payload or Payload()
    for name, column in payload.columns.items():
        yield from _check_origin(one, column, ("payload", "columns", name), traits, catalogue)
    for path, key in contents_of(one).items():
        yield from _check_content(key, path, payload, catalogue)
    for path, offer in offers_of(one).items():
        yield from _check_offer(offer, path, catalogue)
    zone = one.contact.send_window.fixed_zone if one.contact else None
    if zone is not None and zone not in catalogue.time_zones:
        at_zone = ("contact", "send_window", "zone")
        yield "AUD111", at_zone, "is not a time zone", nearest(zone, catalogue.time_zones)


def contents_of(one: "Definition") -> dict[Place, str]:
    """The contents an audience names, each by its place."""
    named: dict[Place, str | None] = {("payload", "content"): (one.payload or Payload()).content}
    for arm, own in _arm_payloads(one):
        named["experiment", "arms", arm, "payload", "content"] = own.content
    return {place: key for place, key in named.items() if key is not None}


def offers_of(one: "Definition") -> dict[Place, str]:
    """The offers an audience names, each by its place; `none` is no offer."""
    named: dict[Place, str | None] = {("payload", "offer"): (one.payload or Payload()).offer}
    for arm, own in _arm_payloads(one):
        named["experiment", "arms", arm, "payload", "offer_id"] = own.offer_id
    return {place: offer for place, offer in named.items() if offer and offer != "none"}


def _arm_payloads(one: "Definition") -> Iterator[tuple[str, ArmPayload]]:
    for name, arm in one.experiment.arms.items() if one.experiment else ():
        if arm.payload is not None:
            yield name, arm.payload


def _check_origin(
    one: "Definition",
    column: PayloadColumn,
    path: Place,
    traits: Traits,
    catalogue: Catalogue,
) -> Iterator[Finding]:
    origin, at_origin = column.from_, (*path, "from")
    kinds = {**traits, **FACTS}
    if origin not in kinds:
        rule = "is neither a column of customer_traits nor a fact of the member"
        yield "AUD201", at_origin, rule, nearest(origin, kinds)
        return
    kind = kinds[origin]
    if kind == "sensitive":
        yield "AUD204", at_origin, "is a sensitive column, which is not sent", "use another column"
    elif origin == "send_at_utc" and one.contact is None:
        fix = "leave the column out, or say how people are contacted"
        yield "AUD201", at_origin, "is not known with `contact: none`", fix
    elif origin == "content_locale" and not contents_of(one):
        yield "AUD201", at_origin, "is not known without `content`", "name the content"
    elif column.fallback is None:
        if origin not in {*catalogue.never_null, "send_at_utc", "content_locale"}:
            fix = 'say what is sent instead, for example `fallback: ""`'
            yield "AUD205", path, f"{origin} may be missing and has no fallback", fix
    elif not has_form(column.fallback, kind) or (
        origin in catalogue.whole and not re.fullmatch(r"-?[0-9]+", column.fallback)
    ):
        form = "a whole number" if origin in catalogue.whole else FORMS.get(kind, ("", "text"))[1]
        yield "AUD201", (*path, "fallback"), f"does not fit {origin}, a {kind}", f"write {form}"


def _check_content(
    key: str, path: Place, payload: Payload, catalogue: Catalogue
) -> Iterator[Finding]:
    if key not in catalogue.contents:
        fix = nearest(key, catalogue.contents)
        yield "AUD110", path, "is not in the content catalogue", fix
        return
    words = catalogue.contents[key]
    if words is None:
        fix = "have a text of it approved in the seed content_catalogue"
        yield "AUD110", path, "has no approved text, and only approved texts are sent", fix
    for word in sorted((words or frozenset()) - payload.columns.keys()):
        fix = f"add `{word}` to payload.columns, or take it out of the texts"
        yield "AUD201", path, f"its texts fill in {{{word}}}, which is no payload column", fix


def _check_offer(offer: str, path: Place, catalogue: Catalogue) -> Iterator[Finding]:
    if offer not in catalogue.offers:
        yield "AUD110", path, "is not a declared offer", nearest(offer, catalogue.offers)
    elif catalogue.offers[offer] > catalogue.max_offer_discount_share:
        rule = (
            f"gives {catalogue.offers[offer]:.0%}, more than the var max_offer_discount_share allows"
            f" ({catalogue.max_offer_discount_share:.0%})"
        )
        yield "AUD110", path, rule, "offer less, or raise the var in dbt_project.yml"

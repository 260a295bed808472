"""What the tables say of the person of a test, and an id that draws the right arm."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from hashlib import md5
from itertools import count

from audiences.language.fixtures import Given
from audiences.language.global_holdout import GlobalHoldout
from audiences.spec import Definition

DAY = timedelta(days=1)
NOON = time(12)
Row = Mapping[str, object]


def rows_of(one: Definition, person: Given, day: date, customer: str) -> dict[str, list[Row]]:
    """The rows of the tables that tell what a test says of its person."""
    who = {"customer_id": customer}
    reached = {"email": f"{customer}@example.com", "phone": "+10000000000"}
    return {
        "customer_traits": [{**reached, **person.traits, **who, "as_of_date": day}],
        "customer_events": [
            {
                **who,
                "event_name": event.name,
                "occurred_at": datetime.combine(on, NOON),
                "product_id": event.product_id,
                "campaign_id": event.campaign_id,
            }
            for event in person.events
            for on in event.days
        ],
        "contact_history": [
            {
                **who,
                "channel": next(iter(one.channels), None),
                "audience": contacted.name,
                "contacted_at": datetime.combine(on, NOON),
                "kind": "message",
            }
            for contacted in person.contacts
            for on in contacted.days
        ],
        "stg_shop__consents": [
            {
                **who,
                "consent_event_id": f"{customer}:{channel}",
                "channel": channel,
                "purpose": one.purpose,
                "status": status,
                "source": "double_opt_in_confirmed" if status == "granted" else None,
                "occurred_at": datetime.combine(day - DAY, NOON),
            }
            for channel, status in person.consent.items()
            if status != "never"
        ],
        "state_waits": list(_waits(one, person, day, customer)),
        "state_memberships": list(_stays(one, person, day, customer)),
    }


def _waits(one: Definition, person: Given, day: date, customer: str) -> Iterator[Row]:
    """For how many days the rule has held before today."""
    if person.matched_since and person.matched_since < day:
        yield {
            "audience": one.audience,
            "customer_id": customer,
            "matched_days": (day - person.matched_since).days,
            "as_of_date": day - DAY,
        }


def _stays(one: Definition, person: Given, day: date, customer: str) -> Iterator[Row]:
    entries: dict[str, int] = {}
    for stay in person.audiences:
        entered, left = (*stay.days, None, None)[:2]
        entries[stay.name] = entries.get(stay.name, 0) + 1
        arm = _arm(one, person.arm) if stay.name == one.audience else None
        yield {
            "audience": stay.name,
            "customer_id": customer,
            "entry_seq": entries[stay.name],
            "entered_at": entered or day - DAY,
            "exited_at": left,
            "exit_reason": "rule" if left else None,
            "arm": arm,
            "is_delivered": arm is None or _delivers(one, arm),
            "as_of_date": left or entered or day - DAY,
        }


def _arm(one: Definition, arm: str | None) -> str | None:
    """The arm the person draws: the one given, else the first that delivers."""
    if one.experiment is None:
        return None
    return arm or next(name for name, each in one.experiment.arms.items() if each.delivers)


def _delivers(one: Definition, arm: str) -> bool:
    return one.experiment is not None and one.experiment.arms[arm].delivers


def draw_id(
    one: Definition, arm: str | None, holdout: GlobalHoldout | None, taken: Collection[str]
) -> str:
    """An id of its own whose slot lies in the arm, and outside the global holdout."""

    def is_right(customer: str) -> bool:
        if customer in taken:
            return False
        drawn = _arm(one, arm)
        if one.experiment is not None and drawn is not None:
            first, last = one.experiment.arms[drawn].slots
            if not first <= slot(one.experiment.salt, customer) <= last:
                return False
        if holdout is None:
            return True
        first, last = holdout.slots
        return not first <= slot(holdout.salt, customer) <= last

    return next(each for number in count() if is_right(each := f"fixture_{number}"))


def slot(salt: str, customer_id: str) -> int:
    """The slot of an id, as the macro hash_slot draws it."""
    digest = md5(f"{salt}:{customer_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % 10_000

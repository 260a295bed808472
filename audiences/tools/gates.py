"""The gates a candidate meets, in order: what each saw and whether it stopped the person, as the models decided."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from audiences.warehouse import records

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Gate:
    """One gate and what it made of a person.

    Attributes:
        gate: Its name.
        saw: What it saw of this person, in words.
        verdict: `passed`, `stopped` or `not met`: nobody got that far, or the gate is only for newcomers.
    """

    gate: str
    saw: str
    verdict: str


class Decisions:
    """What the models hold of one candidate of one audience."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, audience: str, customer_id: str
    ) -> None:
        self._connection = connection
        self._who = [audience, customer_id]
        self.models = {
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'audiences'"
            ).fetchall()
        }

    def rows(self, model: str, order_by: str = "1") -> list[Row]:
        """The candidate's rows of a model of the audiences; none where it is not built."""
        if model not in self.models:
            return []
        return self.query(
            f"select * from audiences.{model} where audience = ? and customer_id = ? order by {order_by}"
        )

    def row(self, model: str) -> Row:
        """The candidate's one row; empty when there is none."""
        return next(iter(self.rows(model)), {})

    def settings(self) -> Row:
        """What the audience is set to; empty when it was not compiled for the last run."""
        if "audience_settings" not in self.models:
            return {}
        settings = "select * from audiences.audience_settings where audience = ? and ? is not null"
        return next(iter(self.query(settings)), {})

    def query(self, query: str) -> list[Row]:
        """Rows for audience and customer, which the query takes in this order."""
        return list(records(self._connection, query, self._who))


PERMISSIONS = """
    select channels.channel, permissions.reason, permissions.since, permissions.is_allowed
    from audiences.audience_channels as channels
    inner join audiences.audience_settings as settings using (audience)
    left join activation.contact_permissions as permissions
        on permissions.channel = channels.channel and permissions.purpose = settings.purpose
        and permissions.customer_id = $2
    where channels.audience = $1
    order by channels.preference
"""


CONTENTS = """
    select distinct contents.content_key, contents.content_locale
    from audiences.audience_contents as contents
    inner join activation.customer_traits as traits
        on contents.language = coalesce(traits.language, '') and contents.country = coalesce(traits.country, '')
    where contents.audience = $1 and traits.customer_id = $2
    order by contents.content_key
"""
REASONS = {
    "unknown_opt_in": "no decision, and the country asks for a yes",
    "unknown_opt_out": "no decision, and the country asks for a no",
    "unconfirmed": "a yes that was not confirmed",
    "bounced_hard": "bounced for good",
}


def walk_gates(decisions: Decisions, is_standing: bool) -> list[Gate]:
    """Every gate in order, up to and beyond the one that stopped the person; gates the audience has not are left out.

    Args:
        decisions: What the models hold of the person.
        is_standing: Whether the person was in the audience the day before; such a person meets no gate of entry.
    """
    stopping = _stopping(decisions, is_standing)
    gates: list[Gate] = []
    is_stopped = False
    for name, is_for_entry, look in GATES:
        if not (saw := "; ".join(look(decisions))):
            continue
        if name == stopping:
            verdict, is_stopped = "stopped", True
        else:
            verdict = "not met" if is_stopped or (is_for_entry and is_standing) else "passed"
        gates.append(Gate(name, saw, verdict))
    return gates


def _stopping(decisions: Decisions, is_standing: bool) -> str | None:
    """The gate whose disposition the person has."""
    disposition = decisions.row("audience_dispositions")["disposition"]
    if disposition == "unreachable" and decisions.row("audience_contact_gates")["contact_channel"]:
        return "content"
    if disposition == "pending_entry":
        asked = decisions.row("audience_entry_gates")
        waits = (asked["matched_days"] or 0) < (asked["min_match_days"] or 0)
        return "dwell" if waits else "programme"
    if disposition == "cooling_down" and is_standing:
        asked = decisions.row("audience_entry_gates")
        return "programme" if asked["exit_reason"] == "rule" else "longest stay"
    return STOPS.get(disposition)


def _exclude(decisions: Decisions) -> Iterator[str]:
    candidate = decisions.row("audience_candidates")
    yield "the exclusion holds" if candidate["is_excluded"] else "not excluded"


def _suppression(decisions: Decisions) -> Iterator[str]:
    if gates := decisions.row("audience_contact_gates"):
        channels = len(decisions.query(PERMISSIONS))
        yield f"{gates['open_channels']} of {channels} channels not suppressed"


def _consent(decisions: Decisions) -> Iterator[str]:
    for row in decisions.query(PERMISSIONS) if decisions.settings()["needs_contact"] else ():
        since = f" since {row['since']:%Y-%m-%d}" if row["since"] else ""
        allowed = "allowed" if row["is_allowed"] else "not allowed"
        reason = REASONS.get(row["reason"], row["reason"] or "no permission known")
        yield f"{row['channel']} {allowed} ({reason}{since})"


def _reachability(decisions: Decisions) -> Iterator[str]:
    if gates := decisions.row("audience_contact_gates"):
        channel = gates["contact_channel"]
        yield f"reached by {channel}" if channel else "no address on an allowed channel"
    if decisions.row("audience_unwritten"):
        yield "no approved text in a language of theirs"


def _content(decisions: Decisions) -> Iterator[str]:
    if "audience_contents" in decisions.models:
        for row in decisions.query(CONTENTS):
            yield f"{row['content_key']} in {row['content_locale'] or 'no language of the person'}"


def _dwell(decisions: Decisions) -> Iterator[str]:
    asked = decisions.row("audience_entry_gates")
    if asked.get("min_match_days"):
        yield f"matched for {asked['matched_days']} of {asked['min_match_days']} days in a row"


def _programme(decisions: Decisions) -> Iterator[str]:
    asked = decisions.row("audience_entry_gates")
    if asked.get("held_step"):
        yield f"holds the step {asked['held_step']}"
    if asked.get("follows"):
        on = asked["follows_on"]
        yield f"follows {asked['follows']}" + (f", from {on}" if on else ", which was not entered")
    if asked.get("goal_at"):
        yield f"reached the goal on {asked['goal_at']:%Y-%m-%d}"


def _reentry(decisions: Decisions) -> Iterator[str]:
    asked = decisions.row("audience_entry_gates")
    if asked.get("max_entries"):
        yield f"{asked['entries']} of at most {asked['max_entries']} entries"
    if asked.get("reenters_on"):
        yield f"left before, may come back from {asked['reenters_on']}"


def _stay(decisions: Decisions) -> Iterator[str]:
    asked = decisions.row("audience_entry_gates")
    if asked.get("stays_until"):
        yield f"may stay until {asked['stays_until']}"


def _global_holdout(decisions: Decisions) -> Iterator[str]:
    drawn = decisions.row("audience_newcomers")
    if drawn.get("global_experiment"):
        withheld = "withheld" if drawn["global_arm"] == "holdout" else "not withheld"
        yield f"{withheld} (slot {drawn['global_slot']} of {drawn['global_experiment']})"
    elif decisions.row("audience_dispositions")["disposition"] == "global_holdout":
        yield "withheld since the entry"


def _arm(decisions: Decisions) -> Iterator[str]:
    if drawn := decisions.row("audience_drawn_arms"):
        if drawn["is_delivered"]:
            without = "entered without one"
        elif decisions.row("audience_held_arms").get("is_in_conflict"):
            without = "people with this address are in two arms"
        else:
            without = "the slot belongs to no arm"
        arm = drawn["arm"] or f"none, {without}"
        delivered = "" if drawn["is_delivered"] else ", not delivered"
        test = f"{drawn['experiment']} phase {drawn['phase']}"
        yield f"arm {arm}{delivered}" + (
            f" (slot {drawn['slot']} of {test})" if drawn["phase"] else ""
        )


def _priority(decisions: Decisions) -> Iterator[str]:
    if claim := decisions.row("audience_priority_gates"):
        of = f"rank {claim['priority_rank']} in {claim['priority_group']}"
        what = of if claim["priority_group"] else f"step {claim['step']} of {claim['journey']}"
        yield f"{what}: " + (f"taken by {claim['taken_by']}" if claim["taken_by"] else "free")


def _capacity(decisions: Decisions) -> Iterator[str]:
    if queued := decisions.row("audience_capacity_gates"):
        places = queued["capacity"] - queued["members"]
        yield f"number {queued['queue_number']} in the queue for {max(places, 0)} places"


def _caps(decisions: Decisions) -> Iterator[str]:
    for counted in decisions.rows("audience_frequency_gates", "rule"):
        contacts = counted["contacts"] + counted["contacts_today"]
        scope = counted["scope"].replace("_", " ")
        yield f"{contacts} of {counted['max_contacts']} contacts ({scope}) since {counted['counts_from']}"


Look = Callable[[Decisions], Iterator[str]]
GATES: Sequence[tuple[str, bool, Look]] = (
    # name, whether only newcomers meet it, what it saw
    ("exclude", False, _exclude),
    ("suppression", False, _suppression),
    ("consent", False, _consent),
    ("reachability", False, _reachability),
    ("content", False, _content),
    ("longest stay", False, _stay),
    ("dwell", True, _dwell),
    ("programme", True, _programme),
    ("re-entry", True, _reentry),
    ("global holdout", True, _global_holdout),
    ("arm", False, _arm),
    ("priority", True, _priority),
    ("capacity", True, _capacity),
    ("frequency", True, _caps),
)
STOPS = {
    "excluded": "exclude",
    "suppressed": "suppression",
    "no_consent": "consent",
    "unreachable": "reachability",
    "cooling_down": "re-entry",
    "global_holdout": "global holdout",
    "holdout": "arm",
    "lower_priority": "priority",
    "over_capacity": "capacity",
    "frequency_capped": "frequency",
}

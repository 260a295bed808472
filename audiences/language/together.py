"""What definitions have between them: experiments of their own, ranks of a group, steps of a programme."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from audiences.language.columns import Finding
from audiences.language.global_holdout import GlobalHoldout
from audiences.spec import Definition, Experiment

Found = Iterator[tuple[str, Finding]]


def check_together(definitions: Mapping[str, Definition], holdout: GlobalHoldout | None) -> Found:
    """What is wrong between definitions, each finding with the audience it is found in.

    Args:
        definitions: The sound definitions, by audience.
        holdout: The global holdout, when there is one.
    """
    yield from _check_experiments(definitions, holdout)
    yield from _check_ranks(definitions)
    programs: dict[str, dict[int, Definition]] = defaultdict(dict)
    for one in definitions.values():
        if one.program and one.step:
            other = programs[one.program.name].setdefault(one.step, one)
            if other is not one:
                rule = f"is the step of {other.audience} too"
                yield one.audience, ("AUD108", ("program", "step"), rule, "give it another number")
    for steps in programs.values():
        yield from _check_steps(steps)


def _check_experiments(
    definitions: Mapping[str, Definition], holdout: GlobalHoldout | None
) -> Found:
    """Keys and salts are used once: a shared one would give two experiments the same people."""
    users: dict[tuple[str, str], Definition] = {}
    for one in definitions.values():
        if one.experiment is None:
            continue
        for name in ("key", "salt"):
            value = getattr(one.experiment, name)
            other = users.setdefault((name, value), one)
            fix = f"give this experiment a {name} of its own"
            if holdout and value == getattr(holdout, name):
                rule = "is that of the global holdout"
            elif other is one or _share_an_experiment(one, other):
                continue
            else:
                rule = f"is used by {other.audience}.yml too"
                if _are_steps(one, other):
                    fix += ", or write it as there: steps share an experiment only as a whole"
            yield one.audience, ("AUD106", ("experiment", name), rule, fix)


def _are_steps(one: Definition, other: Definition) -> bool:
    """Whether both are steps of one programme."""
    named = one.program and other.program and one.program.name == other.program.name
    return bool(named and one.step and other.step)


def _share_an_experiment(one: Definition, other: Definition) -> bool:
    """Steps of a programme may: then a person has the same arm in all of them."""
    return _are_steps(one, other) and _draw(one.experiment) == _draw(other.experiment)


def _draw(experiment: Experiment | None) -> object:
    """All that decides who is in which arm."""
    return experiment and (
        experiment.key,
        experiment.phase,
        experiment.salt,
        {name: (arm.slots, arm.delivers) for name, arm in experiment.arms.items()},
    )


def _check_ranks(definitions: Mapping[str, Definition]) -> Found:
    users: dict[tuple[str, int], str] = {}
    for one in definitions.values():
        if one.priority:
            other = users.setdefault((one.priority.group, one.priority.rank), one.audience)
            if other != one.audience:
                rule = f"is the rank of {other} in the group {one.priority.group} too"
                yield one.audience, ("AUD108", ("priority", "rank"), rule, "choose another rank")


def _check_steps(steps: Mapping[int, Definition]) -> Found:
    waits: dict[int, Definition] = {}
    for number, one in sorted(steps.items()):
        if one.follows is None:
            continue
        path = ("program", "next_after")
        if one.follows.step not in steps:
            fix = f"steps there are: {', '.join(map(str, sorted(steps.keys() - {number})))}"
            yield one.audience, ("AUD110", (*path, "step"), "is not a step of the programme", fix)
            continue
        before = steps[one.follows.step]
        if not before.is_compiled:
            fix = f"make {before.audience} active"
            yield one.audience, ("AUD110", (*path, "step"), "is a draft, which nobody enters", fix)
        first = waits.setdefault(one.follows.step, one)
        if first.follows and first.follows.wait != one.follows.wait:
            rule = f"follows {before.audience} after another wait than {first.audience}"
            fix = f"write {first.follows.wait}, or let one follow the other"
            yield one.audience, ("AUD108", (*path, "wait"), rule, fix)
        if first is one and not before.follows and not before.entry.keeps_out:
            rule = f"{one.audience} follows, and who went through would begin again at once"
            fix = "add for example `entry: { reentry_after: 90d }`"
            yield before.audience, ("AUD100", ("entry",), rule, fix)

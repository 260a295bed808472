"""Audiences that ask for other audiences: the names must exist, and nobody may ask for themselves."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from audiences.language.blocks import nearest
from audiences.language.columns import Finding
from audiences.language.conditions import InAudience
from audiences.language.fixtures import named_audiences
from audiences.language.rules import leaves
from audiences.spec import Definition


def asked_audiences(one: Definition) -> dict[tuple[Any, ...], str]:
    """The audiences a definition asks for, each by its place in the file."""
    found = [*leaves(one.match, ("match",))]
    if one.exclude is not None:
        found += leaves(one.exclude, ("exclude",))
    return {
        (*path, *place): name
        for leaf, path in found
        if isinstance(leaf, InAudience)
        for place, name in leaf.names.items()
    }


def check_references(
    definitions: Mapping[str, Definition], known: Collection[str]
) -> Iterator[tuple[str, Finding]]:
    """What is wrong with the references of definitions, each with the audience it is found in.

    Args:
        definitions: The sound definitions, by audience.
        known: All names there are, also of definitions that are not sound.
    """
    for audience, one in definitions.items():
        for path, name in named_audiences(one.tests).items():
            if name not in known:
                yield audience, ("AUD110", path, "is not an audience", nearest(name, known))
    asked = {name: asked_audiences(one) for name, one in definitions.items()}
    for audience, places in asked.items():
        for path, name in (*places.items(), *_compared(definitions[audience])):
            if name not in known:
                yield audience, ("AUD110", path, "is not an audience", nearest(name, known))
            elif name in definitions and not definitions[name].is_compiled:
                fix = "make it active, or leave it out"
                yield audience, ("AUD110", path, "is a draft, which nobody is in", fix)
        for path, name in _compared(definitions[audience]):
            if name == audience:
                yield audience, ("AUD110", path, "is this audience itself", "name another audience")
    for audience in sorted(asked):
        if cycle := _cycle_from(audience, asked):
            path = next(path for path, name in asked[audience].items() if name == cycle[1])
            rule = f"asks for itself: {' -> '.join(cycle)}"
            yield audience, ("AUD109", path, rule, "leave one of these references out")


def _compared(one: Definition) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The audience whose people a guardrail counts, by its place; two may well name each other."""
    if overlap := one.guardrails.overlap:
        yield ("guardrails", "overlap", "with"), overlap.other


def _cycle_from(
    start: str, asked: Mapping[str, Mapping[tuple[Any, ...], str]]
) -> tuple[str, ...] | None:
    """A shortest cycle in which `start` is the first by name, so that each is found once."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for way in ways:  # grows while it is walked
        for name in asked.get(way[-1], {}).values():
            if name == start:
                return (*way, start)
            if name > start and name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return None

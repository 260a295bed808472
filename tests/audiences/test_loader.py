"""Definitions that are wrong: each names its code, its place, and how to mend it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.errors import DefinitionError
from audiences.loader import check_definitions, load_definitions
from tests.audiences.conftest import EXPERIMENT, LANGUAGE, SMALLEST

Write = Callable[..., Path]


def changed(old: str, new: str) -> str:
    assert old in SMALLEST
    return SMALLEST.replace(old, new)


def matching(condition: str) -> str:
    return changed("match: { column: order_count, gte: 1 }", f"match: {condition}")


def experimenting(old: str, new: str) -> str:
    assert old in EXPERIMENT
    return SMALLEST + EXPERIMENT.replace(old, new)


GATE = "guardrails: { size: { min: 9, max: 3 } }\n"
WRONG = [
    # code, line, path, what the message says, text
    ("AUD100", 1, "", "the file holds no mapping", ""),
    ("AUD100", 1, "", "the file holds no mapping", "- a list"),
    ("AUD100", 2, "", "not YAML", "version: 1\naudience: ] oops"),
    ("AUD100", 1, "", "nested too deep", "a: " + "[" * 60 + "]" * 60),
    ("AUD100", 1, "", "nested too deep", "[" * 5000),
    ("AUD100", 1, "version", "must be '1'", changed("version: 1", "version: 2")),
    ("AUD100", 3, "label", "mapping", changed('{ en: "Everybody" }', "Everybody")),
    ("AUD100", 3, "label.en", "one line of text", changed('"Everybody"', '"{{ env }}"')),
    ("AUD100", 1, "match", "is required", changed("match: { column: order_count, gte: 1 }", "")),
    ("AUD100", 7, "match", "must be a mapping", matching("everybody")),
    ("AUD100", 7, "match", "exactly one operator, got none", matching("{ column: country }")),
    ("AUD100", 7, "match", "got gt and lt", matching("{ column: order_count, gt: 1, lt: 3 }")),
    ("AUD100", 7, "match.in", "must be a list", matching("{ column: country, in: DE }")),
    ("AUD100", 7, "match.all", "at least 1 item", matching("{ all: [] }")),
    ("AUD100", 8, "contact.channels[0]", "must be 'email'", changed("[email]", "[fax]")),
    ("AUD100", 8, "contact.channels", "twice", changed("[email]", "[email, email]")),
    ("AUD100", 9, "status", "must be 'draft'", SMALLEST + "status: live"),
    ("AUD101", 9, "pupose", "unknown key `pupose`", SMALLEST + "pupose: newsletter"),
    ("AUD101", 7, "match.gre", "unknown key", matching("{ column: order_count, gre: 1 }")),
    ("AUD101", 9, "unit", "not supported yet", SMALLEST + "unit: account"),
    ("AUD101", 9, "destinations", "unknown key", SMALLEST + "destinations: []"),
    ("AUD101", 7, "match.with", "unknown key", matching("{ event: x, with: 3d }")),
    (
        "AUD101",
        7,
        "match.where.value",
        "unknown key",
        matching("{ event: x, where: { value: 1 } }"),
    ),
    ("AUD100", 7, "match.where", "names no column", matching("{ event: x, where: {} }")),
    ("AUD100", 7, "match.count", "got none", matching("{ event: x, count: {} }")),
    ("AUD100", 7, "match.count.gte", "integer", matching("{ event: x, count: { gte: few } }")),
    ("AUD103", 7, "match.within", "not a duration", matching("{ event: x, within: 2w }")),
    ("AUD103", 7, "match.within", "not a duration", matching("{ event: x, within: 0d }")),
    ("AUD206", 7, "match.count.eq", "nobody can", matching("{ event: x, count: { eq: -1 } }")),
    ("AUD206", 7, "match.count.lt", "nobody can", matching("{ event: x, count: { lt: 0 } }")),
    (
        "AUD206",
        7,
        "match.count.between",
        "nobody can",
        matching("{ event: x, count: { between: [5, 2] } }"),
    ),
    ("AUD206", 7, "match.count.gte", "same for", matching("{ event: x, count: { gte: 0 } }")),
    ("AUD100", 7, "match", "names `audience` and", matching("{ audience: a, audiences: [b] }")),
    ("AUD100", 7, "match.audiences", "at least 1 item", matching("{ audiences: [] }")),
    (
        "AUD110",
        8,
        "contact.suppress[1]",
        "not a reason to suppress",
        changed("[email]", "[email], suppress: [minor, complain]"),
    ),
    (
        "AUD100",
        8,
        "contact.consent.required",
        "nobody is contacted without consent",
        changed("[email]", "[email], consent: { required: false }"),
    ),
    (
        "AUD100",
        8,
        "contact.consent.unknown",
        "must be 'deny'",
        changed("[email]", "[email], consent: { unknown: allow }"),
    ),
    (
        "AUD100",
        8,
        "contact.consent.jurisdiction_from",
        "must be 'country'",
        changed("[email]", "[email], consent: { jurisdiction_from: language }"),
    ),
    ("AUD102", 2, "audience", "must be the file's name", changed("everybody", "somebody")),
    ("AUD102", 2, "audience", "reserved", changed("everybody", "audience_of_all")),
    ("AUD102", 2, "audience", "the warehouse keeps", changed("everybody", "order")),
    ("AUD102", 2, "audience", "not a name", changed("everybody", "every__body")),
    ("AUD103", 6, "expires_on", "not a date", changed("evergreen: true", "expires_on: 2026-02-30")),
    (
        "AUD103",
        9,
        "goal.window",
        "duration",
        SMALLEST + "goal: { metric: order_conversion, window: 2w }",
    ),
    ("AUD103", 9, "guardrails.size.min", "above max", SMALLEST + GATE),
    ("AUD104", 6, "owner", "duplicate key", changed("evergreen", "owner: x\nevergreen")),
    ("AUD104", 4, "owner", "has no value", changed("someone@example.com", "")),
    ("AUD104", 7, "match.all[0]", "aliases", matching("&a { all: [*a] }")),
    ("AUD104", 7, "match", "tags", matching("!!python/object:os.system {}")),
    ("AUD105", 14, "experiment.arms", "overlap in slots 900-999", experimenting("[1000", "[900")),
    ("AUD105", 16, "experiment.arms.message.slots", "not a range", experimenting("8999", "10000")),
    (
        "AUD105",
        14,
        "experiment.arms",
        "no arm delivers",
        experimenting("8999] }", "8999], delivers: false }"),
    ),
    ("AUD106", 13, "experiment.salt", "not a salt", experimenting("0123456789abcdef", "abc")),
    (
        "AUD106",
        10,
        "experiment.salt",
        "is required",
        experimenting("  salt: 0123456789abcdef\n", ""),
    ),
    ("AUD110", 5, "purpose", "not a declared purpose", changed("newsletter", "newsleter")),
    (
        "AUD110",
        9,
        "goal.metric",
        "not a declared metric",
        SMALLEST + "goal: { metric: joy, window: 14d }",
    ),
    ("AUD112", 1, "owner", "is required", changed("owner: someone@example.com\n", "")),
    ("AUD112", 1, "expires_on", "needs an end", changed("evergreen: true\n", "")),
    (
        "AUD112",
        1,
        "goal",
        "needs a goal",
        experimenting("goal: { metric: order_conversion, window: 14d }\n", ""),
    ),
    ("AUD110", 7, "match.score", "is not a score", matching("{ score: order_count, gte: 1 }")),
    (
        "AUD103",
        7,
        "match.max_age",
        "not a duration",
        matching("{ score: churn_risk, gte: 0.6, max_age: 7 }"),
    ),
    (
        "AUD201",
        7,
        "match.gte",
        "does not fit churn_risk",
        matching("{ score: churn_risk, gte: high }"),
    ),
    ("AUD201", 7, "match.column", "is not a column", matching("{ column: contry, eq: DE }")),
    (
        "AUD201",
        7,
        "match.gte",
        "does not fit country, which is a text",
        matching("{ column: country, gte: 1 }"),
    ),
    (
        "AUD201",
        7,
        "match.eq",
        "does not fit order_count, a number",
        matching("{ column: order_count, eq: many }"),
    ),
    (
        "AUD201",
        7,
        "match.lt",
        "does not fit birth_date",
        matching("{ column: birth_date, lt: 2000-13-01 }"),
    ),
    ("AUD201", 7, "match.eq", "does not fit is_member", matching("{ column: is_member, eq: yes }")),
    (
        "AUD201",
        7,
        "match.eq",
        "lifecycle_stage is never `advocte`",
        matching("{ column: lifecycle_stage, eq: advocte }"),
    ),
    (
        "AUD201",
        7,
        "match.not.not_in",
        "lifecycle_stage is never `lost`",
        matching("{ not: { column: lifecycle_stage, not_in: [churned, lost] } }"),
    ),
    (
        "AUD202",
        7,
        "match.sql",
        "not part of the language",
        matching('{ sql: "created_at < now()", reason: "new" }'),
    ),
    ("AUD100", 7, "match.reason", "is required", matching('{ sql: "is_member" }')),
    ("AUD204", 7, "match.column", "sensitive", matching("{ column: gender, eq: f }")),
    ("AUD206", 7, "match", "the same for everybody", matching("{ column: country, in: [] }")),
    (
        "AUD206",
        7,
        "match.between",
        "reversed",
        matching("{ column: order_count, between: [9, 2] }"),
    ),
    (
        "AUD206",
        7,
        "match.if_null",
        "never unknown",
        matching("{ column: country, is_null: true, if_null: match }"),
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong[0]}-{wrong[3][:30]}")
def test_a_wrong_definition(write: Write, wrong: tuple[str, int, str, str, str]) -> None:
    code, line, path, says, text = wrong
    definitions, problems = check_definitions(write(text), LANGUAGE)
    assert definitions == []
    problem = problems[0]
    assert (problem.code, problem.line, problem.path) == (code, line, path)
    assert says in problem.rule
    assert problem.fix
    assert "everybody.yml" in str(problem)


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        (SMALLEST + "pupose: newsletter", "`purpose`"),
        (matching("{ column: contry, eq: DE }"), "`country`"),
        (matching("{ column: lifecycle_stage, in: [active, advocte] }"), "`advocate`"),
        (matching("{ score: chrun_risk, gte: 0.5 }"), "`churn_risk`"),
        (matching("{ sql: \"contry = 'DE'\", reason: x }"), "`country`"),
        (changed("newsletter", "newsleter"), "`newsletter`"),
        (SMALLEST + "goal: { metric: reviews, window: 14d }", "`review`"),
        (matching("{ column: country, equal: DE }"), "known here:"),
    ],
)
def test_the_nearest_name_is_suggested(write: Write, text: str, suggested: str) -> None:
    _, problems = check_definitions(write(text), LANGUAGE)
    assert suggested in problems[0].fix


def test_all_problems_of_a_folder_are_named(write: Write) -> None:
    write(SMALLEST + "colour: red")
    folder = write(matching("{ all: [{ column: a, eq: b }, { column: c, eq: d }] }"), "another.yml")
    _, problems = check_definitions(folder, LANGUAGE)
    assert [(each.file, each.code) for each in problems] == [
        ("another.yml", "AUD102"),
        ("another.yml", "AUD201"),
        ("another.yml", "AUD201"),
        ("everybody.yml", "AUD101"),
    ]
    with pytest.raises(DefinitionError, match=r"another.yml:2: AUD102 .* and 3 more"):
        load_definitions(folder, LANGUAGE)


def test_a_salt_belongs_to_one_experiment(write: Write) -> None:
    write(SMALLEST + EXPERIMENT)
    other = (SMALLEST + EXPERIMENT).replace("everybody", "somebody").replace("some_test", "other")
    definitions, problems = check_definitions(write(other, "somebody.yml"), LANGUAGE)
    assert [str(each) for each in problems] == [
        "somebody.yml:13: AUD106 experiment.salt: is used by everybody.yml too"
        " (got '0123456789abcdef')"
    ]
    assert len(definitions) == 2


def asking(name: str, condition: str) -> str:
    text = SMALLEST.replace("everybody", name)
    return text.replace("{ column: order_count, gte: 1 }", condition)


def test_an_audience_may_ask_only_for_audiences_there_are(write: Write) -> None:
    write(asking("friends", "{ audience: everybodi }"), "friends.yml")
    write(SMALLEST.replace("everybody", "hidden") + "status: draft", "hidden.yml")
    write(SMALLEST + "exclude: { audiences: [friends, hidden] }")
    write("not an audience", "broken.yml")
    folder = write(asking("others", "{ not: { audience: broken } }"), "others.yml")
    definitions, problems = check_definitions(folder, LANGUAGE)
    assert [each.audience for each in definitions] == ["everybody", "friends", "hidden", "others"]
    assert [str(each) for each in problems[1:]] == [
        "everybody.yml:9: AUD110 exclude.audiences[1]: is a draft, which nobody is in (got 'hidden')",
        "friends.yml:7: AUD110 match.audience: is not an audience (got 'everybodi')",
    ]
    assert problems[2].fix == "did you mean `everybody`?"


def test_audiences_may_not_ask_in_a_circle(write: Write) -> None:
    write(asking("one", "{ any: [{ audience: three }, { audience: two }] }"), "one.yml")
    write(asking("two", "{ not: { audience: three } }"), "two.yml")
    write(asking("three", "{ audiences: [everybody, one] }"), "three.yml")
    write(asking("mirror", "{ audience: mirror }"), "mirror.yml")
    _, problems = check_definitions(write(), LANGUAGE)
    assert [(each.code, each.where, each.path, each.rule) for each in problems] == [
        ("AUD109", "mirror.yml:7", "match.audience", "asks for itself: mirror -> mirror"),
        ("AUD109", "one.yml:7", "match.any[0].audience", "asks for itself: one -> three -> one"),
    ]


@pytest.mark.parametrize("value", ["NO", "12e45678", "09:00", "0x1F", "1_000", "on", "2026-01-01"])
def test_scalars_stay_text(write: Write, value: str) -> None:
    [definition] = load_definitions(
        write(matching(f"{{ column: country, eq: {value} }}")), LANGUAGE
    )
    assert definition.match.model_dump(by_alias=True)["eq"] == value


def test_names_are_looked_up_only_with_a_language(write: Write) -> None:
    [definition] = load_definitions(write(matching("{ column: unheard_of, eq: DE }")))
    assert definition.audience == "everybody"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no folder of definitions at nowhere"):
        load_definitions(tmp_path / "nowhere", LANGUAGE)


WORDS = st.sampled_from(
    [*SMALLEST.split(), *EXPERIMENT.split(), "not:", "[", "]", "}", "&a", "*a", "null"]
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(
        st.text(),
        st.lists(WORDS).map(" ".join),
        st.tuples(st.integers(0, len(SMALLEST)), st.text(max_size=5)).map(
            lambda cut: SMALLEST[: cut[0]] + cut[1] + SMALLEST[cut[0] :]
        ),
    )
)
def test_no_text_breaks_the_loader(write: Write, text: str) -> None:
    file_text = text.encode("utf-8", "replace").decode("utf-8")
    definitions, problems = check_definitions(write(file_text), LANGUAGE)
    assert bool(definitions) != bool(problems)
    for problem in problems:
        assert problem.rule
        assert problem.fix

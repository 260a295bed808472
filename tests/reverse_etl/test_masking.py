"""Reasons without secrets, addresses and values of people, in whatever form a refusal quotes them."""

import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from reverse_etl.masking import Mask

MEMBER = {"first_name": 'Çağla "Öz" O\'Brien\n2nd', "email": "ada+1@example.com", "city": "Van"}
FORMS: list[Callable[[str], str]] = [
    str,
    str.upper,
    repr,
    json.dumps,
    lambda text: json.dumps(text, ensure_ascii=False),
    lambda text: json.dumps(json.dumps({"a": text})),
    lambda text: str({"a": json.dumps(text)}),
    quote,
    quote_plus,
    lambda text: quote(json.dumps(text)),
    html.escape,
    lambda text: " ".join(text.split()),
]


@pytest.mark.parametrize("form", FORMS)
def test_values_are_masked_in_every_form(form: Callable[[str], str]) -> None:
    mask = Mask(["s3cr3t/=+"], [MEMBER])
    said = mask(f"no: {form(MEMBER['first_name'])}, {form(MEMBER['email'])}, {form('s3cr3t/=+')}")
    for value in ("brien", "2nd", "ada", "example", "s3cr3t"):
        assert value not in said.lower()
    assert said.startswith("no: ")


@pytest.mark.parametrize(
    ("reason", "masked"),
    [
        ("Van is no city", "(city) is no city"),
        ("Vanity and vans are not Van.", "Vanity and vans are not (city)."),
        ('{\\"city\\":\\"Van\\"}', '{\\"city\\":\\"(city)\\"}'),
        ("%22Van%22", "%22(city)%22"),
        ("ask somebody@example.com", "ask (e-mail)"),
        ("Authorization: Basic c2l0ZTprZXk6", "Authorization: Basic (secret)"),
        ("İİİ Van", "İİİ (city)"),
        ("", ""),
    ],
)
def test_what_is_masked_and_what_is_not(reason: str, masked: str) -> None:
    assert Mask(["s3cr3t"], [MEMBER])(reason) == masked


def test_a_reason_is_masked_before_it_is_shortened() -> None:
    for length in range(170, 210):
        said = Mask(["whsec_longsecret"], [MEMBER])(f"{'x' * length} whsec_longsecret {MEMBER}")
        assert "whsec" not in said
        assert "Çağla" not in said
        assert len(said) <= 200

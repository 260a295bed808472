"""Requests held against the vendors' own API descriptions (OpenAPI 3), where those lie beside the project.

A description is cut to the one operation a request is for before it is parsed: some have megabytes, and some break
their own rules elsewhere.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from reverse_etl.simulators.base import Request

CONTRACTS = Path(__file__).resolve().parents[3] / "shared" / "contracts"
_HOST = "http://vendor.example.com"


class RequestError(AssertionError):
    """A request is not what the description asks for."""


def description(name: str) -> Path:
    """Where a vendor's description is; skips the test where there is none."""
    path = CONTRACTS / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"there is no description {name}.json in ../shared/contracts")
    return path


def check_requests(requests: Iterable[Request], *names: str, base: str = "") -> None:
    """Hold requests against descriptions, each against the one that describes it; no description, no check."""
    paths = [path for name in names if (path := CONTRACTS / f"{name}.json").is_file()]
    for request in requests if paths else ():
        where = request.path.removeprefix(base)
        fitting = [path for path in paths if _template(path, request.method.lower(), where)]
        check_request((fitting or paths)[0], request, base)


def check_request(path: Path, request: Request, base: str = "") -> None:
    """Hold a request against a description: method, path, query, headers, credentials, body.

    Args:
        path: The description.
        request: The request as a simulator got it.
        base: What stands before the description's paths.

    Raises:
        RequestError: It breaks the description, or asks for something that is not in it.
    """
    what, method = f"{request.method} {request.path}", request.method.lower()
    where = request.path.removeprefix(base)
    template = _template(path, method, where)
    if template is None or not request.path.startswith(base):
        raise RequestError(f"{what}: is not described")
    api, queries = _operation(path, method, template)
    unknown = set(request.query) - queries
    if unknown:
        raise RequestError(f"{what}: query {', '.join(sorted(unknown))} is not described")
    try:
        api.validate_request(_Asked(replace(request, path=where)))
    except OpenAPIError as error:
        raise RequestError(f"{what}: {'; '.join(_reasons(error))}") from error


class _Asked:
    """A simulator's request as the validator reads one."""

    def __init__(self, request: Request) -> None:
        self.host_url, self.path, self.method = _HOST, request.path, request.method.lower()
        self.body = request.body or None
        self.content_type = request.headers.get("content-type", "")
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(request.query), header=Headers(dict(request.headers))
        )


@cache
def _document(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = _without_discriminators(json.loads(path.read_bytes()))
    return document


def _without_discriminators(part: Any) -> Any:
    """Alternatives are tried one by one: some discriminators name none of them."""
    if isinstance(part, list):
        return [_without_discriminators(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _without_discriminators(one)
        for name, one in part.items()
        if not (name == "discriminator" and isinstance(one, dict) and "propertyName" in one)
    }


@cache
def _template(path: Path, method: str, where: str) -> str | None:
    """The described path of an operation; one without variables goes before one with them."""
    paths = _document(path)["paths"]
    for template in sorted(paths, key=lambda one: one.count("{")):
        pattern = re.sub(r"\\{.*?\\}", "[^/]+", re.escape(template))
        if method in paths[template] and re.fullmatch(pattern, where):
            return str(template)
    return None


@cache
def _operation(path: Path, method: str, template: str) -> tuple[OpenAPI, set[str]]:
    """The description of one operation, and the names of its query parameters."""
    document = _document(path)
    shared = document["paths"][template].get("parameters", [])
    operation = document["paths"][template][method]
    schemes = document["components"].get("securitySchemes", {})
    described = {
        "servers": [{"url": _HOST}],
        "paths": {template: {"parameters": shared, method: operation | {"servers": []}}},
        "components": document["components"]
        | {"securitySchemes": {name: _by_token(scheme) for name, scheme in schemes.items()}},
    }
    parameters = [_resolved(document, one) for one in [*shared, *operation.get("parameters", [])]]
    queries = {one["name"] for one in parameters if one["in"] == "query"}
    api = OpenAPI.from_dict(document | described, config=Config(spec_validator_cls=None))
    return api, queries


def _by_token(scheme: dict[str, Any]) -> dict[str, Any]:
    """A token got by OAuth is sent as any other token."""
    return {"type": "http", "scheme": "bearer"} if scheme["type"] == "oauth2" else scheme


def _resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        names, part = part["$ref"].removeprefix("#/").split("/"), document
        for name in names:
            part = part[name]
    return part


def _reasons(error: BaseException) -> Iterator[str]:
    """What is wrong at the root of it."""
    found = getattr(error, "schema_errors", ())
    for one in found:
        yield f"{'/'.join(map(str, one.absolute_path)) or 'body'}: {one.message[:200]}"
    if error.__cause__ is not None:
        yield from _reasons(error.__cause__)
    elif not found:
        yield str(error)

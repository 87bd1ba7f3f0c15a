"""The document is valid OpenAPI 3.1, and keeps the rules of this API."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

METHODS = {"get", "put", "patch", "post", "delete"}
REFERENCE = re.compile(r'"#/components/(\w+)/([\w-]+)"')


@pytest.fixture(scope="module")
def parsed(document: Path) -> dict:
    return json.loads(document.read_text())


def operations(parsed: dict) -> Iterator[tuple[str, dict]]:
    for path, methods in parsed["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS, f"{method} {path}"
            yield f"{method.upper()} {path}", operation


def resolved(parsed: dict, value: dict) -> dict:
    if "$ref" not in value:
        return value
    _, kind, name = value["$ref"][2:].split("/")
    return parsed["components"][kind][name]


def test_it_is_valid(parsed: dict) -> None:
    validate(parsed)


def test_every_operation_is_described(parsed: dict) -> None:
    ids = [operation["operationId"] for _, operation in operations(parsed)]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in parsed["tags"] if tag["description"]}
    for name, operation in operations(parsed):
        assert operation["summary"] and operation["description"], name
        assert set(operation["tags"]) <= tags, name
        for parameter in operation.get("parameters", []):
            assert resolved(parsed, parameter)["description"], name


def test_every_schema_and_member_is_described(parsed: dict) -> None:
    for name, schema in parsed["components"]["schemas"].items():
        assert schema["description"], name
        for member, value in schema.get("properties", {}).items():
            assert "$ref" in value or "description" in value, f"{name}.{member}"


def test_every_component_is_used(parsed: dict) -> None:
    used = set(REFERENCE.findall(json.dumps(parsed)))
    # The document's description explains these two, because no single operation causes them.
    unused = {("responses", "MethodNotAllowed"), ("headers", "Allow")}
    for kind in ("schemas", "responses", "parameters", "headers"):
        for name in parsed["components"][kind]:
            assert (kind, name) in used | unused, f"{kind}/{name}"


def test_every_error_is_a_problem(parsed: dict) -> None:
    for name, operation in operations(parsed):
        for status, response in operation["responses"].items():
            if int(status) < 400 or (name, status) == ("GET /readyz", "503"):
                continue
            content = resolved(parsed, response)["content"]
            assert list(content) == ["application/problem+json"], f"{name} {status}"


def test_every_command_can_be_repeated_and_queued(parsed: dict) -> None:
    """Each change has the responses 202 and 503, and its 202 names the path of the command's status."""
    for name, operation in operations(parsed):
        if "202" not in operation["responses"]:
            continue
        assert "503" in operation["responses"], name
        assert "Location" in resolved(parsed, operation["responses"]["202"])["headers"], name


def test_the_examples_fit_their_schemas(parsed: dict) -> None:
    for name, schema in parsed["components"]["schemas"].items():
        for example in schema.get("examples", []):
            reference = {"$ref": f"#/components/schemas/{name}", "components": parsed["components"]}
            OAS31Validator(reference).validate(example)


def test_every_request_may_be_refused_for_its_headers_and_method(parsed: dict) -> None:
    for name, operation in operations(parsed):
        assert "431" in operation["responses"], name
    assert "Allow" in parsed["components"]["responses"]["MethodNotAllowed"]["headers"]
    for path in ("/live/tickets/{id}", "/live/orders/{id}"):
        assert "406" in parsed["paths"][path]["get"]["responses"], path


def test_an_unavailable_service_names_the_status_of_the_command(parsed: dict) -> None:
    for name, operation in operations(parsed):
        if "202" in operation["responses"]:
            assert "Location" in resolved(parsed, operation["responses"]["503"])["headers"], name


def test_what_can_be_required_has_a_tag(parsed: dict) -> None:
    for method, path, status in (
        ("post", "/api/tickets", "201"),
        ("get", "/api/tickets/{id}", "200"),
        ("put", "/api/tickets/{id}", "200"),
        ("post", "/api/orders", "201"),
        ("get", "/api/orders/{id}", "200"),
    ):
        response = parsed["paths"][path][method]["responses"][status]
        assert "ETag" in resolved(parsed, response)["headers"], f"{method} {path}"


def test_requests_have_examples(parsed: dict) -> None:
    for name in ("NewTicket", "TicketChange", "NewOrder", "NewPayment", "NewCredentials", "Credentials", "Ban"):
        assert parsed["components"]["schemas"][name]["examples"], name

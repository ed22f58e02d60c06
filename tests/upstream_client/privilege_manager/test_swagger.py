"""Reading an instance's reference: what it says, whatever else is in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.upstream_client.privilege_manager.references import (
    BASE,
    NUMBER,
    TEXT,
    Schema,
    document,
    gives,
    model,
    reference,
    takes,
    words,
)
from tests.upstream_client.steady import STEADY
from upstream_client.exceptions import NotUnderstood
from upstream_client.privilege_manager.swagger import Endpoint, Property, read_reference

ITEM: Schema = {"$ref": "#/definitions/Item"}
MANY: Schema = {"type": "array", "items": ITEM}


def only(paths: dict[str, Schema], **definitions: Schema) -> Endpoint:
    [endpoint] = reference(paths, **definitions).endpoints
    return endpoint


@pytest.mark.parametrize(
    ("base_path", "path", "rooted"),
    [
        ("/TMS/services", "/api/v1/x", "/services/api/v1/x"),
        ("/Tms/services/", "/api/v1/x", "/services/api/v1/x"),
        ("/", "/Tms/services/api/v1/x", "/services/api/v1/x"),
        ("", "/services/api/v1/x", "/services/api/v1/x"),
        ("/services", "/api/v1/x", "/services/api/v1/x"),
        ("", "/api/v1/x", "/services/api/v1/x"),
    ],
)
def test_a_path_is_rooted_at_the_address_of_the_settings(base_path: str, path: str, rooted: str) -> None:
    [endpoint] = read_reference(document({path: {"get": {}}}, base_path), BASE).endpoints
    assert endpoint.path == rooted


@pytest.mark.parametrize(
    ("base_path", "path"), [("", "/other/x"), ("/Another", "/x"), ("/Tmsx", "/services/x")]
)
def test_a_path_elsewhere_is_left_out(base_path: str, path: str) -> None:
    here: dict[str, Schema] = {path: {"get": {}}}
    with pytest.raises(NotUnderstood, match="no path below PRIVMAN_BASE_URL"):
        read_reference(document(here, base_path), BASE)


@pytest.mark.parametrize(
    ("schema", "many"),
    [
        (MANY, True),
        (ITEM, False),
        (model(Code=NUMBER, Result=MANY), True),
        (model(Code=NUMBER, result=ITEM), False),
        (model(Result={"$ref": "#/definitions/Items"}), True),
        ({"$ref": "#/definitions/Wrapped"}, True),
        ({"allOf": [{"$ref": "#/definitions/Wrapped"}]}, True),
    ],
)
def test_an_answer_is_unwrapped_down_to_what_it_is_about(schema: Schema, many: bool) -> None:
    endpoint = only(
        {"/api/x": {"get": gives(schema)}}, Item=model(Id=TEXT), Items=MANY, Wrapped=model(Result=MANY)
    )
    assert (endpoint.many, endpoint.gives.place) == (many, "definitions.Item")
    assert [one.name for one in endpoint.gives.properties] == ["Id"]


def test_a_body_is_told_flat_with_what_each_value_may_be() -> None:
    body = model(
        ("Id",),
        Id={"type": "string", "format": "uuid", "description": "Which one"},
        Answer={"$ref": "#/definitions/Answer"},
        Kind={"enum": [1, 2], "x-enumNames": ["Approve", "Deny"]},
    )
    endpoint = only(
        {"/api/x": {"post": takes(body)}}, Answer=model(Word=words("Yes", "No"), **{"$type": TEXT})
    )
    assert endpoint.takes.properties == (
        Property("Id", "string", "uuid", "Which one", (), True),
        Property("Answer.Word", values=(("Yes", "Yes"), ("No", "No"))),
        Property("Kind", values=((1, "Approve"), (2, "Deny"))),
    )


def test_parameters_of_the_path_hold_for_each_of_its_operations() -> None:
    shared: JsonValue = [{"in": "query", "name": "Id", "required": True, "type": "string"}]
    endpoint = only({"/api/x": {"get": {}, "parameters": shared}})
    assert endpoint.query == (Property("Id", "string", required=True),)


@pytest.mark.parametrize(
    "definitions",
    [
        {"Item": {"$ref": "#/definitions/Item"}},
        {"Item": model(Next=ITEM)},
        {"Item": {"allOf": [ITEM], "properties": {"Next": MANY}}},
        {},
    ],
)
def test_a_circle_of_references_ends(definitions: dict[str, Schema]) -> None:
    endpoint = only({"/api/x": {"post": takes(ITEM)}}, **definitions)
    assert len(endpoint.takes.properties) <= 1


def test_a_model_without_end_is_cut() -> None:
    wide = model(**{f"P{number}": ITEM for number in range(100)}, Name=TEXT)
    assert len(only({"/api/x": {"post": takes(ITEM)}}, Item=wide).takes.properties) == 400


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "no Swagger 2 document"),
        ([], "no Swagger 2 document"),
        ({"swagger": "1.2"}, "no Swagger 2 document"),
        ({"openapi": "3.0.1", "paths": {}}, "but OpenAPI 3.0.1"),
        ({"swagger": "2.0"}, "no path below"),
        ({"swagger": "2.0", "paths": ["/api"]}, "no path below"),
    ],
)
def test_what_is_no_reference_is_not_understood(body: JsonValue, told: str) -> None:
    with pytest.raises(NotUnderstood, match=told):
        read_reference(body, BASE)


def test_an_odd_part_hides_no_other() -> None:
    paths: dict[str, Schema] = {
        "/api/odd": {"get": 7, "post": {"parameters": "none", "responses": []}},
        "/api/x": {"get": gives(MANY)},
    }
    found = reference(paths, Item=model(Id=TEXT)).endpoints
    assert [one.path for one in found] == ["/services/api/odd", "/services/api/x"]


NAMES = (
    "swagger paths definitions basePath get post parameters responses 200 schema $ref type properties items allOf"
    " required enum in name body Result /api/approval/pending /api/approval/{id} Item"
)
KEYS = st.sampled_from(NAMES.split())
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=4)
    | st.sampled_from(["2.0", "#/definitions/Item", "array", "object", "body", "query", "/Tms/services"])
)
ODD: st.SearchStrategy[JsonValue] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@settings(STEADY, max_examples=300)
@given(ODD, ODD, ODD)
def test_any_json_is_a_reference_or_not_understood(
    paths: JsonValue, item: JsonValue, body: JsonValue
) -> None:
    operations: JsonValue = {"get": body, "post": body, "put": item}
    candidates: list[JsonValue] = [
        paths,
        {"swagger": "2.0", "paths": paths, "definitions": {"Item": item}},
        {"swagger": "2.0", "paths": {"/api/approval/approve": operations}, "definitions": {"Item": item}},
    ]
    for candidate in candidates:
        try:
            found = read_reference(candidate, BASE)
        except NotUnderstood:
            continue
        assert all(one.path.startswith("/services/api") for one in found.endpoints)

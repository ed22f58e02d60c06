"""Lists as objects and as the rows of a report, and names however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.upstream_client.privilege_manager.test_reading import ANY_JSON, ID, READING, enveloped
from tests.upstream_client.steady import STEADY
from upstream_client.privilege_manager.rows import fold, folded, items_of, names_in


def report(columns: list[JsonValue], *rows: JsonValue) -> dict[str, JsonValue]:
    """A report's answer, with the types of the vendor's picture."""
    return {"$type": "Thycotic.Tms.Managers.ThinResults", "Columns": columns, "Data": list(rows)}


def titled(*titles: str) -> list[JsonValue]:
    return [{"$type": "Thycotic.Tms.Managers.Column", "field": "[0]", "title": title} for title in titles]


REPORT = report(
    titled("Request Id", "Computer Name", "User_Name", "user reason"), [ID, "PC-1", "a\\b", "Why."]
)


@pytest.mark.parametrize("body", [REPORT, enveloped(REPORT), {"Result": REPORT}])
def test_a_reports_rows_are_read_by_the_titles_of_its_columns(body: JsonValue) -> None:
    [request] = READING.pending(body)
    assert (request.id, request.requester, request.justification) == (ID, "a\\b", "Why.")
    assert [(fact.key, fact.value) for fact in request.facts] == [("user", "a\\b"), ("computer", "PC-1")]


@pytest.mark.parametrize(
    "name", ["ComputerName", "Computer Name", "computer_name", "COMPUTER  name", "_ComputerName"]
)
def test_a_name_is_the_same_with_spaces_underscores_and_in_any_case(name: str) -> None:
    assert fold(name) == "computername"


def test_of_two_names_that_are_one_the_first_counts() -> None:
    assert folded({"User Name": 1, "username": 2, "x": 3}) == {"username": 1, "x": 3}


@pytest.mark.parametrize(
    ("columns", "row", "item"),
    [
        ([{"title": "A"}, {"title": "B"}], [1, 2], {"A": 1, "B": 2}),
        ([{"columnName": "A"}, {"field": "[1]"}], [1, 2], {"A": 1, "[1]": 2}),
        ([{"TITLE": "A"}], [1], {"A": 1}),
        ([{}, 7, None], [1, 2, 3], {"Column 1": 1, "Column 2": 2, "Column 3": 3}),
        ([{"title": "Name"}, {"title": "name"}], [1, 2], {"Name": 1, "name (2)": 2}),
        ([{"title": "A"}], {"A": 1}, {"A": 1}),
        ([{"title": "A"}], [1, 2], [1, 2]),
        ([{"title": "A"}], [], []),
        ([{"title": "A"}], "text", "text"),
    ],
)
def test_a_row_becomes_an_object_where_it_fits_the_columns(
    columns: list[JsonValue], row: JsonValue, item: JsonValue
) -> None:
    assert items_of(report(columns, row)) == [item]


@pytest.mark.parametrize(
    "result",
    [None, 7, "rows", {}, {"Columns": []}, {"Data": None}, {"Columns": [], "Data": {}}, {"Items": []}],
)
def test_what_is_no_list_is_none(result: JsonValue) -> None:
    assert items_of(result) is None


def test_an_empty_report_still_tells_its_names() -> None:
    assert names_in(report(titled("Request Id", "User Name"))) == ["Request Id", "User Name"]


def test_names_are_gathered_from_many_items_and_lead_into_objects() -> None:
    items: JsonValue = [{"$type": "X", "Id": 1}, {"User": {"Name": "a", "$type": "Y"}, "Id": 2}, 7]
    assert names_in(items) == ["Id", "User.Name"]


@STEADY
@given(ANY_JSON)
def test_no_json_breaks_it(body: JsonValue) -> None:
    items = items_of(body)
    assert items is None or isinstance(items, list)
    assert all(isinstance(name, str) for name in names_in(body))


@STEADY
@given(st.lists(st.text(max_size=3), max_size=6))
def test_no_column_hides_another(titles: list[str]) -> None:
    row: list[JsonValue] = list(range(len(titles)))
    [item] = items_of(report([{"title": title} for title in titles], row)) or []
    assert isinstance(item, dict)
    assert list(item.values()) == row

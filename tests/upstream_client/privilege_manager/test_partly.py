"""A list of which a part cannot be read: the rest is there, and what is wrong is said."""

import pytest
from pydantic import JsonValue

from sandbox.privilege_manager import PrivilegeManager
from tests.upstream_client.privilege_manager.conftest import Connect
from tests.upstream_client.privilege_manager.contracts import changed
from tests.upstream_client.privilege_manager.test_reading import READING, enveloped
from upstream_client.exceptions import NotUnderstood, PartlyRead
from upstream_client.models import Status

GOOD: JsonValue = {"RequestId": "good", "Status": "Pending"}
SETTLED: JsonValue = {"RequestId": "settled", "Status": "Approved"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            [GOOD, {"RequestId": None, "Why": 1}],
            "without an id that can be used. Its names are: RequestId, Why.",
        ),
        ([{}, GOOD], "without an id"),
        ([GOOD, 7], "no object in the place of a request"),
        ([GOOD, {"RequestId": "b", "Status": "Escalated"}], "'Escalated', which the contract does not know"),
        ([GOOD, {"RequestId": "b", "UserName": {"First": "a"}}], "there is no text at UserName"),
        ([GOOD, {"RequestId": "b"}, {"RequestId": "b"}], "sent request b twice"),
        (enveloped([GOOD], Total=3), "says that 3 requests wait and sent 1"),
        (enveloped([GOOD], Total="1"), "Total is not a whole number"),
        ({"Columns": [{"title": "Request Id"}], "Data": [["good"], ["b", "c"]]}, "row that does not fit"),
    ],
)
def test_one_item_that_cannot_be_read_does_not_hide_the_others(body: JsonValue, words: str) -> None:
    with pytest.raises(PartlyRead) as caught:
        READING.pending(body)
    assert words in str(caught.value)
    assert [request.id for request in caught.value.readable] == ["good"]


def test_what_is_settled_and_read_counts_as_read() -> None:
    with pytest.raises(PartlyRead) as caught:
        READING.pending([SETTLED, {}])
    assert caught.value.readable == ()


@pytest.mark.parametrize("body", [[{}, {"Name": "a"}], [7], [None, {"RequestId": ""}]])
def test_a_list_of_which_nothing_can_be_read_is_one_all_the_same(body: JsonValue) -> None:
    # What is left on it may be the one request that nobody can read, and the others were answered.
    with pytest.raises(PartlyRead, match=r"without an id|no object") as caught:
        READING.pending(body)
    assert caught.value.readable == ()


def test_a_list_that_leaves_out_everything_it_counts_is_not_understood() -> None:
    with pytest.raises(NotUnderstood, match="says that 2 requests wait and sent 0"):
        READING.pending(enveloped([], Total=2))


def test_a_settled_item_may_be_as_odd_as_it_likes() -> None:
    odd: JsonValue = {"RequestId": "settled", "Status": "Denied", "UserName": {"First": "a"}}
    assert [request.id for request in READING.pending([GOOD, odd])] == ["good"]


def test_a_great_deal_that_is_wrong_is_told_in_a_few_sentences() -> None:
    items: list[JsonValue] = [GOOD]
    items += [{"RequestId": str(number), "Status": "Odd"} for number in range(400)]
    with pytest.raises(PartlyRead) as caught:
        READING.pending(items)
    assert len(str(caught.value)) < 1000
    assert str(caught.value).endswith("And 397 more like these.")


def strange(pm: PrivilegeManager) -> tuple[str, str]:
    """The ids of a request that can be read and of one whose policy's name makes it unreadable."""
    return pm.file_request(policy="Installers"), pm.file_request(policy="Odd")


def test_the_client_hands_over_what_it_could_read(pm: PrivilegeManager, connect: Connect) -> None:
    # given a contract that takes the policy's name for the status, and knows one of the two
    def mislead(contract: dict[str, dict[str, dict[str, list[str]]]]) -> None:
        contract["fields"]["status"]["names"] = ["PolicyName"]
        contract["statuses"]["pending"]["names"] = ["Installers"]

    client = connect(contract=changed(mislead))
    good, _ = strange(pm)
    with pytest.raises(PartlyRead, match="'Odd'") as caught:
        client.list_pending()
    assert [request.id for request in caught.value.readable] == [good]


def test_without_get_what_a_part_of_a_list_leaves_out_is_not_unknown(
    pm: PrivilegeManager, connect: Connect
) -> None:
    # given an instance that is asked by its list only, and a list that is read in part
    def mislead(contract: dict[str, dict[str, dict[str, list[str]]]]) -> None:
        contract["operations"].pop("get")
        contract["fields"]["status"]["names"] = ["PolicyName"]
        contract["statuses"]["pending"]["names"] = ["Installers"]

    client = connect(contract=changed(mislead))
    good, odd = strange(pm)
    # when each is asked for, then the one that was read is there and of the other nobody can tell
    assert client.fetch(good).status is Status.PENDING
    with pytest.raises(PartlyRead):
        client.fetch(odd)

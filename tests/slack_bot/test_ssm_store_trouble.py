"""SSM Parameter Store in trouble: throttled, refusing, broken, silent, or not SSM; and what it needs to know."""

from collections.abc import Callable, Iterator

import pytest

from slack_bot.parameter_store import NotWritten, ParameterStore, StateError, open_store, ssm_store
from slack_bot.parameter_store.ssm_store import PATIENCE, Client, SsmStore
from tests.slack_bot.connect_proxy import connect_proxy
from tests.slack_bot.ssm_front import (
    Behaviour,
    Seconds,
    Ssm,
    as_it_was,
    emptied,
    hasty_client,
    instead,
    lost,
    refusal,
    silence,
    ssm_behind_a_front,
)
from tests.upstream_client.serving import closed_port

GARBAGE = [b"", b"null", b"[]", b"[1]", b'"x"', b"{}", b"<html>Please log in</html>", b'{"Parameters": "x"}']
PUT, GET, LIST, DELETE = "PutParameter", "GetParameter", "GetParametersByPath", "DeleteParameter"
CALLS: dict[str, Callable[[ParameterStore], object]] = {
    PUT: lambda store: store.put("channels", "C1", "{}"),
    GET: lambda store: store.replace("channels", "C1", "{}", "before"),
    LIST: lambda store: store.read_all("channels"),
    DELETE: lambda store: store.delete("channels", "C1"),
}


@pytest.fixture(scope="module")
def account() -> Iterator[Ssm]:
    with ssm_behind_a_front() as running:
        yield running


@pytest.fixture
def ssm(account: Ssm) -> Ssm:
    return emptied(account)


@pytest.fixture(scope="module")
def client(account: Ssm) -> Client:
    """As the bot has it; making one takes longer than a test."""
    assert account
    return ssm_store.connect()


@pytest.fixture
def store(ssm: Ssm, client: Client) -> ParameterStore:
    return SsmStore(ssm.root, client)


@pytest.fixture(scope="module")
def hasty(account: Ssm) -> Client:
    return hasty_client(account)


class TestTrouble:
    """Whatever SSM does, the store says what is wrong, and what to do, and does not take long."""

    @pytest.mark.parametrize("operation", CALLS)
    def test_throttling_is_waited_out(self, ssm: Ssm, store: ParameterStore, operation: str) -> None:
        ssm.write("channels/C1", "before")
        ssm.front.plan(operation, refusal("ThrottlingException"))
        CALLS[operation](store)
        assert ssm.front.calls(operation) == 2

    def test_more_throttling_than_boto3_waits_out_is_waited_out_too(self, ssm: Ssm, hasty: Client) -> None:
        ssm.front.plan(PUT, refusal("ThrottlingException"), times=4)
        SsmStore(ssm.root, hasty, Seconds()).put("channels", "C1", "text")
        assert ssm.front.calls(PUT) == 5

    def test_updates_that_are_too_many_at_once_are_waited_out(self, ssm: Ssm, store: ParameterStore) -> None:
        ssm.front.plan(PUT, refusal("TooManyUpdates"), times=2)
        store.put("channels", "C1", "text")
        assert ssm.text("channels/C1") == "text"

    @pytest.mark.parametrize("code", ["ThrottlingException", "TooManyUpdates"])
    def test_throttling_without_end_is_told_after_some_seconds(
        self, ssm: Ssm, hasty: Client, code: str
    ) -> None:
        ssm.front.plan(PUT, refusal(code), times=9)
        with pytest.raises(StateError) as told:
            SsmStore(ssm.root, hasty, Seconds(step=PATIENCE / 2)).put("channels", "C1", "text")
        assert str(told.value) == (
            f"AWS has too much to do to answer ssm:PutParameter on {ssm.root}/channels/C1 ({code}). "
            "Try again in a minute."
        )
        assert ssm.front.calls(PUT) == 2

    @pytest.mark.parametrize("operation", CALLS)
    def test_what_is_not_allowed_is_named_with_its_path(
        self, ssm: Ssm, store: ParameterStore, operation: str
    ) -> None:
        ssm.write("channels/C1", "before")
        ssm.front.plan(operation, refusal("AccessDeniedException"))
        path = f"{ssm.root}/channels" + ("" if operation == LIST else "/C1")
        with pytest.raises(StateError) as told:
            CALLS[operation](store)
        assert str(told.value) == (
            f"AWS does not allow the bot ssm:{operation} on {path}. Add it to the policy of the task's role."
        )
        assert ssm.front.calls(operation) == 1

    @pytest.mark.parametrize("operation", [PUT, GET, DELETE])
    def test_what_is_refused_at_once_is_surely_not_written(
        self, ssm: Ssm, store: ParameterStore, operation: str
    ) -> None:
        ssm.write("channels/C1", "before")
        ssm.front.plan(operation, refusal("AccessDeniedException"))
        with pytest.raises(NotWritten):
            CALLS[operation](store)
        assert ssm.text("channels/C1") == "before"

    @pytest.mark.parametrize(
        ("first", "then"), [(lost, lost), (lost, refusal("AccessDeniedException")), (silence, lost)]
    )
    @pytest.mark.parametrize("operation", [PUT, DELETE])
    def test_of_what_was_asked_more_than_once_that_is_not_sure(
        self,
        ssm: Ssm,
        monkeypatch: pytest.MonkeyPatch,
        operation: str,
        first: Behaviour,
        then: Behaviour,
    ) -> None:
        """Given that SSM may have done it at the first attempt, then a later refusal does not tell."""
        monkeypatch.setattr(ssm_store, "ANSWER_WITHIN", 0.3)
        store = open_store(ssm.state)
        ssm.write("channels/C1", "before")
        ssm.front.plan(operation, first)
        ssm.front.plan(operation, then, times=2)
        with pytest.raises(StateError) as told:
            CALLS[operation](store)
        assert not isinstance(told.value, NotWritten)

    @pytest.mark.parametrize(
        ("behaviour", "words"),
        [
            (refusal("ExpiredTokenException"), r"does not accept the bot's credentials \(ExpiredToken"),
            (refusal("UnrecognizedClientException"), "Check the task's role, or the AWS_… settings"),
            (refusal("InternalServerError", 500), r"problem of its own .* \(500 InternalServerError\)"),
            (instead(b"<html>Bad gateway</html>", 502), r"problem of its own .* \(502"),
            (instead(b"", 503), r"problem of its own .* \(503"),
            (refusal("ValidationException"), "SSM refuses .*: ValidationException: Because of the test."),
            (instead(b"<html>Who are you?</html>", 407), "SSM refuses .*407"),
        ],
    )
    @pytest.mark.parametrize("operation", [PUT, LIST])
    def test_other_refusals_are_told(
        self, ssm: Ssm, store: ParameterStore, operation: str, behaviour: Behaviour, words: str
    ) -> None:
        ssm.front.plan(operation, behaviour, times=3)
        with pytest.raises(StateError, match=words):
            CALLS[operation](store)

    @pytest.mark.parametrize("request_id", [None, "A-REQUEST"])
    @pytest.mark.parametrize("garbage", GARBAGE)
    def test_what_is_no_answer_is_not_an_empty_list(
        self, ssm: Ssm, store: ParameterStore, garbage: bytes, request_id: str | None
    ) -> None:
        """Given a proxy's page where SSM should be, then the list is unknown, and not empty."""
        ssm.front.plan(LIST, instead(garbage, 200, request_id), times=3)
        with pytest.raises(StateError, match="is not SSM: check AWS_ENDPOINT_URL_SSM, and the proxy"):
            store.read_all("channels")

    @pytest.mark.parametrize(
        ("operation", "request_id"),
        [(PUT, None), (GET, None), (DELETE, None), (PUT, "A-REQUEST"), (GET, "A")],
    )
    @pytest.mark.parametrize("garbage", GARBAGE)
    def test_what_is_no_answer_confirms_nothing(
        self, ssm: Ssm, store: ParameterStore, garbage: bytes, operation: str, request_id: str | None
    ) -> None:
        ssm.write("channels/C1", "before")
        ssm.front.plan(operation, instead(garbage, 200, request_id), times=3)
        with pytest.raises(StateError, match="is not SSM"):
            CALLS[operation](store)

    @pytest.mark.parametrize(
        "item",
        [
            '"x"',
            "{}",
            '{"Name": 1, "Value": "x", "Version": 1}',
            '{"Name": "x", "Value": null, "Version": 1}',
            '{"Name": "x", "Value": "x", "Version": "one"}',
            '{"Name": "x", "Value": "x", "Version": 1, "LastModifiedDate": "yesterday"}',
        ],
    )
    def test_a_list_of_what_is_no_parameter_is_no_list(
        self, ssm: Ssm, store: ParameterStore, item: str
    ) -> None:
        ssm.front.plan(LIST, as_it_was(f'{{"Parameters": [{item}]}}'.encode()), times=3)
        with pytest.raises(StateError, match="is not SSM"):
            store.read_all("channels")

    def test_silence_is_not_waited_for_long(self, ssm: Ssm, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ssm_store, "ANSWER_WITHIN", 0.1)
        impatient = open_store(ssm.state)
        for operation, call in CALLS.items():
            ssm.front.plan(operation, silence, times=9)
            with pytest.raises(StateError, match=r"SSM does not answer \(ReadTimeoutError\), asked for"):
                call(impatient)
            assert ssm.front.calls(operation) == ssm_store.ATTEMPTS

    @pytest.mark.usefixtures("ssm")
    def test_where_nobody_listens_it_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", f"http://127.0.0.1:{closed_port()}")
        with pytest.raises(StateError, match=r"SSM does not answer \(EndpointConnectionError\)"):
            open_store("ssm:/approval-bot").read_all("channels")

    @pytest.mark.usefixtures("ssm")
    def test_without_credentials_it_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        with pytest.raises(StateError, match=r"for /approval-bot/channels: .*credentials\. Check the task"):
            open_store("ssm:/approval-bot").read_all("channels")


class TestSettings:
    """What boto3 needs to know, and what is said where it does not."""

    @pytest.mark.usefixtures("ssm")
    def test_without_a_region_it_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_REGION")
        with pytest.raises(StateError, match="needs to know the region: set AWS_REGION in the environment"):
            open_store("ssm:/approval-bot")

    def test_boto3s_own_name_for_the_region_is_taken_as_well(
        self, ssm: Ssm, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_REGION", "")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        ssm.write("channels/C1", "text")
        assert open_store(ssm.state).read_all("channels") == {"C1": "text"}

    @pytest.mark.usefixtures("ssm")
    @pytest.mark.parametrize(
        ("name", "value"),
        [("AWS_ENDPOINT_URL_SSM", "nowhere"), ("AWS_REGION", "eu central"), ("AWS_PROFILE", "nobody")],
    )
    def test_what_boto3_does_not_take_is_said(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(StateError, match=r"since boto3 refuses to start: .*[^.]\. Check the AWS_"):
            open_store("ssm:/approval-bot")

    def test_the_proxy_that_boto3_knows_is_gone_through(
        self, ssm: Ssm, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ssm.write("channels/C1", "text")
        with connect_proxy(("127.0.0.1", ssm.front.server_address[1])) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://ssm.example")
            assert open_store(ssm.state).read_all("channels") == {"C1": "text"}
            assert proxy.seen == ["POST http://ssm.example/"]

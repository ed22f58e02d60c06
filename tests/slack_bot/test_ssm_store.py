"""SSM Parameter Store, over HTTP: moto, and before it a front that does what moto does not."""

import threading
from collections.abc import Callable, Iterator

import pytest

from slack_bot.parameter_store import (
    ChangedMeanwhile,
    LostUpdate,
    NameRefused,
    ParameterStore,
    StateError,
    TooLarge,
    open_store,
    ssm_store,
)
from slack_bot.parameter_store.ssm_store import LARGEST, PAGE, SETTLES, Client, SsmStore
from tests.slack_bot.ssm_front import (
    Handler,
    Seconds,
    Ssm,
    as_it_was,
    emptied,
    hasty_client,
    just_after,
    lost,
    refusal,
    ssm_behind_a_front,
)

PUT, GET, LIST = "PutParameter", "GetParameter", "GetParametersByPath"


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


def test_each_item_is_one_parameter_that_a_person_can_read(ssm: Ssm, store: ParameterStore) -> None:
    store.put("channels", "C0123", '{\n  "users": []\n}')
    store.put("schedules", "all", "{}")

    described = ssm.client.get_parameter(Name=f"{ssm.root}/channels/C0123")["Parameter"]
    assert (described["Type"], described["Value"]) == ("String", '{\n  "users": []\n}')
    assert store.read_all("channels") == {"C0123": '{\n  "users": []\n}'}
    assert store.read_all("schedules") == {"all": "{}"}
    assert store.describe() == f"SSM Parameter Store below {ssm.root}"


def test_a_slash_at_the_end_of_the_root_does_not_matter(ssm: Ssm) -> None:
    open_store(ssm.state + "/").put("channels", "C0123", "text")
    assert ssm.text("channels/C0123") == "text"


def test_a_folder_with_nothing_in_it_is_empty(store: ParameterStore) -> None:
    assert store.read_all("channels") == {}


def test_45_channels_come_in_five_pages(ssm: Ssm, store: ParameterStore) -> None:
    names = {f"C{number:04}" for number in range(45)}
    for name in names:
        ssm.write(f"channels/{name}", f"of {name}")
    ssm.write("channels-of-old/C9999", "not ours")

    assert store.read_all("channels") == {name: f"of {name}" for name in names}
    assert ssm.front.calls(LIST) == -(-45 // PAGE)


def test_an_empty_page_is_not_the_last_one(ssm: Ssm, store: ParameterStore) -> None:
    ssm.write("channels/C0123", "text")
    ssm.front.plan(LIST, as_it_was(b'{"Parameters": [], "NextToken": "0"}'))
    assert store.read_all("channels") == {"C0123": "text"}


def test_pages_that_go_round_in_a_circle_are_no_list(ssm: Ssm, store: ParameterStore) -> None:
    ssm.front.plan(LIST, as_it_was(b'{"Parameters": [], "NextToken": "again"}'), times=3)
    with pytest.raises(StateError, match="is not SSM"):
        store.read_all("channels")


def test_a_list_that_takes_too_long_is_given_up(ssm: Ssm, hasty: Client) -> None:
    for number in range(45):
        ssm.write(f"channels/C{number:04}", "text")
    slow = SsmStore(ssm.root, hasty, Seconds(step=3.0))
    with pytest.raises(StateError, match=f"needs more than 10 seconds to list {ssm.root}/channels"):
        slow.read_all("channels")


def test_what_lies_deeper_has_a_name_with_slashes(ssm: Ssm, store: ParameterStore) -> None:
    ssm.write("channels/old/C0123", "text")
    assert store.read_all("channels") == {"old/C0123": "text"}


def test_deleting_what_is_not_there_is_fine(ssm: Ssm, store: ParameterStore) -> None:
    store.put("channels", "C0123", "text")
    store.delete("channels", "C0123")
    store.delete("channels", "C0123")
    assert store.read_all("channels") == {}


class TestNamesAndSizes:
    """What SSM would refuse is refused before the call, in words that say what to do."""

    def test_as_many_bytes_as_ssm_keeps_are_written(self, ssm: Ssm, store: ParameterStore) -> None:
        store.put("channels", "C0123", "ü" * (LARGEST // 2))
        assert len(ssm.text("channels/C0123")) == LARGEST // 2

    @pytest.mark.parametrize("text", ["x" * (LARGEST + 1), "ü" * (LARGEST // 2) + "x"])
    def test_one_byte_more_is_too_large_though_its_characters_are_few(
        self, ssm: Ssm, store: ParameterStore, text: str
    ) -> None:
        writes: list[Callable[[], None]] = [
            lambda: store.put("channels", "C0123", text),
            lambda: store.replace("channels", "C0123", text, None),
        ]
        for write in writes:
            with pytest.raises(TooLarge) as refused:
                write()
            assert str(refused.value) == (
                f"{ssm.root}/channels/C0123 would be 4,097 bytes long, and SSM keeps at most 4,096."
            )
        assert ssm.front.seen == []

    @pytest.mark.parametrize(
        "name", ["", ".", "..", "../C1", "a/b", "C 1", " C1", "C1\n", "Ç1", "C1:2", "{{x}}"]
    )
    def test_a_name_that_is_none_is_refused(self, ssm: Ssm, store: ParameterStore, name: str) -> None:
        writes: list[Callable[[], None]] = [
            lambda: store.put("channels", name, "text"),
            lambda: store.replace("channels", name, "text", None),
            lambda: store.delete("channels", name),
        ]
        for write in writes:
            with pytest.raises(NameRefused, match="use letters, digits, hyphens and underscores"):
                write()
        assert ssm.front.seen == []

    @pytest.mark.usefixtures("ssm")
    @pytest.mark.parametrize(
        ("root", "words"),
        [
            ("", "cannot be a path in SSM: write one such as ssm:/approval-bot"),
            ("/", "cannot be a path"),
            ("approval-bot", "cannot be a path"),
            ("/approval bot", "cannot be a path"),
            ("/approval//bot", "cannot be a path"),
            ("/bot/ä", "cannot be a path"),
            ("/aws/bot", "names that begin with aws or ssm"),
            ("/SSM-bot", "names that begin with aws or ssm"),
            ("/a" * 14, "has 16 levels, and SSM takes 15"),
            ("/" + "a" * 950, "characters, and SSM takes 947"),
        ],
    )
    def test_a_root_that_ssm_does_not_take_is_refused_at_the_start(self, root: str, words: str) -> None:
        with pytest.raises(NameRefused, match=words):
            open_store(f"ssm:{root}")

    def test_13_levels_leave_room_for_the_two_below(self, ssm: Ssm) -> None:
        deep = ssm.root + "/a" * 12
        open_store(f"ssm:{deep}").put("channels", "C0123", "text")
        assert ssm.text("a/" * 12 + "channels/C0123") == "text"


class TestWithoutCompareAndSet:
    """Two write at once, and both are told the truth."""

    def test_of_sixteen_that_create_one_wins(self, ssm: Ssm, client: Client) -> None:
        stores = [SsmStore(ssm.root, client) for _ in range(16)]
        start = threading.Barrier(len(stores))
        won: list[int] = []
        lost_to: list[ChangedMeanwhile] = []

        def create(number: int) -> None:
            start.wait()
            try:
                stores[number].replace("channels", "C0123", f"of {number}", None)
                won.append(number)
            except ChangedMeanwhile as error:
                lost_to.append(error)

        threads = [threading.Thread(target=create, args=(number,)) for number in range(len(stores))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (len(won), len(lost_to)) == (1, 15)
        assert ssm.text("channels/C0123") == f"of {won[0]}"

    def test_where_something_else_stands_nothing_is_written(self, ssm: Ssm, store: ParameterStore) -> None:
        ssm.write("channels/C0123", "theirs")
        with pytest.raises(ChangedMeanwhile, match="was changed meanwhile"):
            store.replace("channels", "C0123", "ours", "what we knew")
        assert ssm.text("channels/C0123") == "theirs"

    def test_where_nothing_stands_any_more_nothing_is_written(self, ssm: Ssm, store: ParameterStore) -> None:
        with pytest.raises(ChangedMeanwhile):
            store.replace("channels", "C0123", "ours", "what we knew")
        assert ssm.front.calls(PUT) == 0

    def test_what_was_known_is_replaced(self, ssm: Ssm, store: ParameterStore) -> None:
        ssm.write("channels/C0123", "before")
        store.replace("channels", "C0123", "ours", "before")
        assert ssm.text("channels/C0123") == "ours"

    def test_an_update_that_was_lost_is_told(self, ssm: Ssm, store: ParameterStore) -> None:
        """Given that somebody else writes between our look and our write, when ours is through, then we say so."""
        ssm.write("channels/C0123", "before")
        ssm.front.plan(PUT, just_after(lambda: ssm.write("channels/C0123", "theirs")))

        with pytest.raises(LostUpdate, match="theirs is gone") as told:
            store.replace("channels", "C0123", "ours", "before")

        assert told.value.theirs == "theirs"
        assert ssm.text("channels/C0123") == "ours"

    def test_a_removal_that_was_lost_is_told(self, ssm: Ssm, store: ParameterStore) -> None:
        ssm.write("channels/C0123", "before")
        ssm.write("channels/C0123", "before")
        ssm.front.plan(PUT, just_after(lambda: ssm.remove("channels/C0123")))

        with pytest.raises(LostUpdate) as told:
            store.replace("channels", "C0123", "ours", "before")

        assert told.value.theirs is None

    def test_our_own_second_attempt_is_no_lost_update(self, ssm: Ssm, store: ParameterStore) -> None:
        """Given that SSM wrote and its answer was lost, when boto3 asks again, then both versions are ours."""
        ssm.write("channels/C0123", "before")
        ssm.front.plan(PUT, lost)

        store.replace("channels", "C0123", "ours", "before")

        assert ssm.front.calls(PUT) == 2
        assert ssm.text("channels/C0123") == "ours"

    def test_an_update_that_was_lost_before_our_second_attempt_is_told(
        self, ssm: Ssm, store: ParameterStore
    ) -> None:
        """Given theirs, ours whose answer was lost, and ours again, then the last two do not hide the first."""
        ssm.write("channels/C0123", "before")

        def theirs_first(handler: Handler, body: bytes) -> None:
            ssm.write("channels/C0123", "theirs")
            lost(handler, body)

        ssm.front.plan(PUT, theirs_first)
        with pytest.raises(LostUpdate) as told:
            store.replace("channels", "C0123", "ours", "before")
        assert told.value.theirs == "theirs"

    def test_our_own_second_attempt_to_create_is_no_race_that_was_lost(
        self, ssm: Ssm, store: ParameterStore
    ) -> None:
        ssm.front.plan(PUT, lost)
        store.replace("channels", "C0123", "ours", None)
        assert ssm.front.calls(PUT) == 2

    def test_what_ssm_has_not_forgotten_yet_is_created_a_little_later(
        self, ssm: Ssm, store: ParameterStore
    ) -> None:
        store.put("channels", "C0123", "before")
        store.delete("channels", "C0123")
        ssm.front.plan(PUT, refusal("ParameterAlreadyExists"))
        with pytest.raises(StateError, match="SSM needs up to 30 seconds to forget it"):
            store.replace("channels", "C0123", "ours", None)


class TestOlderAnswers:
    """SSM may show for a moment what stood there before: ours is not forgotten over it."""

    def test_what_we_wrote_holds_against_an_older_list_and_look(self, ssm: Ssm, hasty: Client) -> None:
        ssm.write("schedules/all", "on")
        store = SsmStore(ssm.root, hasty, Seconds())
        assert store.read_all("schedules") == {"all": "on"}
        older_list = ssm.front.last_answer
        store.replace("schedules", "all", "off", "on")
        ssm.front.plan(LIST, as_it_was(older_list))

        assert store.read_all("schedules") == {"all": "off"}

        older_look = b'{"Parameter": {"Name": "x", "Value": "on", "Version": 1}}'
        ssm.front.plan(GET, as_it_was(older_look))
        store.replace("schedules", "all", "off again", "off")
        assert ssm.text("schedules/all") == "off again"

    def test_what_we_created_and_what_we_removed_hold(self, ssm: Ssm, hasty: Client) -> None:
        ssm.write("channels/C1", "old")
        store = SsmStore(ssm.root, hasty, Seconds())
        store.read_all("channels")
        older = ssm.front.last_answer
        store.put("channels", "C2", "new")
        store.delete("channels", "C1")
        ssm.front.plan(LIST, as_it_was(older))

        assert store.read_all("channels") == {"C2": "new"}
        assert store.read_all("schedules") == {}

    def test_what_somebody_wrote_after_us_is_seen_at_once(self, ssm: Ssm, hasty: Client) -> None:
        store = SsmStore(ssm.root, hasty, Seconds())
        store.put("schedules", "all", "ours")
        ssm.write("schedules/all", "theirs")
        assert store.read_all("schedules") == {"all": "theirs"}

    @pytest.mark.parametrize("again", ["put", "replace"])
    def test_what_we_created_after_our_own_removal_holds_though_its_versions_begin_anew(
        self, ssm: Ssm, hasty: Client, again: str
    ) -> None:
        """Given a list with version 3 of before, then it is not newer than our version 1 of now."""
        store = SsmStore(ssm.root, hasty, Seconds())
        for text in ("on", "on, riskier", "on, riskiest"):
            store.put("schedules", "all", text)
        store.read_all("schedules")
        older = ssm.front.last_answer
        store.delete("schedules", "all")
        if again == "put":
            store.put("schedules", "all", "off")
        else:
            store.replace("schedules", "all", "off", None)
        ssm.front.plan(LIST, as_it_was(older), times=2)
        assert store.read_all("schedules") == {"all": "off"}

        store.replace("schedules", "all", "still off", "off")
        assert store.read_all("schedules") == {"all": "still off"}

        ssm.write("schedules/all", "theirs")
        assert store.read_all("schedules") == {"all": "theirs"}

    def test_where_ssm_does_not_tell_when_that_was_ours_holds_for_half_a_minute(
        self, ssm: Ssm, hasty: Client
    ) -> None:
        clock = Seconds()
        store = SsmStore(ssm.root, hasty, clock)
        store.put("schedules", "all", "before")
        store.delete("schedules", "all")
        ssm.front.plan(GET, refusal("ParameterNotFound"))
        store.put("schedules", "all", "ours")
        ssm.write("schedules/all", "theirs")
        assert store.read_all("schedules") == {"all": "ours"}
        clock.now += SETTLES
        assert store.read_all("schedules") == {"all": "theirs"}

    def test_after_half_a_minute_what_ssm_shows_holds(self, ssm: Ssm, hasty: Client) -> None:
        clock = Seconds()
        store = SsmStore(ssm.root, hasty, clock)
        store.put("schedules", "all", "ours")
        store.put("schedules", "C1", "ours")
        store.delete("schedules", "C1")
        ssm.remove("schedules/all")
        ssm.write("schedules/C1", "theirs")
        assert store.read_all("schedules") == {"all": "ours"}

        clock.now += SETTLES

        assert store.read_all("schedules") == {"C1": "theirs"}

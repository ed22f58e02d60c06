"""Registered channels: what declares them, what is kept of them, and what wins."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from slack_bot.channel_store import (
    Channel,
    ChannelsFileError,
    ChannelStore,
    Declarations,
    Declared,
    Source,
)
from slack_bot.parameter_store import (
    ChangedMeanwhile,
    DirectoryStore,
    LostUpdate,
    ParameterStore,
    StateError,
    open_store,
)
from slack_bot.policy import ChannelPolicy
from slack_bot.shelf import NOT_READ_YET, TOO_FAST, OutsideChange
from tests.slack_bot.ssm_front import Ssm, emptied, just_after, refusal, ssm_behind_a_front

ADMIN, SECOND_ADMIN, APPROVER = "U01ADMIN", "U09ADMIN", "U02APPROVER"
DECLARED, DEFAULT, REGISTERED = "C01DECLARED", "C02DEFAULT", "C03REGISTERED"
AT = 1_795_169_700_123_456
"""2026-11-20 10:15:00.123456 UTC"""
GROUP = ChannelPolicy(groups=("S01APPROVERS",))
IN_FILE = Channel(DECLARED, GROUP)
BY_SETTING = Channel(DEFAULT, ChannelPolicy(), Source.ENVIRONMENT, is_default=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "channels"


@pytest.fixture
def store(folder: Path) -> DirectoryStore:
    return DirectoryStore(folder.parent)


def read_once(store: ParameterStore | None, *declared: Channel) -> ChannelStore:
    channels = ChannelStore(declared, store, file="conf/channels.json")
    assert channels.refresh() == []
    return channels


@pytest.fixture
def channels(store: DirectoryStore) -> ChannelStore:
    """One declared in the file, the default one by SLACK_CHANNEL."""
    return read_once(store, BY_SETTING, IN_FILE)


def registered(channel_id: str = REGISTERED) -> Channel:
    return Channel(channel_id, ChannelPolicy(registered_by=ADMIN), Source.STORE, ADMIN, AT)


def policy_of(channels: ChannelStore, channel_id: str) -> ChannelPolicy:
    channel = channels.get(channel_id)
    assert channel is not None
    return channel.policy


class TestDeclared:
    """The file first, then the setting."""

    def test_the_files_channels_are_read(self, tmp_path: Path) -> None:
        path = tmp_path / "channels.json"
        path.write_text(
            json.dumps({"channels": [{"id": DECLARED, "approvers": {"groups": ["S01APPROVERS"]}}]})
        )
        channels = ChannelStore.read(path)
        assert ChannelStore.read_file(path) == Declarations((IN_FILE,))
        assert channels.all() == [IN_FILE]
        assert (channels.get(DECLARED), channels.get(REGISTERED)) == (IN_FILE, None)
        assert (channels.default, channels.trouble, channels.refresh()) == (None, "", [])

    def test_a_file_that_cannot_be_used_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ChannelsFileError, match="cannot be read"):
            ChannelStore.read(tmp_path / "channels.json")

    def test_the_setting_declares_the_default_channel_in_which_nobody_may_decide_yet(
        self, channels: ChannelStore
    ) -> None:
        assert channels.default == BY_SETTING
        assert channels.all() == [IN_FILE, BY_SETTING]

    def test_where_both_declare_one_the_file_says_who_may_decide(self, store: DirectoryStore) -> None:
        both = Channel(DECLARED, ChannelPolicy(), Source.ENVIRONMENT, is_default=True)
        channels = read_once(store, both, IN_FILE)
        expected = Channel(DECLARED, GROUP, Source.FILE, is_default=True)
        assert channels.all() == [expected]
        assert channels.default == channels.get(DECLARED) == expected
        with pytest.raises(Declared):
            channels.set_policy(DECLARED, ChannelPolicy(users=(APPROVER,)), ADMIN)

    @pytest.mark.parametrize("twice", [True, False])
    def test_one_whose_name_is_found_later_is_declared_then(self, store: DirectoryStore, twice: bool) -> None:
        """Given SLACK_CHANNEL as a name, when Slack tells its id, then it is the default one from there on."""
        channels = read_once(store, IN_FILE)
        channels.register(DEFAULT, ADMIN, AT)
        assert not any(one.is_default for one in channels.all())

        for _ in range(1 + twice):
            channels.declare(BY_SETTING)

        policy = ChannelPolicy(registered_by=ADMIN)
        expected = Channel(DEFAULT, policy, Source.ENVIRONMENT, ADMIN, AT, is_default=True)
        assert channels.default == channels.get(DEFAULT) == expected
        assert channels.all() == [IN_FILE, expected]
        with pytest.raises(Declared):
            channels.remove(DEFAULT)

    def test_one_that_the_file_declares_may_turn_out_to_be_the_default_one(
        self, channels: ChannelStore
    ) -> None:
        channels.declare(Channel(DECLARED, ChannelPolicy(), Source.ENVIRONMENT, is_default=True))
        assert channels.get(DECLARED) == Channel(DECLARED, GROUP, Source.FILE, is_default=True)

    def test_what_the_file_declares_is_not_changed_in_slack(
        self, channels: ChannelStore, folder: Path
    ) -> None:
        words = r"^This channel is declared in conf/channels\.json: it can only be changed there\.$"
        with pytest.raises(Declared, match=words):
            channels.register(DECLARED, ADMIN, AT)
        with pytest.raises(Declared, match=words):
            channels.set_policy(DECLARED, ChannelPolicy(everyone=True), ADMIN)
        with pytest.raises(Declared, match=words):
            channels.remove(DECLARED)
        assert channels.get(DECLARED) == IN_FILE
        assert list(folder.glob("*.json")) == []

    def test_what_is_kept_of_a_channel_that_the_file_declares_does_not_count(
        self, store: DirectoryStore, folder: Path
    ) -> None:
        store.put("channels", DECLARED, '{"everyone": true}')
        channels = read_once(store, IN_FILE)
        assert channels.all() == [IN_FILE]
        assert channels.get(DECLARED) == IN_FILE


class TestDefault:
    """SLACK_CHANNEL registers a channel; its approvers may be picked in Slack."""

    def test_approvers_that_are_picked_are_kept(self, channels: ChannelStore, store: DirectoryStore) -> None:
        picked = channels.set_policy(DEFAULT, ChannelPolicy(users=(APPROVER,)), ADMIN)
        policy = ChannelPolicy(users=(APPROVER,), registered_by=ADMIN)
        assert picked == Channel(DEFAULT, policy, Source.ENVIRONMENT, ADMIN, is_default=True)
        assert channels.default == channels.get(DEFAULT) == picked
        assert read_once(store, BY_SETTING).all() == [picked]

    def test_registering_it_makes_the_admin_the_one_who_may_decide(
        self, channels: ChannelStore, store: DirectoryStore
    ) -> None:
        channel = channels.register(DEFAULT, ADMIN, AT)
        policy = ChannelPolicy(registered_by=ADMIN)
        assert channel == Channel(DEFAULT, policy, Source.ENVIRONMENT, ADMIN, AT, is_default=True)
        assert channels.default == channel
        assert read_once(store, BY_SETTING).default == channel

    def test_it_is_removed_by_the_setting_alone(self, channels: ChannelStore) -> None:
        channels.register(DEFAULT, ADMIN, AT)
        words = r"^This channel is declared by SLACK_CHANNEL: only that setting can remove it\.$"
        with pytest.raises(Declared, match=words):
            channels.remove(DEFAULT)
        assert policy_of(channels, DEFAULT).registered_by == ADMIN

    def test_without_a_store_its_approvers_cannot_be_picked(self) -> None:
        channels = read_once(None, BY_SETTING)
        with pytest.raises(StateError, match="STATE is not set"):
            channels.set_policy(DEFAULT, GROUP, ADMIN)
        with pytest.raises(StateError, match="STATE is not set"):
            channels.register(REGISTERED, ADMIN, AT)
        assert channels.all() == [BY_SETTING]


class TestRegistered:
    """Channels that admins registered in Slack."""

    def test_until_approvers_are_picked_only_the_admin_who_registered_it_may_decide(
        self, channels: ChannelStore, store: DirectoryStore, folder: Path
    ) -> None:
        assert channels.register(REGISTERED, ADMIN, AT) == registered()
        assert channels.get(REGISTERED) == registered()
        assert channels.all() == [IN_FILE, BY_SETTING, registered()]
        assert read_once(store).all() == [registered()]
        assert json.loads((folder / f"{REGISTERED}.json").read_text()) == {
            "users": [],
            "groups": [],
            "everyone": False,
            "registered_by": ADMIN,
            "registered_at": "2026-11-20T10:15:00.123456Z",
        }

    def test_a_second_time_it_stays_as_it_is(self, channels: ChannelStore) -> None:
        channels.register(REGISTERED, ADMIN, AT)
        channel = channels.set_policy(REGISTERED, GROUP, ADMIN)
        assert channels.register(REGISTERED, SECOND_ADMIN, AT + 1) == channel

    def test_of_two_replicas_the_first_registers_it(self, store: DirectoryStore) -> None:
        first, second = read_once(store), read_once(store)
        first.register(REGISTERED, ADMIN, AT)
        assert second.register(REGISTERED, SECOND_ADMIN, AT + 1) == registered()
        assert [change.name for change in second.refresh()] == [REGISTERED]

    def test_approvers_are_set_and_who_registered_it_stays(
        self, channels: ChannelStore, store: DirectoryStore
    ) -> None:
        channels.register(REGISTERED, ADMIN, AT)
        wanted = ChannelPolicy((APPROVER, "W03SECOND", APPROVER), ("S01APPROVERS",), everyone=True)
        channel = channels.set_policy(REGISTERED, wanted, SECOND_ADMIN)
        policy = ChannelPolicy((APPROVER, "W03SECOND"), wanted.groups, everyone=True, registered_by=ADMIN)
        assert channel == Channel(REGISTERED, policy, Source.STORE, ADMIN, AT)
        assert channels.get(REGISTERED) == read_once(store).get(REGISTERED) == channel

    def test_they_are_listed_by_id(self, channels: ChannelStore) -> None:
        for channel_id in ("C09", "C05", "G01"):
            channels.register(channel_id, ADMIN, AT)
        assert [one.id for one in channels.all()] == [DECLARED, DEFAULT, "C05", "C09", "G01"]

    def test_what_is_removed_is_registered_no_more(
        self, channels: ChannelStore, store: DirectoryStore
    ) -> None:
        channels.register(REGISTERED, ADMIN, AT)
        channels.remove(REGISTERED)
        assert channels.get(REGISTERED) is None
        assert read_once(store).all() == []
        channels.remove(REGISTERED)

    def test_approvers_of_a_channel_that_is_not_registered_are_refused(
        self, channels: ChannelStore, folder: Path
    ) -> None:
        with pytest.raises(StateError, match=r"not registered\. Mention me in it first"):
            channels.set_policy(REGISTERED, GROUP, ADMIN)
        assert list(folder.glob("*.json")) == []

    @pytest.mark.parametrize("channel_id", ["D01DIRECT", "general", "", "../C01", "C01\n", "c01"])
    def test_what_is_no_channel_is_not_registered(self, channels: ChannelStore, channel_id: str) -> None:
        with pytest.raises(StateError, match="Only channels can be registered, not direct messages"):
            channels.register(channel_id, ADMIN, AT)

    @pytest.mark.parametrize(
        ("policy", "where"),
        [
            (ChannelPolicy(users=("approver",)), "users.0"),
            (ChannelPolicy(users=(APPROVER, "S01")), "users.1"),
            (ChannelPolicy(groups=("U01",)), "groups.0"),
        ],
    )
    def test_approvers_that_could_not_be_read_again_are_not_written(
        self, channels: ChannelStore, policy: ChannelPolicy, where: str
    ) -> None:
        channels.register(REGISTERED, ADMIN, AT)
        with pytest.raises(StateError, match=f"This cannot be kept: {where}: "):
            channels.set_policy(REGISTERED, policy, ADMIN)
        assert channels.get(REGISTERED) == registered()


class TestKept:
    """What stands in the store may be written by people, too."""

    def test_what_a_person_wrote_is_taken(self, channels: ChannelStore, store: DirectoryStore) -> None:
        text = '{"users": ["U02APPROVER"], "registered_at": "2026-11-20T11:15:00+01:00"}'
        store.put("channels", REGISTERED, text)
        assert channels.refresh() == [
            OutsideChange(
                "channel", REGISTERED, f"The channel {REGISTERED} was added outside the bot.", None, text
            )
        ]
        policy = ChannelPolicy(users=("U02APPROVER",))
        at = AT - 123_456
        assert channels.get(REGISTERED) == Channel(REGISTERED, policy, Source.STORE, "", at)

    def test_with_nothing_said_nobody_may_decide(self, channels: ChannelStore, store: DirectoryStore) -> None:
        store.put("channels", REGISTERED, "{}")
        channels.refresh()
        assert policy_of(channels, REGISTERED) == ChannelPolicy()

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "the text: Invalid JSON"),
            ("[]", "the text: Input should be an object"),
            ('{"user": ["U02APPROVER"]}', "user: Extra inputs are not permitted"),
            ('{"users": ["approver"]}', "users.0: String should match pattern"),
            ('{"everyone": "perhaps"}', "everyone: Input should be a valid boolean"),
            ('{"everyone": 1}', "everyone: Input should be a valid boolean"),
            ('{"everyone": false, "everyone": true}', "the text: everyone is written twice"),
            ('{"approvals": {"low": 2, "low": 1}}', "approvals: low is written twice"),
            ('{"registered_by": "me"}', "registered_by"),
            ('{"registered_at": "2026-11-20T10:15:00"}', "registered_at: Input should have timezone info"),
        ],
    )
    def test_a_channel_that_cannot_be_read_keeps_its_approvers_and_is_named(
        self, channels: ChannelStore, store: DirectoryStore, text: str, words: str
    ) -> None:
        channels.register(REGISTERED, ADMIN, AT)
        store.put("channels", REGISTERED, text)

        (change,) = channels.refresh()

        assert (change.name, change.after) == (REGISTERED, text)
        assert channels.get(REGISTERED) == registered()
        assert channels.trouble.startswith(f"channels/{REGISTERED} in {store.describe()} cannot be used: ")
        assert words in channels.trouble
        with pytest.raises(StateError, match="nothing is written over it"):
            channels.set_policy(REGISTERED, GROUP, ADMIN)

    @pytest.mark.parametrize("name", ["general", "D01DIRECT", "all"])
    def test_a_name_that_is_no_channels_is_named(
        self, channels: ChannelStore, store: DirectoryStore, name: str
    ) -> None:
        store.put("channels", name, "{}")
        channels.refresh()
        assert f"channels/{name} in" in channels.trouble
        assert "its name is no channel's ID, such as C0123456789" in channels.trouble
        assert channels.all() == [IN_FILE, BY_SETTING]

    def test_before_the_state_can_be_read_there_are_only_the_declared_ones(
        self, store: DirectoryStore, folder: Path
    ) -> None:
        folder.parent.write_text("a file")
        channels = ChannelStore([IN_FILE, BY_SETTING], store)
        assert channels.trouble == NOT_READ_YET
        assert channels.refresh() == []
        assert channels.all() == [IN_FILE, BY_SETTING]
        assert "File exists" in channels.trouble

    def test_an_outage_keeps_what_was_read_last(self, channels: ChannelStore, folder: Path) -> None:
        channels.register(REGISTERED, ADMIN, AT)
        folder.parent.rename(folder.parent.with_name("away"))
        assert channels.refresh() == []
        assert channels.get(REGISTERED) == registered()
        assert "No such file or directory" in channels.trouble


@pytest.fixture(scope="module")
def account() -> Iterator[Ssm]:
    with ssm_behind_a_front() as running:
        yield running


class TestOverSsm:
    """What only SSM does: it has sizes, no compare-and-set, and says no."""

    @pytest.fixture
    def ssm(self, account: Ssm) -> Ssm:
        return emptied(account)

    @pytest.fixture
    def channels(self, ssm: Ssm) -> ChannelStore:
        return read_once(open_store(ssm.state))

    def test_45_channels_come_back(self, ssm: Ssm, channels: ChannelStore) -> None:
        ids = [f"C{number:04}" for number in range(45)]
        for channel_id in ids:
            channels.register(channel_id, ADMIN, AT)
        another = read_once(open_store(ssm.state))
        assert another.all() == channels.all() == [registered(channel_id) for channel_id in ids]

    def test_of_two_replicas_the_first_registers_it(self, ssm: Ssm, channels: ChannelStore) -> None:
        another = read_once(open_store(ssm.state))
        channels.register(REGISTERED, ADMIN, AT)
        assert another.register(REGISTERED, SECOND_ADMIN, AT + 1) == registered()

    def test_too_many_people_are_refused_with_what_to_do_instead(
        self, ssm: Ssm, channels: ChannelStore
    ) -> None:
        channels.register(REGISTERED, ADMIN, AT)
        crowd = ChannelPolicy(users=tuple(f"U{number:010}" for number in range(300)))
        with pytest.raises(StateError) as told:
            channels.set_policy(REGISTERED, crowd, ADMIN)
        assert str(told.value).startswith(f"{ssm.root}/channels/{REGISTERED} would be ")
        assert str(told.value).endswith(
            "bytes long, and SSM keeps at most 4,096. Name fewer people, or a user group in which they are."
        )
        assert channels.get(REGISTERED) == registered()
        assert ssm.front.calls("PutParameter") == 1

    def test_what_changed_since_it_was_shown_is_not_written_over(
        self, ssm: Ssm, channels: ChannelStore
    ) -> None:
        channels.register(REGISTERED, ADMIN, AT)
        ssm.write(f"channels/{REGISTERED}", '{"users": ["U02APPROVER"]}')
        with pytest.raises(ChangedMeanwhile):
            channels.set_policy(REGISTERED, GROUP, ADMIN)
        assert policy_of(channels, REGISTERED) == ChannelPolicy(users=("U02APPROVER",))
        assert [change.after for change in channels.refresh()] == ['{"users": ["U02APPROVER"]}']

    def test_a_lost_update_is_told_and_both_changes_are_reported(
        self, ssm: Ssm, channels: ChannelStore
    ) -> None:
        """Given that another admin writes in the very moment, then ours holds, and nothing is hidden."""
        channels.register(REGISTERED, ADMIN, AT)
        name = f"channels/{REGISTERED}"
        theirs, before = '{"users": ["U02APPROVER"]}', ssm.text(name)
        ssm.front.plan("PutParameter", just_after(lambda: ssm.write(name, theirs)))

        with pytest.raises(LostUpdate, match="theirs is gone"):
            channels.set_policy(REGISTERED, GROUP, ADMIN)

        assert policy_of(channels, REGISTERED).groups == GROUP.groups
        lost, ours = channels.refresh()
        assert lost == OutsideChange(
            "channel", REGISTERED, f"The channel {REGISTERED} was changed outside the bot.", before, theirs
        )
        assert ours == OutsideChange(
            "channel", REGISTERED, f"The channel {REGISTERED} was {TOO_FAST}.", before, ssm.text(name)
        )

    def test_what_aws_does_not_allow_is_said_and_nothing_changes(
        self, ssm: Ssm, channels: ChannelStore
    ) -> None:
        channels.register(REGISTERED, ADMIN, AT)
        ssm.front.plan("PutParameter", refusal("AccessDeniedException"))
        with pytest.raises(StateError, match="AWS does not allow the bot ssm:PutParameter on"):
            channels.set_policy(REGISTERED, GROUP, ADMIN)
        ssm.front.plan("GetParametersByPath", refusal("AccessDeniedException"))
        assert channels.refresh() == []
        assert channels.get(REGISTERED) == registered()
        assert channels.trouble == (
            f"AWS does not allow the bot ssm:GetParametersByPath on {ssm.root}/channels. "
            "Add it to the policy of the task's role."
        )
        assert channels.refresh() == []
        assert channels.trouble == ""

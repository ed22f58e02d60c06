"""On which terms registered channels decide: what is kept with them, and what holds where they say nothing."""

import json
from pathlib import Path

import pytest

from slack_bot.channel_store import Channel, ChannelStore, Source
from slack_bot.parameter_store import DirectoryStore, StateError
from slack_bot.policy import (
    Approvals,
    BreakGlass,
    ChannelPolicy,
    Said,
    Seat,
    Silence,
    Silences,
    Terms,
)
from upstream_client.models import HOUR, Duration, Risk

ADMIN, APPROVER = "U01ADMIN", "U02APPROVER"
DECLARED, DEFAULT, REGISTERED = "C01DECLARED", "C02DEFAULT", "C03REGISTERED"
AT = 1_795_169_700_123_456
OF_ALL = Terms(Approvals(medium=3), longest=Duration(HOUR))
OWN = Terms(
    Approvals(high=4),
    (Seat("S01SRE", 1, Risk.HIGH),),
    requesters=(("CORP\\jane", APPROVER),),
    silence=Silences(high=Silence(remind_after=HOUR)),
    break_glass=BreakGlass(allowed=True, announce_in="C09LOUD"),
)
IN_FILE = Channel(DECLARED, ChannelPolicy(groups=("S01APPROVERS",), terms=Terms(Approvals(medium=1))))
BY_SETTING = Channel(DEFAULT, ChannelPolicy(), Source.ENVIRONMENT, is_default=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "channels"


@pytest.fixture
def store(folder: Path) -> DirectoryStore:
    return DirectoryStore(folder.parent)


def read_once(store: DirectoryStore, *declared: Channel, defaults: Terms = OF_ALL) -> ChannelStore:
    channels = ChannelStore(declared, store, defaults=defaults)
    assert channels.refresh() == []
    return channels


def kept(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / f"{REGISTERED}.json").read_text())
    return found


def test_the_defaults_hold_in_every_channel_whoever_registered_it(store: DirectoryStore) -> None:
    channels = read_once(store, IN_FILE, BY_SETTING)
    told = [channels.register(REGISTERED, ADMIN, AT), channels.register(DEFAULT, ADMIN, AT)]
    told.append(channels.set_policy(REGISTERED, ChannelPolicy(users=(APPROVER,)), ADMIN))
    told += channels.all()
    told += [one for one in (channels.get(id) for id in (DECLARED, DEFAULT, REGISTERED)) if one]
    told += [channels.default] if channels.default else []
    assert len(told) == 3 + 3 + 3 + 1
    assert {one.policy.defaults for one in told} == {OF_ALL}


def test_what_a_channel_says_itself_holds_before_the_defaults(store: DirectoryStore) -> None:
    channels = read_once(store, IN_FILE, BY_SETTING)
    needed = {one.id: (one.policy.needed(Risk.MEDIUM), one.policy.longest) for one in channels.all()}
    assert needed == {DECLARED: (1, Duration(HOUR)), DEFAULT: (3, Duration(HOUR))}
    assert {one.id: one.policy.needed_is_said(Risk.MEDIUM) for one in channels.all()} == {
        DECLARED: Said.HERE,
        DEFAULT: Said.DEFAULTS,
    }


def test_a_channel_that_slack_names_later_gets_them_as_well(store: DirectoryStore) -> None:
    channels = read_once(store)
    channels.declare(BY_SETTING)
    assert channels.default is not None
    assert channels.default.policy == ChannelPolicy(defaults=OF_ALL)


def test_the_file_gives_its_defaults_to_its_channels(tmp_path: Path) -> None:
    path = tmp_path / "channels.json"
    path.write_text(json.dumps({"channels": [{"id": DECLARED}], "defaults": {"approvals": {"medium": 3}}}))
    (channel,) = ChannelStore.read(path).all()
    assert channel.policy == ChannelPolicy(defaults=Terms(Approvals(medium=3)))


def test_a_channels_own_terms_are_kept_and_the_defaults_are_not(store: DirectoryStore, folder: Path) -> None:
    """Given terms of a channel, when another replica with other defaults reads it, then only these are new."""
    channels = read_once(store)
    channels.register(REGISTERED, ADMIN, AT)

    policy = ChannelPolicy(users=(APPROVER,), terms=OWN, defaults=OF_ALL)
    channel = channels.set_policy(REGISTERED, policy, ADMIN)

    expected = ChannelPolicy((APPROVER,), registered_by=ADMIN, terms=OWN, defaults=OF_ALL)
    assert channel == Channel(REGISTERED, expected, Source.STORE, ADMIN, AT)
    assert channels.get(REGISTERED) == read_once(store).get(REGISTERED) == channel
    other = read_once(store, defaults=Terms()).get(REGISTERED)
    assert other is not None
    assert (other.policy.terms, other.policy.defaults) == (OWN, Terms())
    assert channels.refresh() == []
    assert kept(folder) == {
        "users": [APPROVER],
        "groups": [],
        "everyone": False,
        "registered_by": ADMIN,
        "registered_at": "2026-11-20T10:15:00.123456Z",
        "approvals": {"high": 4},
        "seats": [{"group": "S01SRE", "count": 1, "from_risk": "high"}],
        "requesters": {"CORP\\jane": APPROVER},
        "silence": {"high": {"remind_after": "1h"}},
        "break_glass": {"announce_in": "C09LOUD"},
    }


def test_what_is_said_no_more_is_kept_no_more(store: DirectoryStore, folder: Path) -> None:
    channels = read_once(store)
    channels.register(REGISTERED, ADMIN, AT)
    channels.set_policy(REGISTERED, ChannelPolicy(terms=OWN), ADMIN)
    channels.set_policy(REGISTERED, ChannelPolicy(users=(APPROVER,)), ADMIN)
    assert set(kept(folder)) == {"users", "groups", "everyone", "registered_by", "registered_at"}
    channel = channels.get(REGISTERED)
    assert channel is not None
    assert channel.policy.terms == Terms()


def test_registering_a_second_time_keeps_the_terms(store: DirectoryStore) -> None:
    channels = read_once(store)
    channels.register(REGISTERED, ADMIN, AT)
    channel = channels.set_policy(REGISTERED, ChannelPolicy(terms=OWN), ADMIN)
    assert channels.register(REGISTERED, "U09ADMIN", AT + 1) == channel


@pytest.mark.parametrize(
    "text",
    [
        '{"users": ["U02APPROVER"], "groups": [], "everyone": false, "registered_by": "U01ADMIN", '
        '"registered_at": null}',
        '{"users": ["U02APPROVER"], "registered_by": "U01ADMIN"}',
    ],
)
def test_what_was_kept_before_there_were_terms_is_still_read(store: DirectoryStore, text: str) -> None:
    store.put("channels", REGISTERED, text)
    channels = ChannelStore([], store)
    channels.refresh()
    policy = ChannelPolicy((APPROVER,), registered_by=ADMIN)
    assert channels.trouble == ""
    assert channels.get(REGISTERED) == Channel(REGISTERED, policy, Source.STORE, ADMIN)


def test_terms_that_a_person_wrote_into_the_store_hold(store: DirectoryStore) -> None:
    channels = read_once(store)
    store.put("channels", REGISTERED, '{"users": ["U02APPROVER"], "approvals": {"low": 2}, "seats": []}')
    assert [change.name for change in channels.refresh()] == [REGISTERED]
    channel = channels.get(REGISTERED)
    assert channel is not None
    assert channel.policy.terms == Terms(Approvals(low=2), ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"approvals": {"hihg": 2}}', "approvals.hihg: Extra inputs are not permitted"),
        ('{"approvals": null}', "approvals: null says nothing"),
        ('{"silence": {"any": {"deadline": "soon"}}}', "silence.any.deadline: write a length of time"),
        ('{"defaults": {}}', "defaults: Extra inputs are not permitted"),
    ],
)
def test_terms_that_cannot_be_read_do_not_loosen_those_that_hold(
    store: DirectoryStore, text: str, words: str
) -> None:
    """Given a strict channel, when somebody breaks its text, then it stays as strict, and is not trusted."""
    channels = read_once(store)
    channels.register(REGISTERED, ADMIN, AT)
    strict = channels.set_policy(REGISTERED, ChannelPolicy(users=(APPROVER,), terms=OWN), ADMIN)
    store.put("channels", REGISTERED, text)
    channels.refresh()
    assert channels.get(REGISTERED) == strict
    assert words in channels.trouble


def test_terms_that_could_not_be_read_again_are_not_written(store: DirectoryStore) -> None:
    channels = read_once(store)
    before = channels.register(REGISTERED, ADMIN, AT)
    with pytest.raises(StateError, match=r"This cannot be kept: approvals\.high: Input should be greater"):
        channels.set_policy(REGISTERED, ChannelPolicy(terms=Terms(Approvals(high=0))), ADMIN)
    assert channels.get(REGISTERED) == before

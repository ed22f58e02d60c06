"""What people ask of approval bots for years, and where each of it is shown to hold.

The wishes are those that recur in the issues of other approval bots, and in the bugs that are filed against them.
"""

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SLACK = "slack_bot/test_{}.py"

WISHES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "decide on the card itself": (
        ("path", "test_approve_reaches_the_upstream_and_the_card_says_by_whom"),
        ("path", "test_deny_reaches_the_upstream_and_the_card_says_by_whom"),
    ),
    "with no list, nobody may approve": (
        ("path", "test_where_nobody_is_named_nobody_may_decide"),
        ("policy", "test_without_a_list_nobody_may"),
    ),
    "to be in the channel is not to be an approver": (
        ("path", "test_everyone_here_means_the_channels_full_members_and_only_if_chosen"),
        ("path", "test_whoever_is_no_approver_is_refused_in_private_and_nothing_is_called"),
    ),
    "bots, guests and strangers cannot approve unless they are named": (
        ("policy", "test_guests_strangers_bots_and_deactivated_never_unless_named"),
    ),
    "cannot tell is not the same as not a member, and fails closed": (
        (
            "clerk",
            "test_when_nobody_can_tell_whether_somebody_may_decide_the_answer_is_no_in_words_of_its_own",
        ),
        ("clerk", "test_where_everyone_may_decide_and_the_members_cannot_be_read_nobody_may"),
    ),
    "one's own request is refused before any list": (
        ("quorum", "test_ones_own_request_is_refused_before_any_list_and_may_be_denied"),
        ("policy_own", "test_whoever_asked_does_not_approve_it"),
    ),
    "several different people, with an explicit opt-out": (
        ("approvals_quorum", "test_one_person_is_not_two_however_often_they_press"),
        ("quorum", "test_a_channel_that_says_nothing_asks_two_from_high_upwards"),
        ("policy_tally", "test_each_seat_is_filled_by_somebody_else"),
        ("pickers_quorum", "test_who_takes_the_tick_away_lets_one_approver_be_enough_and_everybody_is_told"),
    ),
    "the card settles whoever decides, wherever, and on timeout": (
        ("path", "test_every_channel_gets_a_card_and_all_of_them_settle"),
        ("escalator", "test_where_nobody_answers_it_is_denied_at_the_deadline"),
    ),
    "a press on a stale card is answered": (
        ("buttons", "test_a_late_press_is_answered_with_what_happened"),
        ("path", "test_a_press_that_waited_for_a_quarter_of_an_hour_is_not_counted"),
    ),
    "a press after a restart works": (
        ("restart", "test_a_press_after_a_restart_works"),
        ("restart", "test_a_press_that_could_not_be_saved_is_not_acknowledged_and_pressing_again_works"),
    ),
    "exactly once, and approved only where the upstream took it": (
        ("restart", "test_killed_between_any_two_transactions_the_next_process_finishes_the_job_once"),
        ("path", "test_until_the_upstream_took_it_the_card_says_that_it_waits"),
    ),
    "texts over Slack's limits, on the update too": (
        ("blocks_limits", "test_slack_takes_the_card_with_the_longest_words"),
        ("card_path", "test_whatever_somebody_asks_for_it_is_shown_looked_at_and_answered"),
    ),
    "a mention in an outside text calls nobody": (
        ("plain_text", "test_escaped_text_mentions_nobody"),
        ("blocks_limits", "test_no_text_is_parsed_turns_anything_round_or_speaks_in_our_name"),
    ),
    "a denial's reason reaches the requester, and one click is enough to deny": (
        ("outcomes", "test_a_denials_reason_reaches_the_requester_and_the_upstreams_comment"),
        ("path", "test_deny_reaches_the_upstream_and_the_card_says_by_whom"),
    ),
    "a duration counts from the approval": (
        ("approvals", "test_an_answer_until_a_moment_keeps_it_and_is_sent_for_what_is_left"),
        ("approvals_quorum", "test_it_holds_for_the_shortest_time_that_one_of_them_chose"),
    ),
    "a request may wait for ever": (("escalator", "test_without_a_deadline_it_waits_for_ever"),),
    "reminders with back-off, then a backup": (
        ("reminders", "test_people_are_reminded_in_the_cards_thread_and_ever_more_rarely"),
        ("reminders", "test_the_backup_may_decide_once_it_was_called_and_not_before"),
    ),
    "a timeout is not a denial": (
        ("approvals_quorum", "test_the_time_limit_decides_with_a_cause_of_its_own"),
        ("escalator", "test_where_nobody_answers_it_is_denied_at_the_deadline"),
    ),
    "business hours with time zones, summer time and holidays": (
        ("schedule", "test_it_is_open_outside_the_hours_by_the_clock_on_the_wall"),
        ("schedule", "test_a_holiday_of_any_of_the_regions_is_open_all_day"),
    ),
    "no noise for what is approved automatically, and limits by risk": (
        ("auto_approver", "test_at_night_a_request_is_approved_with_one_settled_card_and_no_mention"),
        ("schedule", "test_what_is_riskier_than_allowed_is_left_to_people"),
    ),
    "break-glass with a reason, announced": (
        ("break_glass", "test_one_approver_decides_alone_with_a_reason_and_everybody_is_told"),
        ("approvals_quorum", "test_the_glass_is_not_broken_where_that_is_not_allowed_or_without_a_reason"),
    ),
    "the requester is told": (
        ("outcomes", "test_the_requester_is_told_once_the_upstream_has_taken_it"),
        ("outcomes", "test_an_expired_request_is_told_as_that"),
    ),
    "high risk is visibly different": (("blocks_policy", "test_high_risk_is_visibly_different"),),
    "two replicas do not post twice": (
        ("replicas", "test_at_the_same_time_in_threads_everything_is_done_once"),
        ("replicas", "test_both_want_to_post_the_same_card"),
    ),
    "a deaf socket is noticed, also before its first pong": (
        ("connection", "test_a_deaf_socket_is_replaced_within_eight_seconds_before_and_after_its_first_pong"),
    ),
    "a missing or unknown approver crashes nothing": (
        ("clerk", "test_a_broken_item_does_not_hold_up_others_and_is_given_up_with_an_answer"),
    ),
    "a forged value reaches no other request": (
        ("buttons", "test_a_forged_value_reaches_nothing"),
        ("buttons", "test_the_value_of_another_card_reaches_neither_request"),
    ),
    "the audit tells the whole story, and tampering shows": (
        ("path", "test_the_audit_tells_the_story_in_order"),
        ("audit_chain", "test_whatever_is_done_without_the_key_it_shows_unless_nothing_is_changed"),
    ),
}


@pytest.mark.parametrize("wish", WISHES)
def test_each_wish_has_a_test_that_tries_it(wish: str) -> None:
    missing = [f"{module}: {name}" for module, name in WISHES[wish] if name not in names_in(module)]
    assert not missing


def names_in(module: str) -> set[str]:
    tree = ast.parse((TESTS / SLACK.format(module)).read_text())
    return {
        one.name for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
    }

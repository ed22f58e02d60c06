"""What may go wrong between Slack, the bot, its ledger and the upstream, and where each of it is tried."""

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
Tries = tuple[tuple[str, str], ...]

OF_SLACKS_ANSWERS: Mapping[str, Tries] = {
    "429 with Retry-After on a post": (
        ("publisher", "test_a_limit_on_posts_holds_for_its_channel_and_another_goes_on"),
        ("faults", "test_whatever_goes_wrong_with_a_message_there_is_one_card_and_it_tells_the_end"),
    ),
    "429 with Retry-After on an edit": (("publisher", "test_a_limit_on_edits_is_respected_and_posts_go_on"),),
    "500, time-out and reset on chat.postMessage": (
        ("publisher", "test_whatever_goes_wrong_while_posting_there_is_one_card"),
        ("publisher", "test_while_the_history_does_not_tell_a_lost_card_is_not_posted_again"),
    ),
    "500, time-out and reset on chat.update": (
        ("faults", "test_whatever_goes_wrong_with_a_message_there_is_one_card_and_it_tells_the_end"),
        ("publisher", "test_twelve_failed_edits_keep_nothing_else_waiting_and_the_card_settles"),
    ),
    "invalid_blocks": (
        ("publisher", "test_a_card_that_slack_finds_fault_with_keeps_no_other_waiting"),
        ("blocks_limits", "test_slack_takes_the_card_whatever_stands_in_it"),
    ),
    "message_not_found": (
        ("publisher", "test_a_card_that_can_never_be_drawn_again_is_given_up_and_recorded"),
        ("publisher_gone", "test_a_deleted_card_is_posted_anew_with_its_facts_and_can_be_answered"),
    ),
    "channel_not_found, not_in_channel, is_archived": (
        (
            "publisher",
            "test_a_channel_that_takes_no_posts_is_tried_ever_more_slowly_and_keeps_no_other_waiting",
        ),
        (
            "publisher_gone",
            "test_a_card_in_a_closed_channel_is_tried_ever_more_slowly_and_true_once_that_is_open_again",
        ),
    ),
    "rate-limited user group look-ups": (
        ("clerk", "test_while_slack_limits_the_look_ups_a_press_waits_and_then_counts"),
        ("clerk", "test_a_press_for_which_slack_told_nothing_in_a_quarter_of_an_hour_is_not_counted"),
    ),
    "a private answer that does not get through": (
        ("clerk", "test_an_answer_that_slack_does_not_take_is_delivered_later_and_once"),
    ),
    "Slack does not answer at the start": (
        ("app", "test_a_signal_while_it_waits_for_slack_at_the_start_ends_it"),
    ),
    "a token or an app that Slack refuses": (
        ("app", "test_tokens_that_slack_does_not_accept_end_it_with_words"),
        (
            "app_refused",
            "test_where_slack_refuses_the_connection_for_good_it_ends_and_says_what_to_do",
        ),
    ),
    "a required scope that was not granted": (
        ("app_refused", "test_without_a_scope_that_it_needs_it_ends_and_names_the_scope"),
    ),
}

OF_THE_CONNECTION: Mapping[str, Tries] = {
    "disconnect: warning, refresh_requested": (
        ("connection", "test_a_renewal_under_load_loses_nothing"),
        ("connection", "test_a_successor_is_in_service_before_the_old_socket_ends"),
    ),
    "disconnect: link_disabled": (
        (
            "app_refused",
            "test_where_socket_mode_is_switched_off_while_it_runs_it_ends_and_says_where_to_switch_it_on",
        ),
    ),
    "disconnect: too_many_websockets": (
        ("connection", "test_too_many_connections_lead_to_a_few_attempts_with_growing_pauses"),
    ),
    "close and abort": (("connection", "test_after_a_loss_it_is_back_at_once"),),
    "TLS that ends without a word of WebSocket": (
        ("link", "test_after_a_cut_under_tls_it_is_back_soon_and_burns_no_cpu"),
    ),
    "half-open, before and after the first pong": (
        (
            "connection",
            "test_a_deaf_socket_is_replaced_within_eight_seconds_before_and_after_its_first_pong",
        ),
        ("connection", "test_a_socket_that_never_says_hello_is_replaced_within_eight_seconds"),
        ("link", "test_a_peer_that_takes_nothing_is_left_within_eight_seconds"),
        ("heartbeat", "test_a_deaf_socket_that_looks_open_ends_the_heartbeat_until_another_one_hears"),
    ),
    "other connections of the same app": (
        ("connection", "test_connections_of_others_are_pointed_out"),
        ("connection", "test_our_own_connections_are_no_others"),
    ),
    "apps.connections.open fails": (
        ("connection", "test_a_failing_slack_is_asked_again"),
        ("connection", "test_retry_after_is_honoured"),
    ),
    "a proxy is the only way out": (
        ("proxies", "test_with_a_proxy_as_the_only_way_out_everything_goes_through_tunnels"),
        ("proxies", "test_hosts_in_no_proxy_are_reached_past_it_on_every_edge"),
    ),
}

OF_PRESSES: Mapping[str, Tries] = {
    "the same envelope twice": (
        ("buttons", "test_a_press_that_slack_delivers_twice_counts_once"),
        ("inbox", "test_a_delivery_that_comes_twice_at_once_is_saved_once"),
    ),
    "two presses at once": (
        ("path", "test_of_two_people_at_once_the_first_decides_and_the_other_is_told_who_did"),
        ("approvals", "test_of_two_who_answer_at_once_the_first_decides_and_the_other_is_told"),
    ),
    "a late press": (("buttons", "test_a_late_press_is_answered_with_what_happened"),),
    "a press after a restart": (("restart", "test_a_press_after_a_restart_works"),),
    "an unknown id, a forged value": (
        ("buttons", "test_a_forged_value_reaches_nothing"),
        ("buttons", "test_the_value_of_another_card_reaches_neither_request"),
    ),
    "an acknowledgement that is lost": (
        ("connection", "test_an_answer_whose_socket_is_gone_is_lost_and_told_of"),
        (
            "restart",
            "test_a_press_that_could_not_be_saved_is_not_acknowledged_and_pressing_again_works",
        ),
    ),
}

OF_THE_UPSTREAM: Mapping[str, Tries] = {
    "401, 404, 409, 410, 429, 500, time-out, garbage after the press": (
        ("applier", "test_after_a_fault_on_the_decision_it_is_taken_exactly_once"),
    ),
    "403 and a refusal in words after the press": (
        ("applier", "test_what_the_upstream_refuses_waits_again_with_its_words_and_its_buttons"),
    ),
    "any of them on the look just before": (
        ("applier", "test_a_request_that_cannot_be_read_is_not_approved_until_it_can"),
    ),
    "any of them before the press": (
        ("poller", "test_a_list_that_cannot_be_read_settles_nothing"),
        ("poller", "test_an_upstream_that_asks_for_fewer_calls_is_left_alone_for_as_long"),
    ),
    "it wants fewer calls": (("applier", "test_the_upstreams_wish_to_wait_is_respected"),),
    "gone, and nobody can tell what became of it": (
        ("applier", "test_gone_and_untellable_is_said_to_be_not_confirmed"),
        ("applier", "test_what_nobody_confirmed_waits_again_once_it_is_listed"),
    ),
    "decided elsewhere": (
        (
            "applier",
            "test_what_happened_elsewhere_before_the_call_stands_and_the_card_says_that_ours_came_too_late",
        ),
        ("applier", "test_what_happened_elsewhere_while_ours_was_lost_is_not_taken_for_ours"),
    ),
    "facts that change while people think": (
        (
            "applier_as_shown",
            "test_facts_that_changed_between_click_and_call_void_the_vote_and_redraw_the_card",
        ),
    ),
    "half of the list vanishes": (
        ("poller", "test_when_most_vanish_at_once_the_operator_is_told_and_each_is_looked_at"),
        ("poller", "test_what_one_list_lacks_keeps_waiting_and_nobody_asks_after_it"),
    ),
    "a part of the list cannot be read": (
        ("poller_partly", "test_what_can_be_read_is_taken_in_beside_what_cannot"),
    ),
    "it is down at the start": (
        ("app", "test_an_upstream_that_is_down_at_the_start_keeps_nobody_from_starting"),
    ),
}

OF_OURSELVES: Mapping[str, Tries] = {
    "kill -9 between any two steps": (
        (
            "../crash",
            "test_killed_at_every_step_it_loses_no_press_doubles_no_verdict_and_settles_every_card",
        ),
        ("restart", "test_killed_between_any_two_transactions_the_next_process_finishes_the_job_once"),
    ),
    "a stop in the middle of a call": (
        ("app", "test_sigterm_waits_for_the_call_upstream_that_is_under_way_and_begins_no_other"),
    ),
    "the disk is full": (
        (
            "ledger_trouble",
            "test_on_a_full_disk_only_what_was_saved_is_acknowledged_and_the_rest_may_be_pressed_again",
        ),
        (
            "ledger_trouble",
            "test_a_bot_whose_disk_fills_up_under_it_lives_on_and_goes_on_when_there_is_room",
        ),
        ("audit", "test_where_the_record_cannot_be_written_nothing_is_decided"),
    ),
    "the ledger is locked": (
        (
            "ledger_trouble",
            "test_a_ledger_that_somebody_else_locks_is_waited_for_and_a_second_press_is_harmless",
        ),
        ("app", "test_while_the_ledger_is_locked_by_a_stranger_a_signal_still_ends_it_in_time"),
        ("app", "test_a_second_process_over_the_same_ledger_refuses"),
    ),
    "nobody reads the log": (("logs", "test_where_nobody_reads_the_log_any_more_the_work_goes_on"),),
    "SSM is down": (
        ("app_state", "test_an_ssm_that_does_not_answer_keeps_the_declared_channels_at_work"),
        ("shelf", "test_an_outage_keeps_the_last_good_items_and_trusts_none"),
        ("coverage", "test_while_the_state_cannot_be_read_nothing_is_approved_as_the_bot_says"),
        ("ssm_store_trouble", "test_throttling_is_waited_out"),
    ),
    "two replicas": (
        ("replicas", "test_at_the_same_time_in_threads_everything_is_done_once"),
        ("replicas", "test_the_claim_of_a_dead_replica_is_taken_over_after_a_minute"),
    ),
    "the clock steps": (
        ("faults", "test_a_clock_that_steps_between_any_two_steps_doubles_and_loses_nothing"),
        ("faults", "test_a_clock_that_steps_back_and_forth_all_the_time_changes_nothing"),
        ("escalator_held_up", "test_a_clock_that_was_set_forward_approves_nothing"),
        ("buttons_counting", "test_a_press_of_before_the_clock_was_set_back_is_not_counted"),
    ),
    "summer time begins and ends": (
        (
            "schedule_year",
            "test_a_year_of_changes_in_three_zones_and_a_fourth_without_summer_time_is_what_a_walk_sees",
        ),
    ),
    "something is wrong in the bot itself": (
        ("applier_stumbles", "test_one_verdict_that_cannot_be_carried_does_not_hold_up_the_others"),
        ("clerk", "test_a_broken_item_does_not_hold_up_others_and_is_given_up_with_an_answer"),
    ),
}

OF_TEXTS: Mapping[str, Tries] = {
    "<!channel>, &<>, 3,001 characters, right-to-left, emoji": (
        ("card_path", "test_whatever_somebody_asks_for_it_is_shown_looked_at_and_answered"),
        ("blocks_limits", "test_no_text_is_parsed_turns_anything_round_or_speaks_in_our_name"),
    ),
    "101 options": (
        ("blocks_modals", "test_a_hundred_and_one_durations_are_offered_in_groups_that_slack_takes"),
        (
            "blocks_welcome",
            "test_of_a_hundred_and_one_groups_the_chosen_ones_and_others_are_listed_and_the_words_say_how_to_go_on",
        ),
    ),
}

FAULTS: Mapping[str, Tries] = {
    **OF_SLACKS_ANSWERS,
    **OF_THE_CONNECTION,
    **OF_PRESSES,
    **OF_THE_UPSTREAM,
    **OF_OURSELVES,
    **OF_TEXTS,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_a_test_that_tries_it(fault: str) -> None:
    missing = [f"{module}: {name}" for module, name in FAULTS[fault] if name not in names_in(module)]
    assert not missing


def test_each_fault_stands_in_the_page_with_what_happens() -> None:
    page = (TESTS.parent / "docs" / "reliability.md").read_text()
    rows = {line.split(" | ")[0].removeprefix("| ") for line in page.splitlines() if line.startswith("| ")}
    assert [fault for fault in FAULTS if fault not in rows] == []


def names_in(module: str) -> set[str]:
    """The tests of one module of tests/slack_bot, those in classes too."""
    folder, _, name = module.rpartition("/")
    tree = ast.parse((TESTS / "slack_bot" / folder / f"test_{name}.py").read_text())
    return {
        one.name
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
    }

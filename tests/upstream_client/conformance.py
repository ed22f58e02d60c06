"""What every upstream's client must do, whatever it speaks: the protocol of `upstream_client.base`, as a suite.

A client passes by naming its fake in `tests.upstream_client.fakes`. It calls the fake through a `Front`, which
counts its calls and lets them go wrong; what really became of a request is asked of the fake itself.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier, Event, Thread
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from tests.upstream_client.bench import (
    IMPATIENT,
    OURS,
    PATIENT,
    THEIRS,
    Bench,
    answered,
    decide,
    is_doubtful,
    kind_of,
    looks,
    shape,
    waiting,
)
from tests.upstream_client.front import Fault, Moment
from tests.upstream_client.serving import closed_port
from upstream_client.base import Upstream
from upstream_client.exceptions import (
    LogonRefused,
    NotAllowed,
    PartlyRead,
    Throttled,
    Unreachable,
    UpstreamError,
)
from upstream_client.models import ApprovalRequest, Decision, OutcomeKind, Status, Verdict
from upstream_client.session import is_loopback

ODD = Decision(
    "00112233445566aa", "A\nB", '[00112233445566aa] ", "x": "\\ \N{SNOWMAN} {id} <b>\n' + "y" * 5_000
)
AFTER_SECONDS = 7
STATUSES = {Verdict.APPROVE: Status.APPROVED, Verdict.DENY: Status.DENIED}
LOST = {
    "silence": Fault(Moment.SILENCE),
    "cut": Fault(Moment.CUT),
    "500": Fault(Moment.AFTER, 500),
    "504": Fault(Moment.AFTER, 504, "<html>Gateway Time-out</html>", "text/html"),
    "page": Fault(Moment.AFTER, 200, "<!DOCTYPE html><title>Sign in</title>", "text/html"),
}
"""The call was carried out, and its answer does not say so."""
FAILED = {"500": Fault(Moment.BEFORE, 500), "502": Fault(Moment.BEFORE, 502, "<html>", "text/html")}
"""Nothing was carried out, and the answer does not say that."""
REFUSED = {
    "401": Fault(Moment.BEFORE, 401),
    "403": Fault(Moment.BEFORE, 403),
    "404": Fault(Moment.BEFORE, 404),
    "429": Fault(Moment.BEFORE, 429, headers={"Retry-After": str(AFTER_SECONDS)}),
    "redirect": Fault(Moment.BEFORE, 307, headers={"Location": "/elsewhere"}),
}
"""Nothing was carried out, for sure."""
ERRORS: dict[str, type[UpstreamError]] = {"401": LogonRefused, "403": NotAllowed, "429": Throttled}
"""What they are called; the others are told apart by what an upstream says besides."""
both = pytest.mark.parametrize("verdict", Verdict)


class Conformance:
    """Fixtures: ``bench``, where nothing waits and nothing was called yet, and ``client``, a new one of it."""

    # What it tells of itself

    def test_it_tells_its_name_and_what_it_can(self, bench: Bench, client: Upstream) -> None:
        can = client.capabilities
        assert client.name == bench.fake.name
        assert all((client.title, can.approve, can.deny, can.durations))
        assert can.approve != can.deny

    # Looking

    def test_what_waits_is_listed_whole_and_what_does_not_wait_is_not(
        self, bench: Bench, client: Upstream
    ) -> None:
        first, decided, second = (bench.fake.file() for _ in range(3))
        bench.fake.decide(decided, Verdict.APPROVE)
        for status in bench.fake.ends:
            bench.fake.end(bench.fake.file(), status)
        assert sorted(one.id for one in client.list_pending()) == sorted([first, second])

    def test_nothing_is_an_empty_list(self, client: Upstream) -> None:
        assert client.list_pending() == []

    def test_a_request_is_the_same_from_the_list_and_by_itself_and_at_each_look(
        self, bench: Bench, client: Upstream
    ) -> None:
        request = bench.filed(client)
        seen, again = client.fetch(request.id), waiting(client)[request.id]
        assert seen.request is not None
        assert (seen.status, seen.request.digest, again.digest) == (
            Status.PENDING,
            request.digest,
            request.digest,
        )
        assert (request.upstream, bool(request.title)) == (client.name, True)
        assert any(fact.bound for fact in request.facts)

    def test_its_links_lead_to_where_it_can_be_trusted(self, bench: Bench, client: Upstream) -> None:
        request = bench.filed(client)
        for link in filter(None, [request.link, *(fact.link for fact in request.facts)]):
            parts = urlsplit(link)
            assert parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))

    def test_a_look_decides_nothing(self, bench: Bench, client: Upstream) -> None:
        request = bench.filed(client)
        client.fetch(request.id)
        assert (bench.decisions(), bench.fake.taken(request.id)) == (0, None)

    def test_one_that_it_does_not_have_is_unknown(self, bench: Bench, client: Upstream) -> None:
        bench.filed(client)
        assert client.fetch(bench.fake.nobody).status is Status.UNKNOWN

    def test_one_that_cannot_be_read_is_told_of_and_hides_no_other(
        self, bench: Bench, client: Upstream
    ) -> None:
        spoilt, other = bench.fake.file(), bench.fake.file()
        spoil = Fault(
            Moment.AFTER,
            strikes=lambda call: call.method == "GET",
            spoil=lambda body: bench.fake.spoil(body, spoilt),
        )
        with bench.front.failing(spoil), pytest.raises(PartlyRead) as partly:
            client.list_pending()
        assert [one.id for one in partly.value.readable] == [other]
        assert str(partly.value)
        assert set(waiting(client)) == {spoilt, other}

    @pytest.mark.parametrize("look", ["list", "fetch"])
    @pytest.mark.parametrize("name", ["401", "403", "429", "500", "redirect", "page", "cut"])
    def test_a_look_that_fails_is_an_error_and_never_says_that_nothing_waits(
        self, bench: Bench, client: Upstream, look: str, name: str
    ) -> None:
        call = looks(client, bench.filed(client))[look]
        with bench.front.failing((REFUSED | LOST)[name]), pytest.raises(UpstreamError) as failed:
            call()
        assert isinstance(failed.value, ERRORS.get(name, UpstreamError))
        assert str(failed.value)
        if isinstance(failed.value, Throttled):
            assert failed.value.retry_after == AFTER_SECONDS

    def test_where_nobody_listens_nothing_was_done(self, bench: Bench, client: Upstream) -> None:
        request = bench.filed(client)
        away = bench.client(url=f"http://127.0.0.1:{closed_port()}")
        for call in (
            *looks(away, request).values(),
            *(lambda one=verdict: decide(away, one, request) for verdict in Verdict),
        ):
            assert isinstance(answered(call), Unreachable)
        away.close()
        assert bench.fake.taken(request.id) is None

    # Deciding

    @both
    def test_a_decision_is_taken_once_and_seen(
        self, bench: Bench, client: Upstream, verdict: Verdict
    ) -> None:
        request = bench.filed(client)
        assert decide(client, verdict, request).kind is OutcomeKind.TAKEN
        assert bench.decisions() == 1
        self._assert_settled(bench, client, request, verdict)

    @both
    def test_a_comment_of_any_characters_is_kept_where_it_says_that_it_is(
        self, bench: Bench, client: Upstream, verdict: Verdict
    ) -> None:
        request = bench.filed(client)
        assert decide(client, verdict, request, ODD).kind is OutcomeKind.TAKEN
        self._assert_settled(bench, client, request, verdict, ODD)

    def test_every_duration_that_it_offers_is_taken(self, bench: Bench, client: Upstream) -> None:
        for duration in bench.filed(client).durations:
            request = bench.filed(client)
            assert client.approve(request, duration, OURS).kind is OutcomeKind.TAKEN, duration.words

    @both
    @pytest.mark.parametrize("second", Verdict)
    def test_a_second_decision_comes_too_late(
        self, bench: Bench, client: Upstream, verdict: Verdict, second: Verdict
    ) -> None:
        request = bench.filed(client)
        assert decide(client, verdict, request).kind is OutcomeKind.TAKEN
        assert decide(client, second, request, THEIRS).kind is OutcomeKind.ALREADY
        self._assert_settled(bench, client, request, verdict)

    @both
    def test_where_somebody_else_was_faster_it_is_theirs(
        self, bench: Bench, client: Upstream, verdict: Verdict
    ) -> None:
        request = bench.filed(client)
        bench.fake.decide(request.id, Verdict.DENY)
        assert decide(client, verdict, request).kind is OutcomeKind.ALREADY
        taken, seen = bench.fake.taken(request.id), client.fetch(request.id)
        assert taken is not None
        assert (taken.verdict, OURS.id in taken.comment) == (Verdict.DENY, False)
        assert seen.status is (Status.DENIED if client.capabilities.get_one else Status.UNKNOWN)
        assert OURS.id not in seen.comment

    @both
    def test_what_is_over_takes_no_decision(self, bench: Bench, client: Upstream, verdict: Verdict) -> None:
        for status in bench.fake.ends:
            request = bench.filed(client)
            bench.fake.end(request.id, status)
            assert decide(client, verdict, request).kind is OutcomeKind.ALREADY
            assert bench.fake.taken(request.id) is None
            told = client.fetch(request.id).status
            assert told is (status if client.capabilities.get_one else Status.UNKNOWN)

    def test_of_two_at_once_one_is_taken(self, bench: Bench, client: Upstream) -> None:
        request, together = bench.filed(client), Barrier(2)

        def press(verdict: Verdict, decision: Decision) -> OutcomeKind:
            together.wait(10)
            return decide(client, verdict, request, decision).kind

        with ThreadPoolExecutor(2) as people:
            yes = people.submit(press, Verdict.APPROVE, OURS)
            no = people.submit(press, Verdict.DENY, THEIRS)
        taken = bench.fake.taken(request.id)
        assert {yes.result(), no.result()} == {OutcomeKind.TAKEN, OutcomeKind.ALREADY}
        assert taken is not None
        assert (taken.verdict is Verdict.APPROVE) == (yes.result() is OutcomeKind.TAKEN)

    @both
    @pytest.mark.parametrize("name", LOST)
    def test_where_the_answer_is_lost_nobody_can_tell_and_it_is_not_sent_again(
        self, bench: Bench, verdict: Verdict, name: str
    ) -> None:
        with bench.opened(IMPATIENT if name == "silence" else PATIENT) as client:
            request = bench.filed(client)
            with bench.front.failing(bench.of_decisions(LOST[name])):
                answer = answered(lambda: decide(client, verdict, request))
            assert is_doubtful(answer), answer
            assert bench.decisions() == 1
            self._assert_settled(bench, client, request, verdict)

    @both
    @pytest.mark.parametrize("name", FAILED)
    def test_where_the_server_failed_nobody_can_tell_and_a_look_tells_that_it_waits(
        self, bench: Bench, client: Upstream, verdict: Verdict, name: str
    ) -> None:
        request = bench.filed(client)
        with bench.front.failing(bench.of_decisions(FAILED[name])):
            answer = answered(lambda: decide(client, verdict, request))
        assert is_doubtful(answer), answer
        assert bench.decisions() == 1
        assert client.fetch(request.id).status is Status.PENDING

    @both
    @pytest.mark.parametrize("name", REFUSED)
    def test_what_is_not_let_through_is_not_taken_and_waits_on(
        self, bench: Bench, client: Upstream, verdict: Verdict, name: str
    ) -> None:
        request = bench.filed(client)
        with bench.front.failing(bench.of_decisions(REFUSED[name])):
            answer = answered(lambda: decide(client, verdict, request))
        assert kind_of(answer) is not OutcomeKind.TAKEN
        assert isinstance(answer, ERRORS.get(name, object)) or kind_of(answer) is OutcomeKind.REFUSED
        if isinstance(answer, Throttled):
            assert answer.retry_after == AFTER_SECONDS
        # A 401 says for sure that nothing was done, so that one more try with a new log-on is none too many.
        assert bench.decisions() <= (2 if name == "401" else 1)
        assert not any(call.path == "/elsewhere" for call in bench.front.calls)
        assert bench.fake.taken(request.id) is None
        with bench.opened() as another:  # that was not told to make fewer calls
            assert set(waiting(another)) == {request.id}

    # What must not get out, or anywhere else

    def test_its_secrets_are_in_no_error_no_representation_and_no_log_line(self, bench: Bench) -> None:
        faults = REFUSED | FAILED | {name: LOST[name] for name in ("cut", "page")}
        with capture_logs() as logs, bench.opened() as client:
            request = bench.filed(client)
            told: list[object] = [client]
            for fault in faults.values():
                with bench.front.failing(fault):
                    told += [answered(look) for look in looks(client, request).values()]
                    told += [answered(lambda: decide(client, Verdict.DENY, request))]
        said = " ".join([*(f"{one} {one!r}" for one in told), repr(logs)])
        assert bench.fake.secrets
        assert not [secret for secret in bench.fake.secrets if secret in said]

    def test_an_id_never_leads_to_another_path(self, bench: Bench, client: Upstream) -> None:
        """Given the paths of two honest requests, when an id is hostile, then no other path is called."""
        honest = [bench.filed(client) for _ in range(2)]
        for request, verdict in zip(honest, Verdict, strict=True):
            client.fetch(request.id)
            assert decide(client, verdict, request).kind is OutcomeKind.TAKEN
        known = {shape(call, bench.fake.parts(one.id)) for call in bench.front.calls for one in honest}
        innocent = bench.filed(client)
        for hostile in bench.hostile(innocent.id):
            bench.front.calls.clear()
            for call in (
                looks(client, replace(innocent, id=hostile))["fetch"],
                *(
                    lambda one=verdict, id=hostile: decide(client, one, replace(innocent, id=id))
                    for verdict in Verdict
                ),
            ):
                assert kind_of(answered(call)) is not OutcomeKind.TAKEN, hostile
            called = {shape(call, bench.fake.parts(hostile)) for call in bench.front.calls}
            assert called <= known, hostile
        assert bench.fake.taken(innocent.id) is None

    # Being watched, and closed

    def test_a_look_is_worth_it_at_once_and_never_after_it_was_told_to_stop(
        self, bench: Bench, client: Upstream
    ) -> None:
        stop, looked = Event(), Event()

        def watch() -> None:
            for _ in client.watch(stop):
                looked.set()

        watching = Thread(target=watch, daemon=True)
        watching.start()
        try:
            assert looked.wait(10)
        finally:
            stop.set()
            watching.join(10)
        assert not watching.is_alive()
        assert list(client.watch(stop)) == []

    def test_it_can_be_closed_by_any_thread_while_others_call_and_more_than_once(
        self, bench: Bench, client: Upstream
    ) -> None:
        request, together = bench.filed(client), Barrier(6)

        def call(work: Callable[[], object]) -> None:
            together.wait(10)
            with suppress(UpstreamError):
                work()

        with ThreadPoolExecutor(6) as threads:
            done = [threads.submit(call, look) for look in looks(client, request).values() for _ in range(2)]
            done += [threads.submit(call, client.close) for _ in range(2)]
        assert [one.exception() for one in done] == [None] * 6
        client.close()

    def test_it_closes_where_nobody_answers(self, bench: Bench, client: Upstream) -> None:
        bench.filed(client)
        with bench.front.failing(Fault(Moment.CUT)):
            client.close()
        bench.client(url=f"http://127.0.0.1:{closed_port()}").close()

    def _assert_settled(
        self,
        bench: Bench,
        client: Upstream,
        request: ApprovalRequest,
        verdict: Verdict,
        decision: Decision = OURS,
    ) -> None:
        """The upstream has our decision, and the client tells so as far as it says that it can."""
        taken, seen, can = bench.fake.taken(request.id), client.fetch(request.id), client.capabilities
        assert taken is not None
        assert taken.verdict is verdict
        assert (
            decision.id in taken.comment or not can.comment
        )  # it may keep those of one kind of decision only
        assert seen.status is (STATUSES[verdict] if can.get_one else Status.UNKNOWN)
        assert (decision.id in seen.comment) == (decision.id in taken.comment and can.get_one)
        assert request.id not in waiting(client)

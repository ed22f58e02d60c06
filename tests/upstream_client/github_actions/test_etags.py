"""Kept answers: by URL, within a bound, and never one that was dropped meanwhile."""

from upstream_client.github_actions.etags import OVERHEAD, ETags
from upstream_client.session import Answer

ONE, OTHER = "https://api.github.com/1", "https://api.github.com/2"


def whole(body: bytes = b"[]", etag: str = '"a"', status: int = 200) -> Answer:
    return Answer(status, {"ETag": etag}, body)


UNCHANGED = Answer(304, {}, b"")


def test_what_is_unchanged_is_what_was_kept() -> None:
    etags = ETags()
    assert etags.condition(ONE) == {}
    assert etags.settle(ONE, "", whole()) == whole()
    assert etags.condition(ONE) == {"If-None-Match": '"a"'}
    assert etags.condition(OTHER) == {}
    assert etags.settle(ONE, '"a"', UNCHANGED) == whole()


def test_an_error_is_not_kept_and_ends_what_was() -> None:
    etags = ETags()
    etags.settle(ONE, "", whole())
    missing = whole(status=404)
    assert etags.settle(ONE, '"a"', missing) == missing
    assert etags.condition(ONE) == {}


def test_what_was_used_longest_ago_goes_first() -> None:
    etags = ETags(most_bytes=2 * OVERHEAD + 100)
    etags.settle(ONE, "", whole())
    etags.settle(OTHER, "", whole())
    etags.settle(ONE, '"a"', UNCHANGED)
    etags.settle("https://api.github.com/3", "", whole(b"x" * 90))
    assert etags.condition(OTHER) == {}
    assert etags.condition(ONE) != {}


def test_an_answer_to_an_etag_that_is_not_kept_any_more_is_none() -> None:
    """Given two threads, when one replaces what the other asked about, then it has to be asked again."""
    etags = ETags()
    etags.settle(ONE, "", whole())
    etags.settle(ONE, '"a"', whole(etag='"b"'))
    assert etags.settle(ONE, '"a"', UNCHANGED) is None
    assert etags.settle(OTHER, '"a"', UNCHANGED) is None


def test_the_same_url_again_takes_no_more_room() -> None:
    etags = ETags(most_bytes=2 * OVERHEAD)
    for number in range(50):
        etags.settle(ONE, "", whole(etag=f'"{number}"'))
    assert etags.condition(ONE) == {"If-None-Match": '"49"'}

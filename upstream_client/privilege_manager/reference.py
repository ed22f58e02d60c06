"""Where the reference of an instance is got from: the instance itself, another address, or a saved file."""

from pathlib import Path
from urllib.parse import urlsplit

from upstream_client.exceptions import LogonRefused, NotAllowed, NotUnderstood
from upstream_client.privilege_manager.caller import Caller
from upstream_client.privilege_manager.envelope import is_page
from upstream_client.privilege_manager.swagger import Reference, read_reference
from upstream_client.session import Answer, parse_json

PLACE = "/services/swagger/docs/v1"
BY_HAND = (
    "Only members of Privilege Manager Administrators may read it: give the API client that role for this once;"
    " or open {url} in a browser as an administrator, save it, and name the file with --swagger-file."
)


def fetch_reference(caller: Caller, url: str = "") -> Reference:
    """The instance's own, or that at ``url``. The token goes nowhere but to the instance.

    Raises `NotAllowed` where the role may not read it, `NotUnderstood` for what is none, or what a call raises.
    """
    url = url or caller.base_url + PLACE
    advice = BY_HAND.format(url=url)
    try:
        answer = caller.send("GET", url, harmless=True) if _is_ours(caller, url) else caller.look(url)
    except LogonRefused as error:
        raise NotAllowed(f"The reference of Privilege Manager may not be read ({url}). {advice}") from error
    _check(answer, url, advice)
    return read_reference(answer.json(), caller.base_url)


def load_reference(path: Path, base_url: str) -> Reference:
    """From a file that was saved in a browser. Raises `NotUnderstood`."""
    try:
        document = parse_json(path.read_bytes())
    except OSError as error:
        raise NotUnderstood(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(
            f"{path} holds no JSON: save what {PLACE} answers, not the page about it."
        ) from error
    return read_reference(document, base_url)


def _is_ours(caller: Caller, url: str) -> bool:
    ours, theirs = urlsplit(caller.base_url), urlsplit(url)
    return (ours.scheme, ours.netloc.casefold()) == (theirs.scheme, theirs.netloc.casefold())


def _check(answer: Answer, url: str, advice: str) -> None:
    if answer.status in (401, 403):
        raise NotAllowed(f"The role may not read the reference of Privilege Manager. {advice}")
    if not answer.ok:
        raise NotUnderstood(f"There is no reference at {url} (HTTP {answer.status}). {advice}")
    if is_page(answer):
        raise NotUnderstood(f"At {url} is a web page, such as a form to log on, and no reference. {advice}")

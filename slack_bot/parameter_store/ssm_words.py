"""What SSM takes as a name, and what its refusals mean, in words for the operator."""

import re
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from slack_bot.parameter_store.base import NameRefused

LEVELS: Final = 15
LONGEST_PATH: Final = 1011 - 64
"""Characters; the ARN before it counts towards 1,011, and takes up to 64."""
_ROOT = re.compile(r"(/[A-Za-z0-9_.-]+)+/?")

_CREDENTIALS: Final = frozenset(
    {
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
"""https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html"""


def check_root(root: str) -> None:
    """Raises `NameRefused` where no parameter can lie below this."""
    if not _ROOT.fullmatch(root):
        raise NameRefused(
            f"STATE: “{root}” cannot be a path in SSM: write one such as ssm:/approval-bot, "
            "of letters, digits, hyphens, underscores, dots and single slashes."
        )
    if root.lower().startswith(("/aws", "/ssm")):
        raise NameRefused(
            f"STATE: {root} cannot be used: SSM keeps names that begin with aws or ssm to itself."
        )
    check_path(f"{root.rstrip('/')}/schedules/C0123456789")


def check_path(path: str) -> None:
    """Raises `NameRefused` where SSM would not take a parameter of this name."""
    levels = path.count("/")
    if levels > LEVELS:
        raise NameRefused(
            f"{path} has {levels} levels, and SSM takes {LEVELS}: put the bot's state nearer to the root (STATE)."
        )
    if len(path) > LONGEST_PATH:
        raise NameRefused(
            f"{path[:40]}… has {len(path)} characters, and SSM takes {LONGEST_PATH}: "
            "give the bot's state a shorter path (STATE)."
        )


def in_words(operation: str, path: str, error: ClientError | BotoCoreError) -> str:
    """Why a call failed, and what to do."""
    if isinstance(error, ClientError):
        return _refusal(operation, path, error)
    if isinstance(error, NoConnection | HTTPClientError):
        return (
            f"SSM does not answer ({type(error).__name__}), asked for {path}. "
            "Check the network, AWS_REGION and the proxy if there is one."
        )
    why = str(error).rstrip(".")
    return f"AWS cannot be asked for {path}: {why}. Check the task's role, or the AWS_… settings."


def is_refused_for_sure(error: ClientError | BotoCoreError) -> bool:
    """Whether SSM cannot have done what it was asked: it was asked once and said no, or was never asked.

    After a second attempt nobody knows what became of the first.
    """
    if isinstance(error, ClientError):
        told = error.response.get("ResponseMetadata", {})
        return told.get("RetryAttempts", 1) == 0 and 400 <= told.get("HTTPStatusCode", 0) < 500
    return not isinstance(error, NoConnection | HTTPClientError)


def _refusal(operation: str, path: str, error: ClientError) -> str:
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    if code.startswith("AccessDenied"):
        return (
            f"AWS does not allow the bot ssm:{operation} on {path}. Add it to the policy of the task's role."
        )
    if code in _CREDENTIALS:
        return f"AWS does not accept the bot's credentials ({code}). Check the task's role, or the AWS_… settings."
    if code.startswith("Throttling") or code == "TooManyUpdates":
        return f"AWS has too much to do to answer ssm:{operation} on {path} ({code}). Try again in a minute."
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500:
        return (
            f"SSM has a problem of its own with ssm:{operation} on {path} ({status} {code}). Try again later."
        )
    return f"SSM refuses ssm:{operation} on {path}: {code}: {message[:200]}"

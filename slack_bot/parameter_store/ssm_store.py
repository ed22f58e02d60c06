"""SSM Parameter Store as a store: one plain String parameter for each item (STATE=ssm:/approval-bot).

What SSM takes: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError
from botocore.parsers import ResponseParserError

from slack_bot.parameter_store.base import (
    ChangedMeanwhile,
    LostUpdate,
    NotWritten,
    StateError,
    TooLarge,
    check_name,
)
from slack_bot.parameter_store.ssm_words import check_path, check_root, in_words, is_refused_for_sure

LARGEST: Final = 4096
"""Bytes of a standard parameter."""
PAGE: Final = 10
CONNECT_WITHIN: Final = 1.0
ANSWER_WITHIN: Final = 2.0
ATTEMPTS: Final = 3
"""Of botocore's, for each call: throttling, 5xx, broken connections. It waits 3 seconds between them at most."""
PATIENCE: Final = 2.0
"""Seconds after which a call that SSM puts off is not begun again. A person waits for it."""
READ_WITHIN: Final = 10.0
"""Seconds after which no further page is asked for."""
SETTLES: Final = 30.0
"""Seconds in which SSM may still show what stood there before: it is eventually consistent."""

_PUT_OFF: Final = frozenset({"Throttling", "ThrottlingException", "TooManyUpdates"})
"""TooManyUpdates is SSM's own, and botocore does not know that it passes."""
_ANSWERS: Final = frozenset({"ParameterNotFound", "ParameterVersionNotFound", "ParameterAlreadyExists"})
_GARBAGE: Final = (ResponseParserError, AttributeError, KeyError, TypeError, ValueError)
"""What botocore raises for an answer that is no answer of SSM's."""

Answer = Mapping[str, Any]


class Client(Protocol):
    """What is used of boto3's client for SSM."""

    def get_parameters_by_path(
        self, *, Path: str, Recursive: bool, MaxResults: int, NextToken: str = ...
    ) -> Answer: ...

    def get_parameter(self, *, Name: str) -> Answer: ...

    def put_parameter(self, *, Name: str, Value: str, Type: Literal["String"], Overwrite: bool) -> Answer: ...

    def delete_parameter(self, *, Name: str) -> Answer: ...


@dataclass(frozen=True, slots=True)
class _Parameter:
    text: str
    version: int
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Own:
    """What we wrote last, None for a removal, and until when SSM may show something older."""

    parameter: _Parameter | None
    until: float
    anew: bool = False
    """We had removed it just before: SSM counts its versions from 1 again."""
    since: datetime | None = None
    """When one of these new versions was written, by SSM's clock; None where SSM did not tell."""


def open_ssm(root: str) -> "SsmStore":
    """The store below ``root``. Makes no call.

    Raises `StateError` where the root cannot be one, or boto3 cannot be set up.
    """
    return SsmStore(root, connect())


def connect() -> Client:
    """boto3's client, with its own credentials, proxies and AWS_ENDPOINT_URL_SSM. Raises `StateError`."""
    config = Config(
        connect_timeout=CONNECT_WITHIN,
        read_timeout=ANSWER_WITHIN,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    # boto3 itself reads AWS_DEFAULT_REGION only; AWS_REGION is what ECS sets.
    region = os.environ.get("AWS_REGION") or None
    try:
        return boto3.session.Session().client("ssm", region_name=region, config=config)
    except NoRegionError as error:
        raise StateError(
            "STATE: SSM needs to know the region: set AWS_REGION in the environment, for example to eu-central-1."
        ) from error
    except (BotoCoreError, ValueError) as error:
        why = str(error).rstrip(".")
        raise StateError(
            f"STATE: SSM cannot be used, since boto3 refuses to start: {why}. Check the AWS_… settings."
        ) from error


class SsmStore:
    """Parameters such as ``/approval-bot/channels/C0123``.

    SSM has no compare-and-set: a name can be created once, but what is overwritten can only be compared just
    before, and the versions after.
    """

    def __init__(self, root: str, client: Client, monotonic: Callable[[], float] = time.monotonic) -> None:
        check_root(root)
        self._root = root.rstrip("/")
        self._client = client
        self._monotonic = monotonic
        self._own: dict[str, _Own] = {}
        self._lock = threading.Lock()

    def describe(self) -> str:
        """For people."""
        return f"SSM Parameter Store below {self._root}"

    def read_all(self, folder: str) -> dict[str, str]:
        """Every text of a folder by its name."""
        home = f"{self._root}/{folder}"
        listed = self._list(home)
        with self._lock:
            written = {path for path in self._own if path.startswith(f"{home}/")}
        latest = {path: self._latest(path, listed.get(path)) for path in sorted(listed.keys() | written)}
        return {path.removeprefix(f"{home}/"): one.text for path, one in latest.items() if one is not None}

    def put(self, folder: str, name: str, text: str) -> None:
        """Writes, whatever stands there."""
        path = self._path(folder, name)
        _check_size(path, text)
        self._write(path, text, overwrite=True)

    def replace(self, folder: str, name: str, text: str, before: str | None) -> None:
        """Writes where ``before`` stands. Raises `ChangedMeanwhile` and, where SSM tells too late, `LostUpdate`."""
        path = self._path(folder, name)
        _check_size(path, text)
        if before is None:
            self._create(path, text)
            return
        try:
            found = self._read(path)
        except StateError as error:
            raise NotWritten(str(error)) from error
        if found is None or found.text != before:
            raise _changed(path)
        version = self._write(path, text, overwrite=True)
        if version != found.version + 1:
            self._check_nothing_lost(path, text, range(found.version + 1, version))

    def delete(self, folder: str, name: str) -> None:
        """Removes it, if it is there."""
        path = self._path(folder, name)
        with suppress(ClientError):  # it is not there, which is what was wanted
            self._call("DeleteParameter", path, lambda: self._client.delete_parameter(Name=path))
        self._remember(path, None)

    def _path(self, folder: str, name: str) -> str:
        check_name(folder, name)
        path = f"{self._root}/{folder}/{name}"
        check_path(path)
        return path

    def _create(self, path: str, text: str) -> None:
        try:
            self._write(path, text, overwrite=False)
        except ClientError as error:
            found = self._read(path)
            if found is None:
                kind = NotWritten if is_refused_for_sure(error) else StateError
                raise kind(
                    f"{path} was removed a moment ago, and SSM needs up to {SETTLES:g} seconds to forget it. "
                    "Try again then."
                ) from None
            if found.text != text:  # else it is ours: the answer to the first attempt was lost
                raise _changed(path) from None
            self._remember(path, found)

    def _write(self, path: str, text: str, *, overwrite: bool) -> int:
        """The version written. Raises `ClientError` where it is there already and not to be overwritten."""

        def put() -> Answer:
            return self._client.put_parameter(Name=path, Value=text, Type="String", Overwrite=overwrite)

        version = self._call("PutParameter", path, put).get("Version")
        if not isinstance(version, int):
            raise _no_answer(path)
        own = self._remember(path, _Parameter(text, version))
        if own.anew and own.since is None:
            self._learn_since(path, text)
        return version

    def _learn_since(self, path: str, text: str) -> None:
        """When SSM says that what we wrote after our own removal was written. It may not know of it yet."""
        try:
            answer = self._call("GetParameter", path, lambda: self._client.get_parameter(Name=path))
            found = _parameter(path, answer.get("Parameter"))[1]
        except (ClientError, StateError):
            return  # then ours holds for a while, whatever else is shown
        with self._lock:
            own = self._own[path]
            if own.parameter is not None and (found.text, found.version) == (text, own.parameter.version):
                self._own[path] = replace(own, since=found.modified)

    def _check_nothing_lost(self, path: str, text: str, between: range) -> None:
        """Versions between what we read and what we wrote are ours too where an answer to one was lost.

        There are none where it was removed, so that counting began anew.
        """
        found = (self._version(path, version) for version in between)
        theirs = next((one for one in found if one != text), None)
        if theirs is not None or not between:
            raise LostUpdate(
                f"The change was saved, but somebody else changed {path} at the same moment, and theirs is "
                "gone. Look at what holds now, and set it again if that is not what you want.",
                theirs,
            )

    def _version(self, path: str, version: int) -> str:
        """The text of an earlier version; "" where SSM has it no more."""
        name = f"{path}:{version}"
        try:
            answer = self._call("GetParameter", path, lambda: self._client.get_parameter(Name=name))
        except ClientError:
            return ""
        return _parameter(path, answer.get("Parameter"))[1].text

    def _read(self, path: str) -> _Parameter | None:
        try:
            answer = self._call("GetParameter", path, lambda: self._client.get_parameter(Name=path))
        except ClientError:
            return self._latest(path, None)
        return self._latest(path, _parameter(path, answer.get("Parameter"))[1])

    def _list(self, home: str) -> dict[str, _Parameter]:
        """Page by page until SSM names no next one: a page may be empty and not the last."""
        deadline = self._monotonic() + READ_WITHIN
        found: dict[str, _Parameter] = {}
        answer = self._page(home, None)
        tokens: set[str] = set()
        while True:
            parameters = answer.get("Parameters")
            if not isinstance(parameters, list):
                raise _no_answer(home)
            found.update(_parameter(home, one) for one in parameters)
            token = answer.get("NextToken")
            if not token:
                return found
            if token in tokens:
                raise _no_answer(home)
            if self._monotonic() >= deadline:
                raise StateError(f"SSM needs more than {READ_WITHIN:g} seconds to list {home}.")
            tokens.add(token)
            answer = self._page(home, token)

    def _page(self, home: str, token: str | None) -> Answer:
        def get() -> Answer:
            if token is None:
                return self._client.get_parameters_by_path(Path=home, Recursive=True, MaxResults=PAGE)
            return self._client.get_parameters_by_path(
                Path=home, Recursive=True, MaxResults=PAGE, NextToken=token
            )

        return self._call("GetParametersByPath", home, get)

    def _call(self, operation: str, path: str, call: Callable[[], Answer]) -> Answer:
        """The answer, after as many attempts as there is time for.

        Raises `StateError`; and `ClientError` for the answers "not found" and "exists already".
        """
        deadline = self._monotonic() + PATIENCE
        sure = True
        while True:
            try:
                answer = call()
            except ClientError as error:
                sure = sure and is_refused_for_sure(error)
                code = error.response.get("Error", {}).get("Code")
                if code in _ANSWERS:
                    raise
                if code not in _PUT_OFF or self._monotonic() >= deadline:
                    raise (NotWritten if sure else StateError)(in_words(operation, path, error)) from error
                time.sleep(random.uniform(0.1, 0.4))  # noqa: S311 - spreads attempts, keeps no secret
            except BotoCoreError as error:
                sure = sure and is_refused_for_sure(error)
                raise (NotWritten if sure else StateError)(in_words(operation, path, error)) from error
            except _GARBAGE as error:
                raise _no_answer(path) from error
            else:
                # A page of a proxy, read as JSON, would be an empty answer; SSM numbers its own.
                if not isinstance(answer, Mapping) or "RequestId" not in answer.get("ResponseMetadata", {}):
                    raise _no_answer(path)
                return answer

    def _remember(self, path: str, parameter: _Parameter | None) -> _Own:
        with self._lock:
            before = self._current(path)
            anew = before is not None and (before.parameter is None or before.anew)
            since = None if before is None or before.parameter is None else before.since
            own = _Own(parameter, self._monotonic() + SETTLES, anew, since)
            self._own[path] = own
            return own

    def _current(self, path: str) -> _Own | None:
        """What we wrote, while SSM may show something older."""
        own = self._own.get(path)
        if own is not None and own.until <= self._monotonic():
            del self._own[path]
            return None
        return own

    def _latest(self, path: str, seen: _Parameter | None) -> _Parameter | None:
        """What SSM shows, or what we wrote ourselves a moment ago where that is newer.

        Without this, a schedule that was just turned off would come back with the next, older list.
        """
        with self._lock:
            own = self._current(path)
        if own is None:
            return seen
        if own.parameter is None or seen is None or seen.version < own.parameter.version:
            return own.parameter
        return own.parameter if own.anew and _is_of_before(seen, own.since) else seen


def _is_of_before(seen: _Parameter, since: datetime | None) -> bool:
    """Whether it was written before our removal, from which on versions count from 1 again."""
    return since is None or seen.modified is None or seen.modified < since


def _parameter(where: str, item: object) -> tuple[str, _Parameter]:
    if isinstance(item, Mapping):
        path, text, version = item.get("Name"), item.get("Value"), item.get("Version")
        modified = item.get("LastModifiedDate")
        if isinstance(path, str) and isinstance(text, str) and isinstance(version, int):
            return path, _Parameter(text, version, modified if isinstance(modified, datetime) else None)
    raise _no_answer(where)


def _check_size(path: str, text: str) -> None:
    size = len(text.encode())
    if size > LARGEST:
        raise TooLarge(f"{path} would be {size:,} bytes long, and SSM keeps at most {LARGEST:,}.")


def _changed(path: str) -> ChangedMeanwhile:
    return ChangedMeanwhile(f"{path} was changed meanwhile. Look at what holds now, and try again.")


def _no_answer(path: str) -> StateError:
    return StateError(
        f"What answered for SSM about {path} is not SSM: check AWS_ENDPOINT_URL_SSM, and the proxy if there is one."
    )

"""A stand-in for the AWS CLI: ``aws …`` of a shell script, done by boto3 against moto.

It knows what the CLI knows: every service, operation and option of botocore's own models, JSON and the short
form of structures, ``--query`` and ``--output text``. What it does not know is an error, as it is for the CLI.
So is a pager, which the CLI opens unless AWS_PAGER is empty.
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-pagination.html
"""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any, Final, Self

import boto3
import jmespath  # type: ignore[import-untyped]  # it has no types; botocore brings it
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ListShape, OperationModel, Shape, StructureShape

OF_THE_CLI: Final = {("ecr", "get-login-password"): "a-password", ("logs", "tail"): ""}
"""Commands that are no operation of a service, and what they say here."""
EVERYWHERE: Final = ("query", "output", "cli-input-json")
PROGRAM: Final = """#!/bin/bash
if [ -n "${{AWS_PAGER-less}}" ]; then
  echo "On a terminal a pager opens here, and takes what was pasted after this command." >&2
  exit 1
fi
exec 3<>/dev/tcp/127.0.0.1/{port} || exit 1
printf '%s\\0' "$#" "$@" >&3
read -r code <&3 || exit 1
if [ "$code" = 0 ]; then exec cat <&3; fi
cat <&3 >&2
exit "$code"
"""
"""Light, since a page starts it dozens of times: how many words there are, then each, ended by a zero byte.

The answer is the exit code on a line, and what is said.
"""


class Misused(Exception):
    """A command that the AWS CLI would not take."""


class AwsCli:
    """The command, as a program in ``folder`` that asks a server in this process, and what was asked of it."""

    def __init__(self, endpoint: str, region: str, folder: Path) -> None:
        self.asked: list[list[str]] = []
        self._session = boto3.session.Session("test", "test", region_name=region)
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}
        self._server = ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        (folder / "aws").write_text(PROGRAM.format(port=self._server.server_address[1]))
        (folder / "aws").chmod(0o755)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for client in self._clients.values():
            client.close()

    def client(self, service: str) -> Any:
        """boto3's client of a service: of any service, and so of no type that could be named."""
        if service not in self._clients:
            client = self._session.client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]  # any
            self._clients[service] = client
        return self._clients[service]

    def run(self, words: list[str]) -> tuple[int, str]:
        """Exit code, and what is said."""
        self.asked.append(words)
        try:
            return 0, self._answer(words)
        except (BotoCoreError, ClientError, Misused, ValueError) as error:
            return 255, f"aws {' '.join(words[:2])}: {error}"

    def _answer(self, words: list[str]) -> str:
        service, command, *rest = words
        if (service, command) in OF_THE_CLI:
            return OF_THE_CLI[service, command]
        if command == "wait":
            return self._wait(service, *rest)
        operation = self._operation(service, command)
        options = dict(_options(rest))
        common = {name: options.pop(name)[0] for name in EVERYWHERE if name in options}
        arguments = json.loads(common.get("cli-input-json", "{}")) | _arguments(operation, options)
        answer = getattr(self.client(service), xform_name(operation.name))(**arguments)
        answer.pop("ResponseMetadata", None)
        chosen = jmespath.search(common["query"], answer) if "query" in common else answer
        if common.get("output") == "text":
            return _text(chosen)
        return json.dumps(chosen, default=str, indent=4) if chosen else ""

    def _wait(self, service: str, state: str, *rest: str) -> str:
        """Only looks whether there is such a thing to wait for: moto starts no container."""
        client, name = self.client(service), xform_name(state.replace("-", "_"))
        if name not in client.waiter_names:
            raise Misused(f"there is no state {state} to wait for")
        waits_with = client.get_waiter(name).config.operation
        _arguments(client.meta.service_model.operation_model(waits_with), dict(_options(list(rest))))
        return ""

    def _operation(self, service: str, command: str) -> OperationModel:
        model = self.client(service).meta.service_model
        for name in model.operation_names:
            if xform_name(name, "-") == command:
                found: OperationModel = model.operation_model(name)
                return found
        raise Misused(f"there is no operation {command}")

    def _handler(self) -> type[StreamRequestHandler]:
        cli = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                count = int(self._word())
                code, said = cli.run([self._word() for _ in range(count)])
                self.wfile.write(f"{code}\n{said}\n".encode())

            def _word(self) -> str:
                word = bytearray()
                while (byte := self.rfile.read(1)) != b"\0":
                    assert byte, "the command ended in the middle of a word"
                    word += byte
                return word.decode()

        return Handler


def _text(chosen: object) -> str:
    values = chosen if isinstance(chosen, list) else [chosen]
    return "\t".join("None" if value is None else str(value) for value in values)


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """As argparse reads them: a value that begins with a dash has to be written ``--option=value``."""
    if words and not words[0].startswith("--"):
        raise Misused(f"{words[0]} stands where an option should")
    starts = [index for index, word in enumerate(words) if word.startswith("-")]
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        name, equals, value = words[start].partition("=")
        if not name.startswith("--"):
            raise Misused(f"{words[start]} stands where a value should")
        yield name.removeprefix("--"), [*([value] if equals else []), *words[start + 1 : end]]


def _arguments(operation: OperationModel, options: dict[str, list[str]]) -> dict[str, Any]:
    shape = operation.input_shape
    members = shape.members if isinstance(shape, StructureShape) else {}
    by_option = {xform_name(name, "-"): name for name in members}
    unknown = set(options) - set(by_option)
    if unknown:
        raise Misused(f"there is no option --{' --'.join(sorted(unknown))}")
    return {by_option[name]: _value(members[by_option[name]], words) for name, words in options.items()}


def _value(shape: Shape, words: list[str]) -> Any:
    if shape.type_name == "boolean" and not words:
        return True
    if isinstance(shape, ListShape) and not words[0].startswith("["):
        return [_one(shape.member, word) for word in words]
    if len(words) != 1:
        raise Misused(f"{words} is not one value")
    return _one(shape, words[0])


def _one(shape: Shape, word: str) -> Any:
    if shape.type_name in ("structure", "list", "map"):
        return json.loads(word) if word.lstrip().startswith(("{", "[")) else _typed(shape, _short(word))
    return _typed(shape, word)


def _typed(shape: Shape, value: Any) -> Any:
    """What stands in the short form, as the types that the model names."""
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict) or set(value) - set(shape.members):
            raise Misused(f"{value} is no {shape.name}")
        return {name: _typed(shape.members[name], inner) for name, inner in value.items()}
    if isinstance(shape, ListShape):
        values = value if isinstance(value, list) else [value]
        return [_typed(shape.member, inner) for inner in values]
    if shape.type_name == "boolean":
        return value == "true"
    return int(value) if shape.type_name in ("integer", "long") else value


def _short(word: str) -> dict[str, Any]:
    """``A=1,B={C=2},D=[3,4]`` as a dictionary of strings, lists and dictionaries."""
    found: dict[str, Any] = {}
    for part in _split(word):
        name, equals, value = part.partition("=")
        if not equals:
            raise Misused(f"{part} is not written name=value")
        found[name] = [_part(item) for item in _split(value[1:-1])] if value.startswith("[") else _part(value)
    return found


def _part(value: str) -> Any:
    return _short(value[1:-1]) if value.startswith("{") else value


def _split(word: str) -> Iterator[str]:
    """The parts between commas that stand in no bracket."""
    depth = start = 0
    for index, character in enumerate(word):
        depth += (character in "[{") - (character in "]}")
        if character == "," and depth == 0:
            yield word[start:index]
            start = index + 1
    yield word[start:]

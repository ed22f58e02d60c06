"""What is shipped for ECS: registered with moto, run as the docs tell, and held to what the bot does."""

import ast
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from slack_bot import daemon
from slack_bot.config import Settings
from tests.aws_cli import AwsCli
from tests.shell_blocks import bash, sections, shell_blocks

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "ecs.md"
DEPLOY = sorted((ROOT / "deploy").glob("*.json"))
REGION, ACCOUNT = "eu-central-1", "123456789012"
PLACEHOLDER = re.compile(r"<([A-Z_]+)>")
TYPED = {
    "SLACK_BOT_TOKEN": "xoxb-typed",
    "SLACK_APP_TOKEN": "xapp-typed",
    "PRIVMAN_BASE_URL": "https://privman.example.com/Tms",
    "PRIVMAN_USERNAME": "-client",
    "PRIVMAN_PASSWORD": " a b\\c'd\"e$f ",
    "AUDIT_KEY": "0123456789abcdef0123456789abcdef",
}
"""What a person types, with everything in it that a shell could spoil."""
WHAT_A_PERSON_HAS = {
    "docker": 'echo "$@" >> pushed; case "$1" in login) cat > password ;; esac',
    "git": "echo 1234abc",
}


def read(name: str) -> dict[str, Any]:
    """A JSON file: what is in it is AWS's to say."""
    found: dict[str, Any] = json.loads((ROOT / name).read_text())
    return found


TASK = read("task-definition.json")
(CONTAINER,) = TASK["containerDefinitions"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Operator:
    """Somebody with a clone, a shell and an AWS account, who follows the page."""

    def __init__(self, cli: AwsCli, folder: Path, programs: Path) -> None:
        self.cli = cli
        self._folder = folder
        self._programs = programs
        for name in ("deploy", "task-definition.json"):
            (folder / name).symlink_to(ROOT / name)
        for name, does in WHAT_A_PERSON_HAS.items():
            (programs / name).write_text(f"#!/bin/sh\n{does}\n")
            (programs / name).chmod(0o755)

    def follow(self, *headings: str) -> None:
        """Runs every shell block below these headings, in one bash."""
        page = sections(PAGE)
        script = "\n".join(block for heading in headings for block in shell_blocks(page[heading]))
        typed = "".join(f"{value}\n" for value in TYPED.values())
        done = bash(script, self._folder, self._programs, typed)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout

    def pushed(self) -> list[str]:
        """What docker was asked to do."""
        return (self._folder / "pushed").read_text().splitlines()

    def service(self) -> dict[str, Any]:
        """The service as ECS has it."""
        (found,) = self.cli.client("ecs").describe_services(
            cluster="approval-bot", services=["approval-bot"], include=["TAGS"]
        )["services"]
        return dict(found)

    def task_definition(self) -> dict[str, Any]:
        """What the service runs."""
        asked = self.service()["taskDefinition"]
        found = self.cli.client("ecs").describe_task_definition(taskDefinition=asked)["taskDefinition"]
        return dict(found)


@contextmanager
def new_operator(endpoint: str, folder: Path) -> Iterator[Operator]:
    """On an account in which there is nothing yet."""
    with urlopen(Request(f"{endpoint}/moto-api/reset", method="POST")):  # noqa: S310 - our own server
        pass
    clone, programs = folder / "clone", folder / "programs"
    clone.mkdir()
    programs.mkdir()
    with AwsCli(endpoint, REGION, programs) as cli:
        yield Operator(cli, clone, programs)


START = "From nothing to running"


@dataclass(frozen=True)
class Account:
    """What is there once the page was followed; in AWS's own words."""

    service: dict[str, Any]
    task: dict[str, Any]
    parameters: dict[str, Any]
    efs: dict[str, Any]
    roles: dict[str, Any]
    policies: dict[str, Any]
    groups: list[Any]
    pushed: list[str]

    @classmethod
    def of(cls, operator: Operator) -> Self:
        """Reads everything."""
        iam, efs, ssm = (operator.cli.client(name) for name in ("iam", "efs", "ssm"))
        names = [f"approval-bot-{kind}" for kind in ("execution", "task")]
        listed = ssm.get_parameters_by_path(Path="/", Recursive=True, WithDecryption=True)
        (system,) = efs.describe_file_systems()["FileSystems"]
        (point,) = efs.describe_access_points()["AccessPoints"]
        targets = efs.describe_mount_targets(FileSystemId=system["FileSystemId"])["MountTargets"]
        group = {"Name": "group-name", "Values": ["approval-bot"]}
        return cls(
            service=operator.service(),
            task=operator.task_definition(),
            parameters={one["ARN"]: one for one in listed["Parameters"]},
            efs={"system": system, "point": point, "targets": targets},
            roles={name: iam.get_role(RoleName=name)["Role"] for name in names},
            policies={n: iam.get_role_policy(RoleName=n, PolicyName="approval-bot") for n in names},
            groups=operator.cli.client("ec2").describe_security_groups(Filters=[group])["SecurityGroups"],
            pushed=operator.pushed(),
        )


@pytest.fixture(scope="module")
def started(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Operator, Account]]:
    """Somebody who made it all, and what there was when they had."""
    with new_operator(endpoint, tmp_path_factory.mktemp("account")) as operator:
        operator.follow(START)
        yield operator, Account.of(operator)


@pytest.fixture(scope="module")
def account(started: tuple[Operator, Account]) -> Account:
    return started[1]


def test_the_page_leads_from_nothing_to_a_service(account: Account) -> None:
    (container,) = account.task["containerDefinitions"]
    registry = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    assert (account.service["desiredCount"], account.service["launchType"]) == (1, "FARGATE")
    assert container["image"] == f"{registry}/approval-bot:1234abc"
    assert f"buildx build --platform linux/arm64 --tag {container['image']} --push ." in account.pushed
    assert f"login --username AWS --password-stdin {registry}" in account.pushed
    everything = json.dumps([account.service, account.task, account.roles, account.policies], default=str)
    assert not PLACEHOLDER.search(everything)


def test_what_was_typed_reaches_the_task_as_it_was_typed(account: Account) -> None:
    (container,) = account.task["containerDefinitions"]
    found = {one["name"]: account.parameters[one["valueFrom"]] for one in container["secrets"]}
    assert {name: parameter["Value"] for name, parameter in found.items()} == TYPED
    assert {parameter["Type"] for parameter in found.values()} == {"SecureString"}


def test_nothing_that_is_pasted_with_a_question_is_taken_for_the_answer() -> None:
    """Given a terminal that hands over a pasted block line by line, then no line is left when the block asks."""
    asking = [block for block in shell_blocks(PAGE.read_text()) if "read -rs" in block]
    assert len(asking) == 2
    assert all(block.count("\ndone\n") == 1 and block.endswith("\ndone\n") for block in asking)


def test_the_file_system_is_for_the_user_of_the_image_and_the_task_only(account: Account) -> None:
    system, point = account.efs["system"], account.efs["point"]
    (place,) = [one["efsVolumeConfiguration"] for one in account.task["volumes"] if len(one) > 1]
    assert system["Encrypted"] is True
    assert (system["CreationToken"], system["ThroughputMode"]) == ("approval-bot", "bursting")
    assert (place["fileSystemId"], place["transitEncryption"]) == (system["FileSystemId"], "ENABLED")
    assert place["authorizationConfig"] == {"accessPointId": point["AccessPointId"], "iam": "ENABLED"}
    assert f"{point['PosixUser']['Uid']}:{point['PosixUser']['Gid']}" == CONTAINER["user"]
    owner = {"OwnerUid": 10001, "OwnerGid": 10001, "Permissions": "0700"}
    assert point["RootDirectory"] == {"Path": "/approval-bot", "CreationInfo": owner}
    assert len(account.efs["targets"]) == 2


def test_the_roles_get_the_policies_of_the_files(account: Account) -> None:
    for kind in ("execution", "task"):
        name = f"approval-bot-{kind}"
        assert account.roles[name]["Arn"] == account.task[f"{kind}RoleArn"]
        assert sids(account.policies[name]["PolicyDocument"]) == sids(read(f"deploy/{kind}-role.json"))


def sids(policy: dict[str, Any]) -> list[str]:
    return [statement["Sid"] for statement in policy["Statement"]]


def test_nobody_can_call_the_bot(account: Account) -> None:
    (group,) = account.groups
    (rule,) = group["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"], rule["IpRanges"]) == (2049, 2049, [])
    assert [one["GroupId"] for one in rule["UserIdGroupPairs"]] == [group["GroupId"]]
    assert "portMappings" not in CONTAINER
    assert "loadBalancers" not in read("deploy/service.json")


def test_what_runs_is_updated_its_ledger_copied_and_in_the_end_everything_is_gone(
    started: tuple[Operator, Account],
) -> None:
    """Given a service that runs, when somebody comes back another day, then the first shell is not missed."""
    operator, _ = started
    _update_and_roll_back(operator)
    _change_a_secret(operator)
    _copy_the_ledger_and_go_back(operator)
    _take_it_away(operator)


UPDATE = "Update and rollback"
"""What a new shell begins with stands here."""


def _update_and_roll_back(operator: Operator) -> None:
    operator.follow(UPDATE)

    assert operator.task_definition()["revision"] == 1
    assert len(operator.cli.client("ecs").list_task_definitions()["taskDefinitionArns"]) == 2
    updates = [words for words in operator.cli.asked if words[1] == "update-service"]
    assert [words[-1] for words in updates] == ["approval-bot", "approval-bot:1"]


def _change_a_secret(operator: Operator) -> None:
    operator.follow(UPDATE, "Add or change a secret")

    assert operator.task_definition()["revision"] == 1
    found = operator.cli.client("ssm").describe_parameters()["Parameters"]
    assert [one["Version"] for one in found if one["Name"].endswith("/SLACK_BOT_TOKEN")] == [2]
    assert {one["Version"] for one in found if not one["Name"].endswith("/SLACK_BOT_TOKEN")} == {1}
    assert len({one["KeyId"] for one in found}) == 1


def _copy_the_ledger_and_go_back(operator: Operator) -> None:
    operator.cli.asked.clear()
    operator.follow(UPDATE, "Copy the ledger, and go back to a copy")

    asked = [words[1] for words in operator.cli.asked if words[1] in ("update-service", "run-task")]
    assert asked[2:] == ["run-task", "update-service", "run-task", "update-service"]
    assert operator.service()["desiredCount"] == 1


def _take_it_away(operator: Operator) -> None:
    ssm, iam, ec2 = (operator.cli.client(name) for name in ("ssm", "iam", "ec2"))
    ssm.put_parameter(Name="/approval-bot/channels/C1", Value="{}", Type="String")

    operator.follow(UPDATE, "When the task does not start", "The log", "Take it away")

    assert operator.service()["status"] != "ACTIVE"
    assert operator.cli.client("efs").describe_file_systems()["FileSystems"] == []
    assert operator.cli.client("ecr").describe_repositories()["repositories"] == []
    aliases = [one["AliasName"] for one in operator.cli.client("kms").list_aliases()["Aliases"]]
    assert "alias/approval-bot" not in aliases
    assert ssm.describe_parameters()["Parameters"] == iam.list_roles()["Roles"] == []
    names = [one["GroupName"] for one in ec2.describe_security_groups()["SecurityGroups"]]
    assert "approval-bot" not in names


def test_every_shell_block_of_the_page_is_run_by_a_test() -> None:
    with_blocks = {heading for heading, text in sections(PAGE).items() if shell_blocks(text)}
    tests = Path(__file__).read_text()
    assert {heading for heading in with_blocks if f'"{heading}"' not in tests} == set()


# What the files say, held to each other and to the code.


def test_what_the_task_costs_is_what_its_prices_make_of_its_size() -> None:
    page = sections(PAGE)["What it costs a month"]
    sizes = int(TASK["cpu"]) / 1024, int(TASK["memory"]) / 1024
    row = re.compile(r"^\| Fargate.*\| ([\d.]+) .*x86: ([\d.]+)\) \| ([\d.]+) \(([\d.]+)\) \|$", re.MULTILINE)
    arm = x86 = sum(map(float, re.findall(r"\| (\d\.\d\d) \|$", page, re.MULTILINE)))
    for size, cells in zip(sizes, row.findall(page), strict=True):
        price, x86_price, cost, x86_cost = map(float, cells)
        assert (cost, x86_cost) == (round(price * size * 730, 2), round(x86_price * size * 730, 2))
        arm, x86 = arm + cost, x86 + x86_cost
    assert "for 730 hours" in page
    assert f"**about {arm:.0f}** (x86: about {x86:.0f})" in page


def test_every_placeholder_is_filled_by_the_page() -> None:
    used = {name for path in (ROOT / "task-definition.json", *DEPLOY) for name in _placeholders(path)}
    names = (ROOT / "deploy" / "names.sh").read_text()
    assert used == set(PLACEHOLDER.findall(names.split("fill() {")[1].split("\n}")[0]))


def _placeholders(path: Path) -> list[str]:
    return PLACEHOLDER.findall(path.read_text())


def test_the_old_task_ends_before_the_new_one_starts() -> None:
    service = read("deploy/service.json")
    assert service["deploymentConfiguration"] == {
        "minimumHealthyPercent": 0,
        "maximumPercent": 100,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
    }
    assert service["availabilityZoneRebalancing"] == "DISABLED"


def test_the_task_is_as_small_and_as_closed_as_it_was_designed() -> None:
    assert (TASK["cpu"], TASK["memory"]) == ("256", "512")
    assert TASK["runtimePlatform"] == {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
    assert CONTAINER["readonlyRootFilesystem"] is True
    assert CONTAINER["linuxParameters"] == {"capabilities": {"drop": ["ALL"]}}
    assert {mount["sourceVolume"] for mount in CONTAINER["mountPoints"]} == {
        volume["name"] for volume in TASK["volumes"]
    }


def test_the_bot_is_through_before_it_is_killed() -> None:
    assert CONTAINER["stopTimeout"] - 5 >= daemon.DRAIN_SECONDS + daemon.LOG_OFF_SECONDS


def test_only_settings_of_the_bot_are_set_and_every_required_one() -> None:
    named = {one["name"] for one in CONTAINER["environment"] + CONTAINER["secrets"]}
    settings = {name.upper() for name in Settings.model_fields}
    assert named - settings == {"AWS_REGION"}
    assert {secret["name"] for secret in CONTAINER["secrets"]} == set(TYPED)
    assert {name.upper() for name, field in Settings.model_fields.items() if field.is_required()} <= named


def test_what_is_written_goes_to_the_volumes() -> None:
    said = {one["name"]: one["value"] for one in CONTAINER["environment"]}
    folders = [mount["containerPath"] for mount in CONTAINER["mountPoints"]]
    assert str(Path(said["HEARTBEAT_FILE"]).parent) in folders
    assert str(Path(said["LEDGER_URL"].removeprefix("sqlite:///")).parent) in folders


def actions(name: str, service: str) -> set[str]:
    """What a policy allows of one service."""
    found: set[str] = set()
    for statement in read(name)["Statement"]:
        listed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        found |= {action for action in listed if action.startswith(f"{service}:")}
    return found


def _is_class(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.ClassDef) and node.name == name


def test_the_task_role_may_do_what_the_store_does_and_nothing_more() -> None:
    """Given the methods of boto3's client that the store is typed with, then those are allowed and no other."""
    module = ROOT / "slack_bot" / "parameter_store" / "ssm_store.py"
    client = next(node for node in ast.walk(ast.parse(module.read_text())) if _is_class(node, "Client"))
    called = {node.name for node in ast.walk(client) if isinstance(node, ast.FunctionDef)}
    asked = {"ssm:" + "".join(word.title() for word in name.split("_")) for name in called}
    assert asked
    assert actions("deploy/task-role.json", "ssm") == asked


def test_the_task_role_reaches_the_bots_own_parameters_only_and_not_the_secrets() -> None:
    (root,) = [one["value"] for one in CONTAINER["environment"] if one["name"] == "STATE"]
    path = root.removeprefix("ssm:")
    resources = json.dumps(read("deploy/task-role.json"))
    parameters = set(re.findall(r"parameter(/[^\"]+)", resources))
    assert parameters == {f"{path}/*"}
    for secret in CONTAINER["secrets"]:
        name = secret["valueFrom"].split(":parameter")[1]
        assert not name.startswith(f"{path}/")
        assert name == f"/approval-bot-secrets/{secret['name']}"
    assert "parameter/approval-bot-secrets/*" in json.dumps(read("deploy/execution-role.json"))


def test_no_policy_allows_everything() -> None:
    for path in DEPLOY:
        for statement in read(str(path.relative_to(ROOT))).get("Statement", []):
            allowed = [] if statement["Effect"] == "Deny" else statement["Action"]
            assert "*" not in "".join(allowed), statement["Sid"]
            if statement.get("Resource") == "*":
                assert statement["Action"] == "ecr:GetAuthorizationToken"


def test_names_agree_between_task_roles_service_and_log() -> None:
    log = CONTAINER["logConfiguration"]["options"]["awslogs-group"]
    service = read("deploy/service.json")
    assert f"log-group:{log}:*" in json.dumps(read("deploy/execution-role.json"))
    assert service["taskDefinition"] == TASK["family"] == service["serviceName"] == service["cluster"]
    (volume,) = [one for one in TASK["volumes"] if "efsVolumeConfiguration" in one]
    allowed = json.dumps(read("deploy/task-role.json"))
    assert volume["efsVolumeConfiguration"]["fileSystemId"] in allowed
    assert volume["efsVolumeConfiguration"]["authorizationConfig"]["accessPointId"] in allowed

"""What the sandbox's GitHub sends, in the shapes of GitHub's OpenAPI description. Pure.

``base`` is the address of the pages, and of the API too.
"""

from datetime import UTC, datetime

from pydantic import JsonValue

from sandbox.github_actions.deployments import Deployment, NewComparison
from sandbox.github_actions.runs import Review, Run, Runs

Shape = dict[str, JsonValue]
_USER_PAGES = (
    *("events", "followers", "following", "gists", "organizations"),
    *("received_events", "repos", "starred", "subscriptions"),
)
_REPOSITORY_PAGES = (
    *(
        "archive",
        "assignees",
        "blobs",
        "branches",
        "collaborators",
        "comments",
        "commits",
        "compare",
        "contents",
    ),
    *("contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags"),
    *(
        "hooks",
        "issue_comment",
        "issue_events",
        "issues",
        "keys",
        "labels",
        "languages",
        "merges",
        "milestones",
    ),
    *("notifications", "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags"),
    *("teams", "trees"),
)
_RUN_PAGES = ("jobs", "logs", "check_suite", "cancel", "rerun", "artifacts", "workflow")


def number_of(text: str) -> int:
    """The same small number for the same text."""
    return 1 + sum(place * ord(letter) for place, letter in enumerate(text, 1)) % 1_000_000


def at(seconds: float) -> str:
    """A time as GitHub writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user(base: str, login: str) -> Shape:
    """An account."""
    here = f"{base}/users/{login}"
    return {
        "login": login,
        "id": number_of(login),
        "node_id": f"U_{number_of(login)}",
        "avatar_url": f"{base}/avatars/{login}",
        "gravatar_id": "",
        "url": here,
        "html_url": f"{base}/{login}",
        **{f"{name}_url": f"{here}/{name}" for name in _USER_PAGES},
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
    }


def repository(base: str, full_name: str, archived: bool = False) -> Shape:
    """A repository, small."""
    here = f"{base}/repos/{full_name}"
    owner, _, name = full_name.partition("/")
    return {
        "id": number_of(full_name),
        "node_id": f"R_{number_of(full_name)}",
        "name": name,
        "full_name": full_name,
        "owner": user(base, owner),
        "private": True,
        "html_url": f"{base}/{full_name}",
        "description": None,
        "fork": False,
        "url": here,
        **{f"{page}_url": f"{here}/{page}" for page in _REPOSITORY_PAGES},
        "archived": archived,
        "disabled": False,
    }


def run(base: str, told: Run) -> Shape:
    """A run, whole."""
    asked = told.asked
    here = f"{base}/repos/{asked.repository}/actions/runs/{told.id}"
    return {
        "id": told.id,
        "name": "Deploy",
        "node_id": f"WFR_{told.id}",
        "check_suite_id": told.id + 1,
        "head_branch": asked.branch or None,
        "head_sha": asked.commit,
        "path": asked.path,
        "display_title": asked.title,
        "run_number": told.id % 1000,
        "run_attempt": told.attempt,
        "event": asked.event,
        "status": told.status,
        "conclusion": told.conclusion,
        "workflow_id": 77,
        "url": here,
        "html_url": f"{base}/{asked.repository}/actions/runs/{told.id}",
        "pull_requests": [],
        "created_at": at(told.created_at),
        "updated_at": at(told.updated_at),
        "run_started_at": at(told.started_at),
        "actor": user(base, asked.actor),
        "triggering_actor": user(base, asked.triggering_actor),
        **{f"{name}_url": f"{here}/{name}" for name in _RUN_PAGES},
        "head_commit": _head_commit(told),
        "repository": repository(base, asked.repository),
        "head_repository": repository(base, asked.head_repository or asked.repository),
    }


def _head_commit(told: Run) -> Shape:
    who: Shape = {"name": "Somebody", "email": "somebody@example.com"}
    return {
        "id": told.asked.commit,
        "tree_id": told.asked.commit,
        "message": told.asked.title,
        "timestamp": at(told.created_at),
        "author": who,
        "committer": who,
    }


def environment(base: str, runs: Runs, full_name: str, name: str) -> Shape:
    """An environment of a repository, small."""
    number = runs.environment_id(full_name, name)
    return {
        "id": number,
        "node_id": f"EN_{number}",
        "name": name,
        "url": f"{base}/repos/{full_name}/environments/{number}",
        "html_url": f"{base}/{full_name}/deployments/{number}",
    }


def pending(base: str, runs: Runs, told: Run, name: str) -> Shape:
    """An environment of a run that waits."""
    asked = told.asked
    return {
        "environment": environment(base, runs, asked.repository, name),
        "wait_timer": asked.wait_timer,
        "wait_timer_started_at": at(told.began[name][0]) if asked.wait_timer else None,
        "current_user_can_approve": asked.can_approve,
        "reviewers": [{"type": "User", "reviewer": user(base, one)} for one in asked.reviewers],
    }


def review(base: str, runs: Runs, told: Run, one: Review) -> Shape:
    """What somebody said of an environment."""
    times: Shape = {"created_at": at(told.created_at), "updated_at": at(told.created_at)}
    return {
        "environments": [environment(base, runs, told.asked.repository, one.environment) | times],
        "state": one.state,
        "user": user(base, one.by),
        "comment": one.comment,
    }


def deployment(base: str, told: Deployment) -> Shape:
    """A deployment to an environment."""
    asked = told.asked
    here = f"{base}/repos/{asked.repository}/deployments/{told.id}"
    return {
        "url": here,
        "id": told.id,
        "node_id": f"DE_{told.id}",
        "sha": asked.commit,
        "ref": "main",
        "task": "deploy",
        "payload": {},
        "original_environment": asked.environment,
        "environment": asked.environment,
        "description": None,
        "creator": user(base, "octocat"),
        "created_at": at(told.made_at),
        "updated_at": at(told.made_at),
        "statuses_url": f"{here}/statuses",
        "repository_url": f"{base}/repos/{asked.repository}",
    }


def account(base: str, login: str, kind: str) -> Shape:
    """A user or an organisation, as everybody sees it."""
    return {
        **user(base, login),
        "type": kind,
        "user_view_type": "public",
        **dict.fromkeys(("name", "company", "location", "email", "hireable", "bio")),
        "blog": "",
        **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
        "created_at": at(0),
        "updated_at": at(0),
    }


def status(base: str, told: Deployment) -> Shape:
    """How a deployment stands."""
    here = f"{base}/repos/{told.asked.repository}"
    return {
        "url": f"{here}/deployments/{told.id}/statuses/1",
        "id": told.id,
        "node_id": f"DES_{told.id}",
        "state": told.asked.state,
        "creator": user(base, "octocat"),
        "description": "",
        "target_url": "",
        "created_at": at(told.made_at),
        "updated_at": at(told.made_at),
        "deployment_url": f"{here}/deployments/{told.id}",
        "repository_url": here,
    }


def commit(base: str, full_name: str, sha: str, title: str) -> Shape:
    """A commit of a repository."""
    here = f"{base}/repos/{full_name}/commits/{sha}"
    who: Shape = {"name": "Somebody", "email": "somebody@example.com", "date": at(0)}
    return {
        "url": here,
        "sha": sha,
        "node_id": f"C_{sha}",
        "html_url": f"{base}/{full_name}/commit/{sha}",
        "comments_url": f"{here}/comments",
        "commit": {
            "url": here,
            "author": who,
            "committer": who,
            "message": title,
            "comment_count": 0,
            "tree": {"sha": sha, "url": f"{base}/repos/{full_name}/git/trees/{sha}"},
        },
        "author": user(base, "octocat"),
        "committer": user(base, "octocat"),
        "parents": [],
    }


def _file(base: str, told: NewComparison, name: str) -> Shape:
    where = f"{told.repository}/{{}}/{told.head}/{name}"
    return {
        "sha": told.head,
        "filename": name,
        "status": "modified",
        **dict.fromkeys(("additions", "deletions", "changes"), 1),
        "blob_url": f"{base}/{where.format('blob')}",
        "raw_url": f"{base}/{where.format('raw')}",
        "contents_url": f"{base}/repos/{told.repository}/contents/{name}?ref={told.head}",
    }


def comparison(base: str, told: NewComparison, titles: tuple[str, ...], first: bool) -> Shape:
    """What lies between two commits; its files stand on the first page only."""
    page = f"{base}/{told.repository}/compare/{told.base}...{told.head}"
    began = commit(base, told.repository, told.base, "What was before")
    return {
        "url": f"{base}/repos/{told.repository}/compare/{told.base}...{told.head}",
        "html_url": page,
        "permalink_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": began,
        "merge_base_commit": began,
        "status": "behind" if told.behind_by and not told.titles else "ahead",
        "ahead_by": len(told.titles),
        "behind_by": told.behind_by,
        "total_commits": len(told.titles),
        "commits": [commit(base, told.repository, told.head, title) for title in titles],
        "files": [_file(base, told, name) for name in told.files] if first else [],
    }

"""What comes since the last deployment to an environment: how GitLab's comparison reads. Pure."""

import re
from collections.abc import Iterator

from upstream_client.gitlab import address
from upstream_client.gitlab.wire import CommitTold, Comparison, Project
from upstream_client.pipeline import Change, Named, short

MOST = 100
"""So many files, and titles, are told one by one."""
NOTHING_NEW = "none: this commit was deployed there last"
UNFINISHED = "GitLab did not finish comparing"
ALIKE = "GitLab tells no commits between them"
_MERGE = re.compile(r"\n\s*\n(?P<title>[^\n]+)\n.*See merge request (?P<reference>\S*![0-9]+)\s*$", re.DOTALL)
"""How GitLab writes a merge commit: the merge request's title in a paragraph of its own, its number at the end."""


def change(forth: Comparison, back: Comparison, base: str, commit: str, project: Project, url: str) -> Change:
    """From ``base`` to ``commit``: what comes by ``forth``, and what goes by ``back``, compared the other way.

    ``url`` is GitLab's.
    """
    titles = (*_titles(forth), *(f"taken back: {title}" for title in _titles(back)))
    files = tuple(dict.fromkeys(one.new_path or one.old_path for one in (*forth.diffs, *back.diffs)))
    page = address.page(f"{project.web_url}/-/compare/{base}...{commit}", url)
    words = ", ".join((f"{short(base)}…{short(commit)}", *_warnings(forth, back)))
    return Change(
        Named(words, page),
        files[:MOST],
        max(0, len(files) - MOST),
        titles[:MOST],
        max(0, len(titles) - MOST),
    )


def none() -> Change:
    """Where the same commit goes out once more."""
    return Change(Named(NOTHING_NEW))


def _warnings(forth: Comparison, back: Comparison) -> Iterator[str]:
    """What the two commits alone do not show."""
    gone = len(back.commits)
    if gone:
        also = "also " if forth.commits else ""
        yield f"which {also}goes back by {gone:,} commit{'' if gone == 1 else 's'}"
    if forth.compare_timeout or back.compare_timeout:
        yield UNFINISHED
    elif not gone and not forth.commits:
        yield ALIKE


def _titles(told: Comparison) -> Iterator[str]:
    """The newest first."""
    return filter(None, map(_title, reversed(told.commits)))


def _title(commit: CommitTold) -> str:
    """The commit's own, and behind it the merge request's where GitLab may have written the message.

    Anybody can write a message like that: only a commit that merges is believed, and none loses its own title.
    """
    title = commit.title.strip()
    found = _MERGE.search(commit.message.replace("\r\n", "\n")) if len(commit.parent_ids) > 1 else None
    return f"{title}: {found['title'].strip()} ({found['reference']})" if found else title

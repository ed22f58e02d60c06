"""The users of the sandbox's GitLab, each made when first named."""

from dataclasses import dataclass, field

from pydantic import JsonValue

OURS = "approval-bot"
"""Whose token it is."""


@dataclass
class People:
    """``emails``: public addresses by user name. ``url`` is GitLab's own."""

    url: str = ""
    emails: dict[str, str] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict)

    def id_of(self, username: str) -> int:
        return self._ids.setdefault(username, len(self._ids) + 1)

    def basic(self, username: str) -> dict[str, JsonValue]:
        """As approvals and deployments tell of a user."""
        return {
            "id": self.id_of(username),
            "username": username,
            "name": username.replace("-", " ").title(),
            "state": "active",
            "avatar_url": f"{self.url}/uploads/avatar.png",
            "web_url": f"{self.url}/{username}",
        }

    def whole(self, username: str) -> dict[str, JsonValue]:
        """As jobs tell of a user, and GET /user."""
        return {
            **self.basic(username),
            "created_at": "2025-12-21T13:14:24.077Z",
            "bio": "",
            "location": None,
            "public_email": self.emails.get(username, ""),
            "linkedin": "",
            "twitter": "",
            "website_url": "",
            "organization": "",
        }

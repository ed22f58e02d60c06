"""What the sandbox knows of a Web API method."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.arguments import Arguments
from sandbox.errors import SlackError, invalid_arguments
from sandbox.json_types import Json
from sandbox.scopes import Token, TokenKind
from sandbox.slack import Slack


@dataclass(frozen=True)
class Method:
    """``run`` gives the answer without `ok`. ``scopes``: one of these is needed; none: ``run`` checks."""

    run: Callable[[Slack, Token, Arguments], Json]
    token: TokenKind = "bot"
    scopes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    def call(self, slack: Slack, token: Token | None, arguments: Arguments) -> Json:
        """The whole answer. Raises SlackError in Slack's order: token, scope, arguments, the rest."""
        if token is None:
            raise SlackError("invalid_auth")
        if token.kind != self.token:
            raise SlackError("not_allowed_token_type")
        token.require(*self.scopes)
        missing = [name for name in self.required if not arguments.has(name)]
        if missing:
            raise invalid_arguments(*(f"missing required field: {name}" for name in missing))
        return {"ok": True, **self.run(slack, token, arguments)}

"""The Web API methods the sandbox knows, by name: who may call each, and with which scopes."""

from sandbox.methods import app, chat, conversations, ephemeral, people, views
from sandbox.methods.method import Method

METHODS: dict[str, Method] = {
    "apps.connections.open": Method(app.connections_open, token="app", scopes=("connections:write",)),
    "auth.test": Method(app.auth_test),
    "chat.delete": Method(chat.delete, scopes=("chat:write",), required=("channel", "ts")),
    "chat.getPermalink": Method(chat.permalink, required=("channel", "message_ts")),
    "chat.postEphemeral": Method(ephemeral.post, scopes=("chat:write",), required=("channel", "user")),
    "chat.postMessage": Method(chat.post, scopes=("chat:write",), required=("channel",)),
    "chat.update": Method(chat.update, scopes=("chat:write",), required=("channel", "ts")),
    "conversations.history": Method(conversations.history, required=("channel",)),
    "conversations.info": Method(conversations.info, required=("channel",)),
    "conversations.list": Method(conversations.listed),
    "conversations.members": Method(conversations.members, required=("channel",)),
    "conversations.open": Method(conversations.opened),
    "conversations.replies": Method(conversations.replies, required=("channel", "ts")),
    "usergroups.list": Method(people.usergroups, scopes=("usergroups:read",)),
    "usergroups.users.list": Method(
        people.usergroup_users, scopes=("usergroups:read",), required=("usergroup",)
    ),
    "users.conversations": Method(people.conversations),
    "users.info": Method(people.info, scopes=("users:read",), required=("user",)),
    "users.list": Method(people.listed, scopes=("users:read",)),
    "users.lookupByEmail": Method(people.by_email, scopes=("users:read.email",), required=("email",)),
    "views.open": Method(views.opened, required=("view",)),
    "views.publish": Method(views.publish, required=("user_id", "view")),
    "views.push": Method(views.push, required=("view",)),
    "views.update": Method(views.update, required=("view",)),
}

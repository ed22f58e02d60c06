"""What people say to the bot, in a channel, directly or by a command; and what it does and answers."""

from slack_bot.conversation.answering import handle, settle
from slack_bot.conversation.asked import Asked, Reply
from slack_bot.conversation.lines import ANNOUNCEMENT
from slack_bot.conversation.said import LONGEST_TEXT, Said, Way
from slack_bot.conversation.welcomes import PICK
from slack_bot.refusal import No

__all__ = ["ANNOUNCEMENT", "LONGEST_TEXT", "PICK", "Asked", "No", "Reply", "Said", "Way", "handle", "settle"]

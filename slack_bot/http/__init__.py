"""The HTTP listener in the bot's process: webhooks, health, metrics, Slack. Loaded only where HTTP_PORT is set."""

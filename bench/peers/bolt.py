"""Plain Bolt on its built-in client, as its documentation shows it: it does nothing but acknowledge.

``--inline`` adds process_before_response, which spares Bolt's own wait for the acknowledgement.
"""

import os
import re
import sys

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

app = App(
    client=WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]),
    process_before_response="--inline" in sys.argv,
)
app.action(re.compile(""))(lambda ack: ack())

if __name__ == "__main__":
    handler = SocketModeHandler(
        app,
        os.environ["SLACK_APP_TOKEN"],
        web_client=app.client,
        receive_buffer_size=65_536,  # at the default of 1,024 a burst of 1,000 breaks its recursive parser
    )
    handler.connect()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
    sys.stdin.read()
    os._exit(0)  # its threads would go on

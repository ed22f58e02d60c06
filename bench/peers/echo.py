"""No bot at all: a bare WebSocket that sends each envelope's id back. What it takes is the sandbox's own."""

import json
import os

from slack_sdk import WebClient
from websockets.sync.client import connect

if __name__ == "__main__":
    client = WebClient(base_url=os.environ["SLACK_API_URL"])
    url = str(client.apps_connections_open(app_token=os.environ["SLACK_APP_TOKEN"])["url"])
    with connect(url, proxy=None, compression=None, max_size=None) as ws:
        for message in ws:
            envelope = json.loads(message)
            if "envelope_id" in envelope:
                ws.send(json.dumps({"envelope_id": envelope["envelope_id"]}))

"""The shapes of Privilege Manager's answers."""

import json

from aiohttp import web
from pydantic import JsonValue

ENVELOPE_TYPE = "Thycotic.Tms.Managers.ApiResult, Thycotic.Tms"
LOGON_PAGE = "<!DOCTYPE html><html><head><title>Privilege Manager</title></head><body>Sign in</body></html>"
"""A web page where JSON belongs, as a proxy or a log-on form in between would send it."""


def enveloped(result: JsonValue, total: int = 0) -> web.Response:
    """HTTP 200 with a ``result`` in the documented envelope."""
    return json_answer(
        {
            "$type": ENVELOPE_TYPE,
            "Code": 200,
            "Status": "success",
            "Messages": [],
            "Result": result,
            "Total": total,
        }
    )


def error(status: int, words: str, http_status: int | None = None) -> web.Response:
    """An enveloped error; with ``http_status`` 200 it is one inside a success."""
    body: JsonValue = {
        "$type": ENVELOPE_TYPE,
        "Code": status,
        "Status": "error",
        "Messages": [words],
        "Result": None,
        "Total": 0,
    }
    return json_answer(body, http_status or status)


def framework_error(status: int, words: str) -> web.Response:
    """As ASP.NET Web API answers where no controller is reached."""
    return json_answer({"Message": words}, status)


def json_answer(body: JsonValue, status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=json.dumps(body).encode(), content_type="application/json", charset="utf-8"
    )

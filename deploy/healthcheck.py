"""The image's health check: ask /readyz, say what it says, fail unless it answers 200."""  # noqa: INP001 - run by its path, never imported

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("HTTP_PORT") or 8080), timeout=4)
try:
    connection.request("GET", "/readyz")
    response = connection.getresponse()
    sys.stdout.write(response.read(4096).decode(errors="replace"))
except (OSError, http.client.HTTPException) as error:
    sys.exit(f"no answer: {error}")
sys.exit(response.status != http.HTTPStatus.OK)

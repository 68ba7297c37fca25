"""Routes of a local server that stands in for the proofs of exchanges, each below a prefix of its own.

Example: with `BINANCE_PROOFS_URL=http://127.0.0.1:8182/binance_proofs` the bot asks
`/binance_proofs/bapi/apex/v1/public/apex/market/query/auditProofSnapshotCondition`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from aiohttp import web

from bot.domain.proof_of_reserves import ProofOfReserves
from bot.replay.proof_bodies.binance import BINANCE_PROOF_TWIN
from bot.replay.proof_bodies.bitmex import BITMEX_PROOF_TWIN
from bot.replay.proof_bodies.twin import ProofPath, ProofTwin

ProofsOfExchange = Callable[[str], Sequence[ProofOfReserves]]
"""Returns all proofs of an exchange, by its id, oldest first; none for an exchange that is not there."""

PROOF_TWINS: Sequence[ProofTwin] = (BINANCE_PROOF_TWIN, BITMEX_PROOF_TWIN)


def proof_routes(proofs_of: ProofsOfExchange) -> list[web.RouteDef]:
    """Return a route for each path of each twin; 404 for an exchange without proofs, or with another content."""
    return [
        web.route(path.method, f"{_prefix(twin)}{path.path}", _handler(twin, path, proofs_of))
        for twin in PROOF_TWINS
        for path in twin.paths
    ]


def proof_settings(url: str) -> Mapping[str, str]:
    """Return the addresses below `url` by the settings that they are values for."""
    return {twin.setting: f"{url}{_prefix(twin)}" for twin in PROOF_TWINS}


def _prefix(twin: ProofTwin) -> str:
    return f"/{twin.setting.removesuffix('_url')}"


def _handler(
    twin: ProofTwin, path: ProofPath, proofs_of: ProofsOfExchange
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        proofs = proofs_of(twin.exchange)
        if not proofs or await request.read() != path.content:
            raise web.HTTPNotFound
        written = path.write(proofs, request.query)
        if isinstance(written, str):
            return web.Response(text=written, content_type="application/xml")
        return web.Response(body=msgspec.json.encode(written), content_type="application/json")

    return answer

"""A server that stands in for the proofs of reserves that exchanges tell, in their own formats."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from bot.config.exchange_addresses import ExchangeAddresses
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.http_server import WebServer
from bot.replay.proof_server import proof_routes, proof_settings


class FakeProofs(WebServer):
    """Tells these proofs, oldest first; none answers 404. Below one address every answer is `broken`."""

    def __init__(self, proofs: Sequence[ProofOfReserves] = ()) -> None:
        super().__init__(
            [
                *proof_routes(lambda exchange: [proof for proof in self.proofs if proof.exchange == exchange]),
                web.route("*", "/broken/{path:.*}", self._answer_broken),
            ],
            "127.0.0.1",
            0,
            explain="{}: {}".format,
            grace=0.1,
        )
        self.proofs = list(proofs)
        self.broken = b""

    @property
    def addresses(self) -> Mapping[str, str]:
        """Return the addresses by their settings."""
        return proof_settings("http://{}:{}".format(*self.address))

    @property
    def address_of_broken(self) -> str:
        return "http://{}:{}/broken".format(*self.address)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the settings that lead here and to no other exchange."""
        return {**dict.fromkeys(ExchangeAddresses.model_fields), **self.addresses, "proofs": True, "withdrawals": False}

    async def _answer_broken(self, _: web.Request) -> web.Response:
        return web.Response(body=self.broken)

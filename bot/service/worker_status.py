"""How this worker and its platforms are doing: for `/status`, `/readyz` and whoever sends to a platform."""

from collections.abc import Mapping, Sequence

from bot.delivery.rate_limiter import RateLimit
from bot.domain.place import Platform
from bot.domain.send_rate import SendRate
from bot.domain.worker import Lease, lease_of
from bot.ports.chat import ProbingPlatform
from bot.ports.workers import SendBudget
from bot.workers.leader_election import LeaseRunner
from bot.workers.platform_connection import PlatformConnection

# Read by operators in /readyz, after "standing by: another worker".
_WORK_OF = {
    Lease.POLL: "polls the upstreams",
    Lease.TELEGRAM: "holds the Telegram poll",
    Lease.DISCORD: "holds the Discord gateway",
}


class WorkerStatus:
    """The platforms and leases of this worker; `connections` and `lease_runners` are filled in when it starts."""

    def __init__(self, send_budget: SendBudget, rate_limits: Mapping[Platform, RateLimit]) -> None:
        self.connections: Sequence[PlatformConnection] = ()
        self.lease_runners: Mapping[Lease, LeaseRunner] = {}
        self._send_budget = send_budget
        self._rate_limits = rate_limits

    def trouble(self, chat: PlatformConnection) -> str | None:
        """Return what keeps this worker from doing its part on a platform; None when nothing does."""
        lease_runner = self._lease_runner(chat)
        if identity_trouble := chat.identity_trouble():  # until then it does not ask for the lease
            return identity_trouble
        return "no worker listens there yet" if lease_runner and not lease_runner.owner else chat.trouble()

    def identity_refusals(self) -> Sequence[str]:
        """Return for each platform why the store is not that of this worker's bot, "" where it is."""
        return [f"{chat.platform}: {chat.identity_trouble()}" if chat.is_refused else "" for chat in self.connections]

    def command_problems(self) -> Sequence[str]:
        """Return for each platform why people may see no commands there, or old ones, "" where all is well."""
        return [" ".join(chat.command_problems()) for chat in self.connections]

    def troubles(self) -> Mapping[Platform, str]:
        """Return what troubles each platform, here or at the worker that listens to it; "" for nothing."""
        return {chat.platform: self.trouble(chat) or self._trouble_elsewhere(chat) for chat in self.connections}

    def standing_by(self) -> Sequence[str]:
        """Return a sentence for each lease that another worker owns and this one would take over."""
        elsewhere = [lease for lease, runner in self.lease_runners.items() if runner.owner and not runner.is_owner]
        return [f"standing by: another worker {_WORK_OF[lease]}" for lease in elsewhere]

    def tells_shared(self) -> bool:
        """Return whether this worker tells the operator of what all workers know alike: the one that polls does.

        While nobody polls, each worker that would may be the one.
        """
        lease_runner = self.lease_runners.get(Lease.POLL)
        return lease_runner is not None and (lease_runner.is_owner or lease_runner.owner is None)

    def probing_platforms(self) -> Sequence[ProbingPlatform]:
        """Return the platforms that this worker listens to right now, which can say whether a place is open."""
        return [prober for chat in self.connections if (prober := chat.place_prober())]

    async def rates(self) -> Mapping[Platform, SendRate]:
        """Return how fast messages go to the platforms, over all workers; raise StorageError."""
        return {
            chat.platform: await self._send_budget.current_rate(
                chat.platform, per_second=self._rate_limits[chat.platform].per_second
            )
            for chat in self.connections
        }

    def _trouble_elsewhere(self, chat: PlatformConnection) -> str:
        lease_runner = self._lease_runner(chat)
        if lease_runner and lease_runner.owner and not lease_runner.is_owner:
            return lease_runner.owner.trouble
        return ""

    def _lease_runner(self, chat: PlatformConnection) -> LeaseRunner | None:
        """Return the runner of a platform's listening lease; None where this worker never listens to it."""
        lease = lease_of(chat.platform)
        return self.lease_runners.get(lease) if lease else None

"""A member checks their own proof on both platforms: nobody else reads it, and the bot keeps and logs nothing of it."""

from structlog.testing import capture_logs

from tests.fakes.discord_world import MEMBER_RIGHTS
from tests.inclusion_proofs.samples_read import GOOD, content_of
from tests.storage.test_backup import everything
from tests.world import World, running

HOLDS = "Your balance is in the tree: 27 levels"
SECRETS = ("8aaa8c58e3ea1f4f049e400ed2858598", "a70d0984464510f56603cf3180f5390d", "0.00012635", "8eac815c495e6a67")
"""The id, the nonce, the balance and the root in Bitget's file."""


async def test_a_proof_is_checked_and_nothing_of_it_stays(world: World) -> None:
    with capture_logs() as logs:
        async with running(world) as run:
            telegram, ann = world.telegram, world.ann
            private = telegram.private(ann)
            telegram.send_file(private, ann, GOOD["bitget"], caption="/verify", name="merkel_tree_bg.json")
            answer = await telegram.wait_for_message(private)
            assert HOLDS in answer.text.splitlines()[0]
            assert "8eac815c495e6a67" in answer.text

            file = telegram.send_file(private, ann, content_of("bitget_2022.json"))
            telegram.say(private, ann, "/verify", reply_to_message=file)
            assert "This proof does not hold" in (await telegram.wait_for_message(private)).text
            telegram.send_file(private, ann, b"[" * 1000, caption="/verify")
            assert "nested too deeply" in (await telegram.wait_for_message(private)).text

            hidden = await world.discord.slash(
                "verify", channel=world.channel, permissions=MEMBER_RIGHTS, file=("a.json", GOOD["bitget"])
            )
            assert hidden.ephemeral
            assert HOLDS in hidden.text

            stored = repr(await everything(run.application.store.database))
    assert "telegram:" in stored
    for secret in SECRETS:
        assert secret not in stored
        assert secret not in str(logs)


async def test_a_group_is_shown_the_way_to_a_private_chat_and_the_file_is_not_fetched(world: World) -> None:
    async with running(world):
        telegram, group = world.telegram, world.group
        bob = telegram.user("Bob")
        for send in (
            lambda: telegram.send_file(group, bob, GOOD["bitget"], caption="/verify"),
            lambda: telegram.say(group, bob, "/verify"),
        ):
            send()
            answer = await telegram.wait_for_message(group)
            assert "Send /verify in a chat with the bot alone: https://t.me/RunwatchBot?start=verify" in answer.text
            assert "delete it" in answer.text
        assert telegram.calls["getfile"] == 0

        private = telegram.private(bob)
        telegram.say(private, bob, "/start verify")
        assert "Verify your inclusion proof" in (await telegram.wait_for_message(private)).text


async def test_without_a_file_the_answer_is_hidden_on_discord_as_well(world: World) -> None:
    """A question without a file is hidden as well: it says that somebody has an account there."""
    async with running(world):
        answer = await world.discord.slash("verify", channel=world.channel, permissions=MEMBER_RIGHTS)
        assert answer.ephemeral
        assert "Verify your inclusion proof" in answer.text

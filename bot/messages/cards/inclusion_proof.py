"""The answers to `/verify`: whether an inclusion proof holds, what it shows and what it does not.

Example: “Your balance is in the tree: 27 levels”, the root to compare with the published one, the balances of the leaf,
and below them that a proof of one balance says nothing of whether the exchange can pay.
"""

from collections.abc import Iterator

from bot.domain.errors import echo
from bot.inclusion_proofs.result import Balance, Caution, Fault, InclusionProof, Scheme, Unreadable, UnreadableProof
from bot.language.name_lists import enumerated, labelled, named_up_to
from bot.language.translation import marked, tr, tr_count
from bot.messages.model import Message, Tone, code, lines
from bot.messages.number_format import amount, exact_amount, usd
from bot.messages.translated_lines import tr_line

_MAX_BALANCES = 3
"""Balances that are named: an answer is one screen of a phone, and the file has all of them."""
_AMOUNT_LETTERS = 32  # 100 billion with eight digits after the point and a long symbol
_MAX_UNITS = 2  # they have up to 26 letters each
_ROOT_START, _ROOT_END = 16, 8  # letters of a long root that are shown; 24 are enough to tell it from any other
_FAULTS = {
    Fault.LEAF_HASH: marked("Your id and balances do not give the hash of your leaf."),
    Fault.ROLES: marked("Two nodes stand on one side, or its path does not end at a root."),
    Fault.ORDER: marked("Its nodes are not in order from your leaf to the root."),
    Fault.ASSETS: marked("Its nodes do not have the same assets, or not those that {exchange}'s trees have."),
    Fault.SUMS: marked("The balances on its path do not add up to those of the root."),
    Fault.ROOT_HASH: marked("Its hashes lead to another root than the one that it names."),
    Fault.NO_LEAF: marked("No leaf of this tree belongs to your nonce."),
    Fault.AUDITS: marked("Its nodes are from different audits."),
}
_CAUTIONS = {
    Caution.NEGATIVE_SIBLING: marked(
        "A node beside your path has a negative balance, which lowers what the exchange says it owes."
    ),
    Caution.NEGATIVE_OWN: marked("Your own leaf has a negative balance."),
    Caution.HASH_64_BIT: marked("Its hashes are cut to 64 bits, which is weak."),
    Caution.HASH_128_BIT: marked("Its hashes are cut to 128 bits, half of the usual length."),
    Caution.EXPERIMENTAL: marked("Experimental: no public sample confirms this rule of {exchange}'s."),
}
_SHOWS = marked("It shows that this balance was counted in the tree with this root.")
_DOES_NOT_SHOW = marked("It does not show that everybody's was counted, nor that the exchange can pay.")
_UNREADABLE = {
    Unreadable.TOO_LARGE: marked("The file is larger than 256 KB, and no proof is."),
    Unreadable.NOT_TEXT: marked("The file is no text in UTF-8. Send it unchanged, as it was downloaded."),
    Unreadable.NOT_JSON: marked("The file is no valid JSON. Send it unchanged, as it was downloaded."),
    Unreadable.TOO_DEEP: marked("The file is nested too deeply to be a proof."),
    Unreadable.DUPLICATE_NAME: marked("The file says one name twice in one place, so it can be read in two ways."),
    Unreadable.BAD_NUMBER: marked("The file has a number that no proof has: an exponent, or more than 60 digits."),
    Unreadable.UNKNOWN_FORMAT: marked("This is no proof that I know. I can check those of {exchanges}."),
    Unreadable.BAD_FIELD: marked(
        "The file looks like {exchange}'s, but “{field}” is missing or is not what it should be. Download it again."
    ),
    Unreadable.EMPTY_PATH: marked("The file looks like {exchange}'s, but has no path from your leaf to the root."),
    Unreadable.LONG_PATH: marked("The file looks like {exchange}'s, but its path has more than 64 nodes."),
    Unreadable.OKX_2023: marked(
        "This is OKX's file since March 2023. Its leaves are looked up in the file of all leaves, which is too large "
        "for a chat: use OKX's own program."
    ),
    Unreadable.NO_NONCE: marked(
        "BitMEX's tree lacks your nonce of that snapshot: write it above the tree as a line that begins with “nonce:”."
    ),
    Unreadable.MASTER_NONCE: marked(
        "This nonce opens all snapshots of your account: tell it nobody, and delete the message. Send the nonce of "
        "the one snapshot instead."
    ),
}


def how_to_verify_card() -> Message:
    """Return what `/verify` answers without a file."""
    return Message(
        title=tr("Verify your inclusion proof"),
        lines=lines(
            tr(
                "Send me the proof that you downloaded. On Telegram: the file with the caption {command}. On Discord: "
                "{command} and the option {option}.",
                command="/verify",
                option="file",
            ),
            tr("I can check those of {exchanges}.", exchanges=_exchanges()),
            tr("A proof shows that your balance was counted; not that everybody's was, nor that the exchange can pay."),
            tr("I store and log nothing of the file. This chat keeps it until you delete it."),
        ),
        private=True,
    )


def inclusion_proof_card(proof: InclusionProof) -> Message:
    """Return what a checked proof says."""
    return _failing_card(proof, proof.fault) if proof.fault else _holding_card(proof)


def unreadable_sentence(unreadable: UnreadableProof) -> str:
    """Return why a file is not checked, and what to send instead."""
    return tr(
        _UNREADABLE[unreadable.reason],
        exchange=unreadable.scheme.exchange if unreadable.scheme else "",
        exchanges=_exchanges(),
        field=unreadable.field,
    )


def _holding_card(proof: InclusionProof) -> Message:
    return Message(
        title=tr_count(
            "Your balance is in the tree: {count} level", "Your balance is in the tree: {count} levels", proof.levels
        ),
        tone=Tone.GOOD,
        lines=lines(
            _origin(proof),
            tr_line("Root: {root}", root=code(_short_root(proof.root))),
            tr(
                "Compare it with the root on {exchange}'s proof-of-reserves page. If they differ, this shows nothing.",
                exchange=proof.scheme.exchange,
            ),
            _balances(proof),
            _totals(proof),
            tr(_SHOWS),
            tr(_DOES_NOT_SHOW),
            *_cautions(proof),
        ),
        private=True,
    )


def _failing_card(proof: InclusionProof, fault: Fault) -> Message:
    exchange = proof.scheme.exchange
    is_unconfirmed = Caution.EXPERIMENTAL in proof.cautions
    return Message(
        title=tr("This proof does not hold"),
        tone=Tone.TROUBLE,
        lines=lines(
            tr(_FAULTS[fault], exchange=exchange),
            _origin(proof),
            tr_line("Root: {root}", root=code(_short_root(proof.root))),
            tr(
                "Download the file again and send it unchanged. If it still does not hold, ask {exchange} why.",
                exchange=exchange,
            ),
            tr(_CAUTIONS[Caution.EXPERIMENTAL], exchange=exchange) if is_unconfirmed else None,
        ),
        private=True,
    )


def _origin(proof: InclusionProof) -> str:
    """Return whose proof it is, and of which audit: `MEXC · audit PR-2025-01-22`."""
    exchange, audit = proof.scheme.exchange, echo(proof.audit)
    if not audit:
        return exchange
    if proof.is_audit_covered:
        return tr("{exchange} · audit {audit}", exchange=exchange, audit=audit)
    # Translators: The audit's name stands in the file, and no hash of the proof depends on it.
    return tr("{exchange} · audit {audit} (covered by no hash)", exchange=exchange, audit=audit)


def _short_root(root: str) -> str:
    return f"{root[:_ROOT_START]}…{root[-_ROOT_END:]}" if len(root) > _ROOT_START + _ROOT_END else root


def _balances(proof: InclusionProof) -> str:
    """Return what the leaf says: `In your leaf: 1.5 BTC, 200 USDT and 3 more.`; some formats have numbers, no names."""
    if not proof.balances:
        return tr("In your leaf: no balance above zero.")
    if proof.equity_usd is None:
        amounts = [_amount_text(balance) for balance in proof.balances]
        return tr("In your leaf: {amounts}.", amounts=named_up_to(amounts, _MAX_BALANCES))
    # Not grouped: a comma stands between two of them.
    units = [labelled(balance.asset, f"{balance.amount:f}") for balance in proof.balances]
    return tr(
        "In your leaf, each asset's number and smallest units: {amounts}.", amounts=named_up_to(units, _MAX_UNITS)
    )


def _amount_text(balance: Balance) -> str:
    """Return an amount with all its digits; one that nobody has, and that only a composed file can have, with three."""
    text = exact_amount(balance.amount, balance.asset)
    return text if len(text) <= _AMOUNT_LETTERS else amount(float(balance.amount), balance.asset)


def _totals(proof: InclusionProof) -> str | None:
    if proof.equity_usd is None or proof.debt_usd is None:
        return None
    return tr(
        "At the exchange's own prices: {equity}, of which {debt} is borrowed.",
        equity=usd(float(proof.equity_usd)),
        debt=usd(float(proof.debt_usd)),
    )


def _cautions(proof: InclusionProof) -> Iterator[str]:
    return (f"⚠️ {tr(_CAUTIONS[caution], exchange=proof.scheme.exchange)}" for caution in proof.cautions)


def _exchanges() -> str:
    """Return the exchanges whose proofs can be checked: `Bitget, Bybit, OKX (2022–2023), …`."""
    names = dict.fromkeys(scheme.exchange for scheme in Scheme)
    return enumerated("OKX (2022–2023)" if name == Scheme.OKX.exchange else name for name in names)

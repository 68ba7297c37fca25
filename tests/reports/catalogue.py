"""Every kind of report, by the name of the folder that it makes."""

from collections.abc import Mapping

from tests.reports import arrival_kinds, missing_kinds, run_kinds, upkeep_kinds
from tests.reports.report import ReportKind

_FUNCTIONS: tuple[ReportKind, ...] = (
    upkeep_kinds.absurd_amount,
    upkeep_kinds.collapse_one_reading,
    upkeep_kinds.conversion_drops_out,
    upkeep_kinds.conversion_told_without,
    upkeep_kinds.conversion_turned_back,
    upkeep_kinds.dedupe_four_exchanges,
    upkeep_kinds.flapping_backends,
    upkeep_kinds.native_balance_zero,
    upkeep_kinds.one_leg_chain_swap,
    upkeep_kinds.one_leg_label_60h,
    upkeep_kinds.quiet_weeks,
    upkeep_kinds.redenomination,
    upkeep_kinds.redenomination_among_peers,
    upkeep_kinds.renamed_chain_in_traffic,
    upkeep_kinds.renamed_in_traffic,
    upkeep_kinds.renamed_stablecoin,
    upkeep_kinds.renamed_with_overlap,
    upkeep_kinds.renamed_without_value,
    upkeep_kinds.spam_token_removed,
    missing_kinds.absurd_amount_for_days,
    missing_kinds.chain_back_in_parts,
    missing_kinds.chain_every_other_reading,
    missing_kinds.chain_gone_for_good,
    missing_kinds.chain_missing_as_run_begins,
    missing_kinds.failed_call_for_many,
    missing_kinds.missing_chain_hides_run,
    missing_kinds.negative_amount,
    missing_kinds.null_amount,
    missing_kinds.run_beside_gone_chain,
    missing_kinds.two_chains_return_smaller,
    missing_kinds.wrong_price_stays,
    arrival_kinds.arrival_leaves_after_weeks,
    arrival_kinds.large_deposit_leaves_in_steps,
    arrival_kinds.new_asset_leaves_in_steps,
    arrival_kinds.relabelled_asset_leaves_in_steps,
    run_kinds.asset_leaves_in_large_steps,
    run_kinds.even_loss_stays,
    run_kinds.renamed_amid_run,
    run_kinds.run_after_internal_move,
    run_kinds.run_in_unpriced_asset,
    run_kinds.run_of_a_tenth,
    run_kinds.run_over_ten_hours,
    run_kinds.third_chunk_counts,
    run_kinds.third_of_reserves_in_one_step,
    run_kinds.two_exchanges_in_one_hour,
)

KINDS: Mapping[str, ReportKind] = {function.__name__.replace("_", "-"): function for function in _FUNCTIONS}

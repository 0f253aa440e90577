"""What two simple rules would blame, given every visible change and every problem's onset without an error of recognition."""

WINDOW = 1800.0            # the latest change: within half an hour before the onset
PAIR_WINDOW = 300.0        # pairs of kinds, as Simple Event Correlator's Pair rules: within five minutes, the first match

PAIRS = {
    "unique_violation": {"migration", "schema_change", "import"}, "foreign_key_violation": {"import", "migration", "schema_change"},
    "not_null_violation": {"migration", "schema_change", "deployment"}, "check_violation": {"migration", "schema_change", "deployment"},
    "undefined_table": {"migration", "schema_change", "deployment"}, "undefined_column": {"migration", "schema_change", "deployment"},
    "invalid_text_representation": {"migration", "schema_change"}, "datatype_mismatch": {"migration", "schema_change"},
    "undefined_function": {"migration", "schema_change"}, "query_canceled": {"migration", "schema_change"}, "lock_not_available": {"migration", "schema_change"},
    "insufficient_privilege": {"migration", "schema_change"}, "too_many_connections": {"deployment"}, "read_only_sql_transaction": {"failover"},
    "sequence_generator_limit_exceeded": {"migration", "schema_change"}, "slow_query": {"migration", "schema_change"},
}


def latest_change(case, problem):
    before = [c for c in case["changes"] if problem["first"] - WINDOW <= c["time"] <= problem["first"] and c["kind"] != "sequence_reset"]
    return max(before, key=lambda c: c["time"], default=None)


def pairs_in_windows(case, problem):
    kinds = PAIRS.get(problem["condition"], set())
    before = [c for c in case["changes"] if problem["first"] - PAIR_WINDOW <= c["time"] <= problem["first"] and c["kind"] in kinds]
    return min(before, key=lambda c: c["time"], default=None)


def judge(case, rule):
    """Per problem: (has a cause, blamed something, right)."""
    out = []
    for problem in case["problems"]:
        if problem["optional"] or problem["tolerant"] or problem["earlier"]:
            continue
        change = rule(case, problem)
        right = change is not None and (bool(set(change["lines"]) & set(problem["lines"])) or any(abs(change["time"] - t) <= 5 for t in problem["times"]))
        out.append((bool(problem["lines"]), change is not None, right))
    return out


RULES = {"latest change in 30 min": latest_change, "pairs in 5 min (SEC)": pairs_in_windows}

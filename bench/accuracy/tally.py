"""From judged rows to the table and the JSON."""
import collections

from intervals import bootstrap, brier, calibration_error, wilson


def measures(rows):
    """All scores of these rows. A row of its migration's own error is right either way and counts for nothing when nothing is blamed."""
    rows = [r for r in rows if not (r["tolerant"] and not r["attributed"])]
    main = [r for r in rows if r["role"] == "main"]
    caused, innocent = [r for r in main if r["has_cause"]], [r for r in rows if r["role"] != "missed" and not r["has_cause"]]
    attributed = [r for r in rows if r["attributed"]]
    missed = [r for r in rows if r["role"] == "missed"]
    pairs = [(r["confidence"], float(r["top1"])) for r in rows if r["confidence"] is not None]
    right = [r for r in caused if r["attributed"] and r["top1"]]
    return {"problems": len(main) + len(missed), "attributable": len(caused), "missed": len(missed), "missed_attributable": sum(r["has_cause"] for r in missed),
            "unknown_incidents": sum(r["role"] == "unknown" for r in rows), "further_incidents": sum(r["role"] == "further" for r in rows),
            "top1": wilson(sum(r["top1"] for r in caused), len(caused)), "top3": wilson(sum(r["top3"] for r in caused), len(caused)),
            "precision": wilson(sum(r["top1"] for r in attributed), len(attributed)), "recall": wilson(len(right), len(caused)),
            "recall_with_missed": wilson(len(right), len(caused) + sum(r["has_cause"] for r in missed)),
            "false_attributions": wilson(sum(r["attributed"] for r in innocent), len(innocent)),
            "brier": bootstrap(pairs, brier), "calibration_error": bootstrap(pairs, calibration_error)}


def baseline_measures(judged):
    caused = [j for j in judged if j[0]]
    blamed = [j for j in judged if j[1]]
    innocent = [j for j in judged if not j[0]]
    return {"top1": wilson(sum(j[2] for j in caused), len(caused)), "precision": wilson(sum(j[2] for j in blamed), len(blamed)),
            "recall": wilson(sum(j[2] for j in caused), len(caused)), "false_attributions": wilson(sum(j[1] for j in innocent), len(innocent))}


def percent(value):
    return "-" if value is None else f"{100 * value[0]:5.1f} [{100 * value[1]:.1f}, {100 * value[2]:.1f}]"


def number(value):
    return "-" if value is None else f"{value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]"


def table(rows, baselines):
    """The whole report as text."""
    total = measures(rows)
    out = [f"{'':34} {'culprit':>22}" + "".join(f" {name:>26}" for name in baselines)]
    for key, words in (("top1", "top-1"), ("top3", "top-3"), ("precision", "precision of attribution"), ("recall", "recall of attribution"), ("recall_with_missed", "recall, missed problems included"),
                       ("false_attributions", "false attributions without a cause")):
        out.append(f"{words:34} {percent(total[key]):>22}" + "".join(f" {percent(b.get(key)):>26}" for b in baselines.values()))
    out.append(f"{'Brier score':34} {number(total['brier']):>22}")
    out.append(f"{'expected calibration error':34} {number(total['calibration_error']):>22}")
    out.append(f"problems {total['problems']}, attributable and recognised {total['attributable']}, missed {total['missed']} "
               f"(attributable {total['missed_attributable']}), further incidents {total['further_incidents']}, unknown incidents {total['unknown_incidents']}")
    out.append("")
    out.append(f"{'kind of cause':32} {'found':>5} {'missed':>6} {'top-1':>20} {'top-3':>20} {'precision':>20} {'recall':>20}")
    kinds = collections.defaultdict(list)
    for r in rows:
        kinds["(none)" + (": its evidence is hidden" if r["hidden"] else "") if r["truth"] == "none" else r["truth"]].append(r)
    for kind, own in sorted(kinds.items()):
        m = measures(own)
        if kind.startswith("(none)"):
            out.append(f"{kind:32} {m['problems'] - m['missed']:5} {m['missed']:6} false attributions {percent(m['false_attributions'])}")
        else:
            out.append(f"{kind:32} {m['attributable']:5} {m['missed_attributable']:6} {percent(m['top1']):>20} {percent(m['top3']):>20} {percent(m['precision']):>20} {percent(m['recall']):>20}")
    out += ["", f"{'with this decoy':32} {'top-1':>22} {'precision':>22} {'false attributions':>22}"]
    for decoy in sorted({d for r in rows for d in r["decoys"]}) + ["none at all"]:
        m = measures([r for r in rows if decoy in r["decoys"] or decoy == "none at all" and not r["decoys"]])
        out.append(f"{decoy:32} {percent(m['top1']):>22} {percent(m['precision']):>22} {percent(m['false_attributions']):>22}")
    out += ["", f"{'what shows the cause':32} {'found':>5} {'top-1':>20} {'recall':>22}"]
    for evidence in sorted({r["evidence"] for r in rows if r["has_cause"]}):
        m = measures([r for r in rows if r["evidence"] == evidence and r["has_cause"]])
        out.append(f"{evidence:32} {m['attributable']:5} {percent(m['top1']):>20} {percent(m['recall']):>22}")
    out += ["", f"{'by server format':32} {'top-1':>22} {'precision':>22} {'missed':>22}"]
    for form in sorted({r["format"] for r in rows}):
        m = measures([r for r in rows if r["format"] == form])
        out.append(f"{form:32} {percent(m['top1']):>22} {percent(m['precision']):>22} {m['missed']:>22}")
    return "\n".join(out)


def bad(r):
    """What is wrong with a row, or None: the recognition's fault or the correlation's."""
    if r["tolerant"]:
        return "wrong cause" if r["attributed"] and not r["top1"] else None
    if r["role"] == "missed":
        return "missed (recognition)"
    if not r["has_cause"]:
        return f"false attribution{' (its cause is hidden)' if r['hidden'] else ''}" if r["attributed"] else None
    if r["attributed"] and not r["top1"]:
        return "wrong cause, right one in the first three" if r["top3"] else "wrong cause"
    if not r["attributed"]:
        return "unattributed, right one first" if r["top1"] else "unattributed, right one not first" if r["top3"] else "unattributed, right one no candidate"
    return None


def badness(r):
    """The worst first: surely wrong, then missed, then unsure."""
    confidence = r["confidence"] or 0
    return {"f": 3 + confidence, "w": 2 + confidence, "m": 1.5, "u": 1}.get((bad(r) or "-")[0], 0)

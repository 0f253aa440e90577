#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "daemon/web/layout.h"
#include "daemon/web/pages.h"
#include "daemon/web/rate_chart.h"
#include "daemon/words/wording.h"

namespace culprit {
namespace {

using Values = std::vector<Telemetry::Value>;

double sum_of(const Values& values, std::string_view name) {
    double sum = 0;
    for (const Telemetry::Value& each : values)
        if (each.name == name) sum += each.value;
    return sum;
}

bool has(const Values& values, std::string_view name) {
    return std::ranges::any_of(values, [&](const Telemetry::Value& each) { return each.name == name; });
}

std::string label_of(const Telemetry::Value& value, const std::string& name) {
    const auto found = value.labels.find(name);
    return found == value.labels.end() ? std::string() : found->second;
}

std::string whole(double value) { return grouped(std::llround(std::clamp(value, -9e15, 9e15))); }

std::string with_unit(double value, const char* unit) {
    char text[64];
    if (value >= 1e9)
        std::snprintf(text, sizeof text, "%.1f G%s", value / 1e9, unit);
    else if (value >= 1e6)
        std::snprintf(text, sizeof text, "%.1f M%s", value / 1e6, unit);
    else if (value >= 1e4)
        std::snprintf(text, sizeof text, "%.1f k%s", value / 1e3, unit);
    else
        std::snprintf(text, sizeof text, value < 10 && value > 0 ? "%.1f %s" : "%.0f %s", value, unit);
    return text;
}

TemplateData tile(const std::string& name, const std::string& value, const std::string& look = {}) {
    TemplateData one;
    one.set("name", name);
    one.set("value", value);
    set_text(one, "look", look);
    return one;
}

TemplateData tiles_of(const Values& values, const PipelineHistory& history) {
    TemplateData tiles{TemplateData::type::list};
    const PipelineHistory::Moment rates = history.rates();
    tiles << tile("records a second, over the last minute", with_unit(rates.records, ""));
    tiles << tile("bytes a second", with_unit(rates.bytes, "B"));
    tiles << tile("records since the start", whole(sum_of(values, "culprit_records_total")));
    tiles << tile("signals recognised", whole(sum_of(values, "culprit_signals_total")));
    if (has(values, "culprit_consumer_lag")) {
        const double lag = sum_of(values, "culprit_consumer_lag");
        tiles << tile("messages behind (lag)", whole(lag), lag > 10'000 ? "warn" : "good");
    }
    if (has(values, "culprit_watermark_delay_seconds")) {
        const double delay = sum_of(values, "culprit_watermark_delay_seconds");
        tiles << tile("event time lies behind by", span_of(delay), delay > 900 ? "warn" : "good");
    }
    if (has(values, "culprit_canary_folded_timestamp_seconds")) {
        double oldest = std::numeric_limits<double>::max();
        for (const Telemetry::Value& each : values)
            if (each.name == "culprit_canary_folded_timestamp_seconds") oldest = std::min(oldest, each.value);
        const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
        tiles << tile("last canary came through, sent before", span_of(now - oldest), now - oldest > 300 ? "warn" : "good");
    }
    const double letters = sum_of(values, "culprit_dead_letters_total");
    tiles << tile("dead letters", whole(letters), letters > 0 ? "bad" : "good");
    tiles << tile("undecodable records", whole(sum_of(values, "culprit_undecodable_records_total")));
    return tiles;
}

/// Rows of those metrics that have labels: what, which, how much.
TemplateData rows_of(const Values& values, std::string_view name, const std::vector<std::string>& labels) {
    TemplateData rows{TemplateData::type::list};
    for (const Telemetry::Value& each : values) {
        if (each.name != name) continue;
        TemplateData row;
        std::string which;
        for (const std::string& label : labels)
            if (const std::string text = label_of(each, label); !text.empty()) which += (which.empty() ? "" : " ") + spaced(text);
        row.set("which", which);
        row.set("value", whole(each.value));
        rows << row;
    }
    return rows;
}

TemplateData limits_of(const Values& values) {
    TemplateData rows{TemplateData::type::list};
    for (const Telemetry::Value& size : values) {
        if (size.name != "culprit_state_size") continue;
        double limit = 0;
        for (const Telemetry::Value& each : values)
            if (each.name == "culprit_state_limit" && each.labels == size.labels) limit = each.value;
        const double share = limit > 0 ? std::clamp(size.value / limit, 0.0, 1.0) : 0;
        TemplateData row;
        row.set("which", spaced(label_of(size, "state")));
        row.set("value", whole(size.value));
        row.set("limit", limit > 0 ? whole(limit) : "any number, by age");
        char width[32];
        std::snprintf(width, sizeof width, "%.1f%%", share * 100);
        row.set("width", std::string(width));
        row.set("look", share > 0.9 ? "bad" : share > 0.7 ? "warn" : "good");
        rows << row;
    }
    return rows;
}

}  // namespace

std::string pipeline_page(const Values& values, const PipelineHistory& history, const Readiness& readiness) {
    TemplateData page;
    page.set("title", readiness.ready ? "The pipeline is ready" : "The pipeline is not ready");
    TemplateData parts{TemplateData::type::list};
    std::string_view rest = readiness.text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) continue;
        TemplateData part;
        part.set("name", std::string(line.substr(0, colon)));
        part.set("state", std::string(line.substr(colon + 2)));
        part.set("look", line.substr(colon + 2) == "ok" ? "good" : "bad");
        parts << part;
    }
    set_list(page, "parts", parts);
    set_list(page, "tiles", tiles_of(values, history));
    const std::vector<std::uint64_t> records = history.records();
    if (std::ranges::any_of(records, [](std::uint64_t count) { return count > 0; })) page.set("curve", curve(records));
    set_list(page, "signals", rows_of(values, "culprit_signals_total", {"family", "kind"}));
    set_list(page, "lag", rows_of(values, "culprit_consumer_lag", {"topic", "partition"}));
    set_list(page, "dead", rows_of(values, "culprit_dead_letters_total", {"reason"}));
    set_list(page, "documents", rows_of(values, "culprit_sink_documents_total", {"sink", "result"}));
    set_list(page, "pending", rows_of(values, "culprit_sink_pending_documents", {"sink"}));
    set_list(page, "limits", limits_of(values));
    return framed({"Pipeline", "pipeline", "pipeline"}, fill("pipeline.mustache", page));
}

}  // namespace culprit

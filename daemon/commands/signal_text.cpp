#include "daemon/commands/signal_text.h"

#include <nlohmann/json.hpp>

#include "correlator/printable.h"
#include "matchers/log_entry.h"

namespace culprit {
namespace {

std::string place_of(const SourcePosition& source) {
    return source.input.name + ":" + std::to_string(source.line ? static_cast<std::int64_t>(*source.line) : source.offset.value);
}

}  // namespace

std::string signal_text(const Signal& signal) {
    const auto json = nlohmann::json::parse(to_json_line(signal), nullptr, false);
    std::string line = json.value("time", "");
    const auto add = [&](const std::string& word) {
        if (!word.empty()) line += "  " + word;
    };
    add(std::string(to_string(signal.family)));
    add(signal.kind + (signal.operation.empty() ? "" : " " + signal.operation));
    if (signal.phase != Phase::unknown) add(std::string(to_string(signal.phase)));
    if (!signal.objects.empty()) {
        const DatabaseObject& object = signal.objects.front();
        add(object.type + " " + (object.schema.empty() ? "" : object.schema + ".") + object.name);
    }
    add(signal.scope.service + (signal.scope.database.empty() ? "" : "@" + signal.scope.database));
    add(signal.message);
    add(place_of(signal.source));
    return printable(std::move(line));
}

std::string unmatched_text(const Unmatched& entry) {
    const auto json = nlohmann::json::parse(to_json_line(entry), nullptr, false);
    std::string line = json.value("time", "(no time)") + "  unmatched  " + entry.reason;
    for (const std::string& word : {entry.level, entry.scope.service, entry.sqlstate, entry.message, entry.explanation})
        if (!word.empty()) line += "  " + word;
    if (!entry.tried.empty()) {
        line += "  (";
        for (const auto& tried : entry.tried)
            line += (&tried == entry.tried.data() ? "" : ", ") + tried.pattern + ": " + tried.why;
        line += ")";
    }
    return printable(line + "  " + place_of(entry.source));
}

}  // namespace culprit

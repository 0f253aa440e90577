#include "daemon/commands/signal_text.h"

#include <nlohmann/json.hpp>

#include "correlator/printable.h"
#include "matchers/log_entry.h"

namespace culprit {

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
    add(signal.source.input.name + ":" +
        std::to_string(signal.source.line ? static_cast<std::int64_t>(*signal.source.line) : signal.source.offset.value));
    return printable(std::move(line));
}

}  // namespace culprit

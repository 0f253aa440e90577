#include "matchers/told_error.h"

#include <algorithm>
#include <array>

namespace culprit {

bool tells_of_an_error(const Record& record, const Catalogue& catalogue) {
    if (record.side == Side::server) {
        if (record.level == "error" || record.level == "fatal" || record.level == "panic") return true;
        // A severity that the database's encoding could not write: the code says that it is no success and no warning.
        if (record.level.empty() && record.sqlstate.size() == 5 && record.sqlstate >= "03" && record.sqlstate != "00000")
            return true;
        return record.postgresql && catalogue.is_error_severity(record.postgresql->severity);
    }
    // An application that met an error and went on says so at a lower level, with the same text.
    static constexpr std::array kHarmless{"trace", "debug", "verbose", "info", "information", "informational", "notice", "log"};
    return std::none_of(kHarmless.begin(), kHarmless.end(), [&](const char* level) { return record.level == level; });
}

std::string code_of(const Pattern& pattern, const Captures& captures, const SqlstateTable& table) {
    if (!pattern.sqlstate.empty()) return pattern.sqlstate;
    const auto caught = [&](std::string_view name) {
        const auto found = captures.find(name);
        return found == captures.end() ? std::string{} : found->second;
    };
    if (auto code = caught("sqlstate"); !table.condition(code).empty()) return code;
    if (auto name = caught("exception_class"); !name.empty()) return std::string(table.code_of_class(name));
    return {};
}

}  // namespace culprit

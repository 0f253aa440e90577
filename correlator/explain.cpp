// Why the first cause beat the second, term by term: `culprit explain`.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "correlator/correlator.h"
#include "correlator/printable.h"

namespace culprit {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kShown = 3;  // candidates side by side
constexpr std::size_t kTermWidth = 22, kColumnWidth = 12;

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

std::string weight_text(double weight) {
    char text[16];
    std::snprintf(text, sizeof text, "%+.2f", weight);
    return text;
}

const Json* term_of(const Json& cause, const std::string& name) {
    const auto evidence = cause.find("evidence");
    if (evidence == cause.end()) return nullptr;
    const auto term =
        std::find_if(evidence->begin(), evidence->end(), [&](const Json& each) { return each.value("name", "") == name; });
    return term == evidence->end() ? nullptr : &*term;
}

/// Every term of the candidates shown, the first's in its order, then those that only others have.
std::vector<std::string> terms_of(const Json& causes, std::size_t shown) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < shown; ++i)
        for (const Json& term : causes[i].value("evidence", Json::array())) {
            std::string name = term.value("name", "");
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
        }
    return names;
}

}  // namespace

std::string explain(const IncidentDocument& incident) {
    const Json json = Json::parse(incident.json, nullptr, false);
    if (!json.is_object() || !json.contains("culprit")) return {};
    const Json& own = json["culprit"];
    std::ostringstream out;
    out << printable(json.value("message", "")) << '\n'
        << "incident " << incident.id << ", " << own.value("attribution", "") << "\n\n";
    const Json causes = own.value("causes", Json::array());
    if (causes.empty()) {
        out << "No change was a candidate. What could have been seen at the time:\n";
        const Json evidence = own.value("evidence", Json::object());
        for (const auto& [kind, state] : evidence.items())
            out << "  " << padded(kind, kTermWidth) << state.get<std::string>() << '\n';
        return out.str();
    }
    const std::size_t shown = std::min(kShown, causes.size());
    for (std::size_t i = 0; i < shown; ++i)
        out << i + 1 << "  " << std::lround(causes[i].value("confidence", 0.0) * 100) << " %  "
            << printable(causes[i].value("summary", "")) << " (" << causes[i].value("time", "") << ")\n";
    if (causes.size() > shown) out << "   and " << causes.size() - shown << " more, each with less\n";

    out << '\n' << padded("", kTermWidth);
    for (std::size_t i = 0; i < shown; ++i) out << padded(std::to_string(i + 1), kColumnWidth);
    out << "the first's\n";
    for (const std::string& name : terms_of(causes, shown)) {
        out << padded(name, kTermWidth);
        for (std::size_t i = 0; i < shown; ++i) {
            const Json* term = term_of(causes[i], name);
            out << padded(term ? weight_text(term->value("weight", 0.0)) : "", kColumnWidth);
        }
        const Json* first = term_of(causes[0], name);
        out << (first ? printable(first->value("detail", "")) : "") << '\n';
    }
    out << padded("score", kTermWidth);
    for (std::size_t i = 0; i < shown; ++i) out << padded(weight_text(causes[i].value("score", 0.0)), kColumnWidth);
    out << "natural-log odds; confidence is the share against all others and \"none of these\"\n";
    return out.str();
}

}  // namespace culprit

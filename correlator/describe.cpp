// One incident for people: `culprit scan`'s report and the text sink.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <vector>

#include "correlator/columns.h"
#include "correlator/correlator.h"
#include "correlator/printable.h"

namespace culprit {

namespace {

using Json = nlohmann::json;

/// What stands at `key`, or null: a document of another version may lack it.
const Json& at(const Json& json, const char* key) {
    static const Json nothing;
    return json.is_object() && json.contains(key) ? json[key] : nothing;
}

std::string text_at(const Json& json, const char* key) {
    const Json& value = at(json, key);
    return value.is_string() ? printable(value) : std::string();
}

double number_at(const Json& json, const char* key) {
    const Json& value = at(json, key);
    return value.is_number() ? value.get<double>() : 0;
}

const char* colour_of(const std::string& severity) {
    return severity == "SEV1" ? "1;31" : severity == "SEV2" ? "31" : severity == "SEV3" ? "33" : "36";
}

class Page {
   public:
    Page(std::size_t width, bool colour)
        : width_(width == 0 ? kNoTerminal : std::max<std::size_t>(width, 40)), terminal_(width > 0), colour_(colour) {}

    void line(const std::string& label, std::string_view text) {
        std::string head = label;
        head.resize(std::max<std::size_t>(label.size(), kLabel), ' ');
        out_ << "  " << paint(head, "2");
        lines(text, "", kLabel + 2);
    }
    /// SQL stays on one line, however long: it is there to be copied.
    void sql(const std::string& label, const std::string& text) {
        std::string head = label;
        head.resize(kLabel, ' ');
        out_ << "  " << paint(head, "2") << text << '\n';
    }
    void title(const std::string& badge, const std::string& code, std::string_view text) {
        out_ << paint(badge, code) << ' ';
        if (terminal_)
            lines(text, "1", columns_of(badge) + 1);
        else
            out_ << text << '\n';
    }
    /// What a line's text may take.
    std::size_t room() const { return width_ - kLabel - 2; }
    std::string paint(const std::string& text, const std::string& code) const {
        return colour_ ? "\x1b[" + code + "m" + text + "\x1b[0m" : text;
    }
    std::string str() const { return out_.str(); }

   private:
    static constexpr std::size_t kLabel = 11, kNoTerminal = 100;

    /// The first stands behind what is there already, `indent` columns wide; the others below it.
    void lines(std::string_view text, const std::string& code, std::size_t indent) {
        bool first = true;
        do {
            const std::string_view part = text.substr(0, fitting(text, width_ - indent));
            out_ << (first ? "" : std::string(indent, ' ')) << (code.empty() ? std::string(part) : paint(std::string(part), code))
                 << '\n';
            text.remove_prefix(part.size());
            text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
            first = false;
        } while (!text.empty());
    }

    std::ostringstream out_;
    std::size_t width_;
    bool terminal_, colour_;
};

/// The errors over time, in as many bars as there is room for; what is neither empty nor the highest keeps a bar that differs
/// from both. Nothing for one bar: it says no more than the count.
std::string sparkline(const Json& histogram, std::size_t room) {
    static constexpr const char* kBars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const Json& counts = at(histogram, "counts");
    if (!counts.is_array() || counts.size() < 2 || room == 0) return {};
    const std::size_t each = (counts.size() + room - 1) / room;
    std::vector<double> sums;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (i % each == 0) sums.push_back(0);
        sums.back() += counts[i].is_number() ? counts[i].get<double>() : 0;
    }
    const double most = *std::ranges::max_element(sums);
    std::string line;
    for (const double sum : sums) line += kBars[sum <= 0 ? 0 : std::clamp(static_cast<int>(std::ceil(sum / most * 8)), 1, 8)];
    return line;
}

void causes(Page& page, const Json& own) {
    const std::string attribution = text_at(own, "attribution");
    if (at(own, "causes").empty()) {
        page.line("cause", attribution == "pending" ? "not known yet" : "none found");
        return;
    }
    std::size_t shown = 0;
    for (const Json& cause : at(own, "causes")) {
        if (++shown > 3) break;
        const auto percent = std::lround(number_at(cause, "confidence") * 100);
        std::string text = std::to_string(percent) + " %  " + text_at(cause, "summary");
        text += " (" + text_at(cause, "time") + ")";
        page.line(shown == 1 ? (attribution == "attributed" ? "cause" : "none found") : "or", text);
        if (shown > 1) continue;
        std::string evidence;
        for (const Json& term : at(cause, "evidence")) {
            if (text_at(term, "name") == "prior") continue;
            char weight[16];
            std::snprintf(weight, sizeof weight, "%+.1f", number_at(term, "weight"));
            evidence += (evidence.empty() ? "" : ", ") + text_at(term, "name") + " " + weight;
        }
        page.line("", evidence);
    }
}

}  // namespace

std::string describe(const IncidentDocument& incident, std::size_t width, bool colour) {
    const Json json = Json::parse(incident.json, nullptr, false);
    if (json.is_discarded()) return {};
    const Json& own = at(json, "culprit");
    Page page(width, colour);
    const std::string status = text_at(own, "status");
    if (status == "merged") {
        page.title("merged", "2", text_at(json, "message") + " → " + text_at(own, "merged_into"));
        return page.str();
    }
    const std::string severity = text_at(own, "severity");
    page.title(severity + " " + status, colour_of(severity), text_at(json, "message"));
    const Json& symptom = at(own, "symptom");
    page.line("what", std::to_string(std::llround(number_at(symptom, "count"))) + " × " + text_at(symptom, "kind") + ", " +
                          text_at(own, "trend") + ", " + text_at(own, "onset") + " to " + text_at(own, "last_seen"));
    if (const std::string bars = sparkline(at(symptom, "histogram"), page.room()); !bars.empty()) page.line("over time", bars);
    if (own.contains("resolved_at"))
        page.line("resolved", text_at(own, "resolved_at") +
                                  (own.contains("resolved_by") ? " by " + text_at(own, "resolved_by") : " (quiet)"));
    causes(page, own);
    std::string unseen;
    for (const auto& [kind, state] : at(own, "evidence").items())
        if (state != "flowing")
            unseen += (unseen.empty() ? "" : ", ") + kind + " " +
                      printable(state.is_string() ? state.get<std::string>() : std::string());
    if (!unseen.empty() && text_at(own, "attribution") != "attributed") page.line("not seen", unseen);
    if (own.contains("diagnosis")) {
        page.line("diagnosis", text_at(at(own, "diagnosis"), "summary"));
        for (const Json& sql : at(at(own, "diagnosis"), "verify_sql"))
            page.sql("verify", printable(sql.is_string() ? sql.get<std::string>() : std::string()));
        for (const Json& sql : at(at(own, "diagnosis"), "fix_sql"))
            page.sql("repair", printable(sql.is_string() ? sql.get<std::string>() : std::string()));
    }
    page.line("id", incident.id);
    return page.str();
}

}  // namespace culprit

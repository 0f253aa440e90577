#include "daemon/web/change_store.h"

#include <algorithm>
#include <charconv>

#include "daemon/text_values.h"
#include "daemon/web/incident_summary.h"
#include "daemon/words/json_fields.h"

namespace culprit {
namespace {

using nlohmann::json;

KeptChange kept(const IncidentDocument& document) {
    const json parsed = json::parse(document.json, nullptr, false);
    const json &own = field(parsed, "culprit"), &change = field(own, "change");
    KeptChange made{document, text_of(field(own, "watch"), "verdict"), {}, false, {}};
    made.time = parse_time(text_of(change, "time")).value_or(document.bucket);
    for (const json& warning : elements_of(own, "warnings")) made.warned = made.warned || text_of(warning, "status") == "open";
    std::string all = text_of(parsed, "message") + '\n' + document.id;
    for (const char* key : {"summary", "kind", "tool", "migration", "release", "service", "database"})
        all += '\n' + text_of(change, key);
    if (all.size() > 4'096) all.resize(4'096);
    made.searchable = lower_case(all);
    return made;
}

bool newer(const ChangeStore::Change& a, const ChangeStore::Change& b) {
    return std::tie(a->time, a->document.id) > std::tie(b->time, b->document.id);
}

}  // namespace

bool ChangeStore::put(const std::vector<IncidentDocument>& revisions) {
    bool fresh = false;
    for (const IncidentDocument& revision : revisions) {
        auto made = std::make_shared<const KeptChange>(kept(revision));
        std::lock_guard lock(mutex_);
        Change& place = changes_[revision.id];
        if (place && place->document.version > revision.version) continue;
        place = std::move(made);
        fresh = true;
        if (changes_.size() > limit_)
            changes_.erase(
                std::ranges::min_element(changes_, [](const auto& a, const auto& b) { return newer(b.second, a.second); }));
    }
    return fresh;
}

std::vector<ChangeStore::Change> ChangeStore::list() const {
    std::vector<Change> found;
    {
        std::lock_guard lock(mutex_);
        for (const auto& [id, change] : changes_)
            if (change->document.status != "merged") found.push_back(change);
    }
    std::ranges::sort(found, newer);
    return found;
}

ChangeStore::Change ChangeStore::find(std::string_view id) const {
    std::lock_guard lock(mutex_);
    const auto found = changes_.find(id);
    return found == changes_.end() ? nullptr : found->second;
}

std::size_t ChangeStore::size() const {
    std::lock_guard lock(mutex_);
    return changes_.size();
}

Result<ChangePage> select_changes(const std::vector<ChangeStore::Change>& all, const UrlQuery& query) {
    std::size_t limit = 50;
    for (const auto& [name, value] : query) {
        if (name == "limit") {
            const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), limit);
            if (problem != std::errc() || end != value.data() + value.size() || limit == 0 || limit > 500)
                return Error{"limit: expected a number from 1 to 500, not '" + value + "'"};
        } else if (name != "verdict" && name != "warnings" && name != "q" && name != "cursor") {
            return Error{"'" + name + "' is no parameter of this list; there are verdict, warnings, q, limit and cursor"};
        }
    }
    const std::string verdicts = "," + std::string(value_of(query, "verdict")) + ",", text = lower_case(value_of(query, "q"));
    const bool any_verdict = value_of(query, "verdict").empty(), warned = value_of(query, "warnings") == "open";
    // A cursor is the last one's time and id: what arrives meanwhile neither repeats nor hides a change.
    const std::string_view cursor = value_of(query, "cursor");
    std::int64_t micros = 0;
    const std::size_t dot = cursor.find('.');
    if (!cursor.empty() &&
        (dot == std::string_view::npos || std::from_chars(cursor.data(), cursor.data() + dot, micros).ec != std::errc()))
        return Error{"cursor: '" + std::string(cursor) + "' is none that this list gave; leave it out to begin anew"};
    const std::string after(cursor.empty() ? std::string_view() : cursor.substr(dot + 1));
    ChangePage page;
    for (const auto& change : all) {
        if ((!any_verdict && verdicts.find("," + change->verdict + ",") == std::string::npos) || (warned && !change->warned) ||
            change->searchable.find(text) == std::string::npos)
            continue;
        ++page.total;
        if (!cursor.empty() && std::pair(to_micros(change->time), change->document.id) >= std::pair(micros, after)) continue;
        if (page.changes.size() < limit)
            page.changes.push_back(change);
        else if (page.next.empty())
            page.next = std::to_string(to_micros(page.changes.back()->time)) + "." + page.changes.back()->document.id;
    }
    return page;
}

}  // namespace culprit

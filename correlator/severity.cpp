#include "correlator/severity.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <stdexcept>

namespace culprit {

namespace {

std::set<std::string> names(const YAML::Node& node) {
    if (!node) return {};
    const auto all = node.as<std::vector<std::string>>();
    return {all.begin(), all.end()};
}

bool reaches(const Extent& extent, const Extent& least) {
    return extent.count >= least.count && extent.users >= least.users && extent.services >= least.services &&
           extent.hosts >= least.hosts && extent.rate_per_minute >= least.rate_per_minute;
}

}  // namespace

SeverityTree SeverityTree::load(std::string_view file, std::string_view yaml) {
    SeverityTree tree;
    try {
        const YAML::Node root = YAML::Load(std::string(yaml));
        for (const auto& node : root["branches"]) {
            Branch branch{node["branch"].as<std::string>(), names(node["kinds"]), {}};
            for (const auto& level : node["levels"]) {
                branch.levels.push_back({level["severity"].as<std::string>(),
                                         level["reason"].as<std::string>(),
                                         {level["count"].as<std::uint64_t>(0),
                                          level["users"].as<std::uint64_t>(0),
                                          level["services"].as<std::uint64_t>(0),
                                          level["hosts"].as<std::uint64_t>(0),
                                          level["rate_per_minute"].as<double>(0),
                                          {}},
                                         {}});
                for (const auto& next : level["next"])
                    branch.levels.back().next.push_back({names(next["kinds"]), names(next["changes"]),
                                                         next["rate_per_minute"].as<double>(0), next["then"].as<std::string>()});
            }
            tree.branches_.push_back(std::move(branch));
        }
        const YAML::Node otherwise = root["otherwise"];
        tree.otherwise_ = {
            otherwise["severity"].as<std::string>(),
            {otherwise["branch"].as<std::string>(), otherwise["reason"].as<std::string>(), otherwise["then"].as<std::string>()}};
    } catch (const YAML::Exception& error) {
        throw std::runtime_error(std::string(file) + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
    }
    return tree;
}

bool SeverityTree::leads(const Next& next, const std::string& kind, const Extent& extent) {
    const bool changed = next.changes.empty() || std::ranges::any_of(next.changes, [&](const std::string& change) {
                             return extent.recent_changes.contains(change);
                         });
    return changed && (next.kinds.empty() || next.kinds.contains(kind)) && extent.rate_per_minute >= next.rate_per_minute;
}

Severity SeverityTree::of(const std::string& kind, const Extent& extent) const {
    for (const Branch& branch : branches_) {
        if (!branch.kinds.contains(kind)) continue;
        const auto level = std::ranges::find_if(branch.levels, [&](const Level& each) { return reaches(extent, each.least); });
        if (level == branch.levels.end()) continue;
        Severity severity{level->severity, {branch.name, level->reason}};
        const auto next = std::ranges::find_if(level->next, [&](const Next& each) { return leads(each, kind, extent); });
        if (next != level->next.end()) severity.reasons.push_back(next->then);
        return severity;
    }
    return otherwise_;
}

}  // namespace culprit

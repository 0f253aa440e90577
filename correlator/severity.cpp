#include "correlator/severity.h"

#include <yaml-cpp/yaml.h>

#include <stdexcept>

namespace culprit {

SeverityTree SeverityTree::load(std::string_view file, std::string_view yaml) {
    SeverityTree tree;
    try {
        const YAML::Node root = YAML::Load(std::string(yaml));
        for (const auto& node : root["branches"]) {
            Branch branch{node["branch"].as<std::string>(), {}, {}};
            for (const auto& kind : node["kinds"]) branch.kinds.insert(kind.as<std::string>());
            for (const auto& level : node["levels"])
                branch.levels.push_back({level["severity"].as<std::string>(),
                                         level["reason"].as<std::string>(),
                                         {level["count"].as<std::uint64_t>(0), level["users"].as<std::uint64_t>(0),
                                          level["services"].as<std::uint64_t>(0), level["hosts"].as<std::uint64_t>(0),
                                          level["rate_per_minute"].as<double>(0)}});
            tree.branches_.push_back(std::move(branch));
        }
        const YAML::Node otherwise = root["otherwise"];
        tree.otherwise_ = {otherwise["severity"].as<std::string>(),
                           {otherwise["branch"].as<std::string>(), otherwise["reason"].as<std::string>()}};
    } catch (const YAML::Exception& error) {
        throw std::runtime_error(std::string(file) + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
    }
    return tree;
}

Severity SeverityTree::of(const std::string& kind, const Extent& extent) const {
    for (const Branch& branch : branches_) {
        if (!branch.kinds.contains(kind)) continue;
        for (const Level& level : branch.levels) {
            const Extent& least = level.least;
            if (extent.count >= least.count && extent.users >= least.users && extent.services >= least.services &&
                extent.hosts >= least.hosts && extent.rate_per_minute >= least.rate_per_minute)
                return {level.severity, {branch.name, level.reason}};
        }
    }
    return otherwise_;
}

}  // namespace culprit

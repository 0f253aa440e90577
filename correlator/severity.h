#pragma once
// SEV1 to SEV4 by the incident-response playbook's decision tree, with the branch that gave it. The tree is data (severity.yaml).
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// What the tree asks about.
struct Extent {
    std::uint64_t count = 0, users = 0, services = 0, hosts = 0;
    double rate_per_minute = 0;
    std::set<std::string> recent_changes;  // kinds, of the hour before the onset in the same scope
};

struct Severity {
    std::string level;                 // SEV1 … SEV4
    std::vector<std::string> reasons;  // the branch, why, and what the tree says to do next
};

class SeverityTree {
   public:
    /// Throws std::runtime_error with file, line and what was expected.
    static SeverityTree load(std::string_view file, std::string_view yaml);
    Severity of(const std::string& kind, const Extent& extent) const;

   private:
    struct Next {
        std::set<std::string> kinds, changes;
        double rate_per_minute = 0;
        std::string then;
    };
    struct Level {
        std::string severity, reason;
        Extent least;
        std::vector<Next> next;
    };
    struct Branch {
        std::string name;
        std::set<std::string> kinds;
        std::vector<Level> levels;
    };
    static bool leads(const Next& next, const std::string& kind, const Extent& extent);
    std::vector<Branch> branches_;
    Severity otherwise_;
};

}  // namespace culprit
